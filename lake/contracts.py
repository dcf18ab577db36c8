"""The contracts that ship with the project, out of a folder or the zip given to Glue."""

from __future__ import annotations

from importlib import resources

from strict_csv.contract import Contract
from strict_csv.contract_file import parse_contract
from strict_csv.errors import ContractInvalid


def dataset_contract(dataset: str) -> Contract:
    """The contract of one of the project's datasets; ContractInvalid where there is none."""
    file = resources.files("datasets").joinpath(dataset, "contract.yaml")
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, KeyError, NotADirectoryError) as error:
        raise ContractInvalid(f"datasets/{dataset}/contract.yaml is missing, write it") from error
    return parse_contract(text, place=f"datasets/{dataset}/contract.yaml")
