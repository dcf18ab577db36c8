"""Records matched in groups get the same answer as records matched one by one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from strict_csv.contract import Contract
from strict_csv.grammar import RecordGrammar
from strict_csv.records import GROUP_RECORDS, matches, matches_in_groups, record_array, record_ends

GOOD = ["1,a,2.5\n", ',"b, c",\n', '-7,"d ""e""",.5\n']
BAD = ["1,a\n", "1,a,2.5,\n", "01,a,2.5\n", '1,a"b,2.5\n', '"1,a,2.5\n', "1,a,2.5\r\n", "\n", '1,"a" ,2\n']


def grammar(newlines: str) -> RecordGrammar:
    contract = Contract.from_mapping(
        {
            "dataset": "mixed",
            "newlines": newlines,
            "columns": [
                {"name": "number", "type": "bigint"},
                {"name": "word", "type": "string"},
                {"name": "size", "type": "double"},
            ],
        }
    )
    return RecordGrammar(contract=contract, columns=contract.columns, line_end="\n")


@pytest.mark.parametrize("newlines", ["forbidden", "allowed"])
@pytest.mark.parametrize("share_bad", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("count", [1, GROUP_RECORDS - 1, GROUP_RECORDS, GROUP_RECORDS + 1, 7 * GROUP_RECORDS + 5])
def test_groups_say_what_records_say(newlines: str, share_bad: float, count: int) -> None:
    chance = random.Random(f"{newlines}{share_bad}{count}")
    good = GOOD + (['1,"two\nlines",3\n', '2,"\n""\n",\n'] if newlines == "allowed" else [])
    lines = [chance.choice(BAD if chance.random() < share_bad else good) for _ in range(count)]
    data = "".join(lines).encode()
    patterns = grammar(newlines)
    ends = record_ends(data, newlines_in_quotes=newlines == "allowed")
    if not len(ends):
        return
    data = data[: ends[-1]]

    one_by_one = matches(record_array(data, ends), patterns.record)
    in_groups = matches_in_groups(data, ends, one=patterns.record, many=patterns.records)

    assert np.array_equal(in_groups, one_by_one)
    if share_bad == 0.0:
        assert in_groups.all()
    if share_bad == 1.0 and newlines == "forbidden":
        assert not in_groups.any()


@pytest.mark.parametrize("place", [0, 1, GROUP_RECORDS - 1, GROUP_RECORDS, 3 * GROUP_RECORDS - 1])
@pytest.mark.parametrize("bad", BAD)
def test_one_bad_record_is_the_only_one(place: int, bad: str) -> None:
    lines = [GOOD[0]] * (3 * GROUP_RECORDS)
    lines[place] = bad
    data = "".join(lines).encode()
    patterns = grammar("forbidden")
    ends = record_ends(data, newlines_in_quotes=False)

    found = matches_in_groups(data, ends, one=patterns.record, many=patterns.records)

    assert np.flatnonzero(~found).tolist() == [place]


def test_lines_that_only_together_are_records_do_not_pass_where_newlines_are_forbidden() -> None:
    data = b'1,"a\nb",2\n' * GROUP_RECORDS
    patterns = grammar("forbidden")
    ends = record_ends(data, newlines_in_quotes=False)

    assert not matches_in_groups(data, ends, one=patterns.record, many=patterns.records).any()
