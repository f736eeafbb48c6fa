"""An XML file as groups of its leaves, read piece by piece: no document type, no entities, bounds on everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from countenance.migration.limits import IMAGE_BYTES, MIB
from countenance.terms.errors import Malformed

DEPTH = 64
"""Elements within one another."""
ELEMENTS = 500_000
"""Elements of one file."""
TEXT = IMAGE_BYTES * 3 // 2
"""Characters of one element: a picture in Base64, and white space."""
_PIECE = 1 << 18

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element without elements: its path of local names below its group, its text, and where it begins."""

    path: Path
    text: str
    offset: int


@dataclass(slots=True)
class Group:
    """An element that was asked for, with its path from the root and the leaves that are in no deeper group."""

    path: Path
    offset: int
    leaves: list[Leaf] = field(default_factory=list)

    def text(self, *ends: str) -> str:
        """The text of the first leaf whose path ends so, without white space around it; empty where there is none."""
        found = self.leaf(*ends)
        return "" if found is None else found.text.strip()

    def leaf(self, *ends: str) -> Leaf | None:
        """The first leaf whose path ends so."""
        return next((each for each in self.leaves if each.path[-len(ends) :] == ends), None)


def groups(file: IO[bytes], wanted: Callable[[Path], bool], *, attributes: bool = False) -> Iterator[Group]:
    """Each group when its element ends; ``wanted`` is asked about the path of every element.

    With ``attributes``, each attribute in a group is a leaf too, as if it were an element.

    Raises Malformed where the file is no XML, declares a document type, or has more of anything than the bounds.
    """
    walk = _Walk(wanted, attributes)
    piece = b"begin"
    while piece:
        piece = file.read(_PIECE)
        try:
            walk.parser.Parse(piece, not piece)
        except expat.ExpatError as error:
            raise Malformed(
                f"no XML: {expat.errors.messages[error.code]} at byte {walk.parser.ErrorByteIndex}"
            ) from None
        except (ValueError, LookupError):
            raise Malformed("no XML: a character set that is not read") from None
        yield from walk.done
        walk.done.clear()


class _Walk:
    """The parser and where it is."""

    def __init__(self, wanted: Callable[[Path], bool], attributes: bool) -> None:
        self.done: list[Group] = []
        self._wanted = wanted
        self._attributes = attributes
        self._path: list[str] = []
        self._open: list[Group] = []
        self._text: list[str] = []
        self._begun = 0
        self._is_leaf = False
        self._elements = 0
        self._characters = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name.rpartition(" ")[2])
        self._elements += 1
        if len(self._path) > DEPTH or self._elements > ELEMENTS:
            raise Malformed(f"more than {DEPTH} elements within one another, or {ELEMENTS} in all")
        self._text, self._characters = [], 0
        self._begun, self._is_leaf = self.parser.CurrentByteIndex, True
        path = tuple(self._path)
        if self._wanted(path):
            self._open.append(Group(path, self._begun))
        if self._attributes and self._open:
            below = path[len(self._open[-1].path) :]
            for attribute, value in attributes.items():
                self._open[-1].leaves.append(Leaf((*below, attribute.rpartition(" ")[2]), value, self._begun))

    def _data(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > TEXT:
            raise Malformed(f"an element of more than {TEXT // MIB} Mi characters")
        self._text.append(text)

    def _end(self, _: str) -> None:
        group = self._open[-1] if self._open else None
        if group is not None and self._is_leaf:
            group.leaves.append(Leaf(tuple(self._path[len(group.path) :]), "".join(self._text), self._begun))
        if group is not None and len(group.path) == len(self._path):
            self.done.append(self._open.pop())
        self._path.pop()
        self._is_leaf = False
        self._text = []

    def _doctype(self, *_: object) -> None:
        raise Malformed("a document type is declared; such files are not read")
