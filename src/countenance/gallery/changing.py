"""The changing half of the door: the words about a gallery, a subject, a reference; no template is touched."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from countenance.gallery import sealing
from countenance.gallery.admission import Admission
from countenance.gallery.basis import check_basis
from countenance.gallery.memory import Memory
from countenance.gallery.metadata import check_metadata, merged
from countenance.gallery.names import check_name, normal_form
from countenance.gallery.register import Register
from countenance.gallery.tables import gallery, reference, subject
from countenance.gallery.tombstones import Traces, tombstoned
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database
from countenance.terms.action import Action
from countenance.terms.errors import BrokenMachine, NameTaken, UnknownName
from countenance.terms.gallery import Gallery, Reference, Subject
from countenance.terms.receipt import Receipt

Changes = Mapping[str, str | None]
"""Metadata to set by key; None takes a key out, and what is not named stays."""


class Changing:
    """Each act wants a receipt: MANAGE, of this gallery and no samples. Durable when it returns.

    Raises UnknownName, NameTaken, Malformed, ReceiptRefused, Unwritable.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        register: Register,
        admission: Admission,
        memory: Memory,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._register = register
        self._admission = admission
        self._memory = memory
        self._now = now

    def gallery(self, receipt: Receipt, pseudonym: str, metadata: Changes) -> Gallery:
        """Change a gallery's metadata; the gallery as it is then."""
        self._check(receipt, pseudonym)
        with self._database.write() as connection:
            place = self._place(connection, pseudonym)
            seal = self._keyring.gallery(place.id).seal
            made = merged(sealing.open_metadata(seal, place.id, place.about), metadata)
            self._admission.spend(receipt)
            about = sealing.seal_metadata(seal, place.id, made)
            connection.execute(update(gallery).where(gallery.c.id == place.id).values(about=about))
        return self._register.by_pseudonym(pseudonym)

    def add_subject(
        self,
        receipt: Receipt,
        pseudonym: str,
        name: str | None,
        metadata: Mapping[str, str],
        basis: str,
        retain_until: int | None,
    ) -> Subject:
        """A subject without references: a name and no face. Without ``name`` it is named like its id."""
        self._check(receipt, pseudonym)
        made, key = str(uuid.uuid4()), str(uuid.uuid4())
        called = _checked_name(made if name is None else name)
        check_metadata(metadata)
        check_basis(basis)
        undone = True
        try:
            with self._database.write() as connection:
                place = self._place(connection, pseudonym)
                digest = self._free_name(connection, place, called)
                self._admission.spend(receipt)
                seal = self._keyring.create_subjects(place.id, [key])[key]
                connection.execute(
                    insert(subject).values(
                        id=made,
                        gallery=place.id,
                        key=key,
                        name_digest=digest,
                        about=sealing.seal_about(seal, made, sealing.About(called, dict(metadata))),
                        basis=basis,
                        retain_until=retain_until,
                        created=self._now(),
                    )
                )
                connection.execute(update(gallery).where(gallery.c.id == place.id).values(seq=place.seq + 1))
                undone = False  # as in the enrolling step
        except BaseException:
            if undone:
                with contextlib.suppress(BrokenMachine):
                    self._keyring.store.discard([key])
            raise
        return self._register.subject_by_id(place.id, made)

    def subject(
        self, receipt: Receipt, pseudonym: str, subject_id: str, name: str | None, metadata: Changes
    ) -> Subject:
        """Change a subject's name, metadata or both; the former name is remembered (see ``Subject.former``)."""
        self._check(receipt, pseudonym)
        with self._database.write() as connection:
            place = self._place(connection, pseudonym)
            row = connection.execute(
                select(subject).where(subject.c.gallery == place.id, subject.c.id == subject_id)
            ).one_or_none()
            if row is None:
                raise UnknownName("there is no such subject in this gallery", where=subject_id[:80])
            seal = self._keyring.seal_of(place.id, row.key)
            about = sealing.open_about(seal, row.id, row.about)
            about = replace(about, metadata=merged(about.metadata, metadata))
            digest = row.name_digest
            if name is not None and (called := _checked_name(name)) != about.name:
                digest = self._free_name(connection, place, called)
                former = dict.fromkeys((*about.former, about.name))
                about = replace(about, name=called, former=tuple(each for each in former if each != called))
            self._admission.spend(receipt)
            connection.execute(
                update(subject)
                .where(subject.c.id == row.id)
                .values(name_digest=digest, about=sealing.seal_about(seal, row.id, about))
            )
        return self._register.subject_by_id(place.id, subject_id)

    def reference(self, receipt: Receipt, pseudonym: str, reference_id: str, metadata: Changes) -> Reference:
        """Change a reference's metadata."""
        self._check(receipt, pseudonym)
        with self._database.write() as connection:
            place = self._place(connection, pseudonym)
            row = connection.execute(
                select(reference.c.id, reference.c.about, subject.c.key)
                .join_from(reference, subject)
                .where(reference.c.gallery == place.id, reference.c.id == reference_id)
            ).one_or_none()
            if row is None:
                raise UnknownName("there is no such reference in this gallery", where=reference_id[:80])
            seal = self._keyring.seal_of(place.id, row.key)
            made = merged(sealing.open_metadata(seal, row.id, row.about), metadata)
            self._admission.spend(receipt)
            about = sealing.seal_metadata(seal, row.id, made)
            connection.execute(update(reference).where(reference.c.id == row.id).values(about=about))
        return self._register.reference(place.id, reference_id)

    def _check(self, receipt: Receipt, pseudonym: str) -> None:
        self._admission.check(receipt, Action.MANAGE, pseudonym, [()])

    def _place(self, connection: Connection, pseudonym: str) -> Row[Any]:
        place = connection.execute(
            select(gallery).where(gallery.c.id == self._memory.id_of(pseudonym)).with_for_update()
        ).one_or_none()
        if place is None:
            raise UnknownName("this gallery was deleted", where=pseudonym)
        return place

    def _free_name(self, connection: Connection, place: Row[Any], name: str) -> bytes:
        key = self._keyring.gallery(place.id)
        digest = key.digest_of_name(name)
        having = select(subject.c.id).where(subject.c.gallery == place.id, subject.c.name_digest == digest)
        if connection.execute(having).first() is not None:
            raise NameTaken(f"there is a subject {name!r} in this gallery already")
        called = sealing.open_name(key.seal, place.id, place.name)
        (hit,) = tombstoned(connection, self._keyring, called, [Traces(name)])
        if hit is not None:
            raise NameTaken(
                f"the subject of this name withdrew on {datetime.fromtimestamp(hit.since, UTC).date()}",
                remedy="To lift a withdrawal takes two principals: countenance subjects lift-withdrawal.",
            )
        return digest


def _checked_name(name: str) -> str:
    check_name(name, "a subject's name")
    return normal_form(name)
