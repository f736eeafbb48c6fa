"""The enrolling step: subject keys first, then one transaction for all faces of a batch.

Order on a crash: a key without rows (before the commit) opens nothing and is counted by the checks; rows without
their key cannot be, for the key is durable before the transaction ends, and is taken back only where it is certain
that the transaction was undone.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from countenance.gallery import sealing
from countenance.gallery.enrolment import AlreadyEnrolled, EnrolItem, Enrolment, EnrolOutcome, NotEnrolled
from countenance.gallery.names import normal_form
from countenance.gallery.recipes import write_recipes
from countenance.gallery.shown import references_shown
from countenance.gallery.tables import batch, gallery, picture, reference, subject
from countenance.gallery.tombstones import Traces, tombstoned
from countenance.keys.keyring import GalleryKey, Keyring
from countenance.keys.seal import Seal
from countenance.storage.among import among
from countenance.storage.database import Database, insert_many
from countenance.terms.errors import BrokenMachine, RecipeMismatch, UnknownName
from countenance.terms.gallery import BatchState, Keep, Reference


def enrol(
    database: Database, keyring: Keyring, gallery_id: str, items: Sequence[EnrolItem], now: int
) -> list[EnrolOutcome | NotEnrolled]:
    """Enrol all items in one transaction; an item of another recipe or an unknown subject keeps no other out.

    Durable when it returns. Raises UnknownName, Unwritable, InUse, SealBroken; then nothing of the batch is kept.
    """
    new_keys: list[str] = []
    undone = True
    try:
        with database.write() as connection:
            place = connection.execute(
                select(gallery).where(gallery.c.id == gallery_id).with_for_update()
            ).one_or_none()
            if place is None:
                raise UnknownName("this gallery was deleted", where=gallery_id)
            plan = _Plan.of(connection, keyring, place, items, now)
            new_keys = [person.key for person in plan.people.values() if person.new]
            seals = keyring.create_subjects(gallery_id, new_keys)
            _write(connection, plan, seals, now)
            undone = False  # from here on the commit decides, and one that fails may have happened all the same
    except BaseException:
        if undone and new_keys:
            with contextlib.suppress(BrokenMachine):  # they open nothing; the checks count them if they stay
                keyring.store.discard(new_keys)
        raise
    return plan.outcomes


@dataclass(slots=True)
class _Person:
    """A subject that a batch adds to. ``seal`` is None until the key of a new one is made."""

    id: str
    key: str
    name_digest: bytes
    about: sealing.About
    basis: str
    retain_until: int | None
    batch: str
    seal: Seal | None
    new: bool
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Addition:
    """A reference to be written."""

    person: _Person
    reference: Reference
    item: EnrolItem
    sample_digest: bytes


@dataclass(slots=True)
class _Plan:
    """What becomes of each item, in order, and what is to be written for it."""

    place: Row[Any]
    key: GalleryKey
    space: str | None
    people: dict[bytes, _Person] = field(default_factory=dict)  # by the keyed digest of their name
    additions: list[_Addition] = field(default_factory=list)
    outcomes: list[EnrolOutcome | NotEnrolled] = field(default_factory=list)

    @classmethod
    def of(
        cls, connection: Connection, keyring: Keyring, place: Row[Any], items: Sequence[EnrolItem], now: int
    ) -> _Plan:
        """Look the items up and decide about each; writes nothing."""
        plan = cls(place, keyring.gallery(place.id), place.space)
        staged = _staged(connection, place.id)
        digests = [plan.key.digest_of_sample(item.sample.digest) for item in items]
        taken = _taken(connection, keyring, place.id, digests)
        called = sealing.open_name(plan.key.seal, place.id, place.name)
        traces = [Traces(item.subject, item.sample.digest, item.look, item.ids) for item in items]
        bars = tombstoned(connection, keyring, called, traces)
        known = _known(connection, keyring, place.id, subject.c.id, [i.subject for i in items if i.by_id])
        named = {person.id: digest for digest, person in known.items()}
        names = [
            named.get(item.subject) if item.by_id else plan.key.digest_of_name(normal_form(item.subject))
            for item in items
        ]
        others = {name for name in names if name is not None} - known.keys()
        known |= _known(connection, keyring, place.id, subject.c.name_digest, others)
        for item, digest, name, bar in zip(items, digests, names, bars, strict=True):
            template = item.probe.template
            spot = (digest, template.sample.face)
            there = taken.get((item.batch, *spot)) or taken.get(("", *spot))
            if there is not None:
                plan.outcomes.append(there)
            elif bar is not None:
                plan.outcomes.append(bar)
            elif plan.space not in (None, template.recipe.space):
                plan.outcomes.append(
                    RecipeMismatch(
                        "this template was made by another recipe than the gallery's",
                        where=f"gallery {place.id}, recipe {template.recipe.name}",
                        remedy="Use the gallery's recipe, switch it (galleries switch), or make a new gallery.",
                    )
                )
            elif item.batch and item.batch not in staged:
                plan.outcomes.append(UnknownName("nothing is staged under this id in this gallery", where=item.batch))
            elif name is None:
                plan.outcomes.append(UnknownName("there is no such subject in this gallery", where=item.subject))
            else:
                plan.space = template.recipe.space
                first = name not in plan.people
                person = plan.people.setdefault(name, known.get(name) or _new_person(item, name))
                _update(person, item)
                made = _reference_of(item, person.id, Keep(place.keep) if item.pictured else Keep.NONE, now)
                taken[item.batch, *spot] = AlreadyEnrolled(person.id, person.about.name, made.id)
                plan.additions.append(_Addition(person, made, item, digest))
                plan.outcomes.append(Enrolment(made, new_subject=person.new and first))
        return plan


def _staged(connection: Connection, place: str) -> set[str]:
    """The batches of this gallery that are still to be published."""
    statement = select(batch.c.id).where(batch.c.gallery == place, batch.c.state == BatchState.STAGED.value)
    return set(connection.execute(statement).scalars())


def _taken(
    connection: Connection, keyring: Keyring, place: str, digests: Iterable[bytes]
) -> dict[tuple[str, bytes, str], AlreadyEnrolled]:
    """The references that these samples have already: those that all see under an empty batch, else under theirs."""
    statement = (
        select(reference.c.id, reference.c.sample_digest, reference.c.face, reference.c.subject, reference.c.batch)
        .add_columns(references_shown().label("shown"))
        .add_columns(subject.c.key, subject.c.about)
        .join_from(reference, subject)
        .where(reference.c.gallery == place)
    )
    found: dict[tuple[str, bytes, str], AlreadyEnrolled] = {}
    for row in among(connection, statement, reference.c.sample_digest, digests):
        about = sealing.open_about(keyring.seal_of(place, row.key), row.subject, row.about)
        place_of = "" if row.shown else row.batch
        found[place_of, row.sample_digest, row.face] = AlreadyEnrolled(row.subject, about.name, row.id)
    return found


def _known(
    connection: Connection, keyring: Keyring, place: str, column: ColumnElement[Any], values: Iterable[bytes | str]
) -> dict[bytes, _Person]:
    """The subjects of these ids or names (as ``column`` says) that there are already, by their names' digests."""
    found: dict[bytes, _Person] = {}
    for row in among(connection, select(subject).where(subject.c.gallery == place), column, values):
        seal = keyring.seal_of(place, row.key)
        about = sealing.open_about(seal, row.id, row.about)
        found[row.name_digest] = _Person(
            row.id, row.key, row.name_digest, about, row.basis, row.retain_until, row.batch, seal, new=False
        )
    return found


