"""In a space: of each reference the template that can be compared there, its own or another that it was given.

A gallery's space is one field of its row: changing it changes what all searches compare, and copies nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, exists, or_, select

from countenance.gallery.tables import gallery, other_template, recipe, reference, subject

Space = str | ScalarSelect[str]


def space_of(place: str) -> ScalarSelect[str]:
    """The space in which a gallery (by id) is searched, for use in a statement; null while it is empty."""
    return select(gallery.c.space).where(gallery.c.id == place).scalar_subquery()


def templates_in(place: str, space: Space) -> Select[Any]:
    """Reference, subject, sealed template and the subject's key, of those of a gallery that have one in ``space``."""
    return sealed_in(place, space).add_columns(subject.c.key).join(subject, subject.c.id == reference.c.subject)


def sealed_in(place: str, space: Space) -> Select[Any]:
    """The same without the key, which takes half the time of reading all."""
    here = and_(other_template.c.reference == reference.c.id, other_template.c.space == space)
    template = case((_own(space), reference.c.template), else_=other_template.c.sealed).label("template")
    return (
        select(reference.c.id, reference.c.subject, template)
        .select_from(reference)
        .outerjoin(other_template, here)
        .where(reference.c.gallery == place, or_(_own(space), other_template.c.sealed.is_not(None)))
    )


def lacking(space: Space) -> ColumnElement[bool]:
    """The references that have none."""
    given = exists().where(other_template.c.reference == reference.c.id, other_template.c.space == space)
    return and_(~_own(space), ~given)


def _own(space: Space) -> ColumnElement[bool]:
    return reference.c.recipe.in_(select(recipe.c.digest).where(recipe.c.space == space))
