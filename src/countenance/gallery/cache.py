"""The cache: segments of big galleries on a node's disk, so that a start need not encode them anew.

It is a copy and never the truth. Which files are a copy, and of what, stands in the database, beside what they are a
copy of: so it holds for this very state of the data, also where they came back from a backup. What changed since is
read from the database and put on top. Each file has a key of its own, which the key store holds under the gallery's.

The transaction that destroys a subject's key destroys the keys of the gallery's files as well. So once somebody is
erased, nothing on a disk brings them back, whatever crashes when; files in which they never were get their key again
as they are, the others are written anew. Files first, then their keys, then the row that names them: a crash leaves
what the row does not name, and that is swept away at the next start.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, insert, select

from countenance.gallery.changed import removed_since
from countenance.gallery.index.compiled import available
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.image import keep, segment_of
from countenance.gallery.index.index import Index
from countenance.gallery.index.segment import Segment
from countenance.gallery.index.spool import Spool
from countenance.gallery.tables import cached, gallery
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database
from countenance.terms.errors import SealBroken

_log = logging.getLogger(__name__)
Kept = dict[str, Segment]
"""Segments by the names of their files, in their order."""


class Cache:
    """Of the galleries of a database, in ``folder``, of the node that has this log."""

    def __init__(self, database: Database, keyring: Keyring, folder: Path, log: str) -> None:
        self._database = database
        self._keyring = keyring
        self._folder = folder
        self._log = log
        self.refused = False
        """Whether the disk took something not: then nothing more is written."""

    def sweep(self, *, keep: bool) -> None:
        """Remove what no row names: what a killed process left, or what came from elsewhere; or all."""
        if not keep:
            with self._database.write() as connection:
                connection.execute(delete(cached).where(cached.c.log == self._log))
        with self._database.read() as connection:
            rows = connection.execute(select(cached.c.log, cached.c.files)).all()
        named = {name for row in rows if row.log == self._log for name, *_ in row.files}
        if self._folder.is_dir():
            self._unlink(path for path in self._folder.iterdir() if path.stem not in named)
        if not self._database.shared and (stray := set(self._keyring.store.segment_ids()) - named):
            self._keyring.store.discard_segments(stray)

    def load(self, place: Row[Any], fill: Callable[[Index, int], object], spool: Path | None) -> Index | None:
        """The index of a gallery (its row: id, space, seq), or None where it is to be made from the database.

        ``fill`` adds the references with numbers above the one that is named.
        """
        row = self._row(place.id)
        if row is None or not available():
            return None
        try:
            if row.space != place.space or row.seq > place.seq:
                raise SealBroken("the gallery is another one since")
            gone = removed_since(self._database, place.id, row.seq)
            if gone.everything:
                raise SealBroken("others are seen since")
            index = Index(spool=spool)
            index.adopt(tuple(self._open(place.id, row.files)), row.sealed)
            fill(index, row.sealed)
            if gone:
                index.remove(subjects=gone.subjects, references=gone.references)
        except (SealBroken, OSError, ValueError, KeyError, TypeError) as error:
            why = error.what if isinstance(error, SealBroken) else str(error)
            _log.warning("the cache of gallery %s is not used, it is made anew from the database: %s", place.id, why)
            self.forget(place.id)
            return None
        return index

    def complete(self, place: str, segments: tuple[Segment, ...]) -> bool:
        """Whether these segments are all that there is on the disk, and open."""
        row = self._row(place)
        names = [_name_of(segment) for segment in segments]
        if row is None:
            return not names
        return names == [name for name, *_ in row.files] and set(names) <= self._keyring.store.segments(place).keys()

    def write(self, segments: Iterable[Segment]) -> Kept | None:
        """Bring segments to the disk, those that are there already excepted; None where it does not take them.

        A segment of which a part was taken out is copied into a file without that.
        """
        kept: Kept = {}
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for each in segments:
                segment, name = each, _name_of(each)
                if not name:
                    if not isinstance(segment.cold, Spool) or not segment.cold.whole:
                        segment = Segment(each.codes, each.owners, Spool.of(each.cold, len(each), self._folder))
                    name = str(uuid.uuid4())
                    keep(segment, self._path(name))
                kept[name] = segment
        except OSError as error:
            _log.warning("galleries are not cached, each start reads them from the database: %s", error)
            self.refused = True
            return None
        return kept

    def register(self, place: Row[Any], sealed: int, kept: Kept) -> None:
        """From now on these files are what the gallery (its row) begins with; what was instead of them goes.

        Nobody changes the gallery meanwhile. Where another node did, what was written is not believed.
        """
        key, before = self._keyring.gallery(place.id), self._row(place.id)
        wrapped = {name: key.wrap_segment(name, _spool(segment).records.key) for name, segment in kept.items()}
        known = self._keyring.store.segments(place.id).keys()
        self._keyring.store.add_segments(place.id, {name: each for name, each in wrapped.items() if name not in known})
        files = [[name, len(segment), _spool(segment).dimension, _spool(segment).ids] for name, segment in kept.items()]
        with self._database.write() as connection:
            connection.execute(delete(cached).where(cached.c.gallery == place.id, cached.c.log == self._log))
            same = select(gallery.c.seq).where(gallery.c.id == place.id)
            if connection.execute(same).scalar() == place.seq:
                connection.execute(
                    insert(cached).values(
                        gallery=place.id,
                        log=self._log,
                        seq=place.seq,
                        sealed=sealed,
                        space=place.space,
                        files=files,
                    )
                )
            else:
                self._keyring.store.discard_segments(wrapped)
                return
        self._remove({name for name, *_ in before.files} - kept.keys() if before else ())

    def forget(self, place: str) -> None:
        """A gallery (by id) has no cache any more."""
        row = self._row(place)
        if row is not None:
            with self._database.write() as connection:
                connection.execute(delete(cached).where(cached.c.gallery == place, cached.c.log == self._log))
            self._remove({name for name, *_ in row.files})

    def _remove(self, names: Collection[str]) -> None:
        if names:
            self._keyring.store.discard_segments(names)
            self._unlink(map(self._path, names))

    def _open(self, place: str, files: Iterable[Sequence[Any]]) -> Iterator[Segment]:
        key, wrapped, grids = self._keyring.gallery(place), self._keyring.store.segments(place), dict[bytes, Grid]()
        for name, rows, dimension, ids in files:
            if name not in wrapped:
                raise SealBroken("somebody was erased, or the key is lost")
            opened = key.unwrap_segment(name, wrapped[name])
            yield segment_of(Spool.at(self._path(name), opened, rows, dimension, ids), grids)

    def _row(self, place: str) -> Row[Any] | None:
        statement = select(cached).where(cached.c.gallery == place, cached.c.log == self._log)
        with self._database.read() as connection:
            return connection.execute(statement).one_or_none()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.temporary"  # which no backup takes

    def _unlink(self, paths: Iterable[Path]) -> None:
        try:
            for path in paths:
                path.unlink(missing_ok=True)
        except OSError as error:  # without its key it is noise; the next start tries again
            _log.warning("a file of the cache stays where it is: %s", error)


def _name_of(segment: Segment) -> str:
    """Of the file that has this segment as it is; empty where there is none."""
    return segment.cold.records.name if isinstance(segment.cold, Spool) and segment.cold.whole else ""


def _spool(segment: Segment) -> Spool:
    assert isinstance(segment.cold, Spool)  # noqa: S101  what was kept lies in a file
    return segment.cold
