"""What a doctor looks at: is the store whole, do the keys fit, does the index in memory equal the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row, Table, func, select

from countenance.gallery import sealing
from countenance.gallery.index.index import Index
from countenance.gallery.load import load
from countenance.gallery.memory import Memory
from countenance.gallery.tables import (
    face_id,
    gallery,
    other_template,
    pairing,
    picture,
    proof_elsewhere,
    reference,
    subject,
    withdrawal,
    withdrawal_key,
)
from countenance.keys.keyring import Keyring
from countenance.keys.seal import Seal
from countenance.storage.database import Database
from countenance.terms.errors import CountenanceError, SealBroken
from countenance.terms.gallery import Keep

_LOST = "Put the newest copy of the key store back; without the key these rows never open again."
_CHANGED = "Somebody or a failing disk changed the file: restore the newest backup."
_RESTART = "Start the program anew; if it stays, report it."


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: what, where (ids only), and what to do."""

    what: str
    where: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What there is, and what is wrong with it; no ``findings`` means nothing.

    ``faces`` are those kept for a while, ended ones that were not swept yet included. ``unused_keys`` were made for
    enrolments that were not completed; they open nothing and do no harm.
    """

    galleries: int
    subjects: int
    references: int
    pictures: int
    faces: int
    withdrawals: int
    erasures: int
    unused_keys: int
    findings: tuple[Finding, ...]


def examine(database: Database, keyring: Keyring, memory: Memory, *, deep: bool) -> Examination:
    """Look at everything; ``deep`` also opens every sealed name, template and picture. Changes nothing."""
    with database.read() as connection:

        def count(table: Table) -> int:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

        counts = {table.name: count(table) for table in (gallery, subject, reference, picture, face_id)}
        standing = select(func.count()).select_from(withdrawal).where(withdrawal.c.lifted.is_(None))
        withdrawals = int(connection.execute(standing).scalar_one())
        used = {row.key for row in connection.execute(select(subject.c.key))}
        galleries = {row.id: row.pseudonym for row in connection.execute(select(gallery.c.id, gallery.c.pseudonym))}
    unused = set(keyring.store.subject_ids()) - used
    looks = [_damage(database, keyring), _lost_keys(keyring, used, set(galleries)), _unfinished(database, keyring)]
    looks += [_stale(database, keyring, memory, place, pseudonym) for place, pseudonym in galleries.items()]
    if deep:
        looks += [_closed(database, keyring, place) for place in galleries]
        looks.append(_closed_keys(database, keyring))
    findings: list[Finding] = []
    for look in looks:
        try:
            findings += look
        except CountenanceError as error:
            findings.append(Finding(error.what, error.where, error.remedy))
    return Examination(
        galleries=counts["gallery"],
        subjects=counts["subject"],
        references=counts["reference"],
        pictures=counts["picture"],
        faces=counts["face_id"],
        withdrawals=withdrawals,
        erasures=keyring.store.destructions(),
        unused_keys=len(unused),
        findings=tuple(dict.fromkeys(findings)),
    )


def _damage(database: Database, keyring: Keyring) -> Iterator[Finding]:
    for line in database.damage():
        yield Finding(f"the database is damaged: {line}", database.place, _CHANGED)
    for line in keyring.store.damage():
        yield Finding(f"the key store is damaged: {line}", keyring.store.place, _CHANGED)


def _lost_keys(keyring: Keyring, used: set[str], galleries: set[str]) -> Iterator[Finding]:
    lost = keyring.store.not_destroyed(
        (used - set(keyring.store.subject_ids())) | (galleries - set(keyring.store.gallery_ids()))
    )
    for key in sorted(lost):
        yield Finding("a key is lost", f"key {key}", _LOST)


def _unfinished(database: Database, keyring: Keyring) -> Iterator[Finding]:
    with database.read() as connection:
        done = connection.execute(select(pairing.c.erasures)).scalar_one()
    if done != keyring.store.destructions():
        yield Finding(
            f"the key store has destroyed {keyring.store.destructions()} keys, the data followed {done} times",
            database.place,
            "Start the program anew, which completes erasures; docs/at-rest.md speaks of older key stores.",
        )


def _stale(database: Database, keyring: Keyring, memory: Memory, place: str, pseudonym: str) -> Iterator[Finding]:
    """Bit for bit: nothing is compared in the sense of a score. Again where another node changes it meanwhile."""
    with memory.writing:
        while memory.is_open(pseudonym):
            opened = memory.open(pseudonym)
            seq = opened.seq
            if _same(opened.index, load(database, keyring, place)):
                return
            if memory.open(pseudonym).seq == seq:
                yield Finding("the index in memory is not what the store holds", f"gallery {pseudonym}", _RESTART)
                return


def _same(index: Index, store: Index) -> bool:
    held, stored = ({row.reference: row for row in each.rows()} for each in (index, store))
    return held.keys() == stored.keys() and all(
        row.subject == stored[name].subject and np.array_equal(row.vector, stored[name].vector)
        for name, row in held.items()
    )


def _closed(database: Database, keyring: Keyring, place: str) -> Iterator[Finding]:
    """Every row of a gallery that does not open under its subject's key."""
    seals = keyring.subjects(place)
    with database.read() as connection:
        for row in connection.execute(select(subject).where(subject.c.gallery == place)):
            try:
                if row.key in seals:
                    sealing.open_about(seals[row.key], row.id, row.about)
            except SealBroken as error:
                yield Finding(error.what, f"subject {row.id}", _CHANGED)
        statement = (
            select(reference, subject.c.key, picture.c.sealed)
            .join_from(reference, subject)
            .outerjoin(picture, picture.c.reference == reference.c.id)
            .where(reference.c.gallery == place)
        )
        for row in connection.execute(statement):
            try:
                if row.key in seals:
                    _open_all(seals[row.key], row)
            except SealBroken as error:
                yield Finding(error.what, f"reference {row.id}", _CHANGED)
        for table, opened in ((other_template, sealing.open_template), (proof_elsewhere, sealing.open_proofs)):
            more = select(reference.c.id, subject.c.key, table.c.sealed).join_from(reference, subject)
            more = more.join(table, table.c.reference == reference.c.id)
            for row in connection.execute(more.where(reference.c.gallery == place)):
                try:
                    if row.key in seals:
                        opened(seals[row.key], row.id, row.sealed)
                except SealBroken as error:
                    yield Finding(error.what, f"reference {row.id}", _CHANGED)


def _closed_keys(database: Database, keyring: Keyring) -> Iterator[Finding]:
    """Every key of another house's withdrawals that does not open under the root key."""
    with database.read() as connection:
        for row in connection.execute(select(withdrawal_key)):
            try:
                keyring.open_key_elsewhere(row.gallery, row.sealed)
            except SealBroken as error:
                yield Finding(error.what, f"key of withdrawals {row.id.hex()[:16]}", _CHANGED)


def _open_all(seal: Seal, row: Row[Any]) -> None:
    sealing.open_template(seal, row.id, row.template)
    sealing.open_source(seal, row.id, row.source)
    sealing.open_metadata(seal, row.id, row.about)
    if row.sealed is not None:
        sealing.open_picture(seal, row.id, Keep(row.kept), row.sealed)
