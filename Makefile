# Everything a person types. Each target is thin: the work is in tools/, lab/ and tests/.
.DELETE_ON_ERROR:
.PHONY: setup demo test synth coverage benchmark docs lint format lock clean clean-data clean-all

# Caches stay inside the checkout; jsii starts the locked Node, not the machine's.
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(CURDIR)/.cache/jsii
export JSII_NODE ?= $(CURDIR)/.venv/bin/node

PYTHON ?=
CHOOSE ?= not slow and not airflow
BIN := .venv/bin

setup: ## both environments, Node, Java, the CDK command line: everything from package indexes
	@PYTHON="$(PYTHON)" python3 tools/setup.py

demo: setup ## the pipeline three ways on real data, and the report; no AWS account
	@$(BIN)/lab demo

test: setup lint ## all tests, in layers; the first time also makes the environment of Glue 6.0
	@PYTHON="$(PYTHON)" python3 tools/setup.py --tests
	@$(BIN)/python -m pytest tests

synth: setup ## dev and prod in both partitions, with all validation
	@NF1_ENVIRONMENT=dev AWS_DEFAULT_REGION=us-east-1 $(BIN)/python app.py
	@NF1_ENVIRONMENT=prod AWS_DEFAULT_REGION=us-east-1 $(BIN)/python app.py
	@NF1_ENVIRONMENT=dev AWS_DEFAULT_REGION=cn-north-1 $(BIN)/python app.py
	@NF1_ENVIRONMENT=prod AWS_DEFAULT_REGION=cn-north-1 $(BIN)/python app.py

coverage: setup ## what the tests without servers and runs execute, by file; `make coverage CHOOSE=""` takes them all
	@mkdir -p .lab/coverage && $(BIN)/python -m coverage run -m pytest -q -m "$(CHOOSE)" tests && $(BIN)/python -m coverage report

benchmark: setup ## speed and truth of the reader beside others, into docs/; see benchmarks/ for its pieces
	@$(BIN)/python -m benchmarks

docs: setup ## the docs site, into .lab/site; its tools in an environment of their own
	@$(BIN)/python tools/docs_site.py

lint: setup ## style, types, formatting
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright

format: setup
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock: ## after a change of pyproject.toml or requirements-*.in
	@tools/lock.sh

clean: ## deletes what building and testing made; keeps your data and the environments
	rm -f strict_csv/core-*.so
	rm -rf cdk.out .lab/cdk.out .lab/docs .lab/site .pytest_cache .ruff_cache .hypothesis

clean-data: ## ends the local AWS and deletes its data: what you landed, runs, reports
	@-$(BIN)/lab down
	rm -rf .lab

clean-all: clean-data clean ## everything that the project made, 3.3 GB of environments and caches included
	rm -rf .cache .venv .venv-* node_modules
