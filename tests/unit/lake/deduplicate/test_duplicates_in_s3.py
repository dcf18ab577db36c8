"""Keys in a bucket: read back by ranges, and nothing of the search is left."""

from __future__ import annotations

import pytest

from tests.unit.lake.s3_lake import s3_lake


def test_key_that_a_bucket_holds_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_lake(monkeypatch) as lake:
        lake.land("a.csv", b"id,name\n1,ann\n2,bob\n")
        lake.convert(key=["id"])
        lake.land("b.csv", b"id,name\n3,cy\n1,ann\n2,other\n3,cy\n")
        lake.land("again.csv", b"id,name\n3,cy\n")
        result = lake.convert(key=["id"])
        held = sorted((row["file"], row["line"], row["reason"]) for row in lake.rows("quarantine/"))
        assert held == [
            ("landing/trips/b.csv", 2, "duplicate_row"),
            ("landing/trips/b.csv", 3, "duplicate_row"),
            ("landing/trips/b.csv", 4, "duplicate_key"),
            ("landing/trips/b.csv", 5, "duplicate_row"),
        ]
        assert sorted(row["id"] for row in lake.rows("curated/")) == [1, 2, 3]
        assert result.entry is not None
        assert [file.rows_duplicate for file in result.entry.files] == [0, 4]
        folders = {key.split("/")[0] for key in lake.store.keys("")}
        assert folders == {"landing", "curated", "ledger", "quarantine"}
