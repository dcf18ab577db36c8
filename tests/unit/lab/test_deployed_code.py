"""A run over what was deployed from other sources is refused locally, and said on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.code_version import JOB_FOLDERS, code_version
from lab.deployed_code import check_deployed_code
from pipeline.errors import ConfigInvalid

JOBS = ("nf1-dev-verify", "nf1-dev-convert", "nf1-dev-aggregate")


class FakeGlue:
    """The first job is not told the version of the code."""

    def __init__(self, version: str | None) -> None:
        self._arguments = {} if version is None else {"--code_version": version}

    def get_job(self, *, JobName: str) -> dict[str, Any]:
        assert JobName in JOBS
        return {"Job": {"Name": JobName, "DefaultArguments": self._arguments if JobName == JOBS[1] else {}}}


def said(deployed: str | None, *, on: str) -> list[str]:
    lines: list[str] = []
    check_deployed_code(glue=FakeGlue(deployed), jobs=JOBS, here="b" * 64, on=on, say=lines.append)
    return lines


def test_the_same_sources_are_no_news() -> None:
    assert said("b" * 64, on="local") == said("b" * 64, on="aws") == []


@pytest.mark.parametrize("deployed", ["a" * 64, None])
def test_other_sources_are_refused_locally_and_said_on_aws(deployed: str | None) -> None:
    with pytest.raises(ConfigInvalid, match="`lab deploy` first"):
        said(deployed, on="local")
    [line] = said(deployed, on="aws")
    assert "other sources" in line


def test_a_changed_contract_is_another_version_and_a_compiled_file_is_not(tmp_path: Path) -> None:
    for folder in JOB_FOLDERS:
        (tmp_path / folder).mkdir()
    contract = tmp_path / "datasets" / "contract.yaml"
    contract.write_text("dataset: a\n")
    before = code_version(tmp_path)
    (tmp_path / "glue_scripts" / "core-1.so").write_bytes(b"x")
    assert code_version(tmp_path) == before
    contract.write_text("dataset: b\n")
    assert code_version(tmp_path) != before
