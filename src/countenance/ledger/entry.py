"""Entries: what each kind says in public, written as canonical bytes and read strictly.

An entry is one JSON object in ASCII: keys sorted, no spaces, no floats, integers below 10^15, at most 1,024 bytes.
The bytes themselves are the leaf of the tree; nothing is serialised again before hashing.

The schema is a grammar: each kind compiles to one regular expression of its only spelling. What does not match it
(another order, a space, a double key, an unknown key, a float) is refused, and only then read again to say where.
No caller's words reach a field: purposes, classes and policies are ids of the charter's register.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from countenance.ledger.band import CAP_BANDS, SIZE_BANDS
from countenance.ledger.detail import DETAIL
from countenance.ledger.unreadable import Unreadable

VERSION = 1
MAX_BYTES = 1024
MAX_POLICIES = 6
MAX_GOVERNORS = 4
MAX_EPOCH_DAYS = 31
"""An epoch of that many days may close with fewer requests than the charter's minimum without being called early."""

UNREGISTERED = "unregistered"
"""Stands for every purpose or authority class that is not in the register, and for a purpose that was not named."""
NO_AUTHORITY = "none"

ACTIONS = ("acquire", "delete", "enrol", "export", "group", "manage", "search", "verify", "watch")
AUTHORITY_KINDS = ("registered", "standing", "self-declared", "none")
RESULTS = ("none", "candidates", "match", "no-match", "grouped", "enrolled", "erased", "done", "failure", "error",
           "aborted")  # fmt: skip


class Shape(NamedTuple):
    """One field's only spelling (``pattern``, of its JSON text), what it ``says``, and how to ``read`` the text."""

    pattern: str
    says: str
    read: Callable[[str], Any] | None = None


def _word(says: str, longest: int = 63) -> Shape:
    return Shape(f'"[a-z][a-z0-9-]{{0,{longest - 1}}}"', says)


def _one_of(*values: str) -> Shape:
    return Shape(f'"(?:{"|".join(map(re.escape, values))})"', " | ".join(v or "(empty)" for v in values))


def _or_null(shape: Shape) -> Shape:
    read = shape.read or _unquoted
    return Shape(
        f"(?:{shape.pattern}|null)", f"{shape.says}, or null", lambda raw: None if raw == "null" else read(raw)
    )


def _list_of(item: Shape, least: int, most: int) -> Shape:
    some = rf"{item.pattern}(?:,{item.pattern}){{{max(least - 1, 0)},{most - 1}}}"
    return Shape(rf"\[(?:{some}){'' if least else '?'}\]", f"{least} to {most} of: {item.says}", _words)


def _words(raw: str) -> list[str]:
    return raw[2:-2].split('","') if raw != "[]" else []


def _unquoted(raw: str) -> str:
    return raw[1:-1]


def _text(raw: str) -> str:
    value: str = json.loads(raw)
    if json.dumps(value) != raw or not value.isprintable():
        raise Unreadable("must be printable and escaped no further than JSON in ASCII needs", "field text")
    return value


_NUMBER = Shape("(?:0|[1-9][0-9]{0,14})", "a whole number", int)
_EPOCH = Shape(_NUMBER.pattern, "the epoch it was written in", int)
_FLAG = Shape("(?:true|false)", "true | false", lambda raw: raw == "true")
_ID = Shape('"[A-Za-z0-9_-]{21}[AQgw]"', "128 random bits in base64url")
_C = Shape('"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"', "commitment to the sealed detail, 32 bytes in base64url")
_SHA = Shape('"[0-9a-f]{64}"', "SHA-256 in hex")
_DATE = Shape('"[0-9]{4}-[0-9]{2}-[0-9]{2}"', "a day, UTC")
_ORIGIN = Shape(r'"[!#-*,-\[\]-~]{1,200}"', "a log's origin")
_VKEY = Shape(r'"[!#-*,-\[\]-~]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}"', "a verifier key (C2SP signed-note)")
_TEXT = Shape(r'"(?:[ !#-\[\]-~]|\\["\\]|\\u[0-9a-f]{4}){0,500}"', "printable text of the charter", _text)
_POLICY = _word("the @id of a policy", 80)
_PURPOSE = _word("a purpose id of the register, or unregistered")
_CLASS = _word("an authority class of the charter, unregistered, or none")
_KIND = _one_of(*AUTHORITY_KINDS)

