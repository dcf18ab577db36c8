"""What a region changes of an environment's settings: config/regions/<region>.yaml over config/<environment>.yaml.

Flows in: two mappings. Flows out: one, and which file each key came from, for messages. Most regions have no overlay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.yaml_mapping import read_mapping

FOLDER = "regions"
BY_REGION = ("network", "redshift", "glue", "airflow", "functions")
"""Settings that a region may change. Name, stage, data and what starts by itself belong to the environment."""


@dataclass(frozen=True, kw_only=True)
class Layered:
    """`values` as they hold; `problems` found on the way, each with its file."""

    values: dict[str, Any]
    problems: tuple[str, ...]
    base: str
    overlay: str
    overlaid: Mapping[str, Any]

    def file_of(self, problem: str) -> str:
        """The file in which to mend `problem`, which begins with the path of its key."""
        found: Any = self.overlaid
        for key in problem.split(":")[0].split("."):
            if not isinstance(found, Mapping) or key not in found:
                return self.base
            found = found[key]
            if not isinstance(found, Mapping):
                return self.overlay
        return self.base


def layered(environment_file: Path, region: str) -> Layered:
    """The environment's settings with the region's over them; unreadable text is a problem, not an error."""
    folder = environment_file.parent
    base, overlay = f"{folder.name}/{environment_file.name}", f"{folder.name}/{FOLDER}/{region}.yaml"
    values, wrong = read_mapping(environment_file.read_text(encoding="utf-8"))
    problems = [f"{base}: {problem}" for problem in wrong]
    overlaid: dict[str, Any] = {}
    region_file = folder / FOLDER / f"{region}.yaml"
    if region_file.is_file():
        overlaid, wrong = read_mapping(region_file.read_text(encoding="utf-8"))
        problems += [f"{overlay}: {problem}" for problem in (*wrong, *_misplaced(overlaid, base))]
        overlaid = {key: value for key, value in overlaid.items() if key in BY_REGION}
    return Layered(
        values=_merged(values, overlaid), problems=tuple(problems), base=base, overlay=overlay, overlaid=overlaid
    )


def _misplaced(overlaid: Mapping[str, Any], base: str) -> Iterable[str]:
    for key in overlaid:
        if key not in BY_REGION:
            yield f"{key}: a region may change {', '.join(BY_REGION)} only; move it to {base}"


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged
