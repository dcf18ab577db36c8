"""A world: what of the local AWS outlives it, one folder each below `.lab/worlds/`.

Flows in: a deployed assembly. Flows out: the same assembly for the next `lab up`, which deploys it again and has the
data put back into it. Objects, tables, messages, logs and the warehouse lie in `state/`, which the local AWS itself
writes.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigInvalid

DEFAULT = "default"
DEMO = "demo"


@dataclass(frozen=True, kw_only=True)
class World:
    """`state` is the local AWS's to write; `assembly` is there once something was deployed."""

    name: str
    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def assembly(self) -> Path:
        return self.folder / "cdk.out"

    @property
    def is_deployed(self) -> bool:
        return (self.assembly / "manifest.json").is_file()

    def keep(self, assembly: Path) -> None:
        """Copies a deployed assembly, whole or not at all; files that it refers to elsewhere are named in full."""
        if assembly.resolve() == self.assembly.resolve():
            return
        partial = self.folder / "cdk.out.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(assembly, partial)
        for manifest in partial.glob("*.assets.json"):
            _name_in_full(manifest, assembly.resolve())
        self.forget_deployment()
        partial.rename(self.assembly)

    def forget_deployment(self) -> None:
        """After the stacks were destroyed: the next start deploys nothing."""
        shutil.rmtree(self.assembly, ignore_errors=True)

    def clear(self) -> None:
        """Deletes everything that is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


def checked_name(name: str) -> str:
    """Raises ConfigInvalid for what could be no folder's name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", name):
        raise ConfigInvalid(f"--world {name!r}: name it by lower case letters, digits, - and _, e.g. orders")
    return name


def _name_in_full(manifest: Path, origin: Path) -> None:
    """A relative path that leads out of the assembly would lead elsewhere from its copy."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for file in content.get("files", {}).values():
        path = file.get("source", {}).get("path", "")
        if path.startswith(".."):
            file["source"]["path"] = str((origin / path).resolve())
    manifest.write_text(json.dumps(content), encoding="utf-8")