_SAID = {
    "intent": {  # a request, permitted or refused; durable before anything is compared
        "id": _ID, "act": _one_of(*ACTIONS), "pur": _PURPOSE, "auth": _CLASS, "ak": _KIND,
        "gal": Shape('"(?:[A-Za-z0-9_-]{8,64})?"', "a gallery's pseudonym, or empty"),
        "band": _one_of("", *SIZE_BANDS), "cap": _one_of(*CAP_BANDS), "dec": _one_of("allow", "deny"),
        "det": _list_of(_POLICY, 0, MAX_POLICIES), "pol": _SHA,
    },
    "outcome": {  # what came of a permitted intent; at most one each
        "of": _ID, "res": _one_of(*RESULTS), "n": _one_of("", *CAP_BANDS),
        "ctr": _or_null(Shape(_NUMBER.pattern, "the gallery's use counter, from 1, without gaps", int)),
    },
    "review": {  # people looked at a candidate list
        "id": _ID, "of": _ID, "res": _one_of("confirmed", "rejected", "inconclusive"), "by": _NUMBER,
    },
    "charter": {  # adopted: in force from the epoch `from`; `n` purpose entries belong to it
        "id": _ID, "digest": _SHA, "from": _NUMBER, "min": _NUMBER, "n": _NUMBER,
        "gov": _list_of(Shape('"[A-Za-z0-9_-]{43}"', "a governor's Ed25519 key in base64url"), 1, MAX_GOVERNORS),
        "sig": _list_of(Shape('"[A-Za-z0-9_-]{86}"', "its signature over charter_message()"), 1, MAX_GOVERNORS),
    },
    "purpose": {  # one line of a charter's register; `of` is the id of the charter entry
        "id": _ID, "of": _ID, "pur": _PURPOSE, "forbidden": _FLAG, "text": _TEXT,
    },
    "gallery": {  # `carried`: from the previous shard, with the counter that it had
        "id": _ID, "gal": Shape('"(?:[A-Za-z0-9_-]{8,64})?"', "a gallery's random pseudonym; empty: of no gallery"),
        "ev": _one_of("created", "carried", "closed"), "band": _one_of(*SIZE_BANDS), "ctr": _NUMBER,
    },
    "batch": {  # references that came in together: seen by nobody from `begun` on, by everybody from `published` on
        "id": _ID, "gal": Shape('"[A-Za-z0-9_-]{8,64}"', "a gallery's random pseudonym"),
        "ev": _one_of("begun", "published", "withdrawn", "erased"), "band": _one_of(*SIZE_BANDS),
    },
    "authority": {  # a record, by class alone
        "id": _ID, "auth": _CLASS, "ak": _one_of("registered", "standing"), "ev": _one_of("registered", "revoked"),
    },
    "erasure": {  # salts shredded; which entries is sealed, since a list would link them
        "id": _ID, "basis": _one_of("deletion", "withdrawal", "retention", "order", "correction", "restore"),
        "n": _one_of(*CAP_BANDS),
    },
    "withdrawal": {"id": _ID, "ev": _one_of("proposed", "lifted")},  # two principals may let somebody in again
    "hold": {"id": _ID, "ev": _one_of("set", "lifted")},  # a legal hold beats erasure
    "point": {  # a threshold was put in force; `sha` of the file that says how its error rate was measured
        "id": _ID, "ev": _one_of("adopted"), "of": _one_of("fmr", "fpir"), "sha": _SHA,
    },
    "statement": {  # `sha` of the signed text; `counts` of its count lines; `size` of the tree it speaks of
        "id": _ID, "first": _NUMBER, "last": _NUMBER, "size": _NUMBER, "sha": _SHA, "counts": _SHA,
    },
    "tally": {  # cumulative, from the first entry of this log to here: permitted by authority kind, and refused
        "id": _ID, "pur": _PURPOSE, "registered": _NUMBER, "standing": _NUMBER, "self": _NUMBER, "none": _NUMBER,
        "refused": _NUMBER,
    },
    "audit": {  # `sha` of the beacon's description, of the seed, or of the auditor's report
        "id": _ID, "ev": _one_of("announced", "drawn", "recorded"), "of": _NUMBER, "sha": _SHA, "n": _NUMBER,
        "opened": _NUMBER, "erased": _NUMBER, "missing": _NUMBER, "wrong": _NUMBER,
    },
    "key": {"id": _ID, "ev": _one_of("added", "retired"), "use": _one_of("checkpoint", "statements"), "vkey": _VKEY},
    "build": {  # which release runs from here
        "id": _ID, "ver": Shape('"[0-9A-Za-z.+-]{1,32}"', "a version"), "digest": _SHA,
    },
    "gap": {  # the service may have run without this log, or the log came back from a backup; or use numbers were lost
        "id": _ID, "first": _NUMBER, "last": _NUMBER, "why": _one_of("restore", "no-log", "damage", "crash"),
    },
    "shard": {  # first entry: the previous log and its last checkpoint; last entry: the next log
        "id": _ID, "ev": _one_of("continues", "ends"), "origin": _ORIGIN, "size": _or_null(_NUMBER),
        "root": _or_null(_SHA),
    },
    "epoch": {  # the last entry of its epoch
        "id": _ID, "start": _DATE, "end": _DATE, "early": _FLAG,
    },
}  # fmt: skip

