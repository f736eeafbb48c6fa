"""The domain map: a customer's table of what the text of Type-2 means; it means nothing without.

TOML, one table a domain::

    [[domain]]
    name = "NORAM"            # the first item of 1.013; "*" is any
    origin = "MDNISTIMG"      # 1.008; left out: any
    charset = "latin-1"       # what text is where the transaction does not say
    person = "2.014"          # what names the person
    born = "2.022"            # a date of birth: who is under 18 is a minor

    [domain.keep]             # metadata by name
    surname = "2.018"

In the XML encoding a field is the end of a path of element names, such as ``PersonName/PersonSurName``.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.terms.errors import Malformed

TYPE_2 = re.compile(r"2\.\d{3,9}\Z", re.ASCII)
"""How a field of the traditional encoding is written."""
ELEMENTS = re.compile(r"[\w.-]+(/[\w.-]+)*\Z")
"""How a field of the XML encoding is written: local names."""
_REMEDY = "See docs/migrate-ansi-nist.md for the form of a domain map."


@dataclass(frozen=True, slots=True)
class Domain:
    """Fields are as the map writes them; empty where it does not say."""

    name: str = "*"
    origin: str = ""
    charset: str = "ascii"
    person: str = ""
    born: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)

    def fits(self, name: str, origin: str) -> bool:
        """Whether this table is meant for a transaction of that domain and origin."""
        return self.name in ("*", name) and self.origin in ("", origin)


NOTHING = Domain()
"""Keeps nothing: fields are only counted."""


def read_domain_map(text: str, form: re.Pattern[str]) -> tuple[Domain, ...]:
    """The tables in their order, of which the first that fits is used; raises Malformed.

    ``form`` is TYPE_2 or ELEMENTS.
    """
    try:
        tables = tomllib.loads(text).get("domain")
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"a domain map is TOML: {error}", remedy=_REMEDY) from None
    if not isinstance(tables, list) or not tables:
        raise Malformed("a domain map has tables [[domain]]", remedy=_REMEDY)
    return tuple(_domain(each, form) for each in tables)


def _domain(table: object, form: re.Pattern[str]) -> Domain:
    if not isinstance(table, dict):
        raise Malformed("a domain map has tables [[domain]]", remedy=_REMEDY)
    keep = table.get("keep", {})
    texts = {name: value for name, value in table.items() if name != "keep"}
    if unknown := set(texts) - {"name", "origin", "charset", "person", "born"}:
        raise Malformed(f"a domain map does not know: {', '.join(sorted(unknown))}", remedy=_REMEDY)
    if not isinstance(keep, dict) or not all(isinstance(each, str) for each in (*texts.values(), *keep.values())):
        raise Malformed("what stands in a domain map is text", remedy=_REMEDY)
    fields = [texts[each] for each in ("person", "born") if each in texts] + list(keep.values())
    if wrong := [each for each in fields if not form.match(each)]:
        raise Malformed(f"this is no field: {', '.join(wrong)}", remedy=_REMEDY)
    try:
        codecs.lookup(texts.get("charset", "ascii"))
    except LookupError:
        raise Malformed(f"no such character set: {texts['charset']}", remedy=_REMEDY) from None
    return Domain(**texts, keep=dict(keep))
