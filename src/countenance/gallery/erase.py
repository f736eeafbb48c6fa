"""The erasing step: the key first, then the rows; what was begun is completed here, at once or at the next start.

Order: (1) the key store destroys the key and counts the destruction, in one transaction; from here on nobody can
read what was sealed under it. (2) The database, behind by one, removes the rows and counts too. A
crash between the two leaves the database behind; so does a database that was restored from a backup. Whoever
starts next runs the same (2).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from countenance.gallery import sealing
from countenance.gallery.changed import note_removed
from countenance.gallery.tables import (
    batch,
    cached,
    gallery,
    other_template,
    pairing,
    picture,
    proof_elsewhere,
    reference,
    removal,
    retired_key,
    subject,
)
from countenance.keys.keyring import Keyring
from countenance.keys.seal import Seal
from countenance.keys.subject_keys import Destroyed, KeyKind
from countenance.storage.database import Database
from countenance.terms.errors import MissingPart, UnknownName
from countenance.terms.gallery import Keep


def catch_up(database: Database, keyring: Keyring) -> int:
    """Do here what the key store has done already; how many erasures were outstanding."""
    with database.read() as connection:
        done = connection.execute(select(pairing.c.erasures)).scalar_one()
        retired = [row.id for row in connection.execute(select(retired_key.c.id))]
    for key in retired:
        keyring.store.destroy(key)
    _want_not_older(keyring, done, database.place)
    outstanding = keyring.store.destroyed_after(done)
    for each in outstanding:
        with database.write() as connection:
            _bury(connection, each)
            # Another node may have done it and more.
            connection.execute(update(pairing).where(pairing.c.erasures < each.n).values(erasures=each.n))
    if outstanding:
        database.scrub()  # what lies in the log is sealed under a destroyed key, so a reader may delay it
    return len(outstanding)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many keys the older store had brought back, and how many subjects were enrolled after it and are lost."""

    destroyed: int
    lost: int


def settle_older_keys(database: Database, keyring: Keyring) -> Settled:
    """Where the newest key store is lost and an older copy stands in: make the two fit again. An operator's act.

    Keys without a subject in the database are destroyed: they are of subjects who were erased since the copy was
    made. Subjects and galleries without a key, made since, can never be opened; their rows go.
    """
    with database.read() as connection:
        subjects = {row.key: row.id for row in connection.execute(select(subject.c.key, subject.c.id))}
        galleries = set(connection.execute(select(gallery.c.id)).scalars())
    kept, kept_galleries = set(keyring.store.subject_ids()), set(keyring.store.gallery_ids())
    for key in kept - subjects.keys():
        keyring.store.destroy(key)
    for key in kept_galleries - galleries:
        keyring.destroy_gallery(key)
    lost = subjects.keys() - kept
    with database.write() as connection:
        for key in lost:
            _delete_subject(connection, subjects[key])
        for place in galleries - kept_galleries:
            _bury_gallery(connection, place)
        connection.execute(update(pairing).values(erasures=keyring.store.destructions()))
    database.scrub()
    return Settled(len(kept - subjects.keys()), len(lost))


def _want_not_older(keyring: Keyring, done: int, place: str) -> None:
    """A key store that forgot destructions would let the next ones be taken for done."""
    there = keyring.store.destructions()
    if there < done:
        raise MissingPart(
            f"the key store is older than the data: they know of {done} erasures, it of {there}",
            where=place,
            remedy="Put the newest key store back. Where it is lost, see docs/at-rest.md on an older one.",
        )


