"""Other templates: what references are given by another recipe, and the switch of a gallery from one to the other.

They lie beside the templates of the enrolment and nobody is found by them, until the gallery is switched to their
space: that is one field of its row, so it holds at once and as a whole, and goes back in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from countenance.gallery import sealing
from countenance.gallery.admission import Admission
from countenance.gallery.changed import note_seen_anew
from countenance.gallery.fit import want_named, want_one_space
from countenance.gallery.in_space import lacking, space_of
from countenance.gallery.memory import Memory
from countenance.gallery.recipes import read_recipes, write_recipes
from countenance.gallery.register import Register, reference_from, references_of, spaces_of
from countenance.gallery.tables import gallery as galleries
from countenance.gallery.tables import other_template, picture, reference, subject
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, UnknownName
from countenance.terms.gallery import Gallery, Keep, Reference
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template


@dataclass(frozen=True, slots=True)
class Kept:
    """What a gallery keeps of a reference's picture, and the recipe by which it was enrolled.

    ``data`` is the crop as an .npy file, or the sample's own bytes.
    """

    kept: Keep
    data: bytes
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Lacking:
    """Nothing was switched: these references (by id) have no template by the new recipe and were not left out."""

    references: tuple[str, ...]


class OtherTemplates:
    """Staged and superseded references are given templates as well: whoever is seen later is found then."""

    def __init__(
        self, database: Database, keyring: Keyring, admission: Admission, register: Register, memory: Memory
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._admission = admission
        self._register = register
        self._memory = memory

    def lacking(
        self, gallery: Gallery, space: str, after: str = "", limit: int = 500, *, pictured: bool = False
    ) -> tuple[Reference, ...]:
        """The first ``limit`` references by id after ``after`` that have no template in ``space``.

        ``pictured``: only those of which a picture is kept. An erased one is not among them.
        """
        place = self._memory.id_of(gallery.pseudonym)
        statement = references_of(place, None).where(lacking(space), reference.c.id > after)
        if pictured:
            statement = statement.where(reference.c.kept != Keep.NONE.value)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(reference.c.id).limit(limit)).all()
            spaces = spaces_of(connection, {row.recipe for row in rows})
        seals = self._keyring.some(place, {row.key for row in rows})
        return tuple(reference_from(row, seals[row.key], spaces[row.recipe]) for row in rows if row.key in seals)

    def count_lacking(self, gallery: Gallery, space: str) -> int:
        """How many have a kept picture and no template in ``space``."""
        statement = select(func.count()).where(
            reference.c.gallery == gallery.id, reference.c.kept != Keep.NONE.value, lacking(space)
        )
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def compared(self, gallery: Gallery, references: Collection[str]) -> set[str]:
        """Which of these references (by id) a search compares: those with a template in the gallery's space."""
        place = self._memory.id_of(gallery.pseudonym)
        statement = select(reference.c.id).where(reference.c.gallery == place, ~lacking(space_of(place)))
        with self._database.read() as connection:
            return {row.id for row in among(connection, statement, reference.c.id, references)}

    def pictures(
        self, receipt: Receipt, gallery: Gallery, samples: Sequence[SampleRef], references: Collection[str]
    ) -> dict[str, Kept]:
        """What is kept of these references' pictures, by id; those of which there is nothing are left out.

        The receipt: ENROL, of this gallery and the set ``samples``, in which each of them is. It is not used up.
        """
        self._admission.check(receipt, Action.ENROL, gallery.pseudonym, [tuple(samples)])
        place = self._memory.id_of(gallery.pseudonym)
        statement = (
            select(reference, subject.c.key, picture.c.sealed)
            .join_from(reference, subject)
            .join(picture, picture.c.reference == reference.c.id)
            .where(reference.c.gallery == place)
        )
        with self._database.read() as connection:
            rows = list(among(connection, statement, reference.c.id, references))
            recipes = read_recipes(connection, {row.recipe for row in rows})
        named = self._digests(place, samples)
        seals = self._keyring.some(place, {row.key for row in rows})
        return {
            row.id: Kept(
                Keep(row.kept),
                sealing.open_picture(seals[row.key], row.id, Keep(row.kept), row.sealed),
                recipes[row.recipe],
            )
            for row in rows
            if row.key in seals and (row.sample_digest, row.face) in named
        }

    def keep(
        self, receipt: Receipt, gallery: Gallery, samples: Sequence[SampleRef], templates: dict[str, Template]
    ) -> int:
        """Keep a template for each of these references (by id), sealed under its subject's key; how many were kept.

        Who was erased meanwhile, or has one in that space, is passed over. Durable on return. The receipt is as for
        ``pictures``, and used up. Raises ReceiptRefused, RecipeMismatch, Malformed, Unwritable.
        """
        self._admission.check(receipt, Action.ENROL, gallery.pseudonym, [tuple(samples)])
        made = list(templates.values())
        want_named(made, samples)
        want_one_space(made)
        with self._memory.writing, self._memory.changing(gallery.pseudonym):
            place = self._memory.id_of(gallery.pseudonym)
            self._admission.spend(receipt)
            if not made:
                return 0
            space = made[0].recipe.space
            key = self._keyring.gallery(place)
            with self._database.write() as connection:
                statement = select(reference.c.id, reference.c.sample_digest, reference.c.face, subject.c.key)
                statement = statement.join_from(reference, subject).where(reference.c.gallery == place, lacking(space))
                rows = list(among(connection, statement, reference.c.id, templates))
                seals = self._keyring.some(place, {row.key for row in rows})
                write_recipes(connection, {each.recipe for each in made})
                count = 0
                for row in rows:
                    template = templates[row.id]
                    if (row.sample_digest, row.face) != (
                        key.digest_of_sample(template.sample.digest),
                        template.sample.face,
                    ):
                        raise Malformed("this template is not of this reference's sample", where=row.id)
                    if row.key in seals:
                        sealed = sealing.seal_template(seals[row.key], row.id, template.vector)
                        connection.execute(
                            insert(other_template).values(
                                reference=row.id, space=space, recipe=template.recipe.digest, sealed=sealed
                            )
                        )
                        count += 1
                searched = connection.execute(select(space_of(place))).scalar() == space
                if searched:  # the gallery was switched before: from now on they are found
                    note_seen_anew(connection, place)
            if searched:
                self._seen_anew(gallery.pseudonym)
            return count

    def switch(
        self, receipt: Receipt, gallery: Gallery, recipe: Recipe, without: Collection[str] = ()
    ) -> Gallery | Lacking:
        """From now on the gallery is searched, and enrolled into, by this recipe; the gallery as it is then.

        ``without``: references (by id) that need not have a template by it, and are then not found. Durable on
        return. The receipt: MANAGE, of this gallery and no samples. Raises UnknownName, ReceiptRefused, Unwritable.
        """
        self._admission.check(receipt, Action.MANAGE, gallery.pseudonym, [()])
        with self._memory.writing, self._memory.changing(gallery.pseudonym):
            place = self._memory.id_of(gallery.pseudonym)
            self._admission.spend(receipt)
            with self._database.write() as connection:
                there = connection.execute(select(galleries.c.id).where(galleries.c.id == place).with_for_update())
                if there.one_or_none() is None:
                    raise UnknownName("this gallery was deleted", where=gallery.pseudonym)
                statement = select(reference.c.id).where(reference.c.gallery == place, lacking(recipe.space))
                left = set(connection.execute(statement).scalars()) - set(without)
                if left:
                    return Lacking(tuple(sorted(left)))
                write_recipes(connection, [recipe])
                connection.execute(update(galleries).where(galleries.c.id == place).values(space=recipe.space))
                note_seen_anew(connection, place)
            self._seen_anew(gallery.pseudonym)
            return self._register.by_pseudonym(gallery.pseudonym)

    def _digests(self, place: str, samples: Sequence[SampleRef]) -> set[tuple[bytes, str]]:
        key = self._keyring.gallery(place)
        return {(key.digest_of_sample(each.digest), each.face) for each in samples}

    def _seen_anew(self, pseudonym: str) -> None:
        self._memory.load_again(pseudonym)
        self._memory.close_batches(pseudonym)
