"""Read the recipe file of a user's own model: every mistake is told at once, with its field and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.terms.errors import Malformed
from countenance.vision.models.intake import reading

MAX_SIDE = 1024
MAX_DIMENSION = 8192
ALIGNMENTS = ("arcface-5",)
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}\Z")

Check = Callable[[object], str | None]


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A recipe file that was found good: its tables as ``catalogue.model_of`` and ``recipe_of`` read them."""

    name: str
    model: dict[str, Any]
    recipe: dict[str, Any]


def read_recipe_file(path: Path) -> RecipeFile:
    """Read and check a recipe file; raises Malformed with all that is wrong, Unwritable where it cannot be read."""
    text = _text(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"the recipe file is not TOML: {error}", where=str(path)) from error
    wrong = _wrong(document, text)
    if wrong:
        lines = "".join(f"\n  {each}" for each in wrong)
        raise Malformed(
            f"the recipe file cannot be used:{lines}",
            where=str(path),
            remedy="docs/models.md has an example with every field.",
        )
    given = _flat(document)
    model = {
        "role": "recogniser",
        "title": given.get("title", given["name"]),
        "licence": {
            "spdx": given["licence.spdx"],
            "text": given["licence.text"],
            "restricted": given.get("licence.restricted", False),
        },
        "training_data": given["training_data"],
        "source": given["source"],
        "input": document["input"],
        "outputs": [given["output.name"]],
        "dimension": given["output.dimension"],
    }
    recipe = {"detector": given["detector"], "alignment": given["alignment"], "recogniser": given["name"]}
    return RecipeFile(given["name"], model, recipe)


def _text(path: Path) -> str:
    try:
        with reading(path):
            return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Malformed("there is no such recipe file", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise Malformed(f"the recipe file is not UTF-8 text: {error}", where=str(path)) from error


def _words(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() and value.isprintable() else "must be text, not empty"


def _name(value: object) -> str | None:
    good = isinstance(value, str) and _NAME.match(value)
    return None if good else "must be lower-case letters, digits, dots and hyphens, at most 63"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _one_of(*known: str) -> Check:
    return lambda value: None if value in known else f"must be one of {', '.join(known)}"


def _whole(most: int) -> Check:
    def check(value: object) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
        return None if good else f"must be a whole number from 1 to {most}"

    return check


def _numbers(*, zero: bool) -> Check:
    def check(value: object) -> str | None:
        values = value if isinstance(value, list) else [value]
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e6]
        good = len(numbers) == len(values) in {1, 3} and (zero or 0 not in numbers)
        return None if good else f"must be one number or three{'' if zero else ', none of them 0'}"

    return check


_FIELDS: Mapping[str, Check] = {
    "name": _name,
    "training_data": _words,
    "source": _words,
    "detector": _words,
    "alignment": _one_of(*ALIGNMENTS),
    "licence.spdx": _words,
    "licence.text": _words,
    "input.name": _words,
    "input.width": _whole(MAX_SIDE),
    "input.height": _whole(MAX_SIDE),
    "input.layout": _one_of("nchw", "nhwc"),
    "input.channels": _one_of("rgb", "bgr"),
    "input.subtract": _numbers(zero=True),
    "input.divide": _numbers(zero=False),
    "output.name": _words,
    "output.dimension": _whole(MAX_DIMENSION),
}
_OPTIONAL: Mapping[str, Check] = {"title": _words, "licence.restricted": _flag}


def _wrong(document: Mapping[str, Any], text: str) -> list[str]:
    given = _flat(document)
    wrong = [f"{field} is missing" for field in _FIELDS if field not in given]
    for field, value in given.items():
        check = _FIELDS.get(field) or _OPTIONAL.get(field)
        fault = check(value) if check else "is not a field of a recipe file"
        if fault:
            wrong.append(f"{_line_of(text, field)}{field} {fault}")
    return wrong


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by dotted name, one table deep."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[key] = value
    return flat


def _line_of(text: str, field: str) -> str:
    """``line N: `` where the field is written plainly or in its own table, else nothing: tomllib keeps no lines."""
    table, _, key = field.rpartition(".")
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if header := re.match(r"\[+\s*([\w.-]+)\s*\]", stripped):
            current = header[1]
            if current == field:
                return f"line {number}: "
            continue
        written = stripped.partition("=")[0].strip()
        if (current == table and written == key) or (not current and written in {field, table}):
            return f"line {number}: "
    return ""
