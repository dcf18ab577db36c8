"""What our own code calls on AWS, read from its syntax: nothing is run, so a call on a rare path counts as well.

Flows in: an entry point's file. Flows out: IAM actions. The entry's own imports are followed through the project's
packages; a method of a boto3 client is known by its name among the operations of those services that the same code
makes clients of (`boto3.client("s3")`). That the code calls nothing else is what botocore's service models say.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import botocore.session
from botocore import xform_name

from tests.checkout import ROOT

OURS = ("pipeline", "strict_csv", "lake", "glue_scripts", "lambdas", "dags")
PREFIXES = {"stepfunctions": "states", "mwaa": "airflow", "redshift-data": "redshift-data"}
"""Service names of boto3 that are not the prefix of their IAM actions."""
# Service Authorization Reference, "Actions defined by Amazon S3": these operations are allowed by other actions.
S3_ACTIONS = {
    "HeadObject": {"s3:GetObject"},
    "ListObjectsV2": {"s3:ListBucket"},
    "ListObjectVersions": {"s3:ListBucketVersions"},
    "DeleteObjects": {"s3:DeleteObject"},
}
# boto3's transfers: upload_fileobj aborts a multipart upload that fails.
TRANSFERS = {"upload_fileobj": {"s3:PutObject", "s3:AbortMultipartUpload"}}


def actions_called_by(entry: str) -> set[str]:
    """IAM actions behind every client call that the code of `entry` (a path within the checkout) can reach."""
    trees = [tree for _, tree in sorted(_reachable(ROOT / entry).items())]
    services = {service for tree in trees for service in _clients(tree)}
    assert services, f"{entry} makes no client: the scan would say nothing of it"
    called: set[str] = set()
    for tree in trees:
        for method, call in _methods(tree):
            called |= TRANSFERS.get(method, set()) if "s3" in services else set()
            for service in services:
                if operation := _operations(service).get(method):
                    called |= _actions(service, operation, call)
    return called


def _reachable(entry: Path) -> dict[Path, ast.Module]:
    found: dict[Path, ast.Module] = {}
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = ast.parse(path.read_text())
            waiting += _imported(found[path])
    return found


def _imported(tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            path = ROOT / Path(*name.split("."))
            if name.split(".")[0] in OURS:
                yield from (one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file())


def _clients(tree: ast.Module) -> Iterator[str]:
    """Services of `boto3.client(...)` or our own function so named; else the module's strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _named(node.func) == "client":
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)
            else:
                strings = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)}
                yield from strings & set(botocore.session.get_session().get_available_services())


def _named(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _methods(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Names of methods called on anything but `self`, or handed to somebody who calls them, and of the operations that
    paginators are asked for."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for handed in node.args:
            if isinstance(handed, ast.Attribute):
                yield handed.attr, node
        if not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "get_paginator" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value), node
        elif not (isinstance(node.func.value, ast.Name) and node.func.value.id == "self"):
            yield node.func.attr, node


@functools.cache
def _operations(service: str) -> dict[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def _actions(service: str, operation: str, call: ast.Call) -> set[str]:
    if service != "s3":
        return {f"{PREFIXES.get(service, service)}:{operation}"}
    if operation == "GetObject" and any(keyword.arg is None for keyword in call.keywords):
        # A version's id comes with other arguments, **pin: an object version that is read is allowed by this action.
        return {"s3:GetObjectVersion"}
    return S3_ACTIONS.get(operation, {f"s3:{operation}"})
