"""Authorities on file: register, find, list, revoke, and count what was done under them."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from countenance.cases.tables import authority as table
from countenance.keys.derive import derive, keyed_digest
from countenance.keys.erasure_list import ErasureList, Revocable
from countenance.keys.revoked import agree_on_revoked, revoke
from countenance.keys.root import RootKey
from countenance.keys.seal import Seal
from countenance.storage.database import Database
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import NameTaken, UnknownName

_SEALED = ("reference", "issuer", "document", "registrar", "principal", "purposes", "galleries", "subjects")
_CLEAR = ("kind", "issued", "expires", "registered", "revoked", "comparisons", "used")

# Built once: putting a statement together costs as much as running it.
_ALL = select(table).order_by(table.c.registered, table.c.id)
_BY_ID = _ALL.where(table.c.id == bindparam("id"))
_BY_WORDS = _ALL.where(table.c.words_digest == bindparam("words"))
_LATEST = (
    select(table)
    .where(table.c.words_digest == bindparam("words"))
    .order_by(table.c.revoked.is_not(None), table.c.registered.desc(), table.c.id)
)
_BY_PRINCIPAL = _ALL.where(table.c.principal_digest == bindparam("principal"))


class Authorities:
    """Trusted to say what was put on file and how often it was used; whether it permits anything the charter says.

    References, people and scopes are sealed at rest under a key of the root key.
    """

    def __init__(self, database: Database, root_key: RootKey, erasures: ErasureList | None = None) -> None:
        """``erasures``: where revoked ones are listed besides; what it has holds at once."""
        self._database = database
        self._erasures = erasures
        key = root_key.derive("authorities")
        self._seal = Seal(derive(key, "seal"))
        self._index = derive(key, "index")
        if erasures is not None:
            agree_on_revoked(database, table, Revocable.AUTHORITY, erasures)

    def register(self, record: AuthorityRecord) -> AuthorityRecord:
        """Put a record on file, durable on return; ``record.id`` is given here.

        Raises NameTaken where the same words stand for a record that is neither revoked nor, at the moment of
        registration, expired: one reference means one authority at a time.
        """
        filed = replace(record, id=secrets.token_hex(16), used=0, revoked=None)
        with self._database.write() as connection:
            for other in self._of_words(connection, record.authority):
                if other.revoked is None and (other.expires is None or other.expires > record.registered):
                    raise NameTaken(
                        f"an authority of the class {record.kind} with this reference is on file already",
                        where=other.id,
                        remedy="Revoke it first, or give the new one a reference of its own.",
                    )
            connection.execute(insert(table), self._row(filed))
        return filed

    def find(self, authority: Authority) -> AuthorityRecord | None:
        """The record that these words stand for: the latest that is not revoked, else the latest."""
        row = self._database.ask(_LATEST, {"words": self._digest("words", str(authority))})
        return None if row is None else self._record(row)

    def get(self, identity: str) -> AuthorityRecord:
        """The record of this id; raises UnknownName."""
        with self._database.read() as connection:
            return self._get(connection, identity)

    def standing(self, principal: str) -> tuple[AuthorityRecord, ...]:
        """Every record bound to this principal, revoked and expired ones too, by the time of registration."""
        with self._database.read() as connection:
            return self._all(connection, _BY_PRINCIPAL, principal=self._digest("principal", principal))

    def list(self) -> tuple[AuthorityRecord, ...]:
        """Every record, by the time of registration."""
        with self._database.read() as connection:
            return self._all(connection, _ALL)

    def revoke(self, identity: str, now: int) -> AuthorityRecord:
        """Revoke a record for good, durable on return; one that is revoked already stays as it is.

        Raises UnknownName.
        """
        with self._database.write() as connection:
            revoke(connection, table, Revocable.AUTHORITY, identity, now, self._erasures)
            return self._get(connection, identity)

    def count_use(self, record: AuthorityRecord) -> bool:
        """Count one comparison under a record; False where none is left, or it was revoked since it was read.

        False means that the request must be refused: the count and its limit are one statement of the database, so
        that of two callers only one gets the last. A record without a limit is not counted here, where every count
        would be a write to the disk: the log counts those.
        """
        if record.comparisons is None:
            return True
        spend = (
            update(table)
            .where(table.c.id == record.id, table.c.revoked.is_(None), table.c.used < table.c.comparisons)
            .values(used=table.c.used + 1)
        )
        with self._database.write() as connection:
            return connection.execute(spend).rowcount == 1

    def _get(self, connection: Connection, identity: str) -> AuthorityRecord:
        found = self._all(connection, _BY_ID, id=identity)
        if not found:
            raise UnknownName(
                f"there is no authority {identity[:64]!r} on file",
                remedy="`countenance authority list` prints their ids.",
            )
        return found[0]

    def _of_words(self, connection: Connection, words: Authority) -> tuple[AuthorityRecord, ...]:
        return self._all(connection, _BY_WORDS, words=self._digest("words", str(words)))

    def _all(self, connection: Connection, query: Select[Any], **values: Any) -> tuple[AuthorityRecord, ...]:
        return tuple(map(self._record, connection.execute(query, values)))

    def _digest(self, what: str, text: str) -> bytes:
        return keyed_digest(self._index, f"{what}\0{text}".encode())

    def _row(self, record: AuthorityRecord) -> dict[str, Any]:
        about = json.dumps({name: getattr(record, name) for name in _SEALED}).encode("ascii")
        return {
            "id": record.id,
            **{name: getattr(record, name) for name in _CLEAR},
            "words_digest": self._digest("words", str(record.authority)),
            "principal_digest": self._digest("principal", record.principal) if record.principal else None,
            "about": self._seal.close(about, _context(record.id)),
        }

    def _record(self, row: Row[Any]) -> AuthorityRecord:
        about: dict[str, Any] = json.loads(self._seal.open(row.about, _context(row.id)))
        about |= {name: tuple(about[name]) for name in ("purposes", "galleries", "subjects")}
        return AuthorityRecord(id=row.id, **{name: getattr(row, name) for name in _CLEAR}, **about)


def revoke_counted(database: Database, now: int) -> None:
    """Revoke those that were good for so many comparisons: in data from a backup nobody knows how many are left."""
    with database.write() as connection:
        connection.execute(
            update(table).where(table.c.comparisons.is_not(None), table.c.revoked.is_(None)).values(revoked=now)
        )


def _context(identity: str) -> bytes:
    return b"authority/" + identity.encode("ascii")
