"""Compiles the strict reader's core (strict_csv/core.c): for Glue, and for this machine if it is another.

Flows in: core.c, and the C compiler that requirements-dev.txt pins. Flows out: a library per platform beside core.c,
under the name that core.py looks for; those of other sources are removed. Glue's must be, byte for byte, the one that
core.lock.json records: what is deployed does not depend on who deploys. `--record` writes that file after a change of
core.c, of the flags below or of the compiler; a machine that gets other bytes from the same three is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "strict_csv"
SOURCE, LOCK = "core.c", "core.lock.json"
CACHE = ROOT / ".cache" / "zig"

FLAGS = (
    # Zig adds sanitizers and a stack protector unless told not to: with them the core takes twice as long.
    *("-O3", "-std=gnu11", "-fPIC", "-shared", "-fno-sanitize=all", "-fno-stack-protector"),
    # Neighbouring records are alike: a branch that is predicted is faster than a select that waits for both values.
    *("-mllvm", "-two-entry-phi-node-folding-threshold=1"),
    *("-Wall", "-Wextra", "-Werror"),
    # Nothing of the place or the build is left in the library.
    *("-g0", "-s", "-Wl,--build-id=none", "-ffile-prefix-map=.=core"),
)


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Where a library runs, as Python names it, and as Zig does."""

    system: str
    machine: str
    target: str
    cpu: str

    def library(self, source: bytes) -> str:
        """The name that core.py looks for there."""
        return f"core-{hashlib.sha256(source).hexdigest()[:16]}-{self.system}-{self.machine}.so"


# Glue's workers are x86_64 with glibc 2.26 (Glue 3 and 4) or later; x86_64_v2 is every such processor since 2009.
GLUE = Platform(system="linux", machine="x86_64", target="x86_64-linux-gnu.2.26", cpu="x86_64_v2")
OTHERS = (
    Platform(system="linux", machine="aarch64", target="aarch64-linux-gnu.2.26", cpu="generic"),
    Platform(system="darwin", machine="arm64", target="aarch64-macos.11.0", cpu="apple_m1"),
    Platform(system="darwin", machine="x86_64", target="x86_64-macos.11.0", cpu="x86_64_v2"),
)


def compiled(where: Platform, *, folder: Path = FOLDER, cache: Path = CACHE) -> Path:
    """The library for `where`, beside core.c in `folder`; CalledProcessError with the compiler's own words."""
    library = folder / where.library((folder / SOURCE).read_bytes())
    # Renamed when done, so that no half-written library is ever loaded.
    draft = folder / f".core-{os.getpid()}.so"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", where.target, f"-mcpu={where.cpu}", *FLAGS]
    # Neither the caller's include paths nor its compiler flags have a say.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(cache),
    }
    try:
        subprocess.run([*command, "-o", draft.name, SOURCE], cwd=folder, env=environment, check=True)
        draft.chmod(0o755)
        draft.replace(library)
    finally:
        draft.unlink(missing_ok=True)
    return library


def recipe(folder: Path = FOLDER) -> dict[str, str]:
    """What the bytes of Glue's library follow from."""
    return {
        "compiler": f"ziglang {version('ziglang')}",
        "flags": " ".join((GLUE.target, GLUE.cpu, *FLAGS)),
        "source_sha256": hashlib.sha256((folder / SOURCE).read_bytes()).hexdigest(),
    }


def record(library: Path, folder: Path = FOLDER) -> dict[str, str]:
    """core.lock.json for this library."""
    sha256 = hashlib.sha256(library.read_bytes()).hexdigest()
    return {**recipe(folder), "library": library.name, "library_sha256": sha256}


def main(arguments: list[str], *, folder: Path = FOLDER, cache: Path = CACHE) -> int:
    """0, or 1 where the compiler refused core.c or Glue's library is not the recorded one."""
    lock = folder / LOCK
    try:
        library = compiled(GLUE, folder=folder, cache=cache)
        made = {library}
        made |= {compiled(other, folder=folder, cache=cache) for other in OTHERS if is_this_machine(other)}
    except subprocess.CalledProcessError as error:
        return error.returncode
    for other in set(folder.glob("core-*.so")) - made:
        other.unlink()
    found = record(library, folder)
    if "--record" in arguments:
        lock.write_text(json.dumps(found, indent=2) + "\n")
        return 0
    recorded = json.loads(lock.read_text())
    if found == recorded:
        return 0
    if recipe(folder).items() <= recorded.items():
        print(
            f"{library.name} has the sha256 {found['library_sha256']}, {LOCK} says {recorded['library_sha256']}, "
            "though source, flags and compiler are those recorded. This machine would deploy another library than "
            "others do: delete .cache/zig and run `make setup` again; if it stays so, report it with `uname -a`.",
            file=sys.stderr,
        )
        return 1
    print(
        f"core.c, its flags or its compiler changed since {LOCK} was written. Here it is used as it is; synth refuses "
        "it until you run: .venv/bin/python tools/compile_core.py --record",
        file=sys.stderr,
    )
    return 0


def is_this_machine(where: Platform) -> bool:
    """Whether Python here would look for the library for `where`."""
    return (where.system, where.machine) == (sys.platform, platform.machine())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
