"""Reads one environment's YAML into `Settings`, or raises one error that lists every problem with its remedy.

Flows in: config/<environment>.yaml, the process environment, the folder of dataset contracts. Flows out: frozen
settings. Nothing of AWS is asked, and no stack is loaded before all of it holds.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from config.settings import Settings, broken_combinations
from config.target import PLACEHOLDER_REGIONS, target_of, target_problems
from config.yaml_mapping import read_mapping
from pipeline.errors import ConfigInvalid

ENVIRONMENT_VARIABLE = "NF1_ENVIRONMENT"
DEFAULT_ENVIRONMENT = "dev"
CONFIG_FOLDER = Path(__file__).resolve().parent
DATASETS_FOLDER = CONFIG_FOLDER.parent / "datasets"


def load_settings(
    *,
    environment: str | None = None,
    environ: Mapping[str, str] = os.environ,
    folder: Path = CONFIG_FOLDER,
    datasets_folder: Path = DATASETS_FOLDER,
) -> Settings:
    """Settings of `environment` (else of NF1_ENVIRONMENT, else dev); raises ConfigInvalid listing every problem."""
    name = environment or environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT
    file = folder / f"{name}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
        raise ConfigInvalid(f"no environment {name!r}: {file.name} is not in {folder.name}/; there are {known}")
    values, problems = read_mapping(file.read_text(encoding="utf-8"))
    problems += _problems(values, name=name, datasets_folder=datasets_folder)
    partition = values.get("partition") if values.get("partition") in PLACEHOLDER_REGIONS else "aws"
    target = target_of(environ, partition=str(partition))
    problems += target_problems(target, partition=str(partition))
    if problems:
        raise ConfigInvalid("".join(f"\n- {folder.name}/{file.name}: {problem}" for problem in problems))
    return Settings.model_validate(values).aimed_at(target)


def _problems(values: dict[str, Any], *, name: str, datasets_folder: Path) -> list[str]:
    try:
        Settings.model_validate(values)
        found = []
    except ValidationError as error:
        # The whole's own error (no location) is left to the combinations below, which name their keys.
        found = [_sentence(detail) for detail in error.errors() if detail["loc"]]
    if values.get("environment", name) != name:
        found.append(f"environment: is {values['environment']!r}; give it the file's name, {name!r}")
    known = sorted(path.parent.name for path in datasets_folder.glob("*/contract.yaml"))
    valid = dict(_valid_parts(values))
    for dataset in valid.get("datasets", ()):
        if dataset not in known:
            found.append(
                f"datasets: {dataset!r} has no contract; write datasets/{dataset}/contract.yaml, "
                f"or name some of {', '.join(known)}"
            )
    return [*found, *broken_combinations(valid)]


def _valid_parts(values: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Settings that hold by themselves, so that combinations are checked beside a broken one."""
    for name, field in Settings.model_fields.items():
        if name in values:
            try:
                alone: Any = create_model("Alone", **{name: (field.annotation, field)})  # type: ignore[call-overload]
                yield name, getattr(alone.model_validate({name: values[name]}), name)
            except ValidationError:
                continue


def _sentence(detail: ErrorDetails) -> str:
    path = ".".join(str(part) for part in detail["loc"])
    key = str(detail["loc"][-1])
    match detail["type"]:
        case "extra_forbidden":
            close = difflib.get_close_matches(key, _known_keys(), n=1)
            return f"{path}: unknown key; " + (f"did you mean {close[0]!r}?" if close else "remove it")
        case "missing":
            return f"{path}: is missing; add it"
        case "value_error":
            return f"{path}: {detail.get('ctx', {}).get('error')}"
        case _:
            return f"{path}: {detail['input']!r} is refused: {detail['msg']}; correct it (text and versions in quotes)"


def _known_keys() -> list[str]:
    annotations: list[Any] = [field.annotation for field in Settings.model_fields.values()]
    keys = [key for annotation in annotations for key in getattr(annotation, "model_fields", ())]
    return [*Settings.model_fields, *keys]
