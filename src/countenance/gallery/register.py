"""The register: which galleries, subjects and references there are. It reads; it neither compares nor changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, exists, func, or_, select

from countenance.gallery import sealing
from countenance.gallery.names import normal_form
from countenance.gallery.shown import Seen, references_shown, subjects_shown
from countenance.gallery.tables import gallery, picture, recipe, reference, subject
from countenance.keys.keyring import Keyring
from countenance.keys.seal import Seal
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Keep, Reference, Subject

# Built once: putting a statement together costs as much as running it, and each request asks for its gallery.
_BY_NAME = select(gallery).where(gallery.c.name_digest == bindparam("value"))
_NAMES = select(subject.c.id, subject.c.key, subject.c.about).where(
    subject.c.gallery == bindparam("place"), subjects_shown(), subject.c.id.in_(bindparam("ids", expanding=True))
)
_BY_PSEUDONYM = select(gallery).where(gallery.c.pseudonym == bindparam("value"))


class Register:
    """Opens what the keys open and raises SealBroken for what they do not. Threads may share it."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._counted: dict[str, tuple[int, tuple[int, int]]] = {}  # by gallery: at which seq, and the counts

    def galleries(self) -> tuple[Gallery, ...]:
        """All galleries, by name."""
        found = []
        with self._database.read() as connection:
            rows = connection.execute(select(gallery)).all()
        for row in rows:
            with contextlib.suppress(UnknownName):  # its deletion is under way
                found.append(self._gallery(row))
        return tuple(sorted(found, key=lambda each: each.name))

    def by_name(self, name: str) -> Gallery:
        """The gallery of this name; raises UnknownName."""
        digest = self._keyring.digest_of_gallery_name(normal_form(name))
        return self._one(_BY_NAME, digest, f"there is no gallery {name!r}")

    def by_pseudonym(self, pseudonym: str) -> Gallery:
        """The gallery of this pseudonym; raises UnknownName."""
        return self._one(_BY_PSEUDONYM, pseudonym, "there is no gallery of this pseudonym")

    def subjects(self, place: str) -> tuple[Subject, ...]:
        """The subjects of a gallery, by name; those whose erasure is under way are gone already."""
        seals = self._keyring.subjects(place)
        with self._database.read() as connection:
            rows = connection.execute(subjects_of(place)).all()
        self._keyring.want_destroyed({row.key for row in rows if row.key not in seals})
        found = [subject_from(row, seals[row.key]) for row in rows if row.key in seals]
        return tuple(sorted(found, key=lambda each: (each.name, each.id)))

    def subject(self, place: str, id_or_name: str, seen: Seen = "") -> Subject:
        """The subject with this id, or else this name; raises UnknownName."""
        digest = self._keyring.gallery(place).digest_of_name(normal_form(id_or_name))
        ids = [subject.c.id == id_or_name] if id_or_name.isascii() else []
        for condition in (*ids, subject.c.name_digest == digest):
            found = self._subjects_where(place, condition, seen)
            if found:
                return found[0]
        raise UnknownName(f"there is no subject {id_or_name!r} in this gallery")

    def named(self, place: str, names: Iterable[str], seen: Seen = "") -> dict[str, Subject]:
        """The subjects of these names, by the name asked for; whoever is not there is left out."""
        names = tuple(names)
        digests = {name: self._keyring.gallery(place).digest_of_name(normal_form(name)) for name in names}
        with self._database.read() as connection:
            found = among(connection, subjects_of(place, seen), subject.c.name_digest, digests.values())
            rows = {row.name_digest: row for row in found}
        seals = self._keyring.some(place, {row.key for row in rows.values()})
        there = {name: rows[digest] for name, digest in digests.items() if digest in rows}
        return {name: subject_from(row, seals[row.key]) for name, row in there.items() if row.key in seals}

    def subject_by_id(self, place: str, subject_id: str, seen: Seen = "") -> Subject:
        """The subject with this id; raises UnknownName."""
        found = self._subjects_where(place, subject.c.id == subject_id, seen)
        if not found:
            raise UnknownName("there is no such subject in this gallery", where=subject_id[:80])
        return found[0]

    def names(self, place: str, ids: Iterable[str]) -> dict[str, str]:
        """The names of the subjects of these ids, by id; whoever is not there, or not seen, is left out."""
        with self._database.read() as connection:
            asked = {"place": place, "ids": list(ids)}
            rows = connection.execute(_NAMES, asked).all() if asked["ids"] else []
        seals = self._keyring.some(place, {row.key for row in rows}) if rows else {}
        return {row.id: sealing.open_about(seals[row.key], row.id, row.about).name for row in rows if row.key in seals}

    def references_with(self, place: str, digests: Iterable[str], seen: Seen = "") -> dict[str, list[Reference]]:
        """By sample (SHA-256, hex) the references made of it, in the order of enrolment.

        Those whose erasure is under way are gone; a sample without references is not in the answer.
        """
        key = self._keyring.gallery(place)
        asked = {key.digest_of_sample(digest): digest for digest in digests}
        with self._database.read() as connection:
            rows = list(among(connection, references_of(place, seen), reference.c.sample_digest, asked))
            spaces = spaces_of(connection, {row.recipe for row in rows})
        seals = self._keyring.some(place, {row.key for row in rows})
        found: dict[str, list[Reference]] = {}
        for row in sorted(rows, key=lambda each: int(each.seq)):
            if row.key in seals:
                made = reference_from(row, seals[row.key], spaces[row.recipe])
                found.setdefault(asked[row.sample_digest], []).append(made)
        return found

    def references_among(self, place: str, ids: Iterable[str], seen: Seen = "") -> list[Reference]:
        """The references of these ids that are there, in no particular order."""
        with self._database.read() as connection:
            rows = list(among(connection, references_of(place, seen), reference.c.id, ids))
            spaces = spaces_of(connection, {row.recipe for row in rows})
        seals = self._keyring.some(place, {row.key for row in rows})
        return [reference_from(row, seals[row.key], spaces[row.recipe]) for row in rows if row.key in seals]

    def there(self, place: str, ids: Iterable[str]) -> set[str]:
        """Which of these references (by id) there are, seen by all or not."""
        statement = select(reference.c.id).where(reference.c.gallery == place)
        with self._database.read() as connection:
            return {row.id for row in among(connection, statement, reference.c.id, ids)}

    def overdue(self, place: str, now: int) -> tuple[Subject, ...]:
        """The subjects whose retention date is reached, those that are not seen yet too."""
        due = exists().where(reference.c.subject == subject.c.id, reference.c.retain_until <= now, references_shown())
        return self._subjects_where(place, or_(subject.c.retain_until <= now, due), None)

    def references(self, place: str, of_subject: str, seen: Seen = "") -> tuple[Reference, ...]:
        """The references of a subject (by id), in the order of enrolment."""
        with self._database.read() as connection:
            rows = connection.execute(
                references_of(place, seen).where(reference.c.subject == of_subject).order_by(reference.c.seq)
            ).all()
            spaces = spaces_of(connection, {row.recipe for row in rows})
        if not rows:
            return ()
        seal = self._keyring.seal_of(place, rows[0].key)
        return tuple(reference_from(row, seal, spaces[row.recipe]) for row in rows)

    def reference(self, place: str, reference_id: str, seen: Seen = "") -> Reference:
        """The reference of this id; raises UnknownName."""
        with self._database.read() as connection:
            row = connection.execute(references_of(place, seen).where(reference.c.id == reference_id)).one_or_none()
            if row is None:
                raise UnknownName("there is no such reference in this gallery", where=reference_id[:80])
            spaces = spaces_of(connection, {row.recipe})
        return reference_from(row, self._keyring.seal_of(place, row.key), spaces[row.recipe])

    def picture(self, place: str, of_reference: str) -> tuple[Keep, bytes] | None:
        """What was kept of a reference's picture, if anything; raises SealBroken."""
        with self._database.read() as connection:
            row = connection.execute(
                select(reference.c.kept, subject.c.key, picture.c.sealed)
                .join_from(reference, subject)
                .join(picture, picture.c.reference == reference.c.id)
                .where(reference.c.gallery == place, reference.c.id == of_reference, references_shown())
            ).one_or_none()
        if row is None:
            return None
        kept = Keep(row.kept)
        return kept, sealing.open_picture(self._keyring.seal_of(place, row.key), of_reference, kept, row.sealed)

    def key_of(self, subject_id: str) -> str:
        """The id of a subject's key in the key store; raises UnknownName."""
        with self._database.read() as connection:
            key = connection.execute(select(subject.c.key).where(subject.c.id == subject_id)).scalar()
        if key is None:
            raise UnknownName("there is no such subject", where=subject_id)
        return str(key)

    def _one(self, statement: Select[Any], value: str | bytes, otherwise: str) -> Gallery:
        row = self._database.ask(statement, {"value": value})
        if row is None:
            raise UnknownName(otherwise, remedy="countenance galleries list names them.")
        return self._gallery(row)

    def _gallery(self, row: Row[Any]) -> Gallery:
        seal = self._keyring.gallery(row.id).seal
        subjects, references = self._counts(row)
        return Gallery(
            row.id,
            sealing.open_name(seal, row.id, row.name),
            row.pseudonym,
            Keep(row.keep),
            row.created,
            row.space,
            subjects=subjects,
            references=references,
            metadata=sealing.open_metadata(seal, row.id, row.about),
        )

    def _counts(self, row: Row[Any]) -> tuple[int, int]:
        """How many subjects and references; counted anew only after a change, which ``seq`` tells.

        What changes between the row and the count is in the count, and ``seq`` has then changed too.
        """
        seq, counts = self._counted.get(row.id, (-1, (0, 0)))
        if seq != row.seq:
            shown = {subject: subjects_shown(), reference: references_shown()}
            statements = [select(func.count()).where(table.c.gallery == row.id, seen) for table, seen in shown.items()]
            with self._database.read() as connection:
                subjects, references = (int(connection.execute(each).scalar_one()) for each in statements)
            counts = (subjects, references)
            self._counted[row.id] = (row.seq, counts)
        return counts

    def _subjects_where(self, place: str, condition: ColumnElement[bool], seen: Seen = "") -> tuple[Subject, ...]:
        with self._database.read() as connection:
            rows = connection.execute(subjects_of(place, seen).where(condition).order_by(subject.c.id)).all()
        seals = {row.key: self._keyring.subject(place, row.key) for row in rows}
        return tuple(subject_from(row, seal) for row in rows if (seal := seals[row.key]) is not None)


