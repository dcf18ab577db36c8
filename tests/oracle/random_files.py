"""Random contracts, and files for them that are damaged more or less.

Flows in: a source of chance: a seeded random.Random, or hypothesis in its place, which then can shrink what it found.
Flows out: a contract, and files with a right header.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from strict_csv.contract import MAX_RECORD_BYTES, Contract
from tests.oracle.cells import random_cell

PLAIN_KINDS = ("string", "string", "bigint", "double", "decimal", "boolean", "date", "timestamp")
TOKENS = ("NA", "n.a.", "-1", "0", "true", "\\N", "é", "null", "2024-02-29", "1.5", "-", "N", "c0", "''")
DAMAGE = (
    *(
        b'"',
        b",",
        b"\r",
        b"\0",
        b"\n",
        b"\r\n",
        b" ",
        b"0",
        b".",
        b"-",
        b"e",
        b"\\",
        b'""',
        b'","',
        b"Z",
        b":",
        b"\xef\xbb\xbf",
    ),
    *(
        b"\xc3",
        b"\xff",
        b"\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe0\x80\x80",
        b"\xf0\x80\x80\x80",
        b"\xc1\xbf",
    ),
    *(
        b"\xc3\xa9",
        b"\xe2\x82\xac",
        b"\xf0\x9f\x98\x80",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xed\x9f\xbf",
        b"\xee\x80\x80",
        b"\xf5",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file of a contract; `header` with its byte order mark and line end."""

    contract: Contract
    header: bytes
    body: bytes

    @property
    def data(self) -> bytes:
        return self.header + self.body

    @property
    def line_end(self) -> bytes:
        return b"\r\n" if self.header.endswith(b"\r\n") else b"\n"


def random_case(chance: Random, *, most_columns: int, most_records: int, most_damages: int) -> Case:
    contract = random_contract(chance, most_columns=most_columns)
    return random_file(
        chance, contract, records=chance.randrange(1, most_records + 1), damages=chance.randrange(most_damages + 1)
    )


def random_contract(chance: Random, *, most_columns: int) -> Contract:
    count = chance.randrange(1, most_columns + 1)
    strings = chance.randrange(6) == 0
    columns = [
        {
            "name": f"c{place}",
            "type": "string" if strings else _kind(chance),
            "nullable": chance.randrange(3) > 0,
        }
        for place in range(count)
    ]
    for column in columns:
        if column["type"] == "string" and chance.randrange(3) == 0:
            column["max_bytes"] = chance.choice((1, 3, 9, 100_000))
    later = chance.randrange(1, count) if count > 1 and chance.randrange(4) == 0 else count
    for column in columns[later:]:  # what a second version of the contract added
        column |= {"nullable": True, "since": 2}
    partitions = [column["name"] for column in columns[1:] if column["type"] == "string" and not column["nullable"]]
    return Contract.from_mapping(
        {
            "dataset": "d",
            "warehouse": False,  # the reader takes more than the warehouse
            "version": 2,
            "null_values": [token for token in TOKENS if chance.randrange(6) == 0],
            "newlines": chance.choice(("forbidden", "forbidden", "allowed")),
            "final_newline": chance.choice(("optional", "optional", "optional", "required")),
            "max_record_bytes": chance.choice((1024, MAX_RECORD_BYTES)),
            "partition_by": partitions,
            "columns": columns,
        }
    )


def _kind(chance: Random) -> str:
    kind = chance.choice(PLAIN_KINDS)
    if kind != "decimal":
        return kind
    precision = chance.choice((1, 2, 6, 15, 16, 18, 19, 20, 37, 38, chance.randrange(1, 39)))
    return f"decimal({precision},{chance.choice((0, min(2, precision), precision, chance.randrange(precision + 1)))})"


def random_file(chance: Random, contract: Contract, *, records: int, damages: int) -> Case:
    """`damages` bytes or so are wrong, besides the values that are."""
    line_end = chance.choice(("\n", "\n", "\r\n"))
    names = [column.name for column in chance.choice(list(contract.shapes.values()))]
    if chance.randrange(3) == 0:
        chance.shuffle(names)
    spelt = [chance.choice((name, name, name.upper(), f'"{name}"')) for name in names]
    header = chance.choice(("", "", "\ufeff")) + ",".join(spelt) + line_end
    lines: list[str] = []
    for _ in range(records):
        if chance.randrange(40) == 0:
            lines.append(header.removeprefix("\ufeff"))
        elif lines and chance.randrange(12) == 0:
            lines.append(chance.choice(lines))
        else:
            lines.append(_record(chance, contract, names, clean=chance.randrange(2) == 0) + line_end)
    body = bytearray("".join(lines).encode())
    for _ in range(damages):
        at = chance.randrange(len(body) + 1)
        body[at : at + chance.choice((0, 0, 1, 1, 2))] = chance.choice(DAMAGE)
    if chance.randrange(5) == 0:
        del body[len(body) - chance.randrange(min(4, len(body) + 1)) :]
    return Case(contract=contract, header=header.encode(), body=bytes(body))


def _record(chance: Random, contract: Contract, names: list[str], *, clean: bool) -> str:
    newlines = contract.newlines == "allowed"
    cells: list[str] = []
    for name in names:
        column = contract.column(name)
        odd = 0 if clean else chance.randrange(6)
        if odd == 1:
            cells.append(chance.choice(("", *contract.null_values, *TOKENS)))
            continue
        text = random_cell(chance, column.type, newlines=newlines)
        must = bool(set(text) & set('",\r\n')) or (clean and not column.nullable and not text)
        quote = chance.randrange(3) == 0 if not must else not (odd == 2 and not newlines)
        cells.append('"' + text.replace('"', '""') + '"' if quote else text)
    return ",".join(cells)
