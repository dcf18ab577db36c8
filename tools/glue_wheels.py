"""The wheels that Glue's workers install beside their own packages: locked here, downloaded at setup, staged by synth.

    python tools/glue_wheels.py fetch [GLUE_VERSION...]   into .cache/wheels, for the versions that config/ names
    python tools/glue_wheels.py lock                      writes glue-wheels.lock.json (part of `make lock`)

One wheel of the pyarrow that requirements.txt pins, per Python that a Glue version runs. The lock says name and sha256,
which requirements.txt must list too; a file that is not exactly that is never kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "glue-wheels.lock.json"
FOLDER = ROOT / ".cache" / "wheels"
PACKAGE = "pyarrow"
PLATFORM = "manylinux_2_28_x86_64"
"""Glue 5.0 and later run on Amazon Linux 2023 (glibc 2.34), on x86_64."""


def locked() -> dict[str, dict[str, str]]:
    """`file` and `sha256` by Python tag."""
    return json.loads(LOCK.read_text(encoding="utf-8"))


def fetch(pythons: Iterable[str], *, folder: Path = FOLDER) -> None:
    """Puts what is missing into `folder`; CalledProcessError with pip's own words."""
    folder.mkdir(parents=True, exist_ok=True)
    for python in sorted(set(pythons)):
        row = locked()[python]
        place = folder / row["file"]
        if place.is_file() and sha256_of(place) == row["sha256"]:
            continue
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            # pip checks the hash, and that the name fits: it takes no wheel of another Python or platform.
            wanted = f"{PACKAGE}=={row['file'].split('-')[1]} --hash=sha256:{row['sha256']}"
            shutil.move(download(wanted, python, Path(scratch)), place)
        place.chmod(0o644)


def lock(pythons: Iterable[str]) -> None:
    """Writes the lock for the pyarrow of requirements.txt; pip takes only what one of its hashes allows."""
    pinned = pinned_with_hashes((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    rows = {}
    FOLDER.mkdir(parents=True, exist_ok=True)
    for python in sorted(set(pythons)):
        with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
            wheel = download(pinned, python, Path(scratch))
            rows[python] = {"file": wheel.name, "sha256": sha256_of(wheel)}
    LOCK.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def download(requirement: str, python: str, folder: Path) -> Path:
    """The one wheel for Glue of a requirement line that has its hashes."""
    asked = folder / "requirements.txt"
    asked.write_text(requirement + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--platform", PLATFORM, "--implementation", "cp", "--abi", python]
    command += ["--python-version", python.removeprefix("cp"), "--require-hashes"]
    subprocess.run([*command, "-r", str(asked), "-d", str(folder)], check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def pinned_with_hashes(requirements: str) -> str:
    """pyarrow's requirement of a lock file, on one line."""
    found = re.search(rf"^{PACKAGE}==.*?(?=\n\S|\n    #|\Z)", requirements, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"requirements.txt does not pin {PACKAGE}; run `make lock`")
    return found[0].replace("\\\n", " ")


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def configured_versions() -> set[str]:
    """The Glue versions of all environments in config/; one that is broken is left to synth, which says why."""
    from config.etl import GlueSettings
    from config.loading import CONFIG_FOLDER, load_settings
    from pipeline.errors import ConfigInvalid

    versions: set[str] = {GlueSettings().version}
    for file in CONFIG_FOLDER.glob("*.yaml"):
        with contextlib.suppress(ConfigInvalid):
            versions.add(load_settings(environment=file.stem, environ={}).glue.version)
    return versions


def main(arguments: list[str]) -> int:
    from config.glue_pythons import GLUE_PYTHONS

    what, *versions = arguments or ["fetch"]
    unknown = set(versions) - GLUE_PYTHONS.keys()
    if what not in ("fetch", "lock") or unknown:
        print(f"usage: {__doc__}\nGlue versions: {', '.join(GLUE_PYTHONS)}", file=sys.stderr)
        return 2
    try:
        if what == "lock":
            lock(GLUE_PYTHONS.values())
        else:
            fetch(GLUE_PYTHONS[version] for version in versions or configured_versions())
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