KINDS: Mapping[str, Mapping[str, Shape]] = {
    kind: dict(
        sorted(
            {
                "v": Shape(str(VERSION), "version", int), "k": _one_of(kind), "ep": _EPOCH, **said,
                **({"c": _C} if kind in DETAIL else {}),
            }.items()
        )
    )
    for kind, said in _SAID.items()
}  # fmt: skip
"""Every kind with its public fields, in the order of the bytes."""


def _captured(name: str, shape: Shape) -> str:
    """The field in the grammar; a plain text is captured without its quotes."""
    if shape.read is None:
        return f'"{name}":"(?P<{name}>{shape.pattern[1:-1]})"'
    return f'"{name}":(?P<{name}>{shape.pattern})'


_GRAMMAR = {
    kind: re.compile(r"\{" + ",".join(_captured(name, shape) for name, shape in shapes.items()) + r"\}")
    for kind, shapes in KINDS.items()
}
_READERS = {
    kind: tuple((name, shape.read) for name, shape in shapes.items() if shape.read) for kind, shapes in KINDS.items()
}
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
_KIND_OF = re.compile(r'"k":"([a-z]{1,16})"')


class Entry(NamedTuple):
    """One entry. Values are str, int, bool, None, or lists of str."""

    kind: str
    fields: dict[str, Any]


def encode(kind: str, fields: Mapping[str, Any]) -> bytes:
    """The canonical bytes of an entry of ``kind``; ``fields`` without ``v`` and ``k``. Raises Unreadable."""
    data = _canonical({"v": VERSION, "k": kind, **fields}).encode("ascii")
    parse(data)
    return data


