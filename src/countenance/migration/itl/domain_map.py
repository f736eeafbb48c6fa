"""The domain map: a customer's table of what the fields of Type-2 mean; they mean nothing without it.

TOML, one table a domain::

    [[domain]]
    name = "NORAM"            # the first item of 1.013; "*" is any
    origin = "MDNISTIMG"      # 1.008; left out: any
    charset = "latin-1"       # what text is where 1.015 does not say
    person = "2.014"          # the field that names the person
    born = "2.022"            # a date of birth: who is under 18 is a minor

    [domain.keep]             # metadata by name
    surname = "2.018"
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.terms.errors import Malformed

_FIELD = re.compile(r"0?2\.0*(\d{1,9})\Z", re.ASCII)
_REMEDY = "See docs/migrate-ansi-nist.md for the form of a domain map."


@dataclass(frozen=True, slots=True)
class Domain:
    """Numbers are of Type-2 fields; None where the map does not say."""

    name: str = "*"
    origin: str = ""
    charset: str = "ascii"
    person: int | None = None
    born: int | None = None
    keep: Mapping[str, int] = field(default_factory=dict)

    def fits(self, name: str, origin: str) -> bool:
        """Whether this table is meant for a transaction of that domain and origin."""
        return self.name in ("*", name) and self.origin in ("", origin)


NOTHING = Domain()
"""Keeps nothing: fields are only counted."""


def read_domain_map(text: str) -> tuple[Domain, ...]:
    """The tables in their order, of which the first that fits is used; raises Malformed."""
    try:
        tables = tomllib.loads(text).get("domain", [])
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"a domain map is TOML: {error}", remedy=_REMEDY) from None
    if not isinstance(tables, list) or not tables:
        raise Malformed("a domain map has tables [[domain]]", remedy=_REMEDY)
    return tuple(map(_domain, tables))


def _domain(table: object) -> Domain:
    if not isinstance(table, dict) or (unknown := set(table) - {"name", "origin", "charset", "person", "born", "keep"}):
        named = ", ".join(sorted(unknown)) if isinstance(table, dict) else "no table"
        raise Malformed(f"a domain map does not know this: {named}", remedy=_REMEDY)
    texts = {each: _text(table[each]) for each in ("name", "origin", "charset") if each in table}
    try:
        codecs.lookup(texts.get("charset", "ascii"))
    except LookupError:
        raise Malformed(f"no such character set: {texts['charset']}", remedy=_REMEDY) from None
    keep = table.get("keep", {})
    if not isinstance(keep, dict):
        raise Malformed("[domain.keep] is a table of names and fields", remedy=_REMEDY)
    return Domain(
        **texts,
        person=_number(table.get("person")),
        born=_number(table.get("born")),
        keep={name: number for name, value in keep.items() if (number := _number(value)) is not None},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed(f"a text was expected, not {value!r}", remedy=_REMEDY)
    return value


def _number(value: object) -> int | None:
    if value is None:
        return None
    found = _FIELD.match(_text(value))
    if found is None:
        raise Malformed(f"a field of Type-2 is written 2.018, not {value!r}", remedy=_REMEDY)
    return int(found[1])
