"""Reasons in plain English: what rule a record broke, and the two ways out, by contract or by file.

Flows in: a reason code of `diagnosis.py`, `typed.py` or the key check. Flows out: an `Explanation`. It
never sees a record.
"""

from __future__ import annotations

from dataclasses import dataclass

from strict_csv.warehouse_limits import MAX_STRING_BYTES

_TYPES = {
    "string": "any text without NUL",
    "bigint": "a whole number from -2^63 to 2^63-1 without leading zeros, plus sign, fraction or exponent",
    "double": "a decimal number such as -1.5 or 1e-3, without plus sign, NaN or inf",
    "boolean": "true or false",
    "date": "YYYY-MM-DD, a day that exists",
    "timestamp": "YYYY-MM-DD hh:mm:ss (T or space, up to 6 fraction digits, Z or nothing: UTC), a moment that exists",
}
_BY_FILE = "no contract mends this: export the rows, mend them by hand and replay them"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`short` fits behind a count; `rule` a whole sentence; the rest says what to do. `column` where one is meant."""

    short: str
    rule: str
    by_contract: str
    by_file: str
    column: str | None = None


def is_about_bytes(reason: str) -> bool:
    """Whether the record itself is malformed, so that it stays rejected under any contract's types and nulls."""
    return ":" not in reason and not reason.startswith("duplicate_")


def explain(reason: str) -> Explanation:
    """What `reason` means; an unknown one is named as such."""
    kind, *rest = reason.split(":", 2)
    column, detail = (rest[0] if rest else ""), (rest[1] if len(rest) > 1 else "")
    if kind == "value" and column:
        return _value(column, detail)
    if kind == "null" and column:
        return Explanation(
            short=f"{column} is null and may not be",
            rule=f"{column} is empty or one of the contract's null_values, and the contract says nullable: false",
            by_contract=f"take nullable: false from {column} if null is a right value",
            by_file=f"fill in {column}; in a string column an empty text is written as two quotes",
            column=column,
        )
    if kind == "inexact" and column:
        return Explanation(
            short=f"{column} is no exact double",
            rule=f"the number in {column} is no double: reading it would change its digits, or it is out of range",
            by_contract=f"make {column} a decimal(p,s) with room for its digits (a new column or dataset), or a string",
            by_file=f"write {column} with the digits that a double holds",
            column=column,
        )
    if kind == "too_long" and column:
        return Explanation(
            short=f"{column} is longer than {detail} bytes",
            rule=f"the text in {column} takes more than {detail} bytes in UTF-8, which is the column's max_bytes",
            by_contract=_longer(column, detail),
            by_file=f"shorten {column}",
            column=column,
        )
    if kind == "empty_partition" and column:
        return Explanation(
            short=f"{column} is an empty text, and data is partitioned by it",
            rule=f"an empty text in {column} would give a folder without a name",
            by_contract=f"partition_by cannot change under data that is there; a dataset without {column} in it can",
            by_file=f"fill in {column}",
            column=column,
        )
    if kind == "unfit_partition" and column:
        return Explanation(
            short=f"{column} is no text that can name a folder, and data is partitioned by it",
            rule=f"the text in {column} is too long for a folder's name (255 bytes, three for each of "
            "its own), or is the name that Hive gives to null",
            by_contract=f"partition_by cannot change under data that is there; a dataset without {column} in it can",
            by_file=f"shorten {column}",
            column=column,
        )
    return _PLAIN.get(reason) or Explanation(
        short="a reason that this version does not know",
        rule=f"the reason {reason} was written by another version of the reader",
        by_contract="replay the rows: they are then judged by this version",
        by_file="look at the raw text",
    )


def _value(column: str, kind: str) -> Explanation:
    spelling = _TYPES.get(kind, "")
    if kind.startswith("decimal("):
        precision, scale = kind.removeprefix("decimal(").removesuffix(")").split(",")
        spelling = (
            f"a decimal number with at most {int(precision) - int(scale)} digits before and {scale} after the point, "
            "without thousands separator, currency, exponent or plus sign"
        )
    return Explanation(
        short=f"{column} is not spelled as {kind}",
        rule=f"{column} is {kind}, which is spelled as {spelling or kind}",
        by_contract="add the spelling to null_values if it means null (it must stand there without quotes: a quoted "
        f"field is never null); the type of {column} itself is fixed once rows are curated",
        by_file=f"write {column} in that spelling",
        column=column,
    )


_PLAIN = {
    "encoding": Explanation(
        short="not UTF-8",
        rule="the record holds bytes that are no UTF-8 text (another encoding, or damage)",
        by_contract=_BY_FILE,
        by_file="convert the text to UTF-8",
    ),
    "nul": Explanation(
        short="holds a NUL byte",
        rule="the record holds a NUL byte, which no text has",
        by_contract=_BY_FILE,
        by_file="remove the NUL bytes, or fill in what they stand for",
    ),
    "blank": Explanation(
        short="an empty line",
        rule="the line is empty and a record has fields",
        by_contract=_BY_FILE,
        by_file="write the row that is missing, or leave the line where it is",
    ),
    "repeated_header": Explanation(
        short="the header again",
        rule="the line is the file's header once more, as when files were put together",
        by_contract=_BY_FILE,
        by_file="nothing is lost by leaving it; write a row in its place if one belongs there",
    ),
    "quotes": Explanation(
        short="badly quoted",
        rule='a quote stands where RFC 4180 has none, or one is missing: "a ""b"" c" is the way to write quotes',
        by_contract="where quoted fields hold line ends, newlines: allowed reads them in files delivered anew",
        by_file="quote the field rightly; join a record that a line end has cut in two in a file delivered anew",
    ),
    "line_end": Explanation(
        short="another line end than the file's",
        rule="the record ends otherwise (LF, CRLF) than the header does, or holds a lone CR",
        by_contract=_BY_FILE,
        by_file="an export gives every row the same line end; remove a CR inside the row",
    ),
    "field_count": Explanation(
        short="too many or too few fields",
        rule="the record has more or fewer fields than the file's header has names",
        by_contract=_BY_FILE,
        by_file="add or remove the separator; quote a field that holds a comma",
    ),
    "duplicate_row": Explanation(
        short="the same row was there before",
        rule="a row with this key and the same values came earlier, and the contract keeps the first",
        by_contract="say duplicates: allowed, or name the columns that make a row unique as key",
        by_file="nothing is lost by leaving it",
    ),
    "duplicate_key": Explanation(
        short="another row has its key",
        rule="a row with this key and other values came earlier, and the contract keeps the first",
        by_contract="say duplicates: allowed, or name the columns that make a row unique as key",
        by_file="decide which of the two is right, or correct the key",
    ),
}


def _longer(column: str, limit: str) -> str:
    away = "a dataset with warehouse: false, which stays in the lake, may say more"
    if limit.isdigit() and int(limit) >= MAX_STRING_BYTES:
        return f"the warehouse holds no longer text; {away}: then raise max_bytes of {column}"
    return f"raise max_bytes of {column}, to {MAX_STRING_BYTES} at most: the warehouse holds no more; {away}"
