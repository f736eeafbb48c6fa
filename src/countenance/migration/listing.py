"""A listing: pages of entries without pictures, and the customer's own photographs that they are joined with."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Self

from countenance.migration.by_file import whole
from countenance.migration.code import Code
from countenance.migration.legacy_record import Box, LegacyImage, LegacyRecord
from countenance.migration.reader import Census, total
from countenance.migration.readers.folder import image_within
from countenance.migration.readers.manifest import box_in
from countenance.migration.source_files import files_of, is_file, opened
from countenance.terms.errors import BrokenInput, Malformed

_REMEDY = "See docs/migrate-cloud.md for the form of this table."
_PHOTOGRAPHS = "photographs"
_TEXT = 16 << 10
"""Characters of a text: as many as Azure keeps of a person's ``userData``."""
_COLUMNS = frozenset({"key", "path", "person", "box"})


@dataclass(frozen=True, slots=True)
class Join:
    """How entries find their photographs: the customer's table.

    ``photographs`` is a folder beside the pages and ``table`` a CSV of key, path and what else is known; ``person``
    finds the person's name in a key.
    """

    photographs: str = _PHOTOGRAPHS
    table: str = ""
    person: re.Pattern[str] | None = None


def read_join(text: str) -> Join:
    """The table in TOML: ``photographs``, ``join`` and ``person``; raises Malformed."""
    try:
        said = tomllib.loads(text)
        pattern = re.compile(said["person"]) if "person" in said else None
    except (tomllib.TOMLDecodeError, re.error, TypeError) as error:
        raise Malformed(f"a table of a join was expected: {error}", remedy=_REMEDY) from None
    if unknown := sorted(said.keys() - {"photographs", "join", "person"}):
        raise Malformed(f"a join has no entry {unknown[0]}", remedy=_REMEDY)
    if pattern is not None and "person" not in pattern.groupindex:
        raise Malformed("the expression for the person needs a group (?P<person>…)", remedy=_REMEDY)
    folder, table = said.get("photographs", _PHOTOGRAPHS), said.get("join", "")
    if not all(isinstance(each, str) and _inside(each) for each in (folder, table)) or not PurePosixPath(folder).parts:
        raise Malformed("photographs and join name places beside the listing", remedy=_REMEDY)
    return Join(str(PurePosixPath(folder)), table, pattern)


@dataclass(frozen=True, slots=True)
class Joined:
    """A photograph, or why there is none, by ``key``; ``named`` is the person whom the join or the key names."""

    image: LegacyImage
    key: str = ""
    named: str | None = None
    box: Box | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


class Photographs:
    """The customer's photographs: found by a row of the join table, by path, by name, or by name without its ending."""

    def __init__(self, folder: Path, join: Join) -> None:
        self._join = join
        self._root, self._folder = folder, folder / join.photographs
        self._rows = dict(_rows(folder / join.table)) if join.table else {}
        self._names: dict[str, str | None] = {}
        if self._folder.is_dir() and not self._folder.is_symlink():
            for name, _ in files_of(self._folder):
                path = PurePosixPath(name)
                for each in {path.name, path.stem}:
                    self._names[each] = None if each in self._names else name

    def find(self, native_id: str, keys: Iterable[str]) -> Joined:
        """By the first of these keys that leads anywhere, most specific first."""
        said = [each for each in keys if each]
        for key in said:
            row = self._rows.get(key)
            path = self._path(key) if row is None else row["path"]
            if path is not None:
                image = replace(self._image(path), native_id=native_id)
                row = row or {}
                more = {name: value for name, value in row.items() if name not in _COLUMNS and value}
                return Joined(image, key, row.get("person") or self._person(key), box_in(row.get("box", "")), more)
        return Joined(replace(_missing("no photograph of this name"), native_id=native_id))

    def _image(self, path: str) -> LegacyImage:
        if not path:
            return _missing("its row names none, or several files have this name")
        return image_within(self._root, f"{self._join.photographs}/{path}")

    def _path(self, key: str) -> str | None:
        """Empty where several files have the name, None where none has."""
        if _inside(key) and is_file(self._folder / key):
            return key
        return (self._names[key] or "") if key in self._names else None

    def _person(self, key: str) -> str | None:
        found = self._join.person.search(key) if self._join.person else None
        return found["person"] if found else None


@dataclass(frozen=True, slots=True)
class Page:
    """A file of a listing, and how many entries and images it has by the look of its bytes."""

    name: str
    file: Path
    units: int
    images: int


