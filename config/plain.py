"""Texts of a pattern, refused in the user's words: what is asked for, with an example, and no regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Pattern:
    """For `Annotated`: text that matches `expression` as a whole; `wanted` says so to a person, also in an editor."""

    expression: str
    wanted: str

    def checked(self, value: str) -> str:
        """`value` itself; raises ValueError with what is wanted."""
        if not re.fullmatch(self.expression, value):
            raise ValueError(f"{value!r} is refused; give {self.wanted}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # patternErrorMessage is what editors' YAML language server shows instead of the expression.
        shape = {"pattern": f"^({self.expression})$", "patternErrorMessage": f"give {self.wanted}"}
        return {**handler(schema), **shape}
