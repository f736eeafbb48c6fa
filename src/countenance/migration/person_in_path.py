"""The person's name in a file's name, for records that name nobody: a customer's table says where.

TOML, a regular expression with a group ``person`` that is looked for in the name relative to the source::

    person = '(?P<person>[^/_]+)_[^/]*$'
"""

from __future__ import annotations

import re
import tomllib

from countenance.terms.errors import Malformed

_REMEDY = "See docs/migrate-iso.md for the form of this table."


def read_person_in_path(text: str) -> re.Pattern[str]:
    """The expression; raises Malformed."""
    try:
        table = tomllib.loads(text)
        pattern = re.compile(table["person"])
    except (tomllib.TOMLDecodeError, re.error, KeyError, TypeError) as error:
        raise Malformed(
            f"a table with a regular expression for the person was expected: {error}", remedy=_REMEDY
        ) from None
    if set(table) != {"person"} or "person" not in pattern.groupindex:
        raise Malformed("the table has one entry, person, with a group (?P<person>…)", remedy=_REMEDY)
    return pattern


def person_in(unit: str, pattern: re.Pattern[str] | None) -> str | None:
    """Whom a unit's name names; None without an expression, or where it finds nobody."""
    found = None if pattern is None else pattern.search(unit)
    return None if found is None else found["person"] or None
