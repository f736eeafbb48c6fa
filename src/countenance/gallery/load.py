"""The loading step: unseal a gallery's templates into a new index."""

from __future__ import annotations

from sqlalchemy import select

from countenance.gallery import sealing
from countenance.gallery.index.index import Index
from countenance.gallery.index.row import Row
from countenance.gallery.tables import reference, subject
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database


def load(database: Database, keyring: Keyring, gallery_id: str) -> Index:
    """All references of a gallery, in the order of their numbers; raises SealBroken where one does not open.

    A subject whose key is destroyed but whose rows are still there (an erasure that did not reach its end yet)
    is left out; one whose key is lost is not passed over in silence.
    """
    statement = (
        select(reference.c.id, reference.c.subject, reference.c.template, subject.c.key)
        .join_from(reference, subject)
        .where(reference.c.gallery == gallery_id)
        .order_by(reference.c.seq)
    )
    seals = keyring.subjects(gallery_id)
    with database.read() as connection:
        found = connection.execute(statement).all()
    keyring.want_destroyed({row.key for row in found if row.key not in seals})
    return Index(
        [
            Row(row.id, row.subject, sealing.open_template(seals[row.key], row.id, row.template))
            for row in found
            if row.key in seals
        ]
    )
