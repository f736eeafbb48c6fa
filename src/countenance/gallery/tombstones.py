"""Tombstones: the keyed digests by which whoever withdrew is known again. They are compared with and never read out.

Those left here hang from the root key and the gallery's name; what another house left came with the gallery, under a
key of its own, and is compared with too. Exact ones (name, record, file, pixels) keep out; those of a
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
from countenance.gallery.tables import tombstone, withdrawal, withdrawal_key
from countenance.keys.derive import keyed_digest
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.terms.gallery import Reference
from countenance.terms.look import FORM_BITS, Look

BANDS = 8
"""Parts of a form. Two pictures of which two parts are equal are alike: measured on 932 portraits of one kind, so were
all copies encoded anew or resized, and no two of 434,000 pairs of different ones (decision 0143)."""
_BAND = FORM_BITS // BANDS
DIGEST = 32
"""Bytes of an exact one: HMAC-SHA256."""
SHORT = 12
"""Bytes of a digest of two parts: there are many, and a person looks at every hit."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What could be known again of one enrolment: a name, a sample (SHA-256, hex), its look, its record's ids."""

    name: str
    sample: str = ""
    look: Look | None = None
    ids: Sequence[str] = ()


def digest(key: bytes, what: str, text: str) -> bytes:
    """By which something is known again under this key."""
    return keyed_digest(key, f"{what}\0{text}".encode("utf-8", "surrogatepass"))


def digest_of_name(key: bytes, subject: str) -> bytes:
    """The digest by which a subject's name is known again."""
    return digest(key, By.NAME, normal_form(subject))


def mark_of(key: bytes, withdrawal_id: str) -> bytes:
    """Among a withdrawal's digests this one says, to who has the key, that it is one under it."""
    return digest(key, "withdrawal", withdrawal_id)


def keys_of(connection: Connection, keyring: Keyring, gallery: str) -> list[bytes]:
    """The keys under which somebody may be known again in the gallery of this name: its own, and what came with it."""
    place = keyring.digest_of_gallery_name(normal_form(gallery))
    came = connection.execute(select(withdrawal_key.c.sealed).where(withdrawal_key.c.gallery == place)).scalars()
    return [keyring.key_of_withdrawn(gallery), *(keyring.open_key_elsewhere(place, each) for each in came)]


def exact(keys: Sequence[bytes], traces: Traces) -> Iterator[tuple[By, bytes]]:
    """What keeps out, in the order in which it is told."""
    said = [(By.NAME, normal_form(traces.name))] if traces.name else []
    said += [(By.RECORD, each) for each in traces.ids]
    said += [(By.SAMPLE, traces.sample)] if traces.sample else []
    said += [(By.PIXELS, traces.look.pixels)] if traces.look is not None else []
    return ((by, digest(key, by, text)) for by, text in said for key in keys)


def alike(keys: Sequence[bytes], look: Look) -> Iterator[bytes]:
    """What makes a person look: a digest for each two parts of a form."""
    parts = [(place, look.form >> place * _BAND & (1 << _BAND) - 1) for place in range(BANDS)]
    return (digest(key, By.FORM, repr(pair))[:SHORT] for pair in combinations(parts, 2) for key in keys)


def left_by(key: bytes, withdrawal_id: str, names: Iterable[str], references: Iterable[Reference]) -> tuple[bytes, ...]:
    """The tombstones of a subject who had these names and references, each once."""
    digests = [mark_of(key, withdrawal_id), *(digest_of_name(key, each) for each in names)]
    for one in references:
        digests += (each for _, each in exact([key], Traces("", one.sample_digest, one.look, one.ids)))
        digests += alike([key], one.look) if one.look is not None else ()
    return tuple(dict.fromkeys(digests))


def tombstoned(
    connection: Connection, keyring: Keyring, gallery: str, asked: Iterable[Traces]
) -> list[Tombstoned | None]:
    """Of each what keeps it out of the gallery of this name, if anything."""
    keys = keys_of(connection, keyring, gallery)
    digests = [list(exact(keys, each)) for each in asked]
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
