"""Images of one record told apart: a name that comes again gets a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from countenance.migration.legacy_record import LegacyImage


def told_apart(images: Iterable[LegacyImage]) -> list[LegacyImage]:
    """The images in their order, the second of a name with ``#2`` behind it, and so on."""
    seen: Counter[str] = Counter()
    apart = []
    for each in images:
        seen[each.native_id] += 1
        again = seen[each.native_id]
        apart.append(each if again == 1 else replace(each, native_id=f"{each.native_id}#{again}"))
    return apart
