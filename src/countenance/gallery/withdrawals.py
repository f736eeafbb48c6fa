"""Withdrawals: subjects who were erased and are not to come back, by name, by record or by a picture that was used.

What remains is a date and keyed digests. An enrolment that meets one is refused; to lift one takes two principals. On
the list of erasures first, then here: a crash in between, or a backup that came back, is made good at the next start.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from countenance.gallery.admission import Admission
from countenance.gallery.enrolment import Tombstoned
from countenance.gallery.names import normal_form
from countenance.gallery.tables import tombstone, withdrawal, withdrawal_key
from countenance.gallery.tombstones import (
    Traces,
    alike,
    digest,
    digest_of_name,
    exact,
    keys_of,
    left_by,
    mark_of,
    standing,
    tombstoned,
)
from countenance.keys.erasure_list import NO_KEY, KeyElsewhere, Withdrawn
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.action import Action
from countenance.terms.errors import NameTaken, UnknownName
from countenance.terms.gallery import Gallery, Reference
from countenance.terms.look import Look
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One that stands: since when, and since when one of the two who could lift it has proposed to (Unix seconds)."""

    id: str
    since: int
    proposed: int | None = None


@dataclass(frozen=True, slots=True)
class Lifted:
    """The withdrawal stands no more; what it barred can be enrolled again. ``entry`` is what ``record`` gave."""

    withdrawal: Withdrawal
    entry: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """One principal has proposed to lift it; another one must confirm. ``entry`` is what ``record`` gave."""

    withdrawal: Withdrawal
    entry: str


