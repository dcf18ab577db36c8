"""Clean green taxi trips of any size: seeded, vectorised, no network.

Flows in: rows, a seed, a month. Flows out: a CSV file as the Taxi & Limousine Commission published them:
coordinates as single precision numbers written with 15 decimals, distances without a leading zero, money
with up to two decimals, an empty Ehail_fee. The values are made up; only their shapes are real.
"""

from __future__ import annotations

import calendar
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

HEADER = (
    "VendorID,lpep_pickup_datetime,Lpep_dropoff_datetime,Store_and_fwd_flag,RateCodeID,Pickup_longitude,"
    "Pickup_latitude,Dropoff_longitude,Dropoff_latitude,Passenger_count,Trip_distance,Fare_amount,Extra,"
    "MTA_tax,Tip_amount,Tolls_amount,Ehail_fee,Total_amount,Trip_type\n"
)
pc: Any = pyarrow.compute  # made at import time, where no type checker can see it
CHUNK_ROWS = 100_000
_DAY_SECONDS = 86_400
_LONGITUDE_STEPS = 2**17  # single precision between 64 and 128
_LATITUDE_STEPS = 2**18  # and between 32 and 64


def write_trips(path: Path, *, rows: int, seed: int, year: int = 2015, month: int = 1) -> int:
    """Write a header and `rows` trips; the same arguments give the same bytes. Returns the size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for number, start in enumerate(range(0, rows, CHUNK_ROWS)):
            file.write(lines(min(CHUNK_ROWS, rows - start), seed=(seed, number), year=year, month=month))
        return file.tell()


def lines(rows: int, *, seed: int | tuple[int, ...], year: int = 2015, month: int = 1) -> bytes:
    """`rows` records with their line ends, without a header."""
    random = np.random.default_rng(seed)
    days = calendar.monthrange(year, month)[1]
    pickup = random.integers(0, days * _DAY_SECONDS - 4 * 3600, rows)
    dropoff = pickup + random.integers(60, 3 * 3600, rows)
    distance = np.minimum(random.gamma(1.5, 180.0, rows), 9_999).astype(np.int64)
    fare = 250 + distance * 2 + random.integers(0, 50, rows) * 10
    tip = np.where(random.random(rows) < 0.4, fare // 5, 0)
    toll = np.where(random.random(rows) < 0.03, 533, 0)
    extra = random.choice([0, 50, 100], rows)
    fields = [
        _choice(random, ["1", "2"], rows),
        _moments(pickup, year, month),
        _moments(dropoff, year, month),
        _choice(random, ["N"] * 99 + ["Y"], rows),
        _choice(random, ["1"] * 95 + ["2", "3", "4", "5", "6"], rows),
        _coordinate(random, rows, whole="-73.", steps=_LONGITUDE_STEPS),
        _coordinate(random, rows, whole="40.", steps=_LATITUDE_STEPS),
        _coordinate(random, rows, whole="-73.", steps=_LONGITUDE_STEPS),
        _coordinate(random, rows, whole="40.", steps=_LATITUDE_STEPS),
        _choice(random, ["1"] * 17 + ["2", "5", "6"], rows),
        _table(_distances(), distance),
        _money(fare),
        _money(extra),
        _choice(random, ["0.5"] * 29 + ["0"], rows),
        _money(tip),
        _money(toll),
        _choice(random, [""], rows),
        _money(fare + extra + 50 + tip + toll),
        _choice(random, ["1\n"] * 19 + ["2\n"], rows),
    ]
    joined = pc.binary_join_element_wise(*fields, ",")
    offsets = np.frombuffer(joined.buffers()[1], np.int32, count=rows + 1)
    return joined.buffers()[2].slice(0, int(offsets[-1])).to_pybytes()


def _choice(random: np.random.Generator, texts: list[str], rows: int) -> pa.StringArray:
    return _table(pa.array(texts), random.integers(0, len(texts), rows))


def _table(texts: pa.StringArray, places: np.ndarray) -> pa.StringArray:
    return texts.take(pa.array(places))


def _moments(seconds: np.ndarray, year: int, month: int) -> pa.StringArray:
    days = pa.array([f"{year:04d}-{month:02d}-{day:02d}" for day in range(1, 32)])
    return pc.binary_join_element_wise(
        _table(days, seconds // _DAY_SECONDS), _table(_clock(), seconds % _DAY_SECONDS), " "
    )


def _coordinate(random: np.random.Generator, rows: int, *, whole: str, steps: int) -> pa.StringArray:
    return pc.binary_join_element_wise(whole, _table(_fractions(steps), random.integers(0, steps, rows)), "")


def _money(cents: np.ndarray) -> pa.StringArray:
    return _table(_amounts(), cents)


@cache
def _clock() -> pa.StringArray:
    return pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(_DAY_SECONDS)], pa.string())


@cache
def _fractions(steps: int) -> pa.StringArray:
    return pa.array([f"{step / steps:.15f}".removeprefix("0.").rstrip("0") or "0" for step in range(steps)])


@cache
def _distances() -> pa.StringArray:
    return pa.array([f"{n / 100:.2f}".removeprefix("0") for n in range(10_000)])


@cache
def _amounts() -> pa.StringArray:
    return pa.array([f"{n / 100:.2f}".rstrip("0").rstrip(".") for n in range(60_000)])