class Listing(ABC):
    """A reader of a listing: a file, or a folder of pages with the photographs in a folder beside them."""

    kind: str
    version: str

    def __init__(self, join: Join | None = None) -> None:
        self.join = join or Join()

    def with_map(self, text: str) -> Self:
        """With a table of the join; raises Malformed."""
        return type(self)(read_join(text))

    @abstractmethod
    def prepare(self, pages: Iterable[list[Any]]) -> None:
        """Learn from all pages what an entry alone does not tell."""

    @abstractmethod
    def counted(self, pages: Sequence[tuple[str, Path]]) -> list[Page]:
        """Each page with its counts, by searching and not by parsing."""

    def persons(self, _: Iterable[bytes]) -> int | None:
        """How many are named in pages, by searching; None where who is whom is the customer's to say."""
        return None

    @abstractmethod
    def entries(self, data: bytes) -> list[Any]:
        """The entries of a page; raises Malformed where it is none."""

    @abstractmethod
    def records(self, page: Page, entries: list[Any], photographs: Photographs) -> Iterator[LegacyRecord]:
        """As many records as the page has units."""

    def census(self, path: Path) -> Census:
        """Entries and images of all pages, and whom those name that can be read."""
        pages = self.counted(list(self._files(path)))
        told = total(Census(each.units, 0, each.images) for each in pages)
        return replace(
            told, persons=self.persons(looked_at(p.file) for p in pages if isinstance(self._entries(p), list))
        )

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """The records of every page; of one that cannot be read, as many as it seems to hold."""
        pages = self.counted(list(self._files(path)))
        photographs = Photographs(path if path.is_dir() else path.parent, self.join)
        self.prepare(entries for page in pages if isinstance(entries := self._entries(page), list))
        for page in pages:
            entries = self._entries(page)
            if isinstance(entries, str):
                yield from self._lost(page, entries)
                continue
            some = False
            for record in self.records(page, entries, photographs):
                some = True
                yield record
            if page.units and not some:
                yield LegacyRecord(self.kind, page.name, (), None, (), detail="nothing in this page")

    def _files(self, path: Path) -> Iterator[tuple[str, Path]]:
        beside = (f"{self.join.photographs}/", self.join.table)
        for name, file in files_of(path):
            if not name.startswith(beside[0]) and name != beside[1]:
                yield name, file

    def _lost(self, page: Page, why: str) -> Iterator[LegacyRecord]:
        verdict = Code.CONTAINER_UNREADABLE
        for number in range(1, page.units + 1):
            image = LegacyImage("", None, verdict=verdict, detail=why)
            images = (image,) if number <= page.images else ()
            yield LegacyRecord(self.kind, f"{page.name}:?{number}", (), None, images, verdict=verdict, detail=why)

    def _entries(self, page: Page) -> list[Any] | str:
        try:
            return self.entries(content(page.file))
        except Malformed as error:
            return error.what
        except OSError as error:
            return type(error).__name__


def content(file: Path) -> bytes:
    """All of a page; raises Malformed where it is too long, OSError where it is no file that may be read."""
    with opened(file) as stream:
        return whole(stream)


def looked_at(file: Path) -> bytes:
    """The same to be searched: empty where the page cannot be read."""
    try:
        return content(file)
    except (OSError, Malformed):
        return b""


def json_of(data: bytes) -> Any:
    """What a page of JSON says; raises Malformed."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Malformed("no JSON") from None


def text_in(entry: Mapping[str, Any], name: str) -> str:
    """A text of an entry, in one line; empty where there is none, or one that is longer than any service keeps."""
    found = entry.get(name)
    if not isinstance(found, str) or not found.isprintable() or len(found) > _TEXT:
        return ""
    return found.strip()


def _missing(why: str) -> LegacyImage:
    return LegacyImage("", None, verdict=Code.EXTERNAL_IMAGE_MISSING, detail=why)


def _rows(table: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a join table by their key; raises BrokenInput where it is none."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if not {"key", "path"} <= set(reader.fieldnames or ()):
                raise BrokenInput("a join table has columns key and path", where=str(table), remedy=_REMEDY)
            for row in reader:
                yield row["key"] or "", {str(name): value or "" for name, value in row.items() if name}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenInput(f"this join table cannot be read: {error}", where=str(table), remedy=_REMEDY) from error


def _inside(name: str) -> bool:
    """Whether a name leads to something below its folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name
