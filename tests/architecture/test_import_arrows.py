"""Data goes one way: who may import whom, read from the syntax trees of all sources."""

import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tools.source_imports import source_imports

OWN = {
    "pipeline",
    "config",
    "stacks",
    "strict_csv",
    "lake",
    "glue_scripts",
    "lambdas",
    "dags",
    "datasets",
    "lab",
    "local_aws",
    "app",
}

# Own packages that a part may import, besides itself.
ARROWS = {
    "pipeline": set(),
    "config": {"pipeline"},
    "stacks": {"pipeline", "config"},
    "app": {"pipeline", "config", "stacks"},
    "strict_csv": set(),
    "lake": {"pipeline", "strict_csv"},
    "datasets": {"pipeline", "strict_csv", "lake"},
    "glue_scripts": {"pipeline", "strict_csv", "lake", "datasets"},
    "lambdas": {"pipeline"},
    "dags": {"pipeline"},
    "local_aws": set(),
    "lab": {"pipeline", "config", "strict_csv", "lake", "datasets"},
}
# The only two commands that know the local AWS.
KNOWS_LOCAL_AWS = {"lab/up.py", "lab/deploy.py", "lab/destroy.py"}
FORBIDDEN_THIRD_PARTY = {
    "config": {"aws_cdk", "boto3", "botocore"},
    "stacks": {"boto3", "botocore", "moto"},
    "lab": {"aws_cdk", "moto", "airflow"},
    "strict_csv": {"boto3", "botocore", "pyspark", "aws_cdk", "moto", "airflow"},
    "lake": {"aws_cdk", "moto", "airflow"},
    "glue_scripts": {"aws_cdk", "moto", "airflow"},
    "lambdas": {"aws_cdk", "moto", "pydantic"},
    "local_aws": {"aws_cdk"},
}


def sources(part: str) -> list[Path]:
    folder = ROOT / part
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{part}.py"]


def imports(text: str) -> list[tuple[int, str]]:
    """(line, first segment of the imported module), each once."""
    return list(dict.fromkeys((line, name.split(".")[0]) for line, name in source_imports(text)))


def violations(part: str, path: str, text: str) -> list[str]:
    allowed = ARROWS[part] | {part} | ({"local_aws"} if path in KNOWS_LOCAL_AWS else set())
    found = []
    for line, module in imports(text):
        if module in OWN and module not in allowed:
            found.append(f"{path}:{line} imports {module}")
        if module in FORBIDDEN_THIRD_PARTY.get(part, set()):
            found.append(f"{path}:{line} imports {module}")
        third_party = module not in OWN and module not in sys.stdlib_module_names
        if part == "pipeline" and third_party:
            found.append(f"{path}:{line} imports {module}; the domain is standard library only")
    return found


@pytest.mark.parametrize("part", sorted(ARROWS))
def test_part_imports_only_what_its_arrows_allow(part: str) -> None:
    files = sources(part)
    assert files, f"{part} has no source"
    found = [
        violation
        for file in files
        for violation in violations(part, file.relative_to(ROOT).as_posix(), file.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("part", "path", "text"),
    [
        ("pipeline", "pipeline/x.py", "import yaml"),
        ("stacks", "stacks/x.py", "def f():\n    import boto3"),
        ("lab", "lab/run.py", "from local_aws.gateway import serve"),
        ("local_aws", "local_aws/x.py", "from pipeline.steps import PIPELINE"),
        ("config", "config/x.py", "import aws_cdk as cdk"),
    ],
)
def test_a_forbidden_import_is_noticed(part: str, path: str, text: str) -> None:
    assert len(violations(part, path, text)) == 1
