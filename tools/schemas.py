"""Writes schemas/: JSON schemas of settings, region overlays and contracts, for editors.

    .venv/bin/python tools/schemas.py [--check]

Flows in: the models (`config.settings.Settings`, `strict_csv.contract.Contract`) with their docstrings. Flows out:
three files; with `--check` nothing is written and a difference is an error. A schema says what can be said by key, and
refuses nothing that the model takes as it is meant to be written; rules between keys are the model's alone.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from config.overlay import BY_REGION  # noqa: E402
from config.settings import Settings  # noqa: E402
from strict_csv import contract  # noqa: E402
from strict_csv.contract import Column, Contract, Tolerance  # noqa: E402

FOLDER = ROOT / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

NAME = {
    "pattern": f"^{contract.NAME.pattern}$",
    "patternErrorMessage": "give letters (a to z), digits and _, no digit first",
}
NAMES = {"items": {"type": "string", **NAME}, "uniqueItems": True}
BYTES = {"minimum": 1}
RULES: dict[type, dict[str, Schema]] = {
    Contract: {
        **{key: {"enum": list(choices)} for key, choices in contract.CHOICES.items()},
        "dataset": {
            "pattern": f"^{contract.DATASET.pattern}$",
            "patternErrorMessage": "give lower case letters, digits and _",
        },
        "columns": {"minItems": 1},
        "version": {"minimum": 1},
        "max_record_bytes": dict(zip(("minimum", "maximum"), contract.RECORD_BYTES, strict=True)),
        "max_content_bytes": BYTES,
        "null_values": {"items": {"type": "string", "pattern": '^[^",\\r\\n\\u0000]+$'}},
        "partition_by": NAMES,
        "key": NAMES,
    },
    Column: {
        "name": NAME,
        "type": {
            "anyOf": [
                {"enum": list(contract.PLAIN_TYPES)},
                {"type": "string", "pattern": f"^{contract.DECIMAL.pattern}$"},
            ]
        },
        "since": {"minimum": 1},
        "max_bytes": BYTES,
    },
    Tolerance: {"files_refused": {"minimum": 0}, "rows_quarantined": {"minimum": 0, "maximum": 1}},
}
"""What the contract's checks ask of a key beyond its type."""


def settings_schema() -> Schema:
    """Of config/<environment>.yaml."""
    return Settings.model_json_schema()


def region_schema() -> Schema:
    """Of config/regions/<region>.yaml: some of the settings, none of them required."""
    whole = settings_schema()
    parts = {name: part | {"required": []} for name, part in whole["$defs"].items()}
    return {
        "title": "What a region changes",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: whole["properties"][name] for name in BY_REGION},
        "$defs": {name: parts[name] for name in sorted(parts) if f"/{name}" in json.dumps(whole["properties"])},
    }


def contract_schema() -> Schema:
    """Of datasets/<dataset>/contract.yaml."""
    schema = TypeAdapter(Contract).json_schema()
    _refine(schema, Contract)
    for model in (Column, Tolerance):
        _refine(schema["$defs"][model.__name__], model)
    del schema["properties"]["duplicates"]["default"]  # it depends on whether there is a key
    return schema


def _refine(schema: Schema, model: type) -> None:
    documented = inspect.getdoc(model) or ""
    schema["description"] = documented.partition("\n\n")[0]
    schema["additionalProperties"] = False
    for name, text in re.findall(
        r"(?:^|(?<=\. ))(\w+): (.+?)(?=\n\w+: |(?<=\.) \w+: |\Z)", documented, re.DOTALL | re.M
    ):
        if name in schema["properties"]:
            schema["properties"][name]["description"] = " ".join(text.split())
    for name, rule in RULES[model].items():
        schema["properties"][name].update(rule)


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "settings.json": settings_schema,
    "region.json": region_schema,
    "contract.json": contract_schema,
}


def rendered(name: str) -> str:
    """The text of schemas/`name` as the models have it now."""
    return json.dumps({"$schema": DIALECT, **SCHEMAS[name]()}, indent=2, ensure_ascii=False) + "\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of schemas that are missing in `folder` or not as the models have them."""
    return [name for name in SCHEMAS if not (folder / name).is_file() or (folder / name).read_text() != rendered(name)]


def main(arguments: list[str]) -> int:
    old = stale()
    if "--check" in arguments:
        if old:
            print(f"schemas/ is stale ({', '.join(old)}): run `.venv/bin/python tools/schemas.py`", file=sys.stderr)
        return int(bool(old))
    FOLDER.mkdir(exist_ok=True)
    for name in old:
        (FOLDER / name).write_text(rendered(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
