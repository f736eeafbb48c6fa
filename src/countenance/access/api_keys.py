"""The API keys of a house: made, found by their secret, rotated and revoked."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from countenance.access.api_key import ApiKey, from_stored, to_stored
from countenance.access.tables import api_key as table
from countenance.keys.derive import derive, keyed_digest
from countenance.keys.erasure_list import ErasureList, Revocable
from countenance.keys.revoked import agree_on_revoked, revoke
from countenance.keys.root import RootKey
from countenance.keys.seal import Seal
from countenance.storage.database import Database
from countenance.terms.errors import Malformed, UnknownName
from countenance.terms.key_role import DEFAULT, KeyRole

PREFIX = "cnt_"
_NO_SECRET: dict[str, object] = {"digest": b"", "old_digest": None, "old_until": None}
_SECRET = re.compile(r"cnt_([0-9a-f]{16})_[0-9a-f]{64}\Z")
MAX_OVERLAP = 90 * 86_400
"""Seconds that an old secret may stay good beside the new one."""

REMEMBERED = 1024
"""Opened rows kept in memory, each under all that its row says: a row that changed is another one."""

# Built once: putting a statement together costs as much as running it.
_ALL = select(table).order_by(table.c.created, table.c.id)
_BY_ID = select(table).where(table.c.id == bindparam("id"))


class ApiKeys:
    """Trusted to know whose secret it is. A secret is shown once and lies nowhere: only its keyed digest does.

    Every lookup asks the database, so that a revocation holds for the next request on every node that shares it.
    """

    def __init__(
        self,
        database: Database,
        root_key: RootKey,
        clock: Callable[[], float],
        erasures: ErasureList | None = None,
    ) -> None:
        """``erasures``: where revoked keys and replaced secrets are listed besides; what it has holds at once."""
        self._database = database
        self._clock = clock
        self._erasures = erasures
        key = root_key.derive("api-keys")
        self._seal = Seal(derive(key, "seal"))
        self._index = derive(key, "secrets")
        self._key: Callable[[Row[Any]], ApiKey] = lru_cache(maxsize=REMEMBERED)(self._opened)
        if erasures is not None:
            agree_on_revoked(database, table, Revocable.API_KEY, erasures, **_NO_SECRET)
            self._agree_on_replaced(erasures.read().replaced)

    def create(
        self,
        *,
        name: str,
        tenant: str = "",
        roles: Collection[KeyRole] = DEFAULT,
        purposes: Collection[str] = (),
        galleries: Collection[str] = (),
        authority: str | None = None,
        standing: bool = False,
        expires: int | None = None,
        rate: float | None = None,
        concurrency: int | None = None,
        minors: bool = False,
        deletes_withdraw: bool = False,
    ) -> tuple[ApiKey, str]:
        """Make a key, durable on return, and its secret, which nobody can show again. Raises Malformed."""
        made = ApiKey(
            id=secrets.token_hex(8),
            name=name,
            tenant=tenant,
            roles=frozenset(roles),
            purposes=tuple(dict.fromkeys(purposes)),
            galleries=tuple(dict.fromkeys(galleries)),
            authority=authority,
            standing=standing,
            expires=expires,
            rate=rate,
            concurrency=concurrency,
            minors=minors,
            deletes_withdraw=deletes_withdraw,
            created=int(self._clock()),
        )
        secret = _secret(made.id)
        with self._database.write() as connection:
            connection.execute(insert(table), self._row(made, secret))
        return made, secret

    def create_first(self, *, name: str, roles: Collection[KeyRole]) -> str | None:
        """Make a key and give its secret where there was never one, else None; of two callers one gets it."""
        made = ApiKey(id=secrets.token_hex(8), name=name, roles=frozenset(roles), created=int(self._clock()))
        secret = _secret(made.id)
        with self._database.write() as connection:
            if connection.execute(_ALL.limit(1)).first() is not None:
                return None
            connection.execute(insert(table), self._row(made, secret))
        return secret

    def find(self, secret: str) -> ApiKey | None:
        """The key of this secret if it is good at this moment, else None: nobody learns which part was wrong."""
        shape = _SECRET.match(secret)
        if shape is None:
            return None
        row = self._database.ask(_BY_ID, {"id": shape.group(1)})
        if row is None:
            return None  # ids are no secret; they stand in lists, logs and charters
        given, now = self._digest(secret), self._clock()
        current = hmac.compare_digest(given, row.digest)
        before = hmac.compare_digest(given, row.old_digest or bytes(len(given)))
        if not (current or (before and row.old_until is not None and now < row.old_until)):
            return None
        key = self._key(row)
        return key if key.valid_at(now) else None

    def get(self, identity: str) -> ApiKey:
        """The key of this id, whatever its state; raises UnknownName."""
        with self._database.read() as connection:
            return self._get(connection, identity)

    def list(self) -> tuple[ApiKey, ...]:
        """Every key, revoked and expired ones too, by the time they were made."""
        with self._database.read() as connection:
            return tuple(map(self._key, connection.execute(_ALL)))

    def rotate(self, identity: str, overlap: int = 0) -> tuple[ApiKey, str]:
        """Give the key a new secret, durable on return; the old one is good for ``overlap`` seconds more.

        A secret that was old already is gone at once. The list of erasures is told first: where a crash comes between,
        the key has no secret after the overlap and is rotated again. Raises UnknownName, and Malformed for a key that
        is revoked or expired, or an overlap of more than 90 days.
        """
        if not 0 <= overlap <= MAX_OVERLAP:
            raise Malformed("the old secret stays good for at most 90 days")
        secret, now = _secret(identity), int(self._clock())
        with self._database.write() as connection:
            if not self._get(connection, identity).valid_at(now):
                raise Malformed("this key is revoked or expired", where=identity, remedy="Make a new one.")
            if self._erasures is not None:
                row = connection.execute(_BY_ID, {"id": identity}).one()
                for digest, until in ((row.digest, now + overlap), (row.old_digest, now)):
                    if digest:
                        self._erasures.replaced(digest, until)
            connection.execute(
                update(table)
                .where(table.c.id == identity)
                .values(
                    old_digest=table.c.digest if overlap else None,
                    old_until=now + overlap if overlap else None,
                    digest=self._digest(secret),
                )
            )
            return self._get(connection, identity), secret

    def revoke(self, identity: str) -> ApiKey:
        """Revoke the key for good, durable on return; one that is revoked already stays as it is. Raises UnknownName.

        Its digests are destroyed: nothing in the house could ever know its secrets again.
        """
        now = int(self._clock())
        with self._database.write() as connection:
            revoke(connection, table, Revocable.API_KEY, identity, now, self._erasures, **_NO_SECRET)
            return self._get(connection, identity)

    def _agree_on_replaced(self, replaced: Mapping[bytes, int]) -> None:
        """Where data from before a rotation came back: its former secrets are good no longer than it said then."""
        with self._database.read() as connection:
            rows = connection.execute(_ALL).all()
        for row in rows:
            values: dict[str, object] = {}
            until = replaced.get(row.digest)
            if until is not None:
                values = {"digest": b"", "old_digest": row.digest, "old_until": until}
            elif row.old_digest and replaced.get(row.old_digest, row.old_until) < row.old_until:
                values = {"old_until": replaced[row.old_digest]}
            if values:
                with self._database.write() as connection:
                    connection.execute(update(table).where(table.c.id == row.id).values(**values))

    def _get(self, connection: Connection, identity: str) -> ApiKey:
        row = connection.execute(_BY_ID, {"id": identity}).first()
        if row is None:
            raise UnknownName("there is no such key", where=identity[:80], remedy="`countenance keys list` shows them.")
        return self._key(row)

    def _opened(self, row: Row[Any]) -> ApiKey:
        about: dict[str, object] = json.loads(self._seal.open(row.about, _context(row.id)))
        return from_stored(
            about,
            id=row.id,
            created=row.created,
            expires=row.expires,
            revoked=row.revoked,
            overlap_until=row.old_until,
        )

    def _row(self, key: ApiKey, secret: str) -> dict[str, object]:
        return {
            "id": key.id,
            "digest": self._digest(secret),
            "about": self._seal.close(json.dumps(to_stored(key)).encode("utf-8"), _context(key.id)),
            "created": key.created,
            "expires": key.expires,
        }

    def _digest(self, secret: str) -> bytes:
        return keyed_digest(self._index, secret.encode("ascii"))


def _secret(identity: str) -> str:
    return f"{PREFIX}{identity}_{secrets.token_hex(32)}"


def _context(identity: str) -> bytes:
    return b"api-key/" + identity.encode("ascii")
