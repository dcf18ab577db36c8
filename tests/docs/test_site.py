"""The docs site's pages: every link holds, every package has its picture. CI builds the site (`make docs`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from tools.docs_site import FENCE, LINK, MOVED, ROOT, LinkBroken, assemble, page, placed
from tools.package_pictures import packages, picture

PLACES = {"README.md": "index.md", "docs/contract.md": "contract.md", "docs/reader.svg": "reader.svg"}


class _Loader(yaml.SafeLoader):
    """mkdocs.yml names a Python function."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda _loader, name, _node: name)


def of_readme(text: str, *, repository: str | None = None) -> str:
    return page(text, name="README.md", root=ROOT, places=PLACES, repository=repository)


def test_each_link_of_each_page_leads_to_a_page_or_file_of_the_site(tmp_path: Path) -> None:
    assemble(ROOT, tmp_path / "site")
    pages = sorted((tmp_path / "site").rglob("*.md"))
    links = [(path, found["target"]) for path in pages for found in LINK.finditer(FENCE.sub("", path.read_text()))]
    assert [(path.name, target) for path, target in links if not (path.parent / target).is_file()] == []
    assert len(links) > 50
    menu = yaml.load((ROOT / "mkdocs.yml").read_text(), _Loader)["nav"]
    listed = {place for entry in menu for place in entry.values()}
    assert {place for place in listed if not (tmp_path / "site" / place).is_file()} == set()
    assert set(MOVED.values()) <= listed


def test_links_between_pages_follow_them_and_others_lead_into_the_repository() -> None:
    assert of_readme("[c](docs/contract.md#types)") == "[c](contract.md#types)"
    assert of_readme("![r](docs/reader.svg)") == "![r](reader.svg)"
    assert of_readme("[p](pipeline)") == "p"
    assert (
        of_readme("[p](pipeline)", repository="https://x.example/a/b")
        == "[p](https://x.example/a/b/blob/main/pipeline)"
    )
    assert of_readme("[w](https://example.com)") == "[w](https://example.com)"
    assert of_readme("```python\nrows[0](none)\n```") == "```python\nrows[0](none)\n```"


def test_a_link_to_nowhere_builds_no_site() -> None:
    with pytest.raises(LinkBroken, match=r"README.md: \[gone\].*docs/gone.md, which is not there"):
        of_readme("[gone](docs/gone.md)")


def test_every_page_of_docs_is_on_the_site() -> None:
    places = placed(ROOT)
    assert {name for name in places if name.startswith("docs/")} == {
        os.path.relpath(path, ROOT) for path in (ROOT / "docs").rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("package", packages(ROOT))
def test_each_package_has_a_picture_of_its_parts(package: str) -> None:
    drawn = picture(ROOT, package)
    folders = [path.parent.name for path in (ROOT / package).glob("*/__init__.py")]
    assert drawn.startswith("flowchart LR\n")
    assert [name for name in folders if f'{package}_{name}["{name}"]' not in drawn] == []


def test_an_import_is_an_arrow_and_none_is_none(tmp_path: Path) -> None:
    files = {
        "ours/__init__.py": "",
        "ours/inner/__init__.py": "",
        "ours/inner/deep.py": "from ours import plain\nimport json\n",
        "ours/plain.py": "import theirs.part\n",
        "theirs/__init__.py": "",
        "theirs/part.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    drawn = picture(tmp_path, "ours")
    arrows = [line.strip() for line in drawn.splitlines() if "-->" in line]
    assert arrows == ["ours_inner --> ours_plain", "ours_plain --> theirs"]
    assert "-->" not in picture(tmp_path, "theirs")
