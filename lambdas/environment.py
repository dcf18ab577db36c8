"""Reads a function's settings from its environment variables, once, at cold start. No pydantic: Lambda lacks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from pipeline.errors import ConfigInvalid

SettingsType = TypeVar("SettingsType")


def settings_from(environ: Mapping[str, str], shape: type[SettingsType]) -> SettingsType:
    """A dataclass of strings, each from the variable of its name in capitals; ConfigInvalid names all missing."""
    names = [field.name for field in fields(shape)]  # type: ignore[arg-type]
    missing = [name.upper() for name in names if not environ.get(name.upper())]
    if missing:
        raise ConfigInvalid(f"environment variables {', '.join(missing)} are missing; the function's stack sets them")
    return shape(**{name: environ[name.upper()] for name in names})
