"""A dataset's contract: what a CSV file of this dataset must look like, column by column.

Flows in: a plain mapping (parsed YAML or JSON). Flows out: a frozen `Contract`, or `ContractInvalid`
naming every broken rule at once. Reading files is not its business (see
`strict_csv/contract_file.py`), nor is reading CSV.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from strict_csv.contract_advice import of_key, of_type
from strict_csv.errors import ContractInvalid
from strict_csv.partitions import folder_column
from strict_csv.warehouse_limits import MAX_STRING_BYTES, warehouse_problems

PLAIN_TYPES = ("string", "bigint", "double", "boolean", "date", "timestamp")
PARTITION_TYPES = ("string", "bigint", "boolean", "date")
MAX_RECORD_BYTES = 4 * 1024 * 1024
MAX_CONTENT_BYTES = 64 * 1024**3
DECIMAL = re.compile(r"decimal\(([1-9][0-9]?),([0-9]{1,2})\)")
RECORD_BYTES = (1024, 512 * 1024 * 1024)
MAX_NAME = 127
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")
DATASET = re.compile(r"[a-z][a-z0-9_]{0,62}")
CHOICES = {
    "newlines": ("forbidden", "allowed"),
    "final_newline": ("optional", "required"),
    "control_file": ("optional", "required"),
    "duplicates": ("quarantined", "allowed"),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `type` is one of PLAIN_TYPES or `decimal(p,s)` with 1 <= p <= 38 and s <= p.

    since: the contract's version that brought the column; files and data of older versions lack it.
    max_bytes: of a string column, the longest text in UTF-8; a row with a longer one is quarantined.
    """

    name: str
    type: str
    nullable: bool = True
    since: int = 1
    max_bytes: int = MAX_STRING_BYTES

    @property
    def decimal(self) -> tuple[int, int] | None:
        """(precision, scale) of a decimal column, None of any other."""
        found = DECIMAL.fullmatch(self.type)
        return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How much may be refused before a run ends as TooMuchRejected.

    files_refused: the dataset's open files in a lane. rows_quarantined: the share (0 to 1) of a batch's rows that may
    be quarantined, duplicates left out; a batch beyond it is held.
    """

    files_refused: int = 0
    rows_quarantined: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A dataset's columns and rules; build it with `from_mapping`, which validates.

    version: raised with every column that is added; what an older version named is named for ever.
    null_values: unquoted spellings of null besides the empty field; a quoted "" is the empty string.
    newlines: "forbidden" (a line is a record) or "allowed" (quoted fields may hold newlines).
    final_newline: "optional" or "required" (a last record without one means a truncated file).
    max_record_bytes: a longer record refuses its file (`TooLarge`), so that memory stays bounded.
    control_file: "optional" (enforced where a producer gives one) or "required" (a file waits for its own).
    max_content_bytes: a compressed file that decompresses to more is refused (`TooLarge`), default 64 GiB.
    key: columns whose values together name a row. Typed values count (1.0 is 1.00 as a decimal), nulls are equal.
    duplicates: "quarantined" (the first row of a key is kept, every later one quarantined: what is committed comes
    before what is new, and within a batch the order is file key, then place) or "allowed" (all are kept, so that a
    file that comes again under another name doubles its rows). Unsaid, it is "quarantined" where there is a key.
    tolerance: how much may be refused or quarantined; by default no file, and one row in a hundred of a batch.
    warehouse: False for a dataset that stays in the lake: it is not loaded, and the warehouse's limits do not bind it.
    """

    dataset: str
    columns: tuple[Column, ...]
    version: int = 1
    null_values: tuple[str, ...] = ()
    newlines: str = "forbidden"
    final_newline: str = "optional"
    control_file: str = "optional"
    max_record_bytes: int = MAX_RECORD_BYTES
    max_content_bytes: int = MAX_CONTENT_BYTES
    partition_by: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    duplicates: str = "allowed"
    tolerance: Tolerance = Tolerance()
    warehouse: bool = True

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of this exact name; KeyError where there is none."""
        return next((c for c in self.columns if c.name == name), None) or _missing(self.dataset, name)

    def at(self, version: int) -> tuple[Column, ...]:
        """The columns that the contract had at `version`: they come first, in the same order."""
        return tuple(column for column in self.columns if column.since <= version)

    @property
    def shapes(self) -> dict[int, tuple[Column, ...]]:
        """The columns by each version that changed them, oldest first."""
        return {version: self.at(version) for version in sorted({column.since for column in self.columns})}

    @property
    def fingerprint(self) -> str:
        """sha256 (hex) over the contract as canonical JSON: equal contracts, equal fingerprints."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, place: str = "contract") -> Contract:
        """The contract that `mapping` spells, or ContractInvalid listing every problem with its place."""
        problems = list(_problems(mapping))
        if problems:
            listed = "".join(f"\n  - {place}: {problem}" for problem in problems)
            raise ContractInvalid(f"{len(problems)} problem(s), mend them and run again:{listed}")
        fields = dict(mapping)
        fields["columns"] = tuple(Column(**column) for column in mapping["columns"])
        for name in ("null_values", "partition_by", "key"):
            fields[name] = tuple(mapping.get(name, ()))
        fields["tolerance"] = Tolerance(**mapping.get("tolerance", {}))
        fields.setdefault("duplicates", "quarantined" if fields["key"] else "allowed")
        return cls(**fields)


