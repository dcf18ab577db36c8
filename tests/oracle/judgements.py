"""Whether two judges say the same of the same records, to the bit.

Flows in: two `Judged`. Flows out: the names of what differs.
"""

from __future__ import annotations

import pyarrow as pa

from strict_csv.judged import Judged


def disagreements(one: Judged, other: Judged) -> list[str]:
    """Nothing, where table, places, lines and reasons are the same; behind a field that never ends nothing counts."""
    if one.judged_bytes != other.judged_bytes:
        return ["judged_bytes"]
    names = ("starts", "ends", "lines_before", "reasons")
    found = [name for name in names if list(getattr(one, name)) != list(getattr(other, name))]
    found += [
        name for name in ("lines", "longest_start", "longest_bytes") if getattr(one, name) != getattr(other, name)
    ]
    mine, theirs = _in_bits(one.table), _in_bits(other.table)
    if mine.schema != theirs.schema or mine.num_rows != theirs.num_rows:
        return [*found, "rows"]
    return found + [name for name in mine.column_names if not mine.column(name).equals(theirs.column(name))]


def _in_bits(table: pa.Table) -> pa.Table:
    """Doubles as their bits: -0.0 is not 0.0 here."""
    table.validate(full=True)
    columns = [
        pa.chunked_array([chunk.view(pa.int64()) for chunk in column.chunks], pa.int64())
        if pa.types.is_floating(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
