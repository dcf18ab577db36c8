"""What convert wrote is what verify reads: two implementations, one definition, real and damaged data."""

from pathlib import Path

import pytest

from benchmarks.green_taxi.damage import write_damaged_trips
from datasets.nycflights13 import DATASETS, ROWS, extract
from lake.contracts import dataset_contract
from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry
from lake.ledger.ledgers import LaneLedger
from lake.stores.local_store import LocalStore
from lake.verify.dataset import ReadObject, Verified, verify_dataset
from pipeline import layout
from pipeline.errors import ChecksumMismatched, RowsNotConserved


def converted(root: Path, dataset: str) -> tuple[LedgerEntry, ...]:
    """The ledger of lane glue after converting what lies in landing below `root`."""
    store = LocalStore(root=root)
    ledger = LaneLedger(store=store, lane="glue", dataset=dataset)
    place = BatchPlace(
        source=store,
        landing_prefix=layout.landing_prefix(dataset),
        sink=store,
        curated_prefix=layout.curated_prefix("glue", dataset),
        quarantine_prefix=layout.quarantine_prefix("glue", dataset),
        keys_prefix=layout.keys_prefix("glue", dataset),
        ledger=ledger,
    )
    convert_batch(place=place, contract=dataset_contract(dataset), engine=SingleEngine(), code_version="v1")
    return tuple(ledger.entries())


def reader(root: Path) -> ReadObject:
    return lambda key: (root / key).read_bytes() if (root / key).exists() else None


def verified(root: Path, dataset: str, entries: tuple[LedgerEntry, ...]) -> Verified:
    return verify_dataset(dataset_contract(dataset), entries, lane="glue", read_object=reader(root))


@pytest.mark.parametrize("dataset", DATASETS)
def test_real_data_reads_back_whole(tmp_path: Path, dataset: str) -> None:
    extract(tmp_path / "landing")
    counts = verified(tmp_path, dataset, converted(tmp_path, dataset))
    assert (counts.rows_curated, counts.rows_quarantined) == (ROWS[dataset], 0)


def test_damaged_data_reads_back_and_one_changed_byte_does_not(tmp_path: Path) -> None:
    path = tmp_path / "landing" / "green_taxi" / "trips.csv"
    path.parent.mkdir(parents=True)
    damages = write_damaged_trips(path, rows=2000, seed=7)
    entries = converted(tmp_path, "green_taxi")
    counts = verified(tmp_path, "green_taxi", entries)
    assert 0 < counts.rows_quarantined <= len(damages)
    assert counts.rows_curated + counts.rows_quarantined == entries[0].rows_read
    output = tmp_path / entries[0].outputs[0].key
    body = bytearray(output.read_bytes())
    body[len(body) // 3] ^= 1
    output.write_bytes(bytes(body))
    with pytest.raises((ChecksumMismatched, RowsNotConserved)):
        verified(tmp_path, "green_taxi", entries)
