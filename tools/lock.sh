#!/bin/sh
# Exports every requirements file, with hashes, for Python 3.11 and 3.12 on any platform.
set -eu
cd "$(dirname "$0")/.."
lock() { .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes "$@"; }
lock requirements-setup.in -o requirements-setup.txt
lock pyproject.toml --all-extras -o requirements.txt
lock pyproject.toml requirements-setup.in --all-extras --group dev -c requirements.txt -o requirements-dev.txt
lock --group java -o requirements-java.txt
lock --group benchmarks -o requirements-benchmarks.txt
lock --group docs -o requirements-docs.txt
lock requirements-spark4.in -o requirements-spark4.txt
# Airflow bounds few of its dependencies: later ones break it (pydantic 2.14 does). The lock is as of the days
# after its release, which is also near what the MWAA image of 3.2.1 carries.
lock --exclude-newer 2026-04-25 requirements-airflow.in -o requirements-airflow.txt
# What is deployed and does not come from the sources alone: the wheels that Glue gets, the compiled core.
.venv/bin/python tools/glue_wheels.py lock
.venv/bin/python tools/compile_core.py --record