class Withdrawals:
    """Threads may share it; what changes it holds the galleries' writing lock."""

    def __init__(self, database: Database, keyring: Keyring, admission: Admission) -> None:
        self._database = database
        self._keyring = keyring
        self._admission = admission
        self._changing = threading.Lock()

    def find(self, gallery: str, id_or_name: str) -> Withdrawal:
        """The withdrawal of this id, or of the subject who had this name in the gallery of that name.

        Raises UnknownName. The gallery need not be there any more.
        """
        with self._database.read() as connection:
            row = connection.execute(select(withdrawal).where(withdrawal.c.id == id_or_name)).one_or_none()
            if row is None:
                keys = keys_of(connection, self._keyring, gallery)
                found = standing(connection, (digest_of_name(key, id_or_name) for key in keys))
                row = next(iter(found.values()), None)
        if row is None or row.lifted:
            raise UnknownName("nobody of this name or id has withdrawn from this gallery", where=id_or_name[:80])
        return Withdrawal(row.id, row.created, row.proposed)

    def barring(self, gallery: str, asked: Iterable[Traces]) -> list[Tombstoned | None]:
        """Of each what keeps it out of the gallery, if anything does."""
        with self._database.read() as connection:
            return tombstoned(connection, self._keyring, gallery, asked)

    def stand(self) -> bool:
        """Whether anything keeps anybody out, of whichever gallery."""
        with self._database.read() as connection:
            return connection.execute(select(tombstone.c.withdrawal).limit(1)).first() is not None

    def resembling(self, gallery: str, looks: Iterable[Look | None]) -> list[bool]:
        """Of each whether it looks like a picture of somebody who withdrew from the gallery. That keeps nobody out."""
        with self._database.read() as connection:
            keys = keys_of(connection, self._keyring, gallery)
            digests = [() if each is None else tuple(alike(keys, each)) for each in looks]
            found = standing(connection, (each for some in digests for each in some))
        return [any(each in found for each in some) for some in digests]

    def set_up(
        self, gallery: Gallery, names: Iterable[str], references: Iterable[Reference], key: str, now: int
    ) -> Withdrawal:
        """Keep a subject out who is about to be erased: ``key`` is theirs. Durable when it returns."""
        name = str(uuid.uuid4())
        digests = left_by(self._keyring.key_of_withdrawn(gallery.name), name, names, references)
        made = Withdrawn(name, now, key, digests)
        self._add([made])
        return Withdrawal(made.id, now)

    def keep_out(self, receipt: Receipt, gallery: Gallery, removed: Sequence[Traces], now: int) -> int:
        """Keep out who was removed elsewhere and need never have been here; how many were not kept out already.

        The receipt: MANAGE, of this gallery and no samples. Who is here stays here.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        self._admission.spend(receipt)
        with self._changing:
            known, key = self.barring(gallery.name, removed), self._keyring.key_of_withdrawn(gallery.name)
            made = []
            for each, barred in zip(removed, known, strict=True):
                if barred is None:
                    name = str(uuid.uuid4())
                    digests = (mark_of(key, name), *(left for _, left in exact([key], each)))
                    made.append(Withdrawn(name, now, NO_KEY, digests))
            return self._add(made)

    def out(self, receipt: Receipt, gallery: Gallery) -> tuple[list[bytes], list[Withdrawn]]:
        """For another house: what keeps somebody out of this gallery, oldest first, and the keys to compare by.

        Who has both can ask of a name or a picture whether its subject withdrew, and no more. What another house left
        here goes on with the rest. The receipt: MANAGE, of this gallery and no samples.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        self._admission.spend(receipt)
        with self._database.read() as connection:
            keys = keys_of(connection, self._keyring, gallery.name)
            rows = connection.execute(select(withdrawal).where(withdrawal.c.lifted.is_(None))).all()
            marks = {mark_of(key, row.id): (key, row) for key in keys for row in rows}
            found = [marks[row.digest] for row in among(connection, select(tombstone), tombstone.c.digest, marks)]
            theirs = {row.id: row for _, row in found}
            digests: dict[str, list[bytes]] = {}
            for stone in among(connection, select(tombstone), tombstone.c.withdrawal, theirs):
                digests.setdefault(stone.withdrawal, []).append(stone.digest)
        used = {key for key, _ in found}
        left = sorted(theirs.values(), key=lambda row: (row.created, row.id))
        return (
            [key for key in keys if key in used],
            [Withdrawn(row.id, row.created, NO_KEY, tuple(digests[row.id])) for row in left],
        )

    def take_in(self, receipt: Receipt, gallery: Gallery, keys: Sequence[bytes], left: Sequence[Withdrawn]) -> int:
        """Keep out of this gallery whom another house keeps out, by what its ``out`` gave; how many are new here.

        What is known here, lifted or standing, stays as it is; so does who is here. The receipt: MANAGE, of this
        gallery and no samples.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        self._admission.spend(receipt)
        with self._changing:
            place = self._keyring.digest_of_gallery_name(normal_form(gallery.name))
            own, erasures = self._keyring.key_of_withdrawn(gallery.name), self._keyring.store.erasures
            with self._database.read() as connection:
                known = set(keys_of(connection, self._keyring, gallery.name))
                there = {row.id for row in among(connection, select(withdrawal), withdrawal.c.id, [w.id for w in left])}
            if erasures is not None:
                there |= erasures.read().lifted
            new = [
                KeyElsewhere(place, digest(own, "key", each.hex()), self._keyring.seal_key_elsewhere(place, each))
                for each in dict.fromkeys(keys)
                if each not in known
            ]
            if erasures is not None:
                for each in new:
                    erasures.elsewhere(each)
            with self._database.write() as connection:
                for each in new:
                    _keep_key(connection, each)
            return self._add([each for each in left if each.id not in there])

    def _add(self, made: Sequence[Withdrawn]) -> int:
        if (erasures := self._keyring.store.erasures) is not None:
            for each in made:
                erasures.withdrawn(each)
        with self._database.write() as connection:
            for each in made:
                _keep(connection, each)
        return len(made)

    def lift(
        self,
        receipt: Receipt,
        gallery: Gallery,
        which: Withdrawal,
        principal: str,
        now: int,
        *,
        record: Callable[[str], str],
    ) -> Lifted | Proposed:
        """Lift it if another principal than ``principal`` has proposed to, else note that this one proposes to.

        The receipt: MANAGE, of this gallery and no samples. ``record`` puts the event (``lifted``, ``proposed``) on
        record before it takes effect. Raises UnknownName where the withdrawal stands no more, NameTaken where this
        principal has proposed already.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        by = digest(self._keyring.key_of_withdrawn(gallery.name), "proposer", f"{which.id}\0{principal}")
        with self._changing:
            with self._database.read() as connection:
                row = connection.execute(select(withdrawal).where(withdrawal.c.id == which.id)).one_or_none()
            if row is None or row.lifted:
                raise UnknownName("this withdrawal was lifted already", where=which.id)
            if row.proposer == by:
                raise NameTaken(
                    "you have proposed to lift this withdrawal already",
                    where=which.id,
                    remedy="Somebody else must confirm: the same verb, under another principal.",
                )
            self._admission.spend(receipt)
            if row.proposer is None:
                entry = record("proposed")
                with self._database.write() as connection:
                    connection.execute(
                        update(withdrawal).where(withdrawal.c.id == which.id).values(proposed=now, proposer=by)
                    )
                return Proposed(Withdrawal(row.id, row.created, now), entry)
            entry = record("lifted")
            if self._keyring.store.erasures is not None:
                self._keyring.store.erasures.lifted(which.id)
            with self._database.write() as connection:
                _remove(connection, which.id)
            return Lifted(Withdrawal(row.id, row.created, row.proposed), entry)


