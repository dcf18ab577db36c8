"""What each answer was checked against, and what is served: `python -m local_aws.checked` writes both for readers.

In: `requirements/*.toml`, the engines, the deployer's resource types. Out: CHECKED.md and the generated part of
README.md; with `--check` nothing is written, and the exit code is 1 where a page is stale.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from botocore import xform_name
from moto.glue.responses import GlueResponse

from local_aws.composition import started
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.not_emulated import NOT_EMULATED
from local_aws.services.moto_backend import GLUE_CATALOG, WHOLE_SERVICES

_HERE = Path(__file__).parent
BEGIN, END = "<!-- served: python -m local_aws.checked -->\n", "<!-- end of served -->\n"
CheckedAgainst = Literal["model", "documentation", "recorded", "reported", "assumption"]
_HEAD = """\
# What an answer of the local AWS was checked against

Generated from [requirements/](requirements) by `python -m local_aws.checked`; change a row there.

"Model" is botocore's service model: every input is validated by it, every output shaped by it, and a member that it
lacks is an error in the engine. "Documentation" is the AWS developer guide or API reference of the service. "Recorded"
are answers recorded from AWS. "Assumption" is what nobody has checked: measure it before you rely on it.
"""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One promise. `checked` is empty where AWS has nothing to compare with; `against` says it in full, `differs` how
    the answer differs from AWS's; `source` is an address, `date` that of the check, `tests` show it."""

    id: str
    sentence: str
    checked: list[CheckedAgainst]
    against: str
    differs: str
    source: str
    date: date
    tests: list[str]


@dataclass(frozen=True, kw_only=True)
class Area:
    """The requirements of one file, with the title of their table and of its third column."""

    title: str
    requirements: list[Requirement]
    differs: str = "where it differs from AWS"


class RequirementRefused(ValueError):
    """A row has no known form."""


def areas(folder: Path = _HERE / "requirements") -> list[Area]:
    """In the order of the files' names; raises RequirementRefused with file and row."""
    found, seen = [], set()
    for file in sorted(folder.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        rows = []
        for row in table.pop("requirement"):
            try:
                one = Requirement(**row)
            except TypeError as error:
                raise RequirementRefused(f"{file.name}: {row.get('id')}: {error}") from error
            if one.id in seen or not set(one.checked) <= set(get_args(CheckedAgainst)):
                raise RequirementRefused(f"{file.name}: {one.id} is there twice, or was checked against {one.checked}")
            seen.add(one.id)
            rows.append(one)
        found.append(Area(requirements=rows, **table))
    return found


def checked_page() -> str:
    """CHECKED.md."""
    return _HEAD + "".join(_table(area) for area in areas())


def _table(area: Area) -> str:
    lines = [
        f"\n## {area.title}\n",
        f"| what | checked against | {area.differs} | shown by |",
        "|---|---|---|---|",
    ]
    for one in area.requirements:
        tests = ", ".join(f"[{name}](../{file})" for file, _, name in (test.partition("::") for test in one.tests))
        lines.append(f"| {' | '.join((one.sentence, one.against, one.differs, tests))} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def served_part() -> str:
    """README.md's list of services, operations and resource types."""
    return "\n".join(_served()) + "\n"


def _served() -> Iterator[str]:
    by_service: dict[str, list[str]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, started(state=Path(folder)) as local:
        for service, operation in local.engines.served():
            by_service[service].append(operation)
    catalog = sorted(one for one in GLUE_CATALOG if hasattr(GlueResponse, xform_name(one)))
    yield "| service | operations that run here |"
    yield "|---|---|"
    for service, operations in sorted(by_service.items()):
        yield f"| {service} | {', '.join(operations)} |"
    yield f"\nmoto answers for the whole of {', '.join(sorted(WHOLE_SERVICES))}, as far as it has an operation, and for"
    yield f"Glue's catalog: {', '.join(catalog)}."
    yield f"\nThe deployer makes resources of {len(KINDS)} types: {', '.join(sorted(KINDS))}."
    yield f"\nIt passes over {len(NOT_EMULATED)} types that have no local meaning, each with its reason in"
    yield "[not_emulated.py](deployer/not_emulated.py), and refuses every other."


def readme(folder: Path = _HERE) -> str:
    """README.md with the generated part of now."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + served_part() + END + rest.partition(END)[2]


def main(arguments: list[str], folder: Path = _HERE) -> int:
    """Writes both pages, or with `--check` says which are stale; the exit code."""
    stale = {
        file: text
        for file, text in ((folder / "CHECKED.md", checked_page()), (folder / "README.md", readme(folder)))
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    }
    for file, text in stale.items():
        if "--check" in arguments:
            print(f"{file.name} is stale; run `python -m local_aws.checked`", file=sys.stderr)  # noqa: T201
        else:
            file.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
