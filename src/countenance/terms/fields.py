"""Fields of a JSON object that somebody else wrote, read strictly."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from countenance.terms.errors import Malformed


class Fields:
    """Finds fields of a JSON object, each by its path; raises Malformed where one is missing or wrong."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self.content = content
        self._where = where

    @classmethod
    def read(cls, data: bytes, schema: str, where: str) -> Fields:
        """The object in ``data``, which must name ``schema``."""
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"this is no JSON object: {error}", where=where) from error
        if not isinstance(content, dict) or content.get("schema") != schema:
            raise Malformed(f"a file of the schema {schema} is wanted", where=where)
        return cls(content, where)

    def _at(self, path: tuple[str, ...]) -> Any:
        found: Any = self.content
        for name in path:
            if not isinstance(found, dict) or name not in found:
                raise Malformed(f"{'.'.join(path)} is missing", where=self._where)
            found = found[name]
        return found

    def digest(self, *path: str) -> str:
        """A SHA-256 in hexadecimal."""
        found = self.text(*path)
        if len(found) != 64 or set(found) - set("0123456789abcdef"):
            raise Malformed(f"{'.'.join(path)} is 64 hexadecimal digits", where=self._where)
        return found

    def text(self, *path: str) -> str:
        """Printable, of 1 to 500 characters."""
        found = self._at(path)
        if not isinstance(found, str) or not found.isprintable() or not 0 < len(found) <= 500:
            raise Malformed(f"{'.'.join(path)} is not a printable text", where=self._where)
        return found

    def number(self, *path: str) -> float:
        """Finite."""
        found = self._at(path)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise Malformed(f"{'.'.join(path)} is not a number", where=self._where)
        return float(found)

    def interval(self, *path: str) -> tuple[float, float]:
        """Two numbers."""
        found = self._at(path)
        if not isinstance(found, list) or len(found) != 2:
            raise Malformed(f"{'.'.join(path)} is not two numbers", where=self._where)
        pair = Fields({"low": found[0], "high": found[1]}, self._where)
        return pair.number("low"), pair.number("high")
