"""schemas/ is made of the models: what an editor marks is what the model refuses, and what ships is taken by both."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from config.loading import load_settings
from config.settings import Settings
from pipeline.errors import ConfigInvalid
from strict_csv.contract import Contract
from strict_csv.errors import ContractInvalid
from tools.schemas import FOLDER, ROOT, SCHEMAS, stale

VALIDATORS = {name: Draft202012Validator(json.loads((FOLDER / name).read_text())) for name in SCHEMAS}
CONTRACTS = sorted(ROOT.glob("datasets/*/contract.yaml"))
EXAMPLE = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/contract.md").read_text(), re.DOTALL)[0])
DEV = yaml.safe_load((ROOT / "config/dev.yaml").read_text())


def marked(schema: str, values: Any) -> list[str]:
    """Paths that an editor would mark, "" for the whole."""
    return [".".join(map(str, error.absolute_path)) for error in VALIDATORS[schema].iter_errors(values)]


def changed(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at `path` (dots and places) replaced or added."""
    whole: Any = copy.deepcopy(values)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    part = whole
    for key in parents:
        part = part.setdefault(key, {}) if isinstance(part, dict) else part[key]
    part[last] = value
    return whole


def test_schemas_are_what_the_models_say_now() -> None:
    assert stale() == [], "run `.venv/bin/python tools/schemas.py`"
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(SCHEMAS)


def test_a_stale_or_missing_schema_is_noticed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "schemas"))
    edited = folder / "contract.json"
    edited.write_text(edited.read_text().replace('"bigint"', '"long"'))
    (folder / "region.json").unlink()
    assert stale(folder) == ["region.json", "contract.json"]


def test_each_schema_is_one_and_an_editor_is_told_its_files() -> None:
    mapped = json.loads((ROOT / ".vscode/settings.json").read_text())["yaml.schemas"]
    assert sorted(mapped) == [f"./schemas/{name}" for name in sorted(SCHEMAS)]
    for name, pattern in mapped.items():
        Draft202012Validator.check_schema(json.loads((ROOT / name).read_text()))
        assert list(ROOT.glob(pattern.replace("**/", "datasets/*/"))), f"{pattern} is no file"


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.parent.name)
def test_contracts_that_ship_are_taken(path: Path) -> None:
    assert marked("contract.json", yaml.safe_load(path.read_text())) == []


def test_the_documented_example_and_settings_that_ship_are_taken() -> None:
    assert marked("contract.json", EXAMPLE) == []
    for environment in ("dev", "prod"):
        assert marked("settings.json", yaml.safe_load((ROOT / f"config/{environment}.yaml").read_text())) == []
    regions = sorted(ROOT.glob("config/regions/*.yaml"))
    assert [marked("region.json", yaml.safe_load(path.read_text())) for path in regions] == [[], []]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("colums", []),
        ("dataset", "Trips"),
        ("columns", []),
        ("columns.0.type", "int"),
        ("columns.0.name", "no blank"),
        ("columns.0.name", False),
        ("columns.1.nullable", "no"),
        ("columns.0.typ", "bigint"),
        ("columns.3.max_bytes", 0),
        ("columns.4.since", 0),
        ("newlines", "maybe"),
        ("final_newline", True),
        ("control_file", "never"),
        ("duplicates", "removed"),
        ("version", "2"),
        ("null_values", "NA"),
        ("null_values.0", "a,b"),
        ("null_values.0", ""),
        ("key", "id"),
        ("key.0", "id"),
        ("partition_by.0", 1),
        ("max_record_bytes", 1),
        ("max_content_bytes", 0),
        ("tolerance.files_refused", -1),
        ("tolerance.rows_quarantined", 1.5),
        ("tolerance.rows", 1),
        ("warehouse", "yes"),
    ],
)
def test_a_wrong_contract_is_refused_by_the_schema_as_by_the_model(path: str, value: Any) -> None:
    wrong = changed(EXAMPLE, path, value)
    assert marked("contract.json", wrong)
    with pytest.raises(ContractInvalid):
        Contract.from_mapping(wrong)


ANY_VALUE = st.none() | st.booleans() | st.integers(-5, 10**10) | st.floats() | st.text(max_size=8)
ANY_VALUE |= st.lists(ANY_VALUE, max_size=2) | st.sampled_from(["allowed", "required", "bigint", "decimal(8,2)", "id"])
PLACES = [*EXAMPLE, *(f"columns.{n}.{key}" for n in range(5) for key in ("name", "type", "nullable", "since"))]


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from([*PLACES, "tolerance.files_refused", "columns.3.max_bytes", "else"]), value=ANY_VALUE)
def test_no_contract_that_the_model_takes_is_marked(path: str, value: Any) -> None:
    contract = changed(EXAMPLE, path, value)
    try:
        Contract.from_mapping(contract)
    except ContractInvalid:
        return
    assert marked("contract.json", contract) == []


WRONG_SETTINGS = [
    ("stage", "test"),
    ("environment", "Dev"),
    ("prefix", "nf1"),
    ("datasets", []),
    ("datasets.0", "Daily Sales"),
    ("log_retention_days", 15),
    ("notification_email", "nobody"),
    ("removl", "destroy"),
    ("glue.version", 5.1),
    ("glue.version", "5.0"),
    ("glue.workers", 1),
    ("redshift.base_capacity_rpu", 12),
    ("redshift.database", "1st"),
    ("network.cidr", "everything"),
    ("network.zones", ["a", "b", "c"]),
    ("network.zones.0", "x"),
    ("network.egress", "internet"),
    ("airflow.max_workers", 26),
    ("trigger.schedule", "rate(1 day)"),
    ("tags", ["a"]),
]


@pytest.mark.parametrize(("path", "value"), WRONG_SETTINGS)
def test_a_wrong_setting_is_refused_by_the_schema_as_by_the_model(path: str, value: Any) -> None:
    wrong = changed({**DEV, "network": {**DEV["network"], "zones": ["a", "b"]}}, path, value)
    assert marked("settings.json", wrong)
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_a_region_that_changes_what_it_may_not_is_refused_by_both(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    overlay = folder / "regions" / "cn-north-1.yaml"
    overlay.write_text(overlay.read_text() + "removal: retain\n")
    assert marked("region.json", yaml.safe_load(overlay.read_text())) == [""]
    with pytest.raises(ConfigInvalid, match="a region may change"):
        load_settings(environment="dev", environ={"AWS_DEFAULT_REGION": "cn-north-1"}, folder=folder)
