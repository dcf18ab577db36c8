"""docs/glossary.md stays short, explains words that are in use, and defines every invariant that is cited."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.checkout import ROOT

GLOSSARY = Path("docs/glossary.md")
MOST = 30
ROW = re.compile(r"^\| ([\w ]+) \| (.+) \|$", re.MULTILINE)


def entries(heading: str) -> dict[str, str]:
    """The rows of one of the page's two tables."""
    words, _, invariants = (ROOT / GLOSSARY).read_text().partition("\n## Invariants\n")
    rows = ROW.findall({"words": words, "invariants": invariants}[heading])
    assert len(rows) == len(dict(rows)), "a word is there twice"
    return {word: meaning for word, meaning in rows if word not in ("word", "number")}


def texts() -> dict[str, str]:
    """Code and pages, without the glossary and what only tests it, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.py", "*.md", "*.c"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    apart = (str(GLOSSARY), str(Path(__file__).relative_to(ROOT)))
    return {name: (ROOT / name).read_text() for name in listed if name not in ("", *apart) and (ROOT / name).is_file()}


def unused(words: dict[str, str], whole: str) -> list[str]:
    return [word for word in words if not re.search(rf"\b{word.replace(' ', '[ _]')}(s|es)?\b", whole, re.IGNORECASE)]


def test_at_most_thirty_words_in_their_order() -> None:
    words = list(entries("words"))
    assert 0 < len(words) <= MOST
    assert words == sorted(words)


def test_each_word_is_used_in_code_or_pages() -> None:
    whole = "\n".join(texts().values())
    assert unused(entries("words"), whole) == []
    assert unused({"snorkelfish": ""}, whole) == ["snorkelfish"], "a word that nobody uses is noticed"


def test_each_invariant_that_is_cited_is_defined() -> None:
    cited = {
        number: name
        for name, text in texts().items()
        if name.endswith(".py")
        for number in re.findall(r"\b[IF][0-9]{1,2}\b", text)
    }
    assert set(cited) <= set(entries("invariants")), cited
    assert {"I1", "I3", "I6"} <= set(cited), "the search finds what is cited"
