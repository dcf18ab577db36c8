"""Builds the docs site: `python tools/docs_site.py` (`make docs`). Pages in .lab/docs, the site in .lab/site.

Flows in: README, docs/ and the other pages of the checkout, its packages. Flows out: pages whose links hold on the
site; a link to what is no page leads into the repository where one is named (GITHUB_REPOSITORY), else it is text.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.locked_environment import locked_interpreter  # noqa: E402
from tools.package_pictures import packages, picture  # noqa: E402

PAGES_FOLDER = ROOT / ".lab" / "docs"
MOVED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "local_aws/CHECKED.md": "local_aws.md",
}
"""Pages outside docs/, and where they stand on the site."""
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>(?!https?:|mailto:|#)[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")


class LinkBroken(Exception):
    """A page links to what is not there."""


def placed(root: Path) -> dict[str, str]:
    """Where each file of the checkout that is on the site stands there."""
    docs = {
        path.relative_to(root).as_posix(): path.relative_to(root / "docs").as_posix()
        for path in sorted((root / "docs").rglob("*"))
        if path.is_file()
    }
    return {**docs, **{name: place for name, place in MOVED.items() if (root / name).is_file()}}


def page(text: str, *, name: str, root: Path, places: Mapping[str, str], repository: str | None) -> str:
    """`text` of the file `name` with its links as they are on the site; raises LinkBroken."""

    def linked(found: re.Match[str]) -> str:
        target = os.path.normpath(PurePosixPath(name).parent / found["target"])
        text, anchor = found["text"], found["anchor"] or ""
        if not (root / target).exists():
            raise LinkBroken(f"{name}: [{text}]({found['target']}) leads to {target}, which is not there")
        if (root / target).is_dir() and f"{target}/README.md" in places:
            target = f"{target}/README.md"
        if target in places:
            return f"[{text}]({os.path.relpath(places[target], PurePosixPath(places[name]).parent)}{anchor})"
        return f"[{text}]({repository}/blob/main/{target}{anchor})" if repository else text

    parts = FENCE.split(text.replace("<details>", "<details markdown>"))
    return "".join(part if part.startswith("```") else LINK.sub(linked, part) for part in parts)


def packages_page(root: Path) -> str:
    """A picture of each package."""
    drawn = [f"## {name}\n\n```mermaid\n{picture(root, name)}\n```\n" for name in packages(root)]
    intro = "What each package is made of, and which part imports which, drawn from the sources when the site is built."
    return "\n".join(["# Packages", "", intro, "", *drawn])


def assemble(root: Path, folder: Path, *, repository: str | None = None) -> None:
    """Fills `folder`, which is emptied first, with the site's pages and what they show."""
    shutil.rmtree(folder, ignore_errors=True)
    places = placed(root)
    for name, place in places.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".md"):
            text = (root / name).read_text(encoding="utf-8")
            (folder / place).write_text(page(text, name=name, root=root, places=places, repository=repository))
        else:
            shutil.copyfile(root / name, folder / place)
    (folder / "packages.md").write_text(packages_page(root))


def main() -> int:
    server, owned = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    assemble(ROOT, PAGES_FOLDER, repository=f"{server}/{owned}" if server and owned else None)
    command = [str(locked_interpreter("docs")), "-m", "mkdocs", "build", "--strict", "--quiet"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
