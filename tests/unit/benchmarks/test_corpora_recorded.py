"""What the documentation claims of our reader and other people's files must hold in what it is made from."""

from __future__ import annotations

import json

from benchmarks.corpora.corpus import CORPORA
from tests.checkout import ROOT


def test_what_was_recorded_of_our_reader_is_no_wrong_and_no_lost_row() -> None:
    recorded = json.loads((ROOT / "docs" / "measured" / "corpora.json").read_text())
    verdicts = [verdict for corpus in recorded for verdict in corpus["verdicts"]]
    ours = [verdict for verdict in verdicts if verdict["reader"] in ("single", "spark")]

    assert {corpus["name"] for corpus in recorded} == {corpus.name for corpus in CORPORA}
    assert len(ours) == 2 * len(recorded)
    assert [(verdict["wrong"], verdict["lost"]) for verdict in ours] == [(0, 0)] * len(ours)
