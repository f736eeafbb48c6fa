"""The account: what went in is what came out, at three grains, with the source's side counted by another pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from countenance.migration.exits import Exit
from countenance.migration.reader import Census

ORDER = (
    Exit.ENROLLED, Exit.UPDATED, Exit.UNCHANGED, Exit.DUPLICATE, Exit.REJECTED, Exit.SKIPPED, Exit.TOMBSTONED,
    Exit.HELD, Exit.FAILED,
)  # fmt: skip
"""In which the exits are told."""
_BEST = {each: rank for rank, each in enumerate(Exit)}


@dataclass(frozen=True, slots=True)
class Grain:
    """``discovered`` is what the source holds: counted by its census, where that tells; else by the reading."""

    discovered: int
    exits: Mapping[Exit, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether every one of them has exactly one exit."""
        return self.discovered == sum(self.exits.values())

    def shape(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "discovered": self.discovered,
            **{each.value: self.exits.get(each, 0) for each in ORDER},
            "balanced": self.balanced,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """``discovered = enrolled + updated + unchanged + duplicate + rejected + skipped + tombstoned + held + failed``."""

    images: Grain
    units: Grain
    persons: Grain

    @property
    def balanced(self) -> bool:
        """Whether all three do."""
        return self.images.balanced and self.units.balanced and self.persons.balanced

    @property
    def clean(self) -> bool:
        """Whether nothing stands against publishing: balanced, nothing failed, nothing waits for a person."""
        grains = (self.images, self.units)
        return self.balanced and not any(each.exits.get(end, 0) for each in grains for end in (Exit.FAILED, Exit.HELD))

    def shape(self) -> dict[str, Any]:
        """For JSON: images at the top."""
        return self.images.shape() | {
            "balanced": self.balanced,
            "units": self.units.shape(),
            "persons": self.persons.shape(),
        }


def grain(counted: int | None, exits: Mapping[Exit, int]) -> Grain:
    """Of what the source's own pass counted, or where it cannot tell, of what was read."""
    return Grain(sum(exits.values()) if counted is None else counted, dict(exits))


def account(
    census: Census, images: Mapping[Exit, int], units: Mapping[Exit, int], persons: Mapping[Exit, int]
) -> Account:
    """The three grains beside what the census says."""
    return Account(grain(census.images, images), grain(census.units, units), grain(census.persons, persons))


def best(lines: Iterable[tuple[bytes, Exit]]) -> dict[Exit, int]:
    """How many owners (sorted together) have which exit as the best of theirs."""
    counts: dict[Exit, int] = {}
    for each in _bests(lines):
        counts[each] = counts.get(each, 0) + 1
    return counts


def _bests(lines: Iterable[tuple[bytes, Exit]]) -> Iterator[Exit]:
    for _, group in groupby(lines, key=lambda line: line[0]):
        yield min((exit_ for _, exit_ in group), key=_BEST.__getitem__)
