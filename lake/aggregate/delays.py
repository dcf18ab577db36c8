"""The shape of the report table `delays`, as its writer and the warehouse agree on it.

One row per year, month, carrier and origin. Delays are minutes, means over the flights that have
one; a flight without a departure time is cancelled. The year is a column so that a month of two
years is never one group.
"""

from __future__ import annotations

TABLE = "delays"
SOURCE = "flights"
GROUP = ("year", "month", "carrier", "origin")
COLUMNS: tuple[tuple[str, str], ...] = (
    ("year", "bigint"),
    ("month", "bigint"),
    ("carrier", "string"),
    ("origin", "string"),
    ("flights", "bigint"),
    ("mean_dep_delay", "double"),
    ("mean_arr_delay", "double"),
    ("cancelled_share", "double"),
)
