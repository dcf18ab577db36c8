"""Any history of a growing contract and of producers that follow it late: every row is read back once, as sent."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.single_engine import SingleEngine
from lake.ledger.ledgers import LaneLedger
from lake.stores.local_store import LocalStore
from lake.verify.dataset import verify_dataset
from pipeline import layout
from strict_csv.contract import Contract

LATEST = 3
VALUES = {
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "string": st.text("abc ,", min_size=1, max_size=4),
    "decimal(6,2)": st.decimals(-999, 999, places=2).map(lambda value: f"{value:.2f}".replace("-0.00", "0.00")),
    "boolean": st.sampled_from(["true", "false"]),
}


@dataclass(frozen=True)
class Landing:
    """A file of one version, converted while the contract is at `deployed`."""

    deployed: int
    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict], list[Landing]]:
    born = [1, *sorted(draw(st.lists(st.integers(1, LATEST), min_size=1, max_size=5)))]
    columns = [
        {"name": f"c{place}", "type": draw(st.sampled_from(sorted(VALUES))), "since": since}
        for place, since in enumerate(born)
    ]
    landings = []
    for deployed in sorted(draw(st.lists(st.integers(1, LATEST), min_size=1, max_size=4))):
        version = draw(st.integers(1, deployed))
        there = [column for column in columns if column["since"] <= version]
        header = draw(st.permutations([column["name"] for column in there]))
        row = st.fixed_dictionaries({c["name"]: st.just("") | VALUES[c["type"]] for c in there})
        rows = draw(st.lists(row, min_size=1, max_size=4))
        landings.append(Landing(deployed=deployed, header=tuple(header), rows=tuple(rows)))
    return columns, landings


def contract_at(columns: list[dict], version: int) -> Contract:
    there = [column for column in columns if column["since"] <= version]
    return Contract.from_mapping({"dataset": "trips", "version": version, "columns": there})


def spelled(landing: Landing) -> str:
    lines = [landing.header, *([row[name] for name in landing.header] for row in landing.rows)]
    return "".join(",".join(f'"{field}"' if "," in field else field for field in line) + "\n" for line in lines)


def said(value: object) -> str:
    """A read value as its CSV spelling; null is the empty field."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@settings(max_examples=40, deadline=None)
@given(history=histories())
def test_every_row_of_every_history_is_read_back_once(history: tuple[list[dict], list[Landing]]) -> None:
    columns, landings = history
    names = [column["name"] for column in columns]
    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(root=Path(folder))
        ledger = LaneLedger(store=store, lane="glue", dataset="trips")
        place = BatchPlace(
            source=store,
            landing_prefix=layout.landing_prefix("trips"),
            sink=store,
            curated_prefix=layout.curated_prefix("glue", "trips"),
            quarantine_prefix=layout.quarantine_prefix("glue", "trips"),
            keys_prefix=layout.keys_prefix("glue", "trips"),
            ledger=ledger,
        )
        for number, landing in enumerate(landings):
            path = Path(folder) / layout.landing_prefix("trips") / f"{number}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(spelled(landing))
            contract = contract_at(columns, landing.deployed)
            convert_batch(place=place, contract=contract, engine=SingleEngine(), code_version="1")
        entries = tuple(ledger.entries())
        counts = verify_dataset(contract_at(columns, LATEST), entries, lane="glue", read_object=store.read)
        found: Counter[tuple[str, ...]] = Counter()
        for output in (output for entry in entries for output in entry.outputs):
            for row in pq.ParquetFile(Path(folder) / output.key).read().to_pylist():
                found[tuple(said(row.get(name)) for name in names)] += 1
    sent = Counter(tuple(row.get(name, "") for name in names) for landing in landings for row in landing.rows)
    assert found == sent
    assert (counts.rows_curated, counts.rows_quarantined) == (sent.total(), 0)
    assert [entry.contract_version for entry in entries] == [landing.deployed for landing in landings]