def parse(data: bytes) -> Entry:
    """Read one entry; raises Unreadable, which says in which field."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"an entry has at most {MAX_BYTES} bytes; this one has {len(data)}")
    text = data.decode("latin-1")
    named = _KIND_OF.search(text)
    kind = named.group(1) if named else ""
    grammar = _GRAMMAR.get(kind)
    match = grammar.fullmatch(text) if grammar else None
    if match is None:
        raise _explained(text)
    fields: dict[str, Any] = match.groupdict()
    for name, read in _READERS[kind]:
        fields[name] = read(fields[name])
    rule = _RULES.get(kind)
    if rule is not None:
        rule(fields)
    return Entry(kind, fields)


def entry_id(random: bytes) -> str:
    """The text of a fresh id: 16 random bytes in base64url without padding."""
    return base64.urlsafe_b64encode(random).decode("ascii").rstrip("=")


def cited(policies: tuple[str, ...]) -> list[str]:
    """The deciding policies as an entry cites them: sorted, the first six; all of them lie in the sealed detail."""
    return sorted(set(policies))[:MAX_POLICIES]


def charter_message(digest: str) -> bytes:
    """What each governor signs to adopt the charter with this SHA-256 (hex)."""
    return f"countenance-charter/v1\n{digest}\n".encode("ascii")


def _require(holds: bool, field: str, what: str) -> None:
    if not holds:
        raise Unreadable(what, f"field {field}")


def _intent(f: dict[str, Any]) -> None:
    _require((f["gal"] == "") == (f["band"] == ""), "band", "a size band belongs to a gallery, and each has one")
    _require(f["auth"] != NO_AUTHORITY or f["ak"] == "none", "ak", "without authority its kind is none")
    if f["dec"] == "allow":
        _require(f["pur"] != UNREGISTERED, "pur", "a purpose outside the register cannot be permitted")
        _require(f["auth"] != UNREGISTERED, "auth", "an authority class outside the charter cannot be permitted")


def _charter(f: dict[str, Any]) -> None:
    _require(f["gov"] == sorted(set(f["gov"])), "gov", "governors' keys are distinct and sorted")
    _require(len(f["gov"]) == len(f["sig"]), "sig", "each governor has one signature, in the order of the keys")
    _require(f["from"] >= f["ep"], "from", "a charter does not hold for epochs that are over")


def _purpose(f: dict[str, Any]) -> None:
    _require(f["pur"] not in {UNREGISTERED, "none"}, "pur", "this word is kept for what is not in the register")


def _gallery(f: dict[str, Any]) -> None:
    _require(
        f["gal"] != "" or f["ev"] == "carried", "gal", "only the counter of comparisons without a gallery is empty"
    )


def _epoch(f: dict[str, Any]) -> None:
    for field in ("start", "end"):
        try:
            date.fromisoformat(f[field])
        except ValueError as error:
            raise Unreadable(str(error), f"field {field}") from None
    _require(f["start"] <= f["end"], "end", "an epoch ends on or after the day on which it starts")


def _span(f: dict[str, Any]) -> None:
    _require(f["first"] <= f["last"], "last", "the last epoch does not come before the first")


def _shard(f: dict[str, Any]) -> None:
    known = f["ev"] == "continues"
    _require((f["size"] is not None) == known, "size", "is known of the previous log, and of it alone")
    _require((f["root"] is not None) == known, "root", "is known of the previous log, and of it alone")


_RULES: dict[str, Callable[[dict[str, Any]], None]] = {
    "intent": _intent, "charter": _charter, "purpose": _purpose, "gallery": _gallery,
    "epoch": _epoch, "statement": _span, "gap": _span,
    "shard": _shard,
}  # fmt: skip


def _explained(text: str) -> Unreadable:
    """Why ``text`` is no entry: read it leniently, then compare with the schema and with its canonical spelling."""
    doubled: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = [name for name, _ in items]
        doubled.extend(name for name in set(seen) if seen.count(name) > 1)
        return dict(items)

    try:
        fields = json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        return Unreadable(f"an entry is one JSON object: {error}")
    if not isinstance(fields, dict):
        return Unreadable("an entry is one JSON object")
    if doubled:
        return Unreadable("this key stands twice", f"field {sorted(doubled)[0][:80]!r}")
    kind = fields.get("k")
    if not isinstance(kind, str) or kind not in KINDS:
        return Unreadable(f"no such kind of entry: {str(kind)[:80]!r}", "field k")
    for name in fields:
        if name not in KINDS[kind]:
            return Unreadable(f"an entry of kind {kind} has no such field", f"field {name[:80]!r}")
    for name, shape in KINDS[kind].items():
        if name not in fields:
            return Unreadable(f"an entry of kind {kind} must have it", f"field {name}")
        value = json.dumps(fields[name], separators=(",", ":"), ensure_ascii=True)
        if not re.fullmatch(shape.pattern, value):
            return Unreadable(f"{value[:80]} is not {shape.says}", f"field {name}")
    return Unreadable("not in its canonical spelling (sorted keys, no spaces, ASCII, no other escapes)")
