"""One picture per package for the docs site: its parts, and who imports whom, read from the sources.

Flows in: the checkout's packages. Flows out: mermaid flowcharts. A part is a subfolder or a module; the modules of a
package with many of them are drawn as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.source_imports import source_imports

APART = {"tests", "tools", "benchmarks", "datasets"}
MANY_MODULES = 12


def packages(root: Path) -> list[str]:
    """Names of the top-level packages that make up the product, as they are imported."""
    return sorted(path.parent.name for path in root.glob("*/__init__.py") if path.parent.name not in APART)


def picture(root: Path, package: str) -> str:
    """A mermaid flowchart; an arrow leads from who imports to what is imported."""
    own = {part_of(path.relative_to(root / package), modules(root / package)) for path in sources(root / package)}
    edges = sorted(set(_edges(root, package)))
    lines = ["flowchart LR", f'    subgraph own["{package}/"]']
    lines += [f'        {package}_{part}["{part}"]' for part in sorted(own - {""})]
    lines += ["    end"]
    lines += [f"    {other}([{other}])" for other in sorted({after for _, after in edges if after in packages(root)})]
    lines += [f"    {before} --> {after}" for before, after in edges]
    return "\n".join(lines)


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def modules(folder: Path) -> list[str]:
    """Modules that lie in no subfolder."""
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def part_of(path: Path, loose: list[str]) -> str:
    """The part to which a file (relative to its package) belongs; "" for the package's own __init__."""
    if len(path.parts) > 1:
        return path.parts[0]
    if path.stem == "__init__":
        return ""
    return path.stem if len(loose) <= MANY_MODULES else "modules"


def _edges(root: Path, package: str) -> Iterator[tuple[str, str]]:
    folder = root / package
    loose = modules(folder)
    for path in sources(folder):
        here = part_of(path.relative_to(folder), loose)
        if not here:
            continue
        for _, imported in source_imports(path.read_text(encoding="utf-8")):
            top, *rest = imported.split(".")
            if top == package and rest:
                named = Path(rest[0], "x") if (folder / rest[0]).is_dir() else Path(rest[0])
                there = part_of(named, loose)
                if there != here:
                    yield f"{package}_{here}", f"{package}_{there}"
            elif top != package and (root / top / "__init__.py").is_file() and top not in APART:
                yield f"{package}_{here}", top
