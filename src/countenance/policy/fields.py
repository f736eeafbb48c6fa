"""Take the fields of a TOML table, noting every fault instead of stopping at the first."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from countenance.policy.fault import Fault
from countenance.policy.toml_lines import Path, line_of

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
MAX_ID = 48
"""Ids of purposes, classes and policies become public: a few dozen bytes each, ASCII."""

MAX_TEXT = 1000
MAX_PUBLIC = 480


@dataclass(frozen=True, slots=True)
class Page:
    """One file being read, with the lines of its keys and the faults found so far."""

    file: str
    lines: dict[Path, int]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, what: str) -> None:
        """Note that something is wrong at ``path``."""
        self.faults.append(Fault(self.file, line_of(self.lines, path), what))


@dataclass(frozen=True, slots=True)
class Fields:
    """A table of the file. Each method takes one key; ``end`` notes the keys that nobody took."""

    page: Page
    path: Path
    values: Mapping[str, object]
    taken: set[str] = field(default_factory=set)

    def _take(self, key: str) -> object | None:
        self.taken.add(key)
        return self.values.get(key)

    def fault(self, key: str, what: str) -> None:
        """Note that the value of ``key`` is wrong."""
        self.page.fault((*self.path, key), f"{'.'.join((*self.path, key))} {what}")

    def text(self, key: str, default: str | None = None) -> str:
        """A sentence or a name of at most ``MAX_TEXT`` printable characters; empty after a fault."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if value is None:
            self.fault(key, "is missing")
        elif not isinstance(value, str) or not value.strip():
            self.fault(key, "must be a text that is not empty")
        elif len(value) > MAX_TEXT or not value.replace("\n", " ").isprintable():
            self.fault(key, f"must be printable and at most {MAX_TEXT} characters long")
        else:
            return " ".join(value.split())
        return ""

    def public_text(self, key: str) -> str:
        """A text that enters the public log: at most ``MAX_PUBLIC`` bytes once it is written in ASCII."""
        text = self.text(key)
        if len(json.dumps(text)) > MAX_PUBLIC:
            self.fault(key, f"is too long for the public log: {MAX_PUBLIC} bytes, and each letter beyond ASCII takes 6")
        return text

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from ``low`` to ``high``; ``low`` after a fault."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if value is None:
            self.fault(key, f"is missing: a whole number from {low} to {high}")
        elif not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fault(key, f"must be a whole number from {low} to {high}, not {value!r}")
        else:
            return value
        return low

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, not {value!r}")
            return default
        return value

    def one_of(self, key: str, known: Collection[str], kind: str, default: str | None = None) -> str:
        """One of the ids in ``known``, which are of the ``kind`` named."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if value is None:
            self.fault(key, f"is missing: {kind}")
        elif value not in known:
            self.fault(key, f"names {value!r}, which is not {kind}; known: {listed(known)}")
        return value if isinstance(value, str) else ""

    def some_of(self, key: str, known: Collection[str] | None, kind: str, *, empty: bool = False) -> tuple[str, ...]:
        """A list of ids in ``known`` (or any texts), none twice; ``empty`` allows an empty or missing one."""
        value = self._take(key)
        if value is None and empty:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.fault(key, f"must be a list of texts, each {kind}")
            return ()
        if not value and not empty:
            self.fault(key, f"must name at least one: {kind}")
        for each in dict.fromkeys(value):
            if known is not None and each not in known:
                self.fault(key, f"names {each!r}, which is not {kind}; known: {listed(known)}")
            if value.count(each) > 1:
                self.fault(key, f"names {each!r} twice")
        return tuple(dict.fromkeys(value))

    def table(self, key: str, *, needed: bool = True) -> Fields:
        """The table under ``key``; an empty one where it is missing."""
        value = self._take(key)
        if value is None and needed:
            self.page.fault((*self.path, key), f"[{'.'.join((*self.path, key))}] is missing")
        elif value is not None and not isinstance(value, dict):
            self.fault(key, "must be a table")
        return Fields(self.page, (*self.path, key), value if isinstance(value, dict) else {})

    def named(self, key: str, *, needed: bool = True, reserved: Collection[str] = ()) -> dict[str, Fields]:
        """The tables under ``key`` by their ids, which must be fit for the public log."""
        around = self.table(key, needed=needed)
        found = {}
        for name, value in around.values.items():
            if not ID.match(name) or len(name) > MAX_ID:
                around.fault(name, f"is not an id: small letters, digits and single hyphens, at most {MAX_ID}")
            elif name in reserved:
                around.fault(name, "is a word that Countenance keeps for itself")
            elif not isinstance(value, dict):
                around.fault(name, "must be a table")
            else:
                found[name] = Fields(self.page, (*around.path, name), value)
        return found

    def ids(self, kind: str) -> tuple[str, ...]:
        """The keys of this table that are ids, each naming ``kind``."""
        for name in self.values:
            if not ID.match(name) or len(name) > MAX_ID:
                self.taken.add(name)
                self.fault(name, f"is not an id of {kind}: small letters, digits, single hyphens, at most {MAX_ID}")
        if not self.values:
            self.page.fault(self.path, f"[{'.'.join(self.path)}] must hold at least one: {kind}")
        return tuple(name for name in self.values if name not in self.taken)

    def each(self, key: str) -> tuple[Fields, ...]:
        """The tables of an array of tables; none where it is missing."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fault(key, f"must be written as [[{key}]] tables")
            return ()
        return tuple(Fields(self.page, (*self.path, key, str(at)), each) for at, each in enumerate(value))

    def end(self) -> None:
        """Note every key that was not taken: a misspelt key must not be a rule that silently isn't there."""
        for key in self.values:
            if key not in self.taken:
                self.fault(key, f"is not known here; known: {listed(self.taken)}")


def listed(ids: Collection[str]) -> str:
    """Ids for a sentence, sorted."""
    return ", ".join(sorted(ids)) or "none"