def _missing(dataset: str, name: str) -> Column:
    raise KeyError(f"{dataset} has no column {name}")


def _problems(mapping: object):
    if not isinstance(mapping, Mapping):
        yield f"is a {type(mapping).__name__}, write a mapping with the keys dataset and columns"
        return
    known = set(Contract.__dataclass_fields__)
    for key in mapping:
        if key not in known:
            yield f"{key}: {of_key(key, known)}"
    dataset = mapping.get("dataset")
    if not isinstance(dataset, str) or not DATASET.fullmatch(dataset):
        given = repr(dataset) if "dataset" in mapping else "missing"
        yield f"dataset: {given}, name it with small letters (a to z), digits and _, a letter first, at most 63"
    yield from _choice_problems(mapping)
    yield from _tolerance_problems(mapping.get("tolerance", {}))
    yield from _null_problems(mapping.get("null_values", ()))
    columns = mapping.get("columns")
    if not _is_list(columns) or not columns:
        yield "columns: missing or empty, list at least one column"
        return
    yield from _column_problems(columns)
    yield from _version_problems(mapping, columns)
    usable = {c["name"]: c for c in columns if isinstance(c, Mapping) and isinstance(c.get("name"), str)}
    yield from _reference_problems(mapping, usable)
    if mapping.get("warehouse", True) is True:
        yield from warehouse_problems(mapping)


def _choice_problems(mapping: Mapping[str, Any]):
    for key, choices in CHOICES.items():
        if key in mapping and mapping[key] not in choices:
            yield f"{key}: {mapping[key]!r}, choose {' or '.join(choices)}"
    if mapping.get("duplicates") == "quarantined" and not mapping.get("key"):
        yield "duplicates: quarantined needs a key to tell rows apart, list key columns or say allowed"
    limit = mapping.get("max_record_bytes", MAX_RECORD_BYTES)
    least, most = RECORD_BYTES
    if not isinstance(limit, int) or isinstance(limit, bool) or not least <= limit <= most:
        yield f"max_record_bytes: {limit!r}, write whole bytes between {least} and {most}"
    content = mapping.get("max_content_bytes", MAX_CONTENT_BYTES)
    if not isinstance(content, int) or isinstance(content, bool) or content < 1:
        yield f"max_content_bytes: {content!r}, write whole bytes, at least 1"
    if not isinstance(mapping.get("warehouse", True), bool):
        yield f"warehouse: {mapping['warehouse']!r}, write true or false"
    if not _is_version(mapping.get("version", 1)):
        yield f"version: {mapping['version']!r}, write a whole number from 1 on"


def _tolerance_problems(tolerance: Any):
    if not isinstance(tolerance, Mapping):
        yield f"tolerance: {tolerance!r}, write {{files_refused: 0, rows_quarantined: 0.01}}"
        return
    for name in tolerance:
        if name not in Tolerance.__dataclass_fields__:
            yield f"tolerance.{name}: unknown key, known are {', '.join(Tolerance.__dataclass_fields__)}"
    files, rows = tolerance.get("files_refused", 0), tolerance.get("rows_quarantined", 0)
    if not isinstance(files, int) or isinstance(files, bool) or files < 0:
        yield f"tolerance.files_refused: {files!r}, write how many refused files may stay open, from 0 on"
    if not isinstance(rows, int | float) or isinstance(rows, bool) or not 0 <= rows <= 1:
        yield f"tolerance.rows_quarantined: {rows!r}, write a share of a batch's rows from 0 to 1, 0.01 for one percent"


def _null_problems(tokens: Any):
    if not _is_list(tokens):
        yield 'null_values: not a list, write for example ["NA"]'
        return
    for place, token in enumerate(tokens):
        if not isinstance(token, str):
            yield f"null_values[{place}]: {token!r} is not text, put it in quotes"
        elif token == "":
            yield f"null_values[{place}]: empty; the empty field is null anyway, remove it"
        elif set(token) & set('",\r\n\0'):
            yield f"null_values[{place}]: {token!r} holds a comma, quote, newline or NUL, choose another token"


