"""Reads one environment's YAML into `Settings`, or raises one error that lists every problem with its remedy.

Flows in: config/<environment>.yaml, its region's overlay, the process environment, the folder of dataset contracts.
Flows out: frozen settings. Nothing of AWS is asked, and no stack is loaded before all of it holds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model

from config.environment import ENVIRONMENT_VARIABLE, chosen
from config.overlay import layered
from config.sentences import sentence
from config.settings import Settings, broken_combinations, unfit_for_partition
from config.target import target_problems
from pipeline.errors import ConfigInvalid

__all__ = ["ENVIRONMENT_VARIABLE", "load_settings"]

CONFIG_FOLDER = Path(__file__).resolve().parent
DATASETS_FOLDER = CONFIG_FOLDER.parent / "datasets"


def _to_stderr(warning: str) -> None:
    sys.stderr.write(f"warning: {warning}\n")


def load_settings(
    *,
    environment: str | None = None,
    environ: Mapping[str, str] = os.environ,
    folder: Path = CONFIG_FOLDER,
    datasets_folder: Path = DATASETS_FOLDER,
    warn: Callable[[str], None] = _to_stderr,
) -> Settings:
    """Settings of `environment` (else of NF1_ENVIRONMENT, else dev); raises ConfigInvalid listing every problem."""
    choice = chosen(environment, environ)
    for warning in choice.warnings:
        warn(warning)
    file = folder / f"{choice.name}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
        raise ConfigInvalid(f"no environment {choice.name!r}: {file.name} is not in {folder.name}/; there are {known}")
    found = layered(file, choice.target.region)
    settings_problems = [
        *_problems(found.values, name=choice.name, datasets_folder=datasets_folder),
        *unfit_for_partition(dict(_valid_parts(found.values)), choice.target.partition),
    ]
    problems = [
        *choice.problems,
        *target_problems(choice.target),
        *found.problems,
        *(f"{found.file_of(problem)}: {problem}" for problem in settings_problems),
    ]
    if problems:
        raise ConfigInvalid("".join(f"\n- {problem}" for problem in problems))
    return Settings.model_validate(found.values).aimed_at(choice.target)


def _problems(values: dict[str, Any], *, name: str, datasets_folder: Path) -> list[str]:
    try:
        Settings.model_validate(values)
        found = []
    except ValidationError as error:
        # The whole's own error (no location) is left to the combinations below, which name their keys.
        found = [sentence(detail, known=_known_keys()) for detail in error.errors() if detail["loc"]]
    given = values.get("environment", name)
    if isinstance(given, str) and given != name:
        found.append(f"environment: is {given!r}; give it the file's name, {name!r}")
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


def _known_keys() -> list[str]:
    annotations: list[Any] = [field.annotation for field in Settings.model_fields.values()]
    keys = [key for annotation in annotations for key in getattr(annotation, "model_fields", ())]
    return [*Settings.model_fields, *keys]
