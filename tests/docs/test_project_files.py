"""What an open-source project has beside its code: each file says what is so, and each command in it exists."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
BINARY = {".gz", ".bz2", ".zst", ".parquet", ".png"}


def text_problems(name: str, content: bytes) -> list[str]:
    """What .editorconfig forbids in a text file."""
    text = content.decode("utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line != line.rstrip(" \t")]
    return [
        *(f"{name}:{number} ends in blanks" for number in lines),
        *([f"{name} has CR line ends"] if "\r\n" in text else []),
        *([f"{name} has no final newline"] if text and not text.endswith("\n") else []),
    ]


def test_text_files_are_as_the_editor_settings_say() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name and not name.endswith(".csv")]
    texts = [path for path in paths if path.is_file() and path.suffix not in BINARY]
    assert len(texts) > 500
    problems = [one for path in texts for one in text_problems(path.relative_to(ROOT).as_posix(), path.read_bytes())]
    assert problems == []


def test_a_text_file_that_is_not_is_named() -> None:
    assert text_problems("a", b"x \r\ny") == ["a:1 ends in blanks", "a has CR line ends", "a has no final newline"]
    assert text_problems("a", b"x\n") == text_problems("a", b"") == []


def test_ci_runs_lint_synth_docs_and_tests_by_their_make_targets() -> None:
    called = [step["run"].split()[1] for step in STEPS if step.get("run", "").startswith("make ")]
    assert sorted(called) == ["docs", "lint", "synth", "test"]
    assert set(called) <= TARGETS
    assert all("timeout-minutes" in job for job in WORKFLOW["jobs"].values())
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_ci_tests_each_python_that_the_project_says_it_takes() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    tested = WORKFLOW["jobs"]["tests"]["strategy"]["matrix"]["python"]
    assert (asked, tested) == (">=3.11,<3.13", ["3.11", "3.12"])


@pytest.mark.parametrize("action", sorted({step["uses"] for step in STEPS if "uses" in step}))
def test_actions_are_pinned_by_commit(action: str) -> None:
    assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)


def test_pre_commit_runs_locked_tools_that_are_there_and_fetches_nothing() -> None:
    configured = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [source["repo"] for source in configured["repos"]] == ["local"]
    for hook in configured["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert [part for part in hook["entry"].split() if part.endswith((".py", "/ruff", "/pyright", "/python"))]
        for part in hook["entry"].split():
            assert "/" not in part or (ROOT / part).exists(), part


def test_issue_forms_are_what_github_takes() -> None:
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    for form in (yaml.safe_load(path.read_text()) for path in forms if path.stem != "config"):
        ids = [part["id"] for part in form["body"]]
        assert {"name", "description", "body"} <= set(form)
        assert len(ids) == len(set(ids)) > 0
        assert {part["type"] for part in form["body"]} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert [path.name for path in forms] == ["bug.yml", "config.yml", "feature.yml", "local_aws.yml"]


def test_the_dev_container_is_built_from_a_file_and_set_up_by_make() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    image = (ROOT / ".devcontainer" / container["build"]["dockerfile"]).read_text()
    assert container["postCreateCommand"] == "make setup"
    assert f" {container['remoteUser']}\n" in image
    assert re.match(r"FROM python:3\.1[12]-", image)


def test_the_licence_is_the_one_that_is_declared() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert licence.startswith("MIT No Attribution\n")
    assert "without limitation the rights" in licence
    assert "above copyright notice" not in licence, "that would be MIT, which asks for attribution"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "MIT-0"


def test_the_changelog_has_the_version_and_a_place_for_what_comes() -> None:
    versions = re.findall(r"^## \[?([^\]\n]+)\]?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert versions[:2] == ["Unreleased", version]


def test_every_decision_is_in_the_index_by_its_number() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    assert len(pages) > 30
    assert [page for page in pages if f"[{int(page[:4])}]({page})" not in index] == []