def _new_person(item: EnrolItem, name_digest: bytes) -> _Person:
    return _Person(
        str(uuid.uuid4()),
        str(uuid.uuid4()),
        name_digest,
        sealing.About(normal_form(item.subject), {}),
        item.basis,
        item.retain_until,
        item.batch,
        None,
        new=True,
    )


def _update(person: _Person, item: EnrolItem) -> None:
    """Metadata are added to; a retention date may come nearer, but another photograph never moves it away.

    Where the subject came with a batch and now comes without, what the batch said of them holds no more: they are
    seen from now on as they are now, and are of no batch.
    """
    if item.batch not in ("", person.batch):
        return
    if person.batch and not item.batch:
        person.about, person.basis = sealing.About(person.about.name, {}), item.basis
        person.retain_until, person.batch, person.changed = item.retain_until, "", True
    about = replace(person.about, metadata=person.about.metadata | dict(item.metadata))
    dates = [date for date in (person.retain_until, item.retain_until) if date is not None]
    retain_until = min(dates, default=None)
    if (about, retain_until) != (person.about, person.retain_until):
        person.about, person.retain_until, person.changed = about, retain_until, True


def _reference_of(item: EnrolItem, owner: str, keep: Keep, now: int) -> Reference:
    template = item.probe.template
    return Reference(
        id=str(uuid.uuid4()),
        subject=owner,
        recipe=template.recipe.digest,
        space=template.recipe.space,
        sample_digest=item.sample.digest,
        face=template.sample.face,
        quality={component.name: component.value for component in item.probe.face.quality.components},
        created=now,
        kept=keep,
        metadata=dict(item.about),
        look=item.look,
        ids=item.ids,
    )


