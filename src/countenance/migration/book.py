"""The book: what every run decided, line by line, only added to. It knows no names."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, insert, select, update

from countenance.migration.account import Account, account, best
from countenance.migration.code import Code
from countenance.migration.digests import Digests, Marks
from countenance.migration.exits import Exit, Reached
from countenance.migration.reader import Census
from countenance.migration.tables import migration, migration_line
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.errors import UnknownName


class RunState(StrEnum):
    """Of a run."""

    RUNNING = "running"
    """Under way, or interrupted: the next start goes on."""
    DONE = "done"
    ERASED = "erased"
    """All that it brought was erased; what it decided holds for no later run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One reading of a source into a gallery. ``about`` is what the operator said: path, name, options."""

    id: str
    gallery: str
    source: bytes
    kind: str
    version: str
    terms: str
    manifest: str
    census: Census
    about: Mapping[str, Any]
    state: RunState
    begun: int
    screened: bool = False
    cursor: int = 0
    batch: str | None = None
    held: str | None = None
    ended: int | None = None
    seconds: int = 0
    verified: Mapping[str, Any] | None = None
    """What the last sample showed; see ``Verified.shape``."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was decided about an image, or about a record without one. ``where`` leads a person back to it."""

    marks: Marks
    image: bool
    exit: Exit
    reached: Reached
    code: Code | None = None
    notes: tuple[str, ...] = ()
    quality: int | None = None
    reference: str | None = None
    where: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier line says of the same image: of which run and item, under which terms."""

    run: str
    item: bytes
    exit: Exit
    reference: str | None
    terms: str
    person: bytes | None
    said: bytes = b""

    def restated(self, marks: Marks) -> bool:
        """Whether the source says another basis or date than when it came in."""
        return self.reference is not None and bool(self.said) and self.said != marks.said

    def other(self, marks: Marks, terms: str) -> Iterator[Code]:
        """What has changed around an image that came in and is the same."""
        if self.reference is not None and self.person != marks.person:
            yield Code.OTHER_NAME
        if self.reference is not None and self.terms != terms:
            yield Code.OTHER_TERMS


class Book:
    """Durable when a method returns. Threads may share it."""

    def __init__(self, database: Database, key: bytes, clock: Callable[[], float]) -> None:
        self.digests = Digests(key)
        self._database = database
        self._clock = clock

    # -- runs

    def begin(self, run: Run) -> Run:
        """Write a new run down, under a new id."""
        latest = select(func.max(migration.c.begun)).where(migration.c.gallery == run.gallery)
        with self._database.write() as connection:
            before = connection.execute(latest).scalar_one() or 0
            begun = max(int(self._clock()), before + 1)  # two of a second have an order too
            made = replace(run, id=str(uuid.uuid4()), state=RunState.RUNNING, begun=begun)
            about = self.digests.close(made.about, made.id)
            connection.execute(
                insert(migration).values(
                    id=made.id,
                    gallery=made.gallery,
                    source=made.source,
                    about=about,
                    kind=made.kind,
                    version=made.version,
                    terms=made.terms,
                    manifest=made.manifest,
                    state=made.state.value,
                    screened=False,
                    cursor=0,
                    census=_census(made.census),
                    begun=made.begun,
                    seconds=0,
                )
            )
        return made

    def change(self, run: Run, **changes: Any) -> Run:
        """The run with other values of ``batch``, ``held``, ``cursor``, ``manifest``, ``state``, … from now on."""
        written = {**changes}
        if "census" in changes:
            written["census"] = _census(changes["census"])
        if "state" in changes:
            written["state"] = changes["state"].value
        with self._database.write() as connection:
            connection.execute(update(migration).where(migration.c.id == run.id).values(**written))
        return replace(run, **changes)

    def end(self, run: Run, told: Account) -> Run:
        """The run is done; its account is kept as it was then."""
        now = int(self._clock())
        with self._database.write() as connection:
            connection.execute(
                update(migration)
                .where(migration.c.id == run.id)
                .values(state=RunState.DONE.value, ended=now, account=told.shape())
            )
        return replace(run, state=RunState.DONE, ended=now)

    def runs(self, gallery: str) -> tuple[Run, ...]:
        """A gallery's runs (by its id), oldest first."""
        statement = select(migration).where(migration.c.gallery == gallery).order_by(migration.c.begun, migration.c.id)
        with self._database.read() as connection:
            return tuple(self._run(row) for row in connection.execute(statement))

    def runs_of(self, gallery: str, batch: str) -> tuple[Run, ...]:
        """Those of them that brought something into this batch, oldest first."""
        return tuple(each for each in self.runs(gallery) if each.batch == batch)

    def galleries(self) -> tuple[str, ...]:
        """The ids of all galleries that something was moved into, of those that are gone too."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(migration.c.gallery).distinct()).scalars())

    def run(self, gallery: str, name: str | None) -> Run:
        """The run of this id, or the last one; raises UnknownName."""
        found = [each for each in self.runs(gallery) if name is None or each.id == name]
        if not found:
            raise UnknownName("there is no such migration into this gallery", where=(name or "")[:80])
        return found[-1]

    def telling(self, gallery: str) -> Run:
        """The last run that decided something, or the last one; raises UnknownName where there is none."""
        runs = self.runs(gallery)
        for each in reversed(runs):
            if self.account(each).images.exits.keys() - {Exit.UNCHANGED}:
                return each
        return self.run(gallery, None)

    # -- lines

    def add(self, run: Run, lines: Sequence[Line], *, cursor: int | None = None, seconds: int | None = None) -> None:
        """Add lines, and say how far the source is settled by them, in one transaction."""
        now = int(self._clock())
        values = [self._values(run, line, now) for line in lines]
        moved = {} if cursor is None else {"cursor": cursor}
        moved |= {} if seconds is None else {"seconds": seconds}
        with self._database.write() as connection:
            if values:
                connection.execute(insert(migration_line), values)
            if moved:
                connection.execute(update(migration).where(migration.c.id == run.id).values(**moved))

    def known(self, run: Run, keys: Iterable[bytes]) -> dict[bytes, Known]:
        """By key, the last decision of any run of this gallery, but for those whose yield was erased."""
        return self._known(run, keys, migration_line.c.key)

    def at(self, run: Run, places: Iterable[bytes]) -> dict[bytes, Known]:
        """By place, the same of the last line that enrolled something there."""
        return self._known(run, places, migration_line.c.place, (Exit.ENROLLED, Exit.UPDATED))

    def brought(self, run: Run, persons: Iterable[bytes]) -> dict[bytes, set[str]]:
        """By person, the references that runs of this gallery brought of them, but for what a run's people took out."""
        later = migration_line.alias()
        last = ~exists().where(
            later.c.run == migration_line.c.run, later.c.item == migration_line.c.item, later.c.n > migration_line.c.n
        )
        statement = (
            select(migration_line.c.person, migration_line.c.reference, migration_line.c.run)
            .where(migration_line.c.exit.in_([Exit.ENROLLED.value, Exit.UPDATED.value, Exit.HELD.value]))
            .where(migration_line.c.reference.is_not(None), last)
        )
        found: dict[bytes, set[str]] = {}
        with self._database.read() as connection:
            standing = _standing(connection, run.gallery)
            for row in among(connection, statement, migration_line.c.person, persons):
                if row.run in standing:
                    found.setdefault(row.person, set()).add(row.reference)
        return found

    def done(self, run: Run, items: Iterable[bytes]) -> set[bytes]:
        """Which of these items this run has decided about."""
        statement = select(migration_line.c.item).where(migration_line.c.run == run.id)
        with self._database.read() as connection:
            return {row.item for row in among(connection, statement, migration_line.c.item, items)}

    def lines(self, run: Run, *exits: Exit, after: int = 0, limit: int = 5000) -> list[tuple[int, Line]]:
        """The first lines that hold, with their number, of these exits (or all) behind a number."""
        statement = _holding(run.id).where(migration_line.c.n > after).order_by(migration_line.c.n).limit(limit)
        if exits:
            statement = statement.where(migration_line.c.exit.in_([each.value for each in exits]))
        with self._database.read() as connection:
            return [(row.n, self._line(row)) for row in connection.execute(statement)]

    def numbered(self, run: Run, *exits: Exit) -> Iterator[tuple[int, Line]]:
        """All lines that hold, with their number, of these exits (or all), read a page at a time."""
        after = 0
        while page := self.lines(run, *exits, after=after):
            yield from page
            after = page[-1][0]

    def every(self, run: Run, *exits: Exit) -> Iterator[Line]:
        """The same without their numbers."""
        return (line for _, line in self.numbered(run, *exits))

    def account(self, run: Run) -> Account:
        """What the lines of a run come to, beside its census."""
        holding = _holding(run.id).subquery()
        images = (
            select(holding.c.exit, func.count())
            .where(holding.c.image.is_(True), holding.c.exit.is_not(None))
            .group_by(holding.c.exit)
        )
        with self._database.read() as connection:
            counts = {Exit(name): int(count) for name, count in connection.execute(images)}
            units, persons = (
                best((row[0], Exit(row.exit)) for row in connection.execute(_owners(holding, column)))
                for column in ("unit", "person")
            )
        return account(run.census, counts, units, persons)

    def counts(self, run: Run, column: str) -> dict[str, int]:
        """How often each value of ``code`` or ``quality`` is among the lines that hold; None is left out."""
        holding = _holding(run.id).subquery()
        value = holding.c[column]
        statement = select(value, func.count()).where(value.is_not(None)).group_by(value).order_by(value)
        with self._database.read() as connection:
            return {str(name): int(count) for name, count in connection.execute(statement)}

    # -- forgetting

    def forget_ways(self, run: Run) -> int:
        """Empty what leads from a run's lines back into the source; how many did. The account stays as it is."""
        return self._empty(migration_line.c.run == run.id)

    def forget_person(self, gallery: str, name: str) -> int:
        """The same of all lines of a subject of this name, in every source that went into a gallery (by its id)."""
        persons = {self.digests.person(each.source, name) for each in self.runs(gallery)}
        return self._empty(migration_line.c.person.in_(persons)) if persons else 0

    def _empty(self, these: Any) -> int:
        there = migration_line.c.where.is_not(None)
        with self._database.write() as connection:
            return connection.execute(update(migration_line).where(these, there).values(where=None)).rowcount

    # -- inside

    def _known(self, run: Run, values: Iterable[bytes], column: Any, exits: Sequence[Exit] = ()) -> dict[bytes, Known]:
        line = migration_line.c
        statement = select(
            column.label("value"), line.n, line.run, line.item, line.exit, line.reference, line.person, line.said
        )
        found: dict[bytes, tuple[int, Known]] = {}
        with self._database.read() as connection:
            terms = _standing(connection, run.gallery)
            for row in among(connection, statement, column, values):
                exit_ = Exit(row.exit)
                if row.run not in terms or exit_ is Exit.UNCHANGED or (exits and exit_ not in exits):
                    continue  # what is unchanged decided nothing
                if row.value not in found or found[row.value][0] < row.n:
                    known = Known(row.run, row.item, exit_, row.reference, terms[row.run], row.person, row.said or b"")
                    found[row.value] = (row.n, known)
        return {value: known for value, (_, known) in found.items()}

    def _values(self, run: Run, line: Line, now: int) -> dict[str, Any]:
        marks = line.marks
        return {
            "run": run.id, "item": marks.item, "key": marks.key, "place": marks.place, "person": marks.person,
            "unit": marks.unit, "said": marks.said or None, "image": line.image, "exit": line.exit.value,
            "code": None if line.code is None else line.code.value, "reached": line.reached.value,
            "notes": list(line.notes), "quality": line.quality, "reference": line.reference,
            "where": self.digests.close(line.where, run.id) if line.where else None, "at": now,
        }  # fmt: skip

    def _line(self, row: Row[Any]) -> Line:
        return Line(
            Marks(row.item, row.key, row.place, row.person, row.unit, row.said or b""),
            row.image,
            Exit(row.exit),
            Reached(row.reached),
            None if row.code is None else Code(row.code),
            tuple(row.notes),
            row.quality,
            row.reference,
            {} if row.where is None else self.digests.open(row.where, row.run),
        )

    def _run(self, row: Row[Any]) -> Run:
        return Run(
            id=row.id,
            gallery=row.gallery,
            source=row.source,
            kind=row.kind,
            version=row.version,
            terms=row.terms,
            manifest=row.manifest,
            census=Census(**row.census),
            about=self.digests.open(row.about, row.id),
            state=RunState(row.state),
            begun=row.begun,
            screened=row.screened,
            cursor=row.cursor,
            batch=row.batch,
            held=row.held,
            ended=row.ended,
            seconds=row.seconds,
            verified=row.verified,
        )


def _standing(connection: Connection, gallery: str) -> dict[str, str]:
    """The runs of a gallery (by its id) whose yield was not erased, with their terms.

    Asked apart from the lines: joined, a database may well walk over every line of every run.
    """
    runs = select(migration.c.id, migration.c.terms).where(
        migration.c.gallery == gallery, migration.c.state != RunState.ERASED.value
    )
    return {row.id: row.terms for row in connection.execute(runs)}


def _holding(run: str) -> Select[Any]:
    """The last line of each item of a run."""
    last = select(func.max(migration_line.c.n)).where(migration_line.c.run == run).group_by(migration_line.c.item)
    return select(migration_line).where(migration_line.c.n.in_(last))


def _owners(holding: Any, column: str) -> Select[Any]:
    return select(holding.c[column], holding.c.exit).where(holding.c[column].is_not(None)).order_by(holding.c[column])


def _census(census: Census) -> dict[str, int | None]:
    return {"units": census.units, "persons": census.persons, "images": census.images}
