"""Reads a contract.yaml. Flows in: a path or text. Flows out: a `Contract`, or `ContractInvalid`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from strict_csv.contract import Contract
from strict_csv.errors import ContractInvalid


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML silently keeps the last of duplicate keys; a contract must not lose a line that way."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            line = key_node.start_mark.line + 1
            raise ContractInvalid(f"line {line}: the key {key!r} is there twice, remove one")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def parse_contract(text: str, *, place: str = "contract") -> Contract:
    """The contract spelled by YAML text; ContractInvalid with every problem, or the line of bad YAML."""
    try:
        mapping = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        raise ContractInvalid(f"{place}: not YAML, mend it: {error}") from error
    return Contract.from_mapping(mapping, place=place)


def load_contract(path: Path | str) -> Contract:
    """The contract in the file at `path`; ContractInvalid also where the file cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractInvalid(f"{path}: cannot be read ({type(error).__name__}), name a contract.yaml") from error
    return parse_contract(text, place=str(path))
