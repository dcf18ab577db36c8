"""docs/contract.md names every key of a contract and every refusal, and its example is a contract."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from strict_csv import refusals
from strict_csv.contract import PLAIN_TYPES, Column, Contract
from strict_csv.contract_file import parse_contract
from strict_csv.errors import ContractInvalid
from strict_csv.refusals import FileRefused
from tests.checkout import ROOT

PAGE = (ROOT / "docs" / "contract.md").read_text()
EXAMPLE = PAGE.partition("```yaml\n")[2].partition("```")[0]


def test_example_says_every_key_and_is_a_contract() -> None:
    said = set(re.findall(r"^(\w+):", EXAMPLE, re.M)) | set(re.findall(r"(\w+):", EXAMPLE.partition("columns:")[2]))
    assert {field.name for field in (*fields(Contract), *fields(Column))} <= said | {"columns"}
    contract = parse_contract(EXAMPLE)
    assert (contract.version, contract.duplicates, contract.column("tip").since) == (2, "quarantined", 2)


def test_example_would_not_pass_with_a_key_that_does_not_exist() -> None:
    with pytest.raises(ContractInvalid, match="tomorrow"):
        parse_contract(EXAMPLE + "tomorrow: yes\n")


def test_every_refusal_and_type_is_named() -> None:
    names = {name for name, one in vars(refusals).items() if isinstance(one, type) and issubclass(one, FileRefused)}
    assert {name for name in names - {"FileRefused"} if f"`{name}`" not in PAGE} == set()
    assert {kind for kind in PLAIN_TYPES if f"| `{kind}` |" not in PAGE} == set()
