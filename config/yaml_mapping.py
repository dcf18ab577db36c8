"""Reads a YAML mapping and says where a key is there twice, which plain YAML readers swallow."""

from __future__ import annotations

from typing import Any

import yaml


class _NotingLoader(yaml.SafeLoader):
    """A safe loader that keeps a note of every repeated key."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if key in seen:
                self.repeated.append(f"{key}: is there twice (lines {seen[key]} and {line}); keep one")
            seen[key] = line
        return super().construct_mapping(node, deep=deep)


def read_mapping(text: str) -> tuple[dict[str, Any], list[str]]:
    """The mapping and its problems; an unreadable text gives an empty mapping and one problem."""
    loader = _NotingLoader(text)
    try:
        values = loader.get_single_data()
    except yaml.YAMLError as error:
        return {}, [f"is no YAML: {' '.join(str(error).split())}; correct it"]
    finally:
        loader.dispose()
    if not isinstance(values, dict):
        return {}, [f"holds {type(values).__name__}, not a mapping of settings; start from dev.yaml"]
    return values, loader.repeated