def _column_problems(columns: Sequence[Any]):
    seen: dict[str, str] = {}
    for place, column in enumerate(columns):
        if not isinstance(column, Mapping):
            yield f"columns[{place}]: {column!r}, write {{name: ..., type: ...}}"
            continue
        if str(column.get("type")).startswith("decimal(") and any(str(key).endswith(")") for key in column):
            yield f'columns[{place}].type: a comma ends it here, put decimal(p,s) in quotes: type: "decimal(8,2)"'
            continue
        for key in column:
            if key not in Column.__dataclass_fields__:
                advice = of_key(key, Column.__dataclass_fields__, dataset_keys=Contract.__dataclass_fields__)
                yield f"columns[{place}].{key}: {advice}"
        name = column.get("name")
        if isinstance(name, bool):
            yield f"columns[{place}].name: YAML reads no, off, yes and on as true or false; put the name in quotes"
        elif not isinstance(name, str) or not NAME.fullmatch(name):
            yield (
                f"columns[{place}].name: {name!r}, use letters (a to z), digits and _, no digit first, at most "
                f"{MAX_NAME}; a file's header must have such names too"
            )
        elif name.casefold() in seen:
            yield f"columns[{place}].name: {name!r} repeats {seen[name.casefold()]!r} (case does not count)"
        else:
            seen[name.casefold()] = name
        if not _is_type(column.get("type")):
            yield f"columns[{place}].type: {column.get('type')!r}, {of_type(column.get('type'), PLAIN_TYPES)}"
        if not isinstance(column.get("nullable", True), bool):
            yield f"columns[{place}].nullable: {column['nullable']!r}, write true or false"
        yield from _length_problems(f"columns[{place}].max_bytes", column)


def _length_problems(place: str, column: Mapping[str, Any]):
    if "max_bytes" not in column:
        return
    limit = column["max_bytes"]
    if column.get("type") != "string":
        yield f"{place}: {column.get('type')} has no length, only string has; remove it"
    elif not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        yield f"{place}: {limit!r}, write whole bytes, at least 1 (UTF-8: a letter may take up to 4)"


def _version_problems(mapping: Mapping[str, Any], columns: Sequence[Any]):
    """New columns only ever come last and may be null: old data has nothing in them, and COPY maps by position."""
    version = mapping.get("version", 1)
    latest = 1
    for place, column in enumerate(columns):
        since = column.get("since", 1) if isinstance(column, Mapping) else 1
        if not _is_version(since):
            yield f"columns[{place}].since: {since!r}, write the version that brought the column, from 1 on"
            continue
        if place == 0 and since > 1:
            yield f"columns[0].since: {since}, the first column is there since version 1"
        if _is_version(version) and since > version:
            yield f"columns[{place}].since: {since} is later than version {version}, write version: {since}"
        if since < latest:
            yield f"columns[{place}]: is older than the column before it, list columns by since"
        latest = max(latest, since)
        if since > 1:
            yield from _added_problems(
                f"columns[{place}]: {column.get('name')!r} is there since {since}", column, mapping
            )


def _added_problems(place: str, column: Mapping[str, Any], mapping: Mapping[str, Any]):
    if column.get("nullable", True) is False:
        yield f"{place} and null in older data, remove nullable: false"
    for key in ("key", "partition_by"):
        names = mapping.get(key, ())
        if _is_list(names) and column.get("name") in names:
            yield f"{place} and null in older data, take it out of {key}"


def _reference_problems(mapping: Mapping[str, Any], columns: Mapping[str, Mapping[str, Any]]):
    for key in ("partition_by", "key"):
        names = mapping.get(key, ())
        if not _is_list(names):
            yield f"{key}: not a list, list column names"
            continue
        for place, name in enumerate(names):
            if not isinstance(name, str) or name not in columns:
                yield f"{key}[{place}]: {name!r} is not a column, name one of columns (case counts here)"
            elif name in list(names)[:place]:
                yield f"{key}[{place}]: {name!r} is there twice, remove one"
            elif key == "partition_by":
                yield from _partition_problems(f"{key}[{place}]: {name!r}", columns[name])
                yield from _folder_problems(f"{key}[{place}]: {name!r}", name, columns)


def _folder_problems(place: str, name: str, columns: Iterable[str]):
    """A folder and a column of one name would be two columns of one name to whoever reads folders."""
    folder = folder_column(name)
    for other in columns:
        if other.casefold() == folder:
            yield f"{place} has folders named {folder}=, and a column is named {other!r}; rename the column"
    if len(folder) > MAX_NAME:
        yield f"{place} has folders named {folder}=, longer than the {MAX_NAME} characters of a name; rename the column"


def _partition_problems(place: str, column: Mapping[str, Any]):
    if column.get("type") not in PARTITION_TYPES:
        yield f"{place} is {column.get('type')}, partition by one of {', '.join(PARTITION_TYPES)}"
    if column.get("nullable", True) is not False:
        yield f"{place} may be null, say nullable: false"


def _is_type(spelling: object) -> bool:
    if not isinstance(spelling, str):
        return False
    found = DECIMAL.fullmatch(spelling)
    return spelling in PLAIN_TYPES or bool(found and int(found[2]) <= int(found[1]) <= 38)


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
