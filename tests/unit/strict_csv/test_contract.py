"""Contracts: what is accepted, and that every broken rule is named at once."""

from __future__ import annotations

import pytest

from lake.contracts import dataset_contract
from strict_csv.contract import Contract
from strict_csv.contract_file import load_contract, parse_contract
from strict_csv.errors import ContractInvalid

COLUMNS = [{"name": "month", "type": "bigint", "nullable": False}, {"name": "fare", "type": "decimal(8,2)"}]
ADDED = {"name": "x", "type": "string", "since": 2}
GOOD = {"dataset": "trips", "columns": COLUMNS, "partition_by": ["month"], "null_values": ["NA"]}


def test_good_contract_is_taken() -> None:
    contract = Contract.from_mapping(GOOD)
    assert contract.column_names == ("month", "fare")
    assert contract.column("fare").decimal == (8, 2)
    assert (contract.newlines, contract.final_newline) == ("forbidden", "optional")
    assert (contract.control_file, contract.max_content_bytes) == ("optional", 64 * 1024**3)


def test_fingerprint_depends_on_meaning_alone() -> None:
    same = Contract.from_mapping(dict(reversed(GOOD.items())))
    other = Contract.from_mapping(GOOD | {"null_values": ["NA", "null"]})
    assert Contract.from_mapping(GOOD).fingerprint == same.fingerprint != other.fingerprint


def test_duplicates_are_set_aside_where_there_is_a_key_to_tell_them() -> None:
    def said(**change: object) -> str:
        return Contract.from_mapping(GOOD | change).duplicates

    assert (said(), said(key=["month"])) == ("allowed", "quarantined")
    assert said(key=["month"], duplicates="allowed") == "allowed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"datset": "x"}, "datset: unknown key"),
        ({"dataset": "No Spaces"}, "dataset: 'No Spaces', name it with small letters"),
        ({"columns": []}, "columns: missing or empty"),
        ({"columns": [*COLUMNS, {"name": "x", "type": "int"}]}, "columns[2].type: 'int'"),
        ({"columns": [*COLUMNS, {"name": "x", "type": "decimal(2,3)"}]}, "columns[2].type"),
        ({"columns": [*COLUMNS, {"name": "x", "type": "decimal(39,3)"}]}, "columns[2].type"),
        ({"columns": [*COLUMNS, {"name": "FARE", "type": "string"}]}, "'FARE' repeats 'fare'"),
        ({"columns": [*COLUMNS, {"name": "a b", "type": "string"}]}, "columns[2].name"),
        ({"columns": [*COLUMNS, {"name": "x", "type": "string", "nul": 1}]}, "columns[2].nul: unknown key"),
        ({"columns": [*COLUMNS, {"name": "x", "type": "string", "nullable": "no"}]}, "columns[2].nullable"),
        ({"newlines": "maybe"}, "newlines: 'maybe'"),
        ({"final_newline": True}, "final_newline: True"),
        ({"max_record_bytes": 0}, "max_record_bytes: 0"),
        ({"max_content_bytes": 0}, "max_content_bytes: 0"),
        ({"max_content_bytes": "1 GB"}, "max_content_bytes: '1 GB'"),
        ({"max_content_bytes": True}, "max_content_bytes: True"),
        ({"control_file": "yes"}, "control_file: 'yes', choose optional or required"),
        ({"null_values": ["a,b"]}, "null_values[0]: 'a,b' holds"),
        ({"null_values": [""]}, "null_values[0]: empty"),
        ({"null_values": [None]}, "null_values[0]: None is not text"),
        ({"null_values": "NA"}, "null_values: not a list"),
        ({"partition_by": ["nope"]}, "partition_by[0]: 'nope' is not a column"),
        ({"partition_by": ["fare"]}, "'fare' is decimal(8,2)"),
        ({"partition_by": ["fare"]}, "'fare' may be null"),
        ({"partition_by": ["month", "month"]}, "'month' is there twice"),
        (
            {"columns": [*COLUMNS, {"name": "Month_Part", "type": "string"}]},
            "'month' has folders named month_part=, and a column is named 'Month_Part'; rename the column",
        ),
        ({"key": ["Month"]}, "key[0]: 'Month' is not a column"),
        ({"version": 0}, "version: 0"),
        ({"version": True}, "version: True"),
        ({"columns": [*COLUMNS, {"name": "x", "type": "string", "since": "2"}]}, "columns[2].since: '2'"),
        ({"columns": [*COLUMNS, ADDED]}, "columns[2].since: 2 is later than version 1"),
        ({"columns": [ADDED, *COLUMNS], "version": 2}, "columns[0].since: 2"),
        ({"columns": [*COLUMNS, ADDED, {"name": "y", "type": "string"}], "version": 2}, "columns[3]: is older than"),
        ({"columns": [*COLUMNS, ADDED | {"nullable": False}], "version": 2}, "remove nullable: false"),
        ({"columns": [*COLUMNS, ADDED], "version": 2, "key": ["x"]}, "take it out of key"),
        ({"columns": [*COLUMNS, ADDED], "version": 2, "partition_by": ["x"]}, "take it out of partition_by"),
        ({"duplicates": "quarantined"}, "duplicates: quarantined needs a key"),
        ({"key": ["month"], "duplicates": "ignored"}, "duplicates: 'ignored', choose"),
    ],
)
def test_broken_rule_is_named(change: dict, said: str) -> None:
    with pytest.raises(ContractInvalid) as failure:
        Contract.from_mapping(GOOD | change, place="here.yaml")
    assert said in str(failure.value)
    assert "here.yaml" in str(failure.value)


def test_added_columns_belong_to_their_version() -> None:
    contract = Contract.from_mapping(GOOD | {"columns": [*COLUMNS, ADDED], "version": 3})
    assert [column.name for column in contract.at(1)] == ["month", "fare"]
    assert [column.name for column in contract.at(2)] == ["month", "fare", "x"]
    assert contract.shapes == {1: contract.at(1), 2: contract.columns}


def test_all_problems_are_listed_at_once() -> None:
    with pytest.raises(ContractInvalid, match=r"3 problem\(s\)"):
        Contract.from_mapping(GOOD | {"newlines": "x", "key": ["y"], "z": 1})


@pytest.mark.parametrize("mapping", [None, [], "text", 3])
def test_no_mapping_is_refused(mapping: object) -> None:
    with pytest.raises(ContractInvalid, match="write a mapping"):
        Contract.from_mapping(mapping)  # type: ignore[arg-type]


def test_duplicate_yaml_key_is_refused() -> None:
    with pytest.raises(ContractInvalid, match="line 2: the key 'dataset' is there twice"):
        parse_contract("dataset: a\ndataset: b\n")


def test_bad_yaml_and_missing_file_are_refused(tmp_path) -> None:
    with pytest.raises(ContractInvalid, match="not YAML"):
        parse_contract("a: [")
    with pytest.raises(ContractInvalid, match="cannot be read"):
        load_contract(tmp_path / "none.yaml")


@pytest.mark.parametrize("dataset", ["flights", "weather", "airports", "planes", "airlines", "green_taxi"])
def test_shipped_contracts_are_valid(dataset: str) -> None:
    assert dataset_contract(dataset).dataset == dataset


def test_unknown_dataset_is_refused() -> None:
    with pytest.raises(ContractInvalid, match=r"datasets/nope/contract\.yaml is missing"):
        dataset_contract("nope")
