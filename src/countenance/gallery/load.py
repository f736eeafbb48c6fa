"""The loading step: unseal a gallery's templates into a new index."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from countenance.gallery import sealing
from countenance.gallery.in_space import sealed_in, space_of, templates_in
from countenance.gallery.index.index import SEGMENT, Index
from countenance.gallery.shown import references_shown
from countenance.gallery.tables import reference, subject
from countenance.keys.keyring import Keyring
from countenance.storage.among import among
from countenance.storage.bare import bare
from countenance.storage.database import Database
from countenance.terms.template import Vector


def load(
    database: Database,
    keyring: Keyring,
    gallery_id: str,
    *,
    batch: str = "",
    after: int = 0,
    until: int | None = None,
    into: Index | None = None,
    part: tuple[int, int] | None = None,
    space: str | None = None,
) -> Index:
    """All references of a gallery that are seen, in the order of their numbers; with ``batch`` that one's alone.

    By their templates in ``space``, or in the one that the gallery has now; who has none there is left out.

    Those with numbers above ``after`` and up to ``until``, and of them a ``part`` (see ``Memory``); into a new index or
    ``into`` one that has the rest. Raises SealBroken where one does not open.

    A subject whose key is destroyed but whose rows are still there (an erasure that did not reach its end yet)
    is left out; one whose key is lost is not passed over in silence.
    """
    statement = (
        sealed_in(gallery_id, space or space_of(gallery_id))
        .where(reference.c.batch == batch if batch else references_shown())
        .add_columns(reference.c.seq)
        .order_by(reference.c.seq)
    )
    if after:
        statement = statement.where(reference.c.seq > after)
    if until is not None:
        statement = statement.where(reference.c.seq <= until)
    if part is not None:
        statement = statement.where(reference.c.seq % part[1] == part[0])
    index = Index() if into is None else into
    missing: set[str] = set()
    key, wrapped = keyring.gallery(gallery_id), {} if after else keyring.store.all_of(gallery_id)
    # A segment at a time, so that the sealed rows are never all in memory. While one is read, the one before is opened
    # and the one before that encoded, each by a thread: much of it happens outside the interpreter.
    with (
        _no_collecting(),
        ThreadPoolExecutor(1, "encode") as encoder,
        ThreadPoolExecutor(1, "open") as opener,
        database.read() as connection,
    ):
        under_way = deque[Future[None]]()
        key_of = _keys_of(connection, gallery_id, None) if wrapped else {}
        for rows in bare(connection, statement, SEGMENT):
            if new := {row[1] for row in rows if row[1] not in key_of}:  # few were asked for
                key_of |= _keys_of(connection, gallery_id, new)
            unknown = {key_of[row[1]] for row in rows if key_of[row[1]] not in wrapped}
            if unknown:  # the same, or another node has sealed them anew meanwhile
                wrapped |= keyring.store.some(unknown)
                lost = unknown - wrapped.keys()
                missing |= lost
                rows = [row for row in rows if key_of[row[1]] not in lost]  # noqa: PLW2901
            if rows:
                names, subjects, sealed, numbers = zip(*rows, strict=True)
                keys = [key_of[each] for each in subjects]
                whole = zip(names, keys, [wrapped[each] for each in keys], sealed, strict=True)
                if len(rows) < SEGMENT and not under_way:  # that is all: no thread is worth its while
                    index.extend(names, subjects, sealing.open_templates(key, whole), numbers[-1])
                    continue
                opened = opener.submit(sealing.open_templates, key, whole)
                under_way.append(encoder.submit(_extend, index, names, subjects, opened, numbers[-1]))
                if len(under_way) > 1:
                    under_way.popleft().result()
        while under_way:
            under_way.popleft().result()
    keyring.want_destroyed(missing)
    return index


def _keys_of(connection: Connection, gallery_id: str, subjects: Collection[str] | None) -> dict[str, str]:
    """Which key each of these subjects has, or of the whole gallery: by their ids."""
    statement = select(subject.c.id, subject.c.key).where(subject.c.gallery == gallery_id)
    if subjects is None:
        return {name: key for rows in bare(connection, statement, SEGMENT) for name, key in rows}
    return {row.id: row.key for row in among(connection, statement, subject.c.id, subjects)}


def _extend(
    index: Index, names: Sequence[str], subjects: Sequence[str], opened: Future[NDArray[np.float32]], until: int
) -> None:
    index.extend(names, subjects, opened.result(), until)


def load_some(
    database: Database, keyring: Keyring, gallery_id: str, references: Sequence[str]
) -> dict[str, tuple[str, Vector]]:
    """Subject (by id) and numbers of a few references, by id; who is not there is left out."""
    statement = templates_in(gallery_id, space_of(gallery_id))
    with database.read() as connection:
        rows = list(among(connection, statement, reference.c.id, references))
    seals = keyring.some(gallery_id, {row.key for row in rows})
    return {
        row.id: (row.subject, sealing.open_template(seals[row.key], row.id, row.template))
        for row in rows
        if row.key in seals
    }


def load_subject(database: Database, keyring: Keyring, gallery_id: str, subject_id: str) -> list[Vector]:
    """The templates of one subject's references that are seen."""
    statement = templates_in(gallery_id, space_of(gallery_id))
    statement = statement.where(reference.c.subject == subject_id, references_shown())
    with database.read() as connection:
        rows = connection.execute(statement).all()
    seal = keyring.subject(gallery_id, rows[0].key) if rows else None
    return [] if seal is None else [sealing.open_template(seal, row.id, row.template) for row in rows]


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Millions of new objects make Python look for garbage over and over, where there is none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
