"""Whether a run may be called a success: what was measured overrules what the orchestrator reports.

Flows in: the orchestrator's state and the measured data. Flows out: status and error. An error is a
named failure of `pipeline.errors`; a status that is already bad is never made better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lab.landing import Landed
from lab.measure.ledger import check_equations, check_input, rows_to_load, states
from lab.measure.mailbox import Notification
from lab.orchestrators.run_state import Status
from lab.records import RunRecord
from lake.ledger.rejections import rejections
from pipeline.errors import ChecksumMismatched, NotificationFailed, PipelineError, RowsNotConserved
from strict_csv.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was found after a run: all of the lane's ledger, not only what this run added."""

    entries: dict[str, dict[str, Any]]
    landed: tuple[Landed, ...]
    notifications: tuple[Notification, ...]
    output_digest: str | None
    warehouse_rows: int | None
    contracts: Mapping[str, Contract] = field(default_factory=dict)


def objection(evidence: Evidence) -> PipelineError | None:
    """The first reason not to call this a success, None if there is none."""
    try:
        check_equations(evidence.entries)
        check_input(evidence.entries, evidence.landed)
        _check_warehouse(evidence)
        _check_rejections(evidence)
        _check_notifications(evidence.notifications)
    except PipelineError as error:
        return error
    return None


def _check_warehouse(evidence: Evidence) -> None:
    due = rows_to_load(
        evidence.entries, lake_only=[name for name, contract in evidence.contracts.items() if not contract.warehouse]
    )
    if evidence.warehouse_rows != due:
        raise RowsNotConserved(f"{due} rows are curated and due there, {evidence.warehouse_rows} are in the warehouse")
    if evidence.output_digest is None:
        raise ChecksumMismatched("the curated rows have no digest: nothing is committed, or it can't be read")


def _check_rejections(evidence: Evidence) -> None:
    """load_warehouse reports the same; this does not rely on it."""
    known = {name: state for name, state in states(evidence.entries).items() if name in evidence.contracts}
    if error := rejections(known, evidence.contracts).error:
        raise error


def _check_notifications(notifications: tuple[Notification, ...]) -> None:
    statuses = [one.status for one in notifications]
    found = ", ".join(map(str, statuses))
    if statuses != [Status.SUCCEEDED]:
        raise NotificationFailed(
            f"a run that succeeds sends one message that says so; there are {len(statuses)} ({found})"
        )


def with_equal_digests(runs: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """I6: lanes that succeeded hold the same rows; those that differ from the first are failed."""
    first: str | None = None
    judged = []
    for run in runs:
        if run.status == Status.SUCCEEDED:
            first = first or run.output_digest
            if run.output_digest != first:
                error = ChecksumMismatched(
                    f"lane {run.orchestrator} holds other rows than the first lane that succeeded (I6)"
                )
                run = replace(run, status=Status.FAILED, error=str(error))
        judged.append(run)
    return tuple(judged)
