"""`python -m strict_csv CONTRACT FILE...`: whether files are what a contract says, and where they are not.

Flows in: a contract.yaml and CSV files, uncompressed. Flows out: a line per file and per rejected record on standard
output. Exit code 0 where every record is taken, 1 where one is rejected or a file refused, 2 where contract or file
can't be read. Nothing is written.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path

from strict_csv.contract import Contract
from strict_csv.contract_file import load_contract
from strict_csv.errors import ContractInvalid
from strict_csv.explanations import explain
from strict_csv.reader import Rejected, StrictReader
from strict_csv.refusals import FileRefused

_RAW = 80  # characters of a record


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = ArgumentParser(prog="python -m strict_csv", description=__doc__)
    parser.add_argument("contract", type=Path, metavar="CONTRACT", help="a contract.yaml")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="rejected records shown per file (20)")
    given = parser.parse_args(arguments)
    try:
        contract = load_contract(given.contract)
        verdicts = [_checked(file, contract, given.limit) for file in given.files]
    except (ContractInvalid, OSError) as error:
        sys.stderr.write(f"python -m strict_csv: {error}\n")
        return 2
    return 0 if all(verdicts) else 1


def _checked(file: Path, contract: Contract, limit: int) -> bool:
    rows, rejected = 0, 0
    shown: list[Rejected] = []
    try:
        with file.open("rb") as stream:
            for block in StrictReader(contract=contract).blocks(stream):
                rows += block.table.num_rows
                rejected += len(block.rejected)
                shown += block.rejected[: max(0, limit - len(shown))]
    except FileRefused as refusal:
        sys.stdout.write(f"{file}: refused, no row is taken: {refusal}\n")
        return False
    sys.stdout.write(f"{file}: {rows:,} rows taken, {rejected:,} rejected\n")
    sys.stdout.writelines(f"{line}\n" for line in _lines(shown, rejected))
    return rejected == 0


def _lines(shown: Sequence[Rejected], rejected: int) -> Iterator[str]:
    for one in shown:
        raw = one.raw.decode("utf-8", "backslashreplace")
        text = f"{raw[:_RAW]}{'...' if len(raw) > _RAW else ''}"
        yield f"  line {one.line}, byte {one.byte_start}: {explain(one.reason).rule}: {text!r}"
    if rejected > len(shown):
        yield f"  and {rejected - len(shown):,} more (--limit N shows more)"


if __name__ == "__main__":
    sys.exit(main())
