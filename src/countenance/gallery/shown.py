"""Shown: what is seen. What a batch brought is at rest like all else, and nobody finds it before it is published.

One row says so, the batch's own: publishing and rolling back are a change of its state. Erasing, which must reach
everything, asks for what is hidden too.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true

from countenance.gallery.tables import batch, reference, subject
from countenance.terms.gallery import BatchState

Seen = str | None
"""Whose eyes: empty for everybody's; a batch's id for the gallery as it is once that is published too; None: all."""


def references_shown(seen: Seen = "") -> ColumnElement[bool]:
    """The references that are seen: of no batch or a published one, and not superseded by a published one."""
    if seen is None:
        return true()
    return and_(reference.c.batch.not_in(_hidden(seen)), reference.c.superseded.not_in(_published(seen)))


def subjects_shown(seen: Seen = "") -> ColumnElement[bool]:
    """The subjects who are seen: of no batch or a published one, or with a reference that is seen."""
    if seen is None:
        return true()
    having = exists().where(reference.c.subject == subject.c.id, references_shown(seen))
    return or_(subject.c.batch.not_in(_hidden(seen)), having)


def _hidden(seen: str) -> Select[tuple[str]]:
    return select(batch.c.id).where(batch.c.state != BatchState.PUBLISHED.value, batch.c.id != seen)


def _published(seen: str) -> Select[tuple[str]]:
    return select(batch.c.id).where(or_(batch.c.state == BatchState.PUBLISHED.value, batch.c.id == seen))
