"""The project's own packages as one archive, for jobs, functions and DAGs.

Assets are cut out of the checkout by an allow-list, so that nothing else (environments, data, secrets) can slip in,
and a template does not depend on what lies beside the sources.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from config.code_version import JOB_FOLDERS, code_version
from stacks.constructs.pyarrow_wheel import PyarrowWheel
from stacks.guards.built import built_core

ROOT = Path(__file__).resolve().parents[2]
# What functions have in common, beside the domain.
SHARED = ("environment.py",)


def only(*folders: str) -> list[str]:
    """Exclude patterns (gitignore style) that leave these folders of the checkout, without compiled files.

    A folder within a folder needs its parents opened first: gitignore does not look into an excluded one.
    """
    patterns = ["/*"]
    for folder in folders:
        parts = folder.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            patterns += [f"!/{parent}", f"/{parent}/*", f"!/{parent}/__init__.py"]
        patterns.append(f"!/{folder}")
    return [*dict.fromkeys(patterns), "__pycache__", "*.pyc"]


class JobPackages(assets.Asset):
    """The zip that a job gets as `--extra-py-files`: the domain, the jobs' packages, the contracts, the compiled core.

    `code_version` is of the sources, from which the library follows; `pyarrow` is what the packages need beside.
    """

    def __init__(self, scope: Construct, id: str, *, glue_version: str) -> None:
        """Raises NotBuilt."""
        core = built_core(ROOT)
        super().__init__(
            scope,
            id,
            path=str(ROOT),
            # A developer's own machine may have a library of its own beside Glue's.
            exclude=[*only(*JOB_FOLDERS), "*.so", "*.md", f"!/{core}"],
            ignore_mode=cdk.IgnoreMode.GIT,
        )
        self.code_version = code_version()
        self.pyarrow = PyarrowWheel(self, "Pyarrow", glue_version=glue_version)


def function_code(folder: str) -> lambda_.Code:
    """One function's folder and the domain."""
    return lambda_.Code.from_asset(
        str(ROOT),
        exclude=only("pipeline", *(f"lambdas/{shared}" for shared in SHARED), f"lambdas/{folder}"),
        ignore_mode=cdk.IgnoreMode.GIT,
    )


def dag_sources() -> list[deployment.ISource]:
    """DAG files at the root, and the domain beside them."""
    return [
        deployment.Source.asset(str(ROOT / "dags"), exclude=["__pycache__", "*.pyc"], ignore_mode=cdk.IgnoreMode.GIT),
        deployment.Source.asset(str(ROOT), exclude=only("pipeline"), ignore_mode=cdk.IgnoreMode.GIT),
    ]
