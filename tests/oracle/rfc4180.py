"""RFC 4180 by itself: where records end and what their fields are, walked character by character.

Flows in: a body as text in which each character is one byte (Latin-1), every record with its line end. Flows out:
records with their places, and fields. It shares nothing with the reader and knows no types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class Wrong(Exception):
    """The verdict on a record or a value."""


class BrokenQuotes(Exception):
    """With newlines in quotes: nobody can tell any more where records begin."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """`text` with its line end; `start` in bytes from the body's start, `line` counts its LFs from 0."""

    text: str
    start: int
    line: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Field:
    text: str
    quoted: bool


def records_of(body: str, *, newlines_in_quotes: bool) -> Iterator[Record]:
    """BrokenQuotes as soon as a record's quotes are wrong, where newlines may be in them."""
    start = line = 0
    while start < len(body):
        end = _behind_record(body, start) if newlines_in_quotes else body.index("\n", start) + 1
        yield Record(text=body[start:end], start=start, line=line)
        line += body.count("\n", start, end)
        start = end


def _behind_record(body: str, at: int) -> int:
    while True:
        if body[at] == '"':
            at = _behind_quoted(body, at)
            at += body[at : at + 1] == "\r"  # a stray CR spoils its record only
            if body[at : at + 1] not in (",", "\n"):
                raise BrokenQuotes
        while body[at] not in ',\n"':
            at += 1
        if body[at] == '"':
            raise BrokenQuotes
        if body[at] == "\n":
            return at + 1
        at += 1


def _behind_quoted(body: str, at: int) -> int:
    """Behind the quote that closes the one at `at`."""
    at += 1
    while True:
        at = body.find('"', at)
        if at < 0:
            raise BrokenQuotes
        if body[at : at + 2] != '""':
            return at + 1
        at += 2


def fields_of(record: str, *, newlines_in_quotes: bool) -> list[Field]:
    """RFC 4180, section 2, rules 4 to 7, for one record without its line end."""
    fields, at = [], 0
    while True:
        text, quoted = "", record[at : at + 1] == '"'
        if quoted:
            at += 1
            while True:
                if at >= len(record):
                    raise Wrong
                if record[at] in "\r\n" and not newlines_in_quotes:
                    raise Wrong
                if record[at] != '"':
                    text, at = text + record[at], at + 1
                elif record[at : at + 2] == '""':
                    text, at = text + '"', at + 2
                else:
                    at += 1
                    break
        else:
            while at < len(record) and record[at] != ",":
                if record[at] in '"\r\n':
                    raise Wrong
                text, at = text + record[at], at + 1
        fields.append(Field(text, quoted))
        if at == len(record):
            return fields
        if record[at] != ",":
            raise Wrong
        at += 1
