"""Found: make a gallery, and pair the database with its key store at the first start."""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Callable, Mapping

from sqlalchemy import insert, select

from countenance.gallery import sealing
from countenance.gallery.metadata import check_metadata
from countenance.gallery.names import check_name, normal_form
from countenance.gallery.tables import gallery, pairing
from countenance.keys.keyring import Keyring
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import Database
from countenance.terms.errors import BrokenMachine, MissingPart, NameTaken
from countenance.terms.gallery import Gallery, Keep

PSEUDONYM_BYTES = 8


def pair(database: Database, keys: SubjectKeys) -> None:
    """Remember the key store at the first start, know it again at every other; raises MissingPart.

    Without this a key store that was forgotten in a move would be replaced by an empty one, in silence.
    """
    with database.read() as connection:
        known = connection.execute(select(pairing.c.subject_keys)).scalar()
    if known is None:
        with database.write() as connection:
            known = connection.execute(select(pairing.c.subject_keys)).scalar()  # another node may be first
            if known is None:
                known = keys.pairing
                connection.execute(insert(pairing).values(id=1, subject_keys=known, erasures=0))
    if known != keys.pairing:
        raise MissingPart(
            "this key store does not belong to this database",
            where=database.place,
            remedy="Put the key store back that was beside it; without it nothing that was enrolled opens again.",
        )


def create(
    database: Database,
    keyring: Keyring,
    name: str,
    keep: Keep,
    metadata: Mapping[str, str],
    *,
    now: int,
    admit: Callable[[], object],
) -> Gallery:
    """Make a gallery: its key, then its row. ``admit`` is called when nothing but the disk stands in the way."""
    check_name(name, "a gallery's name")
    check_metadata(metadata)
    name = normal_form(name)
    made = Gallery(str(uuid.uuid4()), name, secrets.token_hex(PSEUDONYM_BYTES), keep, now, metadata=dict(metadata))
    digest = keyring.digest_of_gallery_name(name)
    undone = True
    try:
        with database.write() as connection:
            if connection.execute(select(gallery.c.id).where(gallery.c.name_digest == digest)).first() is not None:
                raise NameTaken(f"there is a gallery {name!r} already")
            admit()
            key = keyring.create_gallery(made.id)
            connection.execute(
                insert(gallery).values(
                    id=made.id,
                    pseudonym=made.pseudonym,
                    name_digest=digest,
                    name=sealing.seal_name(key.seal, made.id, name),
                    keep=keep.value,
                    created=now,
                    seq=0,
                    about=sealing.seal_metadata(key.seal, made.id, metadata),
                )
            )
            undone = False  # as in the enrolling step
    except BaseException:
        if undone:
            with contextlib.suppress(BrokenMachine):
                keyring.store.discard([made.id])
        raise
    return made
