"""What both engines quarantined can be mended and replayed: the data is then that of files without damage."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.green_taxi.damage import write_damaged_trips
from benchmarks.green_taxi.generator import HEADER, lines
from lake.convert.directory import convert_directory
from lake.convert.output_folder import output_folder
from lake.ledger.entry import LedgerEntry
from lake.ledger.entry import whole as whole_of
from lake.quarantine.export import export
from lake.quarantine.repairs import Repairs
from lake.quarantine.replay import ReplayResult, replay
from strict_csv.contract_file import load_contract
from tests.checkout import ROOT

CONTRACT = ROOT / "datasets" / "green_taxi" / "contract.yaml"
ROWS, SEED = 2000, 5


def converted(engine: str, root: Path) -> LedgerEntry:
    convert_directory(engine=engine, contract_path=CONTRACT, input_dir=root / "in", output_dir=root / "out")
    return output_folder(root / "out").ledger.entries()[0]


def replayed(root: Path, repaired: Path | None = None) -> ReplayResult:
    contract = load_contract(CONTRACT)
    repairs = Repairs(folder=repaired, contract=contract) if repaired else None
    return replay(place=output_folder(root / "out"), contract=contract, repairs=repairs, code_version="1")


def test_mended_damage_is_what_was_never_damaged(engine: str, tmp_path: Path) -> None:
    damages = write_damaged_trips(tmp_path / "damaged" / "in" / "trips.csv", rows=ROWS, seed=SEED, every=9)
    rows = lines(ROWS, seed=SEED).splitlines()
    right, line = {}, 2
    at = {damage.lines[0]: damage for damage in damages}
    odd: list[int] = []
    for number, row in enumerate(rows):
        damage = at.get(line)
        if damage and damage.outcome == "quarantined":
            right[line] = row
        elif damage:
            odd.append(number)
        line += len(damage.lines) if damage else 1
    clean = tmp_path / "clean" / "in" / "trips.csv"
    clean.parent.mkdir(parents=True)
    damaged = (tmp_path / "damaged" / "in" / "trips.csv").read_bytes().split(b"\n")
    kept = {number: damaged[line - 1] for number, line in _lines_of(odd, rows, at).items()}
    clean.write_bytes(b"\n".join([HEADER.strip().encode(), *(kept.get(n, row) for n, row in enumerate(rows)), b""]))

    converted(engine, tmp_path / "damaged")
    (file,) = export(place=output_folder(tmp_path / "damaged" / "out"), folder=tmp_path / "mend")
    csv = tmp_path / "mend" / file.csv
    told = [json.loads(said) for said in (tmp_path / "mend" / file.rows_file).read_text().splitlines()]
    exported = csv.read_bytes().split(b"\n")
    for said in told:
        exported[said["line"] - 1] = right.get(said["source_line"], exported[said["line"] - 1])
    csv.write_bytes(b"\n".join(exported))
    left = len(told) - len(right)  # the second halves of rows that a line end had cut in two
    done = replayed(tmp_path / "damaged", tmp_path / "mend")
    assert (done.rows_curated, sum(done.still_bad.values())) == (len(right), left)

    mended = whole_of(output_folder(tmp_path / "damaged" / "out").ledger.entries())
    assert mended
    whole = converted("single", tmp_path / "clean")
    assert (mended.output_digest, mended.columns) == (whole.output_digest, whole.columns)
    assert (mended.rows_curated, mended.rows_quarantined) == (ROWS, left)


def _lines_of(numbers: list[int], rows: list[bytes], at: dict) -> dict[int, int]:
    """The 1-based line of the damaged file where each of these rows stands."""
    found, line = {}, 2
    for number in range(len(rows)):
        if number in numbers:
            found[number] = line
        line += len(at[line].lines) if line in at else 1
    return found