def replace_key(
    database: Database, keyring: Keyring, gallery_id: str, reference_id: str, *, admit: Callable[[], object]
) -> None:
    """Erase one reference of a subject who stays: seal all the others under a new key and retire the old one.

    ``catch_up`` then destroys the retired key. Before this commits nothing has happened (but for a key that opens
    nothing), after it the erasure is under way. ``admit`` is called when nothing but the disk stands in the way.
    Raises UnknownName, SealBroken.
    """
    with database.write() as connection:
        row = connection.execute(
            select(reference.c.subject, subject.c.key, subject.c.about)
            .join_from(reference, subject)
            .where(reference.c.id == reference_id, reference.c.gallery == gallery_id)
        ).one_or_none()
        if row is None:
            raise UnknownName("there is no such reference", where=reference_id)
        old = keyring.seal_of(gallery_id, row.key)
        admit()
        key = str(uuid.uuid4())
        new = keyring.create_subjects(gallery_id, [key])[key]
        _delete_references(connection, reference.c.id == reference_id)
        about = sealing.open_about(old, row.subject, row.about)
        connection.execute(
            update(subject)
            .where(subject.c.id == row.subject)
            .values(key=key, about=sealing.seal_about(new, row.subject, about))
        )
        for kept in connection.execute(select(reference).where(reference.c.subject == row.subject)).all():
            _seal_again(connection, kept, old, new)
        connection.execute(insert(retired_key).values(id=row.key))
        note_removed(connection, gallery_id, row.subject, reference_id)


def _seal_again(connection: Connection, kept: Row[Any], old: Seal, new: Seal) -> None:
    connection.execute(
        update(reference)
        .where(reference.c.id == kept.id)
        .values(
            template=sealing.seal_template(new, kept.id, sealing.open_template(old, kept.id, kept.template)),
            source=sealing.seal_source(new, kept.id, sealing.open_source(old, kept.id, kept.source)),
            about=sealing.seal_metadata(new, kept.id, sealing.open_metadata(old, kept.id, kept.about)),
        )
    )
    sealed = connection.execute(select(picture.c.sealed).where(picture.c.reference == kept.id)).scalar()
    if sealed is not None:
        again = sealing.seal_picture_again(old, new, kept.id, Keep(kept.kept), sealed)
        connection.execute(update(picture).where(picture.c.reference == kept.id).values(sealed=again))
    for other in connection.execute(select(other_template).where(other_template.c.reference == kept.id)).all():
        template = sealing.seal_template(new, kept.id, sealing.open_template(old, kept.id, other.sealed))
        this = (other_template.c.reference == kept.id, other_template.c.space == other.space)
        connection.execute(update(other_template).where(*this).values(sealed=template))
    of_this = proof_elsewhere.c.reference == kept.id
    for proofs in connection.execute(select(proof_elsewhere.c.sealed).where(of_this)).scalars().all():
        again = sealing.seal_proofs(new, kept.id, sealing.open_proofs(old, kept.id, proofs))
        connection.execute(update(proof_elsewhere).where(of_this).values(sealed=again))


def _bury(connection: Connection, gone: Destroyed) -> None:
    if gone.kind is KeyKind.GALLERY:
        _bury_gallery(connection, gone.id)
        return
    connection.execute(delete(retired_key).where(retired_key.c.id == gone.id))
    one = connection.execute(select(subject.c.id).where(subject.c.key == gone.id)).scalar_one_or_none()
    if one is not None:
        _delete_subject(connection, one)


def _delete_references(connection: Connection, which: ColumnElement[bool]) -> None:
    """With all that lies beside them."""
    these = select(reference.c.id).where(which)
    for beside in (picture, other_template, proof_elsewhere):
        connection.execute(delete(beside).where(beside.c.reference.in_(these)))
    connection.execute(delete(reference).where(which))


def _delete_subject(connection: Connection, one: str) -> None:
    place = connection.execute(select(subject.c.gallery).where(subject.c.id == one)).scalar_one()
    note_removed(connection, place, one, None)
    _delete_references(connection, reference.c.subject == one)
    connection.execute(delete(subject).where(subject.c.id == one))


def _bury_gallery(connection: Connection, place: str) -> None:
    connection.execute(delete(removal).where(removal.c.gallery == place))
    connection.execute(delete(cached).where(cached.c.gallery == place))
    _delete_references(connection, reference.c.gallery == place)
    connection.execute(delete(subject).where(subject.c.gallery == place))
    connection.execute(delete(batch).where(batch.c.gallery == place))
    connection.execute(delete(gallery).where(gallery.c.id == place))