def subjects_of(place: str, seen: Seen = "") -> Select[Any]:
    """The rows that ``subject_from`` takes."""
    theirs = (reference.c.subject == subject.c.id, references_shown(seen))
    counted = select(func.count()).where(*theirs).scalar_subquery()
    nearest = select(func.min(reference.c.retain_until)).where(*theirs).scalar_subquery()
    columns = (subject, counted.label("references"), nearest.label("nearest"))
    return select(*columns).where(subject.c.gallery == place, subjects_shown(seen))


def references_of(place: str, seen: Seen = "") -> Select[Any]:
    """The rows that ``reference_from`` takes: everything but the template, and the subject's key."""
    columns = [column for column in reference.c if column.name != "template"]
    return (
        select(*columns, subject.c.key)
        .join_from(reference, subject)
        .where(reference.c.gallery == place, references_shown(seen))
    )


def reference_from(row: Row[Any], seal: Seal, space: str) -> Reference:
    """Opened under its subject's key; raises SealBroken."""
    source = sealing.open_source(seal, row.id, row.source)
    return Reference(
        id=row.id,
        subject=row.subject,
        recipe=row.recipe,
        space=space,
        sample_digest=source.sample,
        face=row.face,
        quality=row.quality,
        created=row.created,
        kept=Keep(row.kept),
        metadata=sealing.open_metadata(seal, row.id, row.about),
        look=source.look,
        ids=source.ids,
    )


def subject_from(row: Row[Any], seal: Seal) -> Subject:
    """Opened under its key; raises SealBroken."""
    about = sealing.open_about(seal, row.id, row.about)
    dates = [date for date in (row.retain_until, row.nearest) if date is not None]
    return Subject(
        id=row.id,
        gallery=row.gallery,
        name=about.name,
        created=row.created,
        basis=row.basis,
        retain_until=min(dates, default=None),
        references=row.references,
        metadata=about.metadata,
        former=about.former,
    )


def spaces_of(connection: Connection, digests: Iterable[str]) -> dict[str, str]:
    """The spaces of recipes by digest."""
    statement = select(recipe.c.digest, recipe.c.space)
    return {row.digest: row.space for row in among(connection, statement, recipe.c.digest, digests)}
