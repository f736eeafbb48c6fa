"""Carrying: all of a gallery for another house, opened, a few subjects at a time; and the proofs that come with one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from countenance.gallery import sealing
from countenance.gallery.admission import Admission
from countenance.gallery.memory import Memory
from countenance.gallery.pages import Pages
from countenance.gallery.recipes import read_recipes
from countenance.gallery.register import reference_from
from countenance.gallery.sealing import ProofElsewhere
from countenance.gallery.shown import references_shown
from countenance.gallery.tables import other_template, picture, proof_elsewhere, reference, subject
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Reference, Subject
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.template import Vector

TOGETHER = 20
"""Subjects that are in memory at a time, with their pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """A reference with its templates, each by the recipe that made it, and what was kept of its picture."""

    reference: Reference
    templates: Mapping[Recipe, Vector]
    picture: bytes | None
    proofs: tuple[ProofElsewhere, ...]
    """Those of houses where it was before."""


class Carrying:
    """What is staged, taken back or superseded stays here, and so does whose erasure has begun."""

    def __init__(
        self, database: Database, keyring: Keyring, admission: Admission, memory: Memory, pages: Pages
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._admission = admission
        self._memory = memory
        self._pages = pages

    def out(self, receipt: Receipt, gallery: Gallery) -> Iterator[tuple[Subject, list[Carried]]]:
        """Every subject by id, with the references in the order of enrolment; each few subjects as they are then.

        The receipt: EXPORT, of this gallery and no samples; it is used up by the call. Raises UnknownName,
        ReceiptRefused, SealBroken.
        """
        self._admission.check(receipt, Action.EXPORT, gallery.pseudonym, [()])
        place = self._memory.id_of(gallery.pseudonym)
        self._admission.spend(receipt)
        return self._all(place)

    def keep_proofs(self, gallery: Gallery, proofs: Mapping[str, Iterable[ProofElsewhere]]) -> None:
        """Keep beside these references (by id) what other logs prove of them, with what is kept; durable on return.

        It is nothing biometric and takes no receipt. Who was erased meanwhile is passed over.
        """
        place = self._memory.id_of(gallery.pseudonym)
        with self._memory.writing, self._database.write() as connection:
            kept = self._proofs(connection, place, reference.c.id, proofs)
            statement = select(reference.c.id, subject.c.key).join_from(reference, subject)
            rows = list(among(connection, statement.where(reference.c.gallery == place), reference.c.id, proofs))
            seals = self._keyring.some(place, {row.key for row in rows})
            for row in rows:
                all_of_it = dict.fromkeys((*kept.get(row.id, ()), *proofs[row.id]))
                if row.key in seals and len(all_of_it) > len(kept.get(row.id, ())):
                    sealed = sealing.seal_proofs(seals[row.key], row.id, all_of_it)
                    connection.execute(delete(proof_elsewhere).where(proof_elsewhere.c.reference == row.id))
                    connection.execute(insert(proof_elsewhere).values(reference=row.id, sealed=sealed))

    def proofs(self, gallery: Gallery, subject_id: str) -> dict[str, tuple[ProofElsewhere, ...]]:
        """What other houses' logs prove of a subject's references, by their ids; of most there is nothing."""
        place = self._memory.id_of(gallery.pseudonym)
        with self._database.read() as connection:
            return self._proofs(connection, place, reference.c.subject, [subject_id])

    def _proofs(
        self, connection: Connection, place: str, column: ColumnElement[str], values: Iterable[str]
    ) -> dict[str, tuple[ProofElsewhere, ...]]:
        statement = (
            select(reference.c.id, subject.c.key, proof_elsewhere.c.sealed)
            .join_from(reference, subject)
            .join(proof_elsewhere, proof_elsewhere.c.reference == reference.c.id)
            .where(reference.c.gallery == place)
        )
        rows = list(among(connection, statement, column, values))
        seals = self._keyring.some(place, {row.key for row in rows})
        return {row.id: sealing.open_proofs(seals[row.key], row.id, row.sealed) for row in rows if row.key in seals}

    def _all(self, place: str) -> Iterator[tuple[Subject, list[Carried]]]:
        after = ""
        while page := self._pages.subjects(place, after, TOGETHER):
            after = page[-1].id
            theirs = self._references(place, [each.id for each in page])
            for each in page:
                yield each, theirs.get(each.id, [])

    def _references(self, place: str, subjects: list[str]) -> dict[str, list[Carried]]:
        statement = (
            select(reference, subject.c.key, picture.c.sealed)
            .join_from(reference, subject)
            .outerjoin(picture, picture.c.reference == reference.c.id)
            .where(reference.c.gallery == place, references_shown())
            .order_by(reference.c.seq)
        )
        with self._database.read() as connection:
            rows = list(among(connection, statement, reference.c.subject, subjects))
            given = list(among(connection, select(other_template), other_template.c.reference, [r.id for r in rows]))
            recipes = read_recipes(connection, {each.recipe for each in (*rows, *given)})
            proofs = self._proofs(connection, place, reference.c.subject, subjects)
        seals = self._keyring.some(place, {row.key for row in rows})
        found: dict[str, list[Carried]] = {}
        for row in rows:
            if row.key not in seals:
                continue
            seal, kept = seals[row.key], reference_from(row, seals[row.key], recipes[row.recipe].space)
            sealed = {row.recipe: row.template} | {o.recipe: o.sealed for o in given if o.reference == row.id}
            templates = {recipes[of]: sealing.open_template(seal, row.id, each) for of, each in sealed.items()}
            shot = None if row.sealed is None else sealing.open_picture(seal, row.id, kept.kept, row.sealed)
            found.setdefault(row.subject, []).append(Carried(kept, templates, shot, proofs.get(row.id, ())))
        return found
