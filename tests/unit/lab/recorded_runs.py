"""What a run looks like in runs.json, for the tests of those who read it."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from lab.records import Comparison

RUN: dict[str, Any] = {
    "orchestrator": "glue",
    "run_id": "wr",
    "status": "succeeded",
    "error": None,
    "started_at": "2026-11-20T12:00:00.000+00:00",
    "ended_at": "2026-11-20T12:00:10.000+00:00",
    "seconds": 10.0,
    "steps": [
        {
            "name": "convert",
            "status": "succeeded",
            "attempt": 2,
            "started_at": "2026-11-20T12:00:02.000+00:00",
            "ended_at": "2026-11-20T12:00:06.000+00:00",
            "seconds": 4.0,
        }
    ],
    "overhead_seconds": 1.5,
    "api_calls": {"glue:StartCrawler": 2, "sns:Publish": 1},
    "transitions": None,
    "notifications": [{"subject": "S", "status": "succeeded"}],
    "rows": {"read": 1234, "curated": 1230, "quarantined": 4},
    "files": {"read": 5, "refused": 0},
    "output_digest": "abcdef0123456789",
    "warehouse_rows": 1230,
    "cost_usd": {"orchestrator": 0, "crawl": 0.3, "jobs": 0.1, "warehouse": 0, "total": 0.4, "basis": "list"},
}


RUNS: dict[str, Any] = {
    "on": "local",
    "started_at": "2026-11-20T12:00:00.000+00:00",
    "input": {"files": 5, "bytes": 1_000_000, "rows": 1234},
    "runs": [RUN],
}


def recorded(*runs: dict[str, Any], **more: Any) -> Comparison:
    """A runs.json with these runs, as it is read."""
    return TypeAdapter(Comparison).validate_python({**RUNS, **more, "runs": list(runs)})