def _write(connection: Connection, plan: _Plan, seals: dict[str, Seal], now: int) -> None:
    if not plan.additions:
        return
    place = plan.place.id
    write_recipes(connection, {a.item.probe.template.recipe for a in plan.additions})
    people = []
    for person in plan.people.values():
        if person.seal is None:
            person.seal = seals[person.key]
        about = sealing.seal_about(person.seal, person.id, person.about)
        if person.new:
            people.append(
                {
                    "id": person.id,
                    "gallery": place,
                    "key": person.key,
                    "name_digest": person.name_digest,
                    "about": about,
                    "basis": person.basis,
                    "retain_until": person.retain_until,
                    "created": now,
                    "batch": person.batch,
                }
            )
        elif person.changed:
            connection.execute(
                update(subject)
                .where(subject.c.id == person.id)
                .values(about=about, basis=person.basis, retain_until=person.retain_until, batch=person.batch)
            )
    if people:
        insert_many(connection, subject, people)
    references, pictures = [], []
    for seq, addition in enumerate(plan.additions, start=plan.place.seq + 1):
        made, seal = addition.reference, addition.person.seal
        assert seal is not None  # noqa: S101  given to every person above
        references.append(
            {
                "id": made.id,
                "gallery": place,
                "subject": made.subject,
                "seq": seq,
                "recipe": made.recipe,
                "sample_digest": addition.sample_digest,
                "face": made.face,
                "quality": made.quality,
                "created": made.created,
                "kept": made.kept.value,
                "template": sealing.seal_template(seal, made.id, addition.item.probe.template.vector),
                "source": sealing.seal_source(seal, made.id, sealing.Source(made.sample_digest, made.look, made.ids)),
                "about": sealing.seal_metadata(seal, made.id, made.metadata),
                "batch": addition.item.batch,
                "retain_until": addition.item.retain_until if addition.item.batch else None,
            }
        )
        if addition.item.supersedes:
            connection.execute(
                update(reference)
                .where(reference.c.gallery == place, reference.c.id.in_(addition.item.supersedes))
                .values(superseded=addition.item.batch)
            )
        kept = sealing.seal_picture(seal, made.id, made.kept, addition.item.probe, addition.item.sample)
        if kept is not None:
            pictures.append({"reference": made.id, "sealed": kept})
    insert_many(connection, reference, references)
    if pictures:
        insert_many(connection, picture, pictures)
    connection.execute(
        update(gallery).where(gallery.c.id == place).values(seq=plan.place.seq + len(references), space=plan.space)
    )
