"""What a crawler leaves out, and what it sees of compressed and foreign files."""

from __future__ import annotations

import bz2
import gzip

import pytest

from local_aws.services.glue.crawl import PatternNotEmulated, excluded_by
from local_aws.services.glue.csv_classifier import SAMPLE_BYTES, text_sample

DATA = b"id,name\n1,a\n"


@pytest.mark.parametrize(
    "key", ["a.csv.control.json", "x=1/y/a.csv.control.json", ".control.json", "new\nline.control.json"]
)
def test_control_files_are_left_out_at_every_depth(key: str) -> None:
    assert excluded_by(["**.control.json"])(key)


@pytest.mark.parametrize(
    ("pattern", "key", "out"),
    [
        ("**.control.json", "a.csv", False),
        ("**.control.json", "a.control.json.csv", False),
        ("*.json", "a.json", True),
        ("*.json", "x/a.json", False),
        ("x/**", "x/y/z.csv", True),
        ("a?.csv", "ab.csv", True),
        ("a?.csv", "a/.csv", False),
        ("a.csv", "axcsv", False),
    ],
)
def test_globs_are_awss(pattern: str, key: str, out: bool) -> None:
    assert excluded_by([pattern])(key) is out


def test_nothing_is_left_out_by_no_pattern() -> None:
    assert not excluded_by([])("a.csv")


def test_unknown_glob_is_refused_by_name() -> None:
    with pytest.raises(PatternNotEmulated, match="braces"):
        excluded_by(["*.{csv,json}"])


@pytest.mark.parametrize("stored", [DATA, gzip.compress(DATA), bz2.compress(DATA)])
def test_compressed_text_is_seen_as_text(stored: bytes) -> None:
    assert text_sample(stored) == (DATA, True)


def test_sample_of_a_large_content_is_cut() -> None:
    sample = text_sample(gzip.compress(DATA * 200_000))
    assert sample is not None
    assert (len(sample[0]), sample[1]) == (SAMPLE_BYTES, False)


@pytest.mark.parametrize(
    "stored", [b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04abc", b"\x28\xb5\x2f\xfdabc", b"\x1f\x8b\x08junk"]
)
def test_no_text_has_no_sample(stored: bytes) -> None:
    assert text_sample(stored) is None
