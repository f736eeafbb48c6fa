"""The store of wrapped keys: a small SQLite file of its own, so that a backup of the data brings no key back.

Nodes that share a PostgreSQL database share its key store: tables in a schema of their own, in a database of their
own where the settings name one.

Trusted to forget. It holds gallery keys wrapped under the root key and subject keys wrapped under their gallery's
key, never a key in clear, and knows nobody's name. What was destroyed stays in a numbered list of random ids: the
database compares that number with its own, so a crash in the middle of an erasure, or data that were restored from
a backup, are noticed and the erasure is done again. Keys that pass with a date are no subject's: they are destroyed
at that date, and again at any start after it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
)

from countenance.keys.derive import keyed_digest
from countenance.keys.erasure_list import ErasureList
from countenance.keys.root import RootKey
from countenance.storage.among import among
from countenance.storage.bare import bare
from countenance.storage.database import Database, insert_many, open_database
from countenance.terms.errors import InUse, Malformed, SealBroken

VERSION = 1
_MANY = 100_000
SCHEMA = "countenance_keys"
"""Where the tables are in a PostgreSQL database."""

_metadata = MetaData()
_store = Table(
    "store",
    _metadata,
    Column("version", Integer, nullable=False),
    Column("pairing", String(32), nullable=False),
    Column("root_check", LargeBinary, nullable=False),
)
_gallery_key = Table(
    "gallery_key",
    _metadata,
    Column("id", String(36), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
_subject_key = Table(
    "subject_key",
    _metadata,
    Column("id", String(36), primary_key=True),
    Column("gallery", String(36), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
)
_passing_key = Table(
    "passing_key",
    _metadata,
    Column("ends", BigInteger, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)
# What a gallery's index has on the disk of a node: see ``gallery.cache``.
_segment_key = Table(
    "segment_key",
    _metadata,
    Column("id", String(36), primary_key=True),
    Column("gallery", String(36), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
)
_destroyed = Table(
    "destroyed",
    _metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
)


class KeyKind(StrEnum):
    """What a key was for."""

    SUBJECT = "subject"
    GALLERY = "gallery"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The ``n``-th destruction, counted from 1 without gaps."""

    n: int
    id: str
    kind: KeyKind


