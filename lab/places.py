"""Where data lies that was refused or quarantined: a folder of `lab convert`, or the lanes of a deployed pipeline.

Flows in: what was typed. Flows out: `Place`s, with which the same code works in both. Nothing is decided here.
"""

from __future__ import annotations

import getpass
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.local_home import LocalHome
from lab.target import aws_target, local_target
from pipeline.errors import ConfigInvalid
from pipeline.steps import LANES
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from lake.convert.batch import BatchPlace


@dataclass(frozen=True, kw_only=True)
class Place:
    """A dataset in a lane, or a folder. `title` begins what is shown of it, "" where there is only one; `typed` are
    the options by which a next command finds the same."""

    title: str
    typed: str
    place: BatchPlace
    contract: Contract | None
    code_version: str


def add_options(action: ArgumentParser) -> None:
    """Where: a folder, or one lane or all."""
    action.add_argument("--output", type=Path, metavar="DIR", help="the --output folder of a `lab convert`")
    action.add_argument("--dataset", metavar="NAME", help="a dataset of the deployed pipeline (instead of --output)")
    action.add_argument("--on", choices=("local", "aws"), default="local", help="where it is deployed (default: local)")
    action.add_argument("--orchestrator", choices=(*LANES, "all"), default="all", help="whose lane (default: all)")


def places(arguments: Namespace, home: LocalHome) -> list[Place]:
    """ConfigInvalid where neither or both are named, the folder holds no ledger or the dataset is none."""
    if (arguments.output is None) == (arguments.dataset is None):
        raise ConfigInvalid(
            "give --output DIR for a folder of `lab convert`, or --dataset NAME for a deployed pipeline"
        )
    return [_folder(arguments.output)] if arguments.output else list(_lanes(arguments, home))


def one_place(arguments: Namespace, home: LocalHome) -> Place:
    """The same where only one can be meant."""
    found = places(arguments, home)
    if len(found) > 1:
        raise ConfigInvalid(f"--orchestrator {arguments.orchestrator}: choose one of {', '.join(LANES)} here")
    return found[0]


def who() -> str:
    """Who decides, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _folder(folder: Path) -> Place:
    import shlex

    from lake.convert.directory import CODE_VERSION
    from lake.convert.output_folder import output_folder

    return Place(
        title="",
        typed=f"--output {shlex.quote(str(folder))}",
        place=output_folder(folder),
        contract=None,
        code_version=CODE_VERSION,
    )


def _lanes(arguments: Namespace, home: LocalHome) -> Iterator[Place]:
    from lake.contracts import dataset_contract
    from lake.convert.directory import CODE_VERSION
    from lake.convert.lane_place import lane_place
    from lake.stores.s3_store import S3Store

    target = local_target(home) if arguments.on == "local" else aws_target()
    dataset = arguments.dataset
    if dataset not in target.settings.datasets:
        raise ConfigInvalid(f"--dataset {dataset}: there are {', '.join(target.settings.datasets)}")
    store = S3Store(bucket=target.names.data_bucket, region=target.names.region, client=target.client("s3"))
    lanes = LANES if arguments.orchestrator == "all" else (arguments.orchestrator,)
    for lane in lanes:
        where = "" if arguments.on == "local" else " --on aws"
        yield Place(
            title=f"{lane}: ",
            typed=f"--dataset {dataset} --orchestrator {lane}{where}",
            place=lane_place(store=store, lane=lane, dataset=dataset),
            contract=dataset_contract(dataset),
            code_version=f"lab {CODE_VERSION}",
        )
