"""Texts of a pattern, refused in the user's words: what is asked for, with an example, and no regular expression."""

from __future__ import annotations

import re

from pydantic import AfterValidator


def pattern(expression: str, wanted: str) -> AfterValidator:
    """A validator of text that matches `expression` as a whole; `wanted` says the same to a person."""
    compiled = re.compile(expression)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is refused; give {wanted}")
        return value

    return AfterValidator(check)
