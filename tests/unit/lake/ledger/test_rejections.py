"""A run's message about what is refused and held fits where Glue shows it, whatever the files are called."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from lake.job_end import named
from lake.ledger.rejections import FILE, ROWS, Rejected, Rejections

DATASETS = st.integers(0, 30).map(lambda number: f"dataset_{number:02}" + "x" * 50)


def rejected(dataset: str, what: str, key: str, reason: str) -> Rejected:
    return Rejected(
        dataset=dataset,
        what=what,
        key=key,
        version="1",
        batch_id="0123456789abcdef",
        reason=reason,
        since="2026-01-01T00:00:00Z",
        still_open=True,
    )


REJECTED = st.builds(
    rejected,
    dataset=DATASETS,
    what=st.sampled_from((FILE, ROWS)),
    key=st.text(min_size=1, max_size=1024),
    reason=st.text(max_size=2000),
)
LONG = [rejected(f"d{one}", what, "k" * 1024, "r" * 2000) for one in range(30) for what in (FILE, ROWS)]


@given(beyond=st.lists(REJECTED, min_size=1, max_size=60))
@example(beyond=LONG)
@example(beyond=LONG[:2])
def test_message_that_glue_shows_counts_and_ends_with_the_way_out(beyond: list[Rejected]) -> None:
    error = Rejections(all=tuple(beyond), beyond=tuple(beyond)).error
    assert error is not None
    shown = str(named(error.name, error.message))
    first = beyond[0]
    of_kind = sum((one.dataset, one.what) == (first.dataset, first.what) for one in beyond)
    kinds = {one.what for one in beyond}
    assert (
        f"{first.dataset}: {of_kind} " in shown,
        "`lab files retry --dataset " in shown,
        shown.endswith("then `replay` or `accept`"),
    ) == (True, FILE in kinds, ROWS in kinds), shown


def test_short_message_says_all() -> None:
    beyond = (rejected("trips", FILE, "landing/trips/a.csv", "HeaderMismatch: missing: fare"),)
    error = Rejections(all=beyond, beyond=beyond).error
    assert error is not None
    assert (
        "trips: 1 file(s) refused: landing/trips/a.csv (still open since 2026-01-01): HeaderMismatch: missing: fare"
        in error.message
    )


def test_nothing_beyond_is_no_error() -> None:
    assert Rejections(all=(), beyond=()).error is None
