"""Tombstones: the keyed digests by which whoever withdrew is known again. They are compared with and never read out.

All hang from the root key and the gallery's name. Exact ones (name, record, file, pixels) keep out; those of a
picture's form only make a person look, for another picture may have one by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Row, select

from countenance.gallery.enrolment import By, Tombstoned
from countenance.gallery.names import normal_form
from countenance.gallery.tables import tombstone, withdrawal
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.terms.gallery import Reference
from countenance.terms.look import FORM_BITS, Look

BANDS = 8
"""Parts of a form. Two pictures of which two parts are equal are alike: measured on 932 portraits of one kind, so were
all copies encoded anew or resized, and no two of 434,000 pairs of different ones (decision 0143)."""
_BAND = FORM_BITS // BANDS
SHORT = 12
"""Bytes of a digest of two parts: there are many, and a person looks at every hit."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What could be known again of one enrolment: a name, a sample (SHA-256, hex), its look, its record's ids."""

    name: str
    sample: str = ""
    look: Look | None = None
    ids: Sequence[str] = ()


def digest_of_name(keyring: Keyring, gallery: str, subject: str) -> bytes:
    """The digest by which a subject's name is known again."""
    return keyring.digest_of_withdrawn(gallery, By.NAME, normal_form(subject))


def exact(keyring: Keyring, gallery: str, traces: Traces) -> Iterator[tuple[By, bytes]]:
    """What keeps out, in the order in which it is told."""
    if traces.name:
        yield By.NAME, digest_of_name(keyring, gallery, traces.name)
    for each in traces.ids:
        yield By.RECORD, keyring.digest_of_withdrawn(gallery, By.RECORD, each)
    if traces.sample:
        yield By.SAMPLE, keyring.digest_of_withdrawn(gallery, By.SAMPLE, traces.sample)
    if traces.look is not None:
        yield By.PIXELS, keyring.digest_of_withdrawn(gallery, By.PIXELS, traces.look.pixels)


def alike(keyring: Keyring, gallery: str, look: Look) -> Iterator[bytes]:
    """What makes a person look: a digest for each two parts of a form."""
    parts = [(place, look.form >> place * _BAND & (1 << _BAND) - 1) for place in range(BANDS)]
    for pair in combinations(parts, 2):
        yield keyring.digest_of_withdrawn(gallery, By.FORM, repr(pair))[:SHORT]


def left_by(keyring: Keyring, gallery: str, names: Iterable[str], references: Iterable[Reference]) -> tuple[bytes, ...]:
    """The tombstones of a subject who had these names and references, each once."""
    digests = [digest_of_name(keyring, gallery, each) for each in names]
    for one in references:
        digests += (each for _, each in exact(keyring, gallery, Traces("", one.sample_digest, one.look, one.ids)))
        digests += alike(keyring, gallery, one.look) if one.look is not None else ()
    return tuple(dict.fromkeys(digests))


def tombstoned(
    connection: Connection, keyring: Keyring, gallery: str, asked: Iterable[Traces]
) -> list[Tombstoned | None]:
    """Of each what keeps it out of the gallery of this name, if anything."""
    digests = [list(exact(keyring, gallery, each)) for each in asked]
    found = standing(connection, (each for some in digests for _, each in some))
    hits = [next(((by, found[each]) for by, each in some if each in found), None) for some in digests]
    return [None if hit is None else Tombstoned(hit[1].created, by=hit[0]) for hit in hits]


def standing(connection: Connection, digests: Iterable[bytes]) -> dict[bytes, Row[Any]]:
    """The oldest withdrawal that stands of each of these digests."""
    statement = select(withdrawal, tombstone.c.digest).join_from(withdrawal, tombstone).order_by(withdrawal.c.created)
    found: dict[bytes, Row[Any]] = {}
    for row in among(connection, statement, tombstone.c.digest, digests):
        found.setdefault(row.digest, row)
    return found