class SubjectKeys:
    """Wrapped keys by random id. Every method is durable when it returns; threads may share it."""

    def __init__(self, database: Database, pairing: str, erasures: ErasureList | None = None) -> None:
        self._database = database
        self.pairing = pairing
        """A random name that the database of the same data remembers, so that the two are never mixed up."""
        self.erasures = erasures
        """Where destructions are listed besides, out of a backup's reach; None where nobody named a place."""

    @classmethod
    def open(cls, where: Path | str, root: RootKey, erasures: ErasureList | None = None) -> SubjectKeys:
        """Open the store at a path or URL, made if it is not there; raises SealBroken at another root key than its own.

        What is on the list ``erasures`` and not destroyed here, because this store came back from a backup or a
        process died, is destroyed now; what was destroyed and is not on the list is put on it.
        """
        database = open_database(where, SCHEMA)
        check = root.derive("subject-keys-check")
        with database.write() as connection:
            _metadata.create_all(connection)
            row = connection.execute(select(_store)).one_or_none()
            if row is None:
                pairing = secrets.token_hex(16)
                connection.execute(
                    insert(_store).values(
                        version=VERSION, pairing=pairing, root_check=keyed_digest(check, pairing.encode("ascii"))
                    )
                )
                store = cls(database, pairing, erasures)
                if erasures is not None:
                    erasures.begin()
                return store
        if row.version != VERSION:
            raise Malformed(
                f"this key store has version {row.version}; this version of Countenance knows {VERSION}",
                where=database.place,
                remedy="Install the newer version that wrote it.",
            )
        if not secrets.compare_digest(row.root_check, keyed_digest(check, row.pairing.encode("ascii"))):
            raise SealBroken(
                "this root key is not the one that these keys were made under",
                where=root.source,
                remedy="Name the root key that was used when the data directory was made.",
            )
        database.scrub()  # a process that died while destroying may have left a key in the write-ahead log
        store = cls(database, row.pairing, erasures)
        store._agree_with_list()
        return store

    def add_gallery(self, gallery: str, wrapped: bytes) -> None:
        """Keep the wrapped key of a new gallery."""
        with self._database.write() as connection:
            connection.execute(insert(_gallery_key).values(id=gallery, wrapped=wrapped))

    def gallery(self, gallery: str) -> bytes | None:
        """The wrapped key of a gallery; None where there is none (any more)."""
        with self._database.read() as connection:
            return connection.execute(select(_gallery_key.c.wrapped).where(_gallery_key.c.id == gallery)).scalar()

    def create(self, gallery: str, wrapped: Mapping[str, bytes]) -> None:
        """Keep the wrapped keys of new subjects, all or none, with one fsync."""
        with self._database.write() as connection:
            rows = [{"id": i, "gallery": gallery, "wrapped": w} for i, w in wrapped.items()]
            insert_many(connection, _subject_key, rows)

    def get(self, key: str) -> bytes | None:
        """The wrapped key of this id; None where there is none (any more)."""
        with self._database.read() as connection:
            return connection.execute(select(_subject_key.c.wrapped).where(_subject_key.c.id == key)).scalar()

    def some(self, keys: Collection[str]) -> dict[str, bytes]:
        """The wrapped keys of these ids, of those that there are."""
        statement = select(_subject_key.c.id, _subject_key.c.wrapped)
        with self._database.read() as connection:
            return {row.id: row.wrapped for row in among(connection, statement, _subject_key.c.id, keys)}

    def all_of(self, gallery: str) -> dict[str, bytes]:
        """The wrapped subject keys of a gallery by id."""
        statement = select(_subject_key.c.id, _subject_key.c.wrapped).where(_subject_key.c.gallery == gallery)
        with self._database.read() as connection:
            return {name: wrapped for rows in bare(connection, statement, _MANY) for name, wrapped in rows}

    def add_passing(self, ends: int, wrapped: bytes) -> bytes:
        """Keep a wrapped key that ends at this Unix second; where there is one that ends then, that one is returned."""
        with self._database.write() as connection:
            known = connection.execute(select(_passing_key.c.wrapped).where(_passing_key.c.ends == ends)).scalar()
            if known is None:
                connection.execute(insert(_passing_key).values(ends=ends, wrapped=wrapped))
        return wrapped if known is None else known

    def passing(self, ends: int) -> bytes | None:
        """The wrapped key that ends at this Unix second; None where there is none (any more)."""
        with self._database.read() as connection:
            return connection.execute(select(_passing_key.c.wrapped).where(_passing_key.c.ends == ends)).scalar()

    def destroy_passed(self, now: int) -> int:
        """Destroy the keys whose end is reached; how many. They need no list: the date alone says it, ever after."""
        with self._database.read() as connection:  # so that a look that finds nothing writes nothing
            if connection.execute(select(_passing_key.c.ends).where(_passing_key.c.ends <= now)).first() is None:
                return 0
        with self._database.write() as connection:
            gone = connection.execute(delete(_passing_key).where(_passing_key.c.ends <= now)).rowcount
        self._database.scrub()  # where another process delays it, the next scrub does it
        return gone

    def add_segments(self, gallery: str, wrapped: Mapping[str, bytes]) -> None:
        """Keep the wrapped keys of segments of a gallery until the next destruction of a key in it."""
        with self._database.write() as connection:
            rows = [{"id": i, "gallery": gallery, "wrapped": w} for i, w in wrapped.items()]
            insert_many(connection, _segment_key, rows)

    def segments(self, gallery: str) -> dict[str, bytes]:
        """The wrapped keys of a gallery's segments by id."""
        with self._database.read() as connection:
            rows = connection.execute(select(_segment_key).where(_segment_key.c.gallery == gallery))
            return {row.id: row.wrapped for row in rows}

    def segment_ids(self) -> tuple[str, ...]:
        """The ids of all keys of segments."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(_segment_key.c.id)).scalars())

    def discard_segments(self, keys: Collection[str]) -> None:
        """Remove keys of segments that were replaced by others."""
        with self._database.write() as connection:
            for key in keys:
                connection.execute(delete(_segment_key).where(_segment_key.c.id == key))

    def subject_ids(self) -> tuple[str, ...]:
        """The ids of all subject keys."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(_subject_key.c.id).order_by(_subject_key.c.id)).scalars())

    def gallery_ids(self) -> tuple[str, ...]:
        """The ids of all gallery keys."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(_gallery_key.c.id).order_by(_gallery_key.c.id)).scalars())

    def discard(self, keys: Sequence[str]) -> None:
        """Remove keys under which nothing was ever kept: what wanted them was undone."""
        with self._database.write() as connection:
            for key in keys:
                connection.execute(delete(_subject_key).where(_subject_key.c.id == key))
                connection.execute(delete(_gallery_key).where(_gallery_key.c.id == key))

    def destroy(self, key: str) -> None:
        """Destroy a subject's key: the point from which the subject is forgotten. Again is no error.

        With it go the keys of the gallery's segments: what a node has on its disk of this subject opens no more.
        """
        self._destroy(key, KeyKind.SUBJECT)

    def destroy_gallery(self, gallery: str) -> None:
        """Destroy a gallery's key and all its subjects' keys. Again is no error."""
        self._destroy(gallery, KeyKind.GALLERY)

    def destroyed_after(self, n: int) -> tuple[Destroyed, ...]:
        """The destructions with a number above ``n``, in order."""
        with self._database.read() as connection:
            rows = connection.execute(select(_destroyed).where(_destroyed.c.n > n).order_by(_destroyed.c.n))
            return tuple(Destroyed(row.n, row.id, KeyKind(row.kind)) for row in rows)

    def not_destroyed(self, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` that are not in the list of the destroyed."""
        with self._database.read() as connection:
            gone = {row.id for row in among(connection, select(_destroyed.c.id), _destroyed.c.id, keys)}
        return set(keys) - gone

    def destructions(self) -> int:
        """How many keys were ever destroyed: the last number of the list."""
        with self._database.read() as connection:
            return _last(connection)

    @property
    def place(self) -> str:
        """Where the file lies."""
        return self._database.place

    def damage(self) -> tuple[str, ...]:
        """What the engine finds wrong with the file; empty means nothing."""
        return self._database.damage()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _agree_with_list(self) -> None:
        if self.erasures is None:
            return
        self.erasures.begin()
        listed = self.erasures.read().keys
        done = {each.id: each.kind for each in self.destroyed_after(0)}
        for key, kind in done.items():
            if key not in listed:
                self.erasures.erased(kind.value, key)
        for key, word in listed.items():
            if key not in done:
                self._destroy(key, KeyKind(word), listed=True)

    def _destroy(self, key: str, kind: KeyKind, *, listed: bool = False) -> None:
        if self.erasures is not None and not listed and self.not_destroyed([key]):
            self.erasures.erased(kind.value, key)
        with self._database.write() as connection:
            known = connection.execute(select(_destroyed.c.n).where(_destroyed.c.id == key)).scalar()
            if known is None:
                n = _last(connection) + 1
                connection.execute(insert(_destroyed).values(n=n, id=key, kind=kind.value))
            place = select(_subject_key.c.gallery).where(_subject_key.c.id == key)
            connection.execute(
                delete(_segment_key).where(or_(_segment_key.c.gallery == key, _segment_key.c.gallery.in_(place)))
            )
            if kind is KeyKind.GALLERY:
                connection.execute(delete(_gallery_key).where(_gallery_key.c.id == key))
                connection.execute(delete(_subject_key).where(_subject_key.c.gallery == key))
            else:
                connection.execute(delete(_subject_key).where(_subject_key.c.id == key))
        # The key is gone for every reader, but its bytes may still lie in the write-ahead log.
        if not self._database.scrub():
            raise InUse(
                "the key is destroyed, but another process keeps its bytes in the write-ahead log",
                where=self._database.place,
                remedy="Close whatever reads the key store, then erase again.",
            )


def key_store_there(url: str | Path) -> bool:
    """Whether a database that nodes share has a key store already; raises Unwritable, MissingPart, Malformed."""
    database = open_database(url, SCHEMA)
    try:
        with database.read() as connection:
            return inspect(connection).has_table(_store.name)
    finally:
        database.close()


def _last(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(_destroyed.c.n), 0))).scalar_one())
