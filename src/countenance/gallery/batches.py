"""Batches: what comes in together is seen together or not at all, and can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from countenance.gallery.admission import Admission
from countenance.gallery.changed import note_seen_anew
from countenance.gallery.memory import Memory
from countenance.gallery.register import Register, reference_from, references_of, spaces_of
from countenance.gallery.tables import batch, reference, subject
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, NameTaken, UnknownName
from countenance.terms.gallery import Batch, BatchState, Gallery, Reference
from countenance.terms.receipt import Receipt

_MOVES = {
    BatchState.STAGED: (BatchState.PUBLISHED,),
    BatchState.PUBLISHED: (BatchState.WITHDRAWN,),
    BatchState.WITHDRAWN: (BatchState.PUBLISHED,),
}


@dataclass(frozen=True, slots=True)
class Restated:
    """What a source says anew of a ``reference`` (by id) that a batch brought; ``retain_until`` in Unix seconds."""

    reference: str
    basis: str
    retain_until: int


class Batches:
    """Publishing is one row's change, and so is taking back; between them nothing is copied, moved or sealed again.

    What changes something wants a receipt: MANAGE, of this gallery and no samples. Raises UnknownName, ReceiptRefused.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        admission: Admission,
        register: Register,
        memory: Memory,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._admission = admission
        self._register = register
        self._memory = memory
        self._now = now

    def of(self, gallery: Gallery) -> tuple[Batch, ...]:
        """A gallery's batches, in the order in which they were begun."""
        statement = select(batch).where(batch.c.gallery == gallery.id).order_by(batch.c.created, batch.c.id)
        with self._database.read() as connection:
            return tuple(_batch(row) for row in connection.execute(statement))

    def find(self, gallery: Gallery, name: str) -> Batch:
        """The batch of this id; raises UnknownName."""
        for each in self.of(gallery):
            if each.id == name:
                return each
        raise UnknownName("there is no such batch in this gallery", where=name[:80])

    def begin(self, receipt: Receipt, gallery: Gallery, *, held: bool = False) -> Batch:
        """A new, empty one; raises NameTaken where what another brought is staged or taken back.

        So there is never a question of what is beside what. ``held``: one that is never published, for references
        that wait for a person; of those there may be several.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        with self._memory.writing:
            there = self.of(gallery)
            for each in there:
                waits = each.state in (BatchState.STAGED, BatchState.WITHDRAWN)
                if not held and waits and self.size(gallery, each.id):
                    raise NameTaken(
                        f"a batch of this gallery is {each.state} already",
                        where=each.id,
                        remedy="Publish it, or erase what it brought, before another one begins.",
                    )
            self._admission.spend(receipt)
            state = BatchState.HELD if held else BatchState.STAGED
            begun = max([self._now(), *(each.created + 1 for each in there)])  # two of a second have an order too
            made = Batch(str(uuid.uuid4()), self._memory.id_of(gallery.pseudonym), state, begun)
            with self._database.write() as connection:
                connection.execute(
                    insert(batch).values(id=made.id, gallery=made.gallery, state=state.value, created=made.created)
                )
            return made

    def publish(self, receipt: Receipt, gallery: Gallery, name: str) -> Batch:
        """From now on everybody sees what it brought, and nobody what that supersedes. Durable on return."""
        return self._turn(receipt, gallery, name, BatchState.PUBLISHED)

    def roll_back(self, receipt: Receipt, gallery: Gallery, name: str) -> Batch:
        """The reverse; what was superseded is seen again. It stays at rest until it is erased or published again."""
        return self._turn(receipt, gallery, name, BatchState.WITHDRAWN)

    def move(self, receipt: Receipt, gallery: Gallery, references: Collection[str], came: str, goes: str) -> None:
        """Move references from one batch that nobody sees to another; their subject goes with the last of them.

        That is how what is to be decided by a person is kept back, and how it comes in again.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        with self._memory.writing, self._memory.changing(gallery.pseudonym) as copies:
            states = {each: self.find(gallery, each).state for each in (came, goes)}
            if BatchState.PUBLISHED in states.values():
                raise Malformed("what is published is not moved", where=came)
            self._admission.spend(receipt)
            ids = list(references)
            with self._database.write() as connection:
                statement = select(reference.c.id, reference.c.subject).where(reference.c.batch == came)
                moved = {row.id: row.subject for row in among(connection, statement, reference.c.id, ids)}
                for each in moved:
                    connection.execute(update(reference).where(reference.c.id == each).values(batch=goes))
                left = exists().where(reference.c.subject == subject.c.id, reference.c.batch == came)
                # Who comes in again does so with the first, who is kept back only with the last.
                follow = subject.c.batch == came if states[came] is BatchState.HELD else ~left
                for each in set(moved.values()):
                    connection.execute(
                        update(subject).where(subject.c.id == each, subject.c.batch == came, follow).values(batch=goes)
                    )
                note_seen_anew(connection, gallery.id)
            for each in {came, goes} & copies.keys():
                self._memory.close_batch(gallery.pseudonym, each)

    def restate(self, receipt: Receipt, gallery: Gallery, said: Sequence[Restated]) -> None:
        """Take over what is said anew, published or not: a date comes nearer and is never moved away.

        The basis is that of the subjects whom the reference's batch brought; whoever was there keeps their own.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        columns = (reference.c.id, reference.c.subject, reference.c.batch, reference.c.retain_until)
        statement = select(*columns).where(reference.c.gallery == gallery.id, reference.c.batch != "")
        with self._memory.writing:
            self._admission.spend(receipt)
            with self._database.write() as connection:
                ids = [each.reference for each in said]
                rows = {row.id: row for row in among(connection, statement, reference.c.id, ids)}
                for each, row in ((each, rows[each.reference]) for each in said if each.reference in rows):
                    nearer = min(each.retain_until, row.retain_until or each.retain_until)
                    own = update(reference).where(reference.c.id == row.id)
                    connection.execute(own.values(retain_until=nearer))
                    theirs = update(subject).where(subject.c.id == row.subject, subject.c.batch == row.batch)
                    connection.execute(theirs.values(basis=each.basis))

    def references(self, gallery: Gallery, name: str, after: str = "", limit: int = 500) -> tuple[Reference, ...]:
        """The first ``limit`` references of a batch by id whose id is after ``after``."""
        place = self._memory.id_of(gallery.pseudonym)
        statement = references_of(place, None).where(reference.c.batch == name, reference.c.id > after)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(reference.c.id).limit(limit)).all()
            return tuple(self._opened(connection, place, rows))

    def size(self, gallery: Gallery, name: str) -> int:
        """How many references a batch has."""
        statement = select(func.count()).where(reference.c.gallery == gallery.id, reference.c.batch == name)
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def some(self, gallery: Gallery, name: str, references: Collection[str]) -> list[Reference]:
        """Of these references (by id) the ones that are in a batch."""
        place = self._memory.id_of(gallery.pseudonym)
        statement = references_of(place, None).where(reference.c.batch == name)
        with self._database.read() as connection:
            return self._opened(connection, place, list(among(connection, statement, reference.c.id, references)))

    def _opened(self, connection: Connection, place: str, rows: Sequence[Row[Any]]) -> list[Reference]:
        spaces = spaces_of(connection, {row.recipe for row in rows})
        seals = self._keyring.some(place, {row.key for row in rows})
        return [reference_from(row, seals[row.key], spaces[row.recipe]) for row in rows if row.key in seals]

    def brought(self, gallery: Gallery, name: str, subject_id: str) -> bool:
        """Whether a batch brought this subject, and nothing of them came in any other way."""
        place = self._memory.id_of(gallery.pseudonym)
        other = exists().where(reference.c.subject == subject.c.id, reference.c.batch != name)
        statement = select(subject.c.id).where(subject.c.gallery == place, subject.c.id == subject_id)
        with self._database.read() as connection:
            return connection.execute(statement.where(subject.c.batch == name, ~other)).first() is not None

    def _turn(self, receipt: Receipt, gallery: Gallery, name: str, to: BatchState) -> Batch:
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        with self._memory.writing, self._memory.changing(gallery.pseudonym):
            found = self.find(gallery, name)
            if to not in _MOVES.get(found.state, ()):
                raise Malformed(f"a batch that is {found.state} does not become {to}", where=name)
            self._admission.spend(receipt)
            with self._database.write() as connection:
                connection.execute(update(batch).where(batch.c.id == name).values(state=to.value))
                note_seen_anew(connection, gallery.id)
            self._memory.load_again(gallery.pseudonym)
            self._memory.close_batch(gallery.pseudonym, name)
            return replace(found, state=to)


def _batch(row: Row[Any]) -> Batch:
    return Batch(row.id, row.gallery, BatchState(row.state), row.created)