def agree_with_list(database: Database, keyring: Keyring) -> None:
    """Make the withdrawals here and those on the list of erasures the same; what is lifted there stands nowhere.

    Nodes that share a database have a list each: what one of them lifted, the others' lists learn here.
    """
    erasures = keyring.store.erasures
    if erasures is None:
        return
    listed = erasures.read()
    with database.read() as connection:
        here = {row.id: row for row in connection.execute(select(withdrawal))}
        keys = {(row.gallery, row.id): KeyElsewhere(*row) for row in connection.execute(select(withdrawal_key))}
        lacking = [row for name, row in here.items() if name not in listed.withdrawals and not row.lifted]
        stones = {
            row.id: [r.digest for r in connection.execute(select(tombstone).where(tombstone.c.withdrawal == row.id))]
            for row in lacking
        }
    for name, key in keys.items():
        if name not in listed.elsewhere:
            erasures.elsewhere(key)
    for row in lacking:
        erasures.withdrawn(Withdrawn(row.id, row.created, NO_KEY, tuple(stones[row.id])))
    for name, row in here.items():
        if row.lifted and name in listed.withdrawals and name not in listed.lifted:
            erasures.lifted(name)
    missing = [each for name, each in listed.withdrawals.items() if name not in here and name not in listed.lifted]
    over = {name for name, row in here.items() if name in listed.lifted and not row.lifted}
    came = [each for name, each in listed.elsewhere.items() if name not in keys]
    if missing or over or came:
        with database.write() as connection:
            for key in came:
                _keep_key(connection, key)
            for each in missing:
                _keep(connection, each)
            for name in over:
                _remove(connection, name)


def _keep(connection: Connection, one: Withdrawn) -> None:
    connection.execute(insert(withdrawal).values(id=one.id, created=one.at))
    rows: Sequence[dict[str, Any]] = [{"withdrawal": one.id, "digest": each} for each in dict.fromkeys(one.digests)]
    connection.execute(insert(tombstone), rows)


def _keep_key(connection: Connection, one: KeyElsewhere) -> None:
    connection.execute(insert(withdrawal_key).values(gallery=one.gallery, id=one.id, sealed=one.sealed))


def _remove(connection: Connection, name: str) -> None:
    connection.execute(delete(tombstone).where(tombstone.c.withdrawal == name))
    connection.execute(update(withdrawal).where(withdrawal.c.id == name).values(lifted=True))
