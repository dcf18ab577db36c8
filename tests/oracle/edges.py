"""A small fixed corpus that visits every check of the reader once: a few files for each rule.

Flows in: nothing. Flows out: (contract, file) pairs, always the same. What must become of each, the oracle says.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from strict_csv.contract import Contract
from tests.oracle.cells import EDGES
from tests.oracle.random_files import DAMAGE, random_case

File = tuple[Contract, bytes]


def contract_of(*types: str, **rules: Any) -> Contract:
    """Columns a, b, c... of these types; a type that ends with ! may not be null."""
    columns = [
        {"name": "abcdefgh"[place], "type": kind.removesuffix("!"), "nullable": not kind.endswith("!")}
        for place, kind in enumerate(types)
    ]
    return Contract.from_mapping({"dataset": "d", "columns": columns, "warehouse": False, **rules})


def text_of_at_most(max_bytes: int) -> Contract:
    """One column of texts that long, and a number."""
    columns = [{"name": "a", "type": "string", "max_bytes": max_bytes}, {"name": "b", "type": "bigint"}]
    return Contract.from_mapping({"dataset": "d", "columns": columns})


def edge_files() -> Iterator[File]:
    yield from _values()
    yield from _texts()
    yield from _nulls()
    yield from _structure()
    yield from _quoted_newlines()
    yield from _whole_files()
    for seed in range(12):
        case = random_case(Random(seed), most_columns=5, most_records=20, most_damages=3)
        yield case.contract, case.data


def _values() -> Iterator[File]:
    decimals = ("decimal(4,2)", "decimal(3,3)", "decimal(5,0)", "decimal(20,9)", "decimal(38,2)", "decimal(38,38)")
    for kind in ("bigint", "double", "boolean", "date", "timestamp", *decimals):
        texts = list(EDGES["decimal" if kind.startswith("decimal") else kind])
        if kind == "bigint":
            texts += [str(sign * 2**63 + more) for sign in (1, -1) for more in (-1, 0, 1)]
        if kind == "timestamp":
            texts = [f"2024-02-29{between}{clock}" for clock in texts for between in "T t"]
        if kind.startswith("decimal"):
            texts += [
                f"{whole}{rest}"
                for whole in ("7", "77", "777", "9" * 36, "9" * 37)
                for rest in ("", ".7", ".77", ".777")
            ]
        lines = [line for text in texts for line in (text, f'"{text}"') if '"' not in text]
        yield contract_of(kind), "\n".join(["a", *lines, ""]).encode()
    chance = Random("doubles")
    texts = [f"{chance.randrange(2**50, 2**63)}"[:18] for _ in range(200)]
    yield (
        contract_of("double"),
        "\n".join(["a", *(f"{t[: n % 17 + 1]}.{t[n % 17 + 1 :]}" for n, t in enumerate(texts)), ""]).encode(),
    )


def _texts() -> Iterator[File]:
    odd = [*DAMAGE, *(f"{length * 'é'}".encode() for length in (7, 8, 16, 40))]
    for before in (0, 1, 14, 15, 16, 33):
        lines = [b"x" * before + bad + b"y" * after for bad in odd for after in (0, 20)]
        lines += [b'"' + line.replace(b'"', b'""') + b'"' for line in lines]
        yield contract_of("string"), b"\n".join([b"a", *lines, b""])
        yield contract_of("string!", "string"), b"\n".join([b"a,b", *(line + b",z" for line in lines), b""])
    yield contract_of("string"), b'a\n\xef\xbb\xbfa\n"\xef\xbb\xbf"\n'
    yield contract_of("string"), b"a\nb\na\nb\n"
    for size in (15, 16, 17, 40):  # around what is copied at once
        texts = ["x" * size, "x" * (size + 1), "é" * (size // 2), "é" * (size // 2 + 1), '""' * size, '""' * (size + 1)]
        lines = "".join(f'"{text}",1\n' for text in texts) + f"{'x' * size},1\n{'x' * (size + 1)},1\n,1\n"
        yield text_of_at_most(size), f"a,b\n{lines}".encode()
    lines = f"{'x' * 65535},1\n{'x' * 65536},2\n{'é' * 32767}x,3\n{'é' * 32768},4\ny,5\n"
    yield text_of_at_most(65535), f"a,b\n{lines}".encode()
    yield contract_of("bigint", "string", null_values=["a"]), b"a,b\n1,x\na,b\na,c\n"


def _nulls() -> Iterator[File]:
    tokens = {"null_values": ["NA", "-1", "é"]}
    lines = 'NA\n-1\n\n"NA"\n"-1"\n""\n-12\nNAN\n1\né\néé\nNA\r\n'
    for kind in ("string", "bigint", "double", "string!", "bigint!", "double!", "decimal(3,1)!"):
        yield contract_of(kind, **tokens), f"a\n{lines}".encode()
        pairs = "".join(f"{line},7\n" for line in lines.splitlines())
        yield contract_of(kind, "bigint", **tokens), f"a,b\n{pairs}".encode()
    mixed = "1,2024-01-01,true,x,1.5\n,,,,\nNA,NA,NA,NA,x\n2,2024-01-02,false,,2.5\n,,,,\n"
    yield contract_of("bigint", "date", "boolean", "string", "decimal(4,2)", **tokens), f"a,b,c,d,e\n{mixed}".encode()
    partitioned = contract_of("bigint", "string!", partition_by=["b"])
    yield partitioned, b'a,b\n1,""\n2,x\n3,\n4,"y"\n5,__HIVE_DEFAULT_PARTITION__\n6,"__HIVE_DEFAULT_PARTITION__"\n'
    for size in (82, 83):
        yield partitioned, f'a,b\n1,{"x" * size}\n2,"{"é" * (size // 2)}"\n3,{"é" * (size // 2)}x\n'.encode()


def _structure() -> Iterator[File]:
    lines = '1,x\n1\n1,x,\n1,x,2\n\n,\n"1",x\n"1"2,x\n1,"x"y\n'
    lines += '1,x"y\n1,"x\n2,"x""y"\n"1,x\n1," x "\n1, "x"\n1,x\r\n1\r,x\n1,"\r"\n7,x\n'
    contract = contract_of("bigint", "string")
    yield contract, f"a,b\n{lines}".encode()
    yield contract, f"b,A\n{lines}".encode()
    yield contract, f"\ufeffa,b\n{lines}".encode()
    yield contract, f"a,b\r\n{lines}".replace("\n", "\r\n").replace("\r\r", "\r").encode() + b"2,x\n3,y\r\n"
    yield contract_of("double", "double"), b"a,b\n" + b"0.12345678901234567,x\n0.1,0.12345678901234567\n" * 3
    yield contract_of("date", "date"), b"a,b\n2024-01-01,2024-01-02\n2024-01-03,2024-01-31\n2024-01-03,2024-01-32\n"


def _quoted_newlines() -> Iterator[File]:
    contract = contract_of("bigint", "string", newlines="allowed")
    good = b'a,b\n1,"x\ny"\n2,"\r\n"\nx,"\n\n"\n3,"""\n"""\n4,z\n'
    for more in (
        b"",
        b'5,"x"y\n',
        b'5,x"y\n',
        b'5,"x\n',
        b'"5",1\r,"x"\n',
        b'5,"x"\r\n',
        b"5,\xff\n",
        b'5,"\0\n"\n6,x\n',
        b'"5\n",x\n',
    ):
        yield contract, good + more
        yield contract, good + more + b"7,y\n"
    yield contract, b'a,b\n1,"x\ny"\n2,"\n'
    yield contract, b'a,b\n1,"x\ny"\n2,"'


def _whole_files() -> Iterator[File]:
    for final_newline in ("optional", "required"):
        contract = contract_of("string", final_newline=final_newline)
        for data in (b"a\nx", b"a\nx\n", b"a\r\nx", b"a\r\nx\r", b"a\n", b"\xef\xbb\xbfa\nx\ny"):
            yield contract, data
    limited = contract_of("string", max_record_bytes=1024)
    for size in (1023, 1024, 5000):
        yield limited, b"a\nx\n" + b"y" * size + b"\nz\n"
        yield limited, b"a\nx\n" + b"y" * size
