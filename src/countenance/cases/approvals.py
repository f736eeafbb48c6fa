"""Approvals on file: give, find for a request, use once, revoke."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from countenance.cases.approval import Approval, Wanted
from countenance.cases.tables import approval as table
from countenance.keys.derive import derive, keyed_digest
from countenance.keys.root import RootKey
from countenance.keys.seal import Seal
from countenance.storage.database import Database
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName

_CLEAR = ("given", "expires", "used", "revoked")
_ALL = select(table).order_by(table.c.given, table.c.id)
_OPEN = (
    select(table)
    .where(table.c.request_digest == bindparam("request"), table.c.used.is_(None), table.c.revoked.is_(None))
    .where(table.c.given <= bindparam("now"), table.c.expires > bindparam("now"))
    .order_by(table.c.expires, table.c.id)
)


class Approvals:
    """Trusted to say who approved what and that it was used once; whether it counts the charter says.

    Who, what and why are sealed at rest under a key of the root key.
    """

    def __init__(self, database: Database, root_key: RootKey) -> None:
        self._database = database
        key = root_key.derive("approvals")
        self._seal = Seal(derive(key, "seal"))
        self._index = derive(key, "index")

    def give(self, approval: Approval) -> Approval:
        """Put an approval on file, durable on return; its id is given here."""
        filed = replace(approval, id=secrets.token_hex(16), used=None, revoked=None)
        about = json.dumps(
            {**asdict(filed.wanted), "approver": filed.approver, "roles": filed.roles, "reason": filed.reason}
        )
        row = {
            "id": filed.id,
            "request_digest": self._digest(filed.wanted),
            "about": self._seal.close(about.encode("ascii"), _context(filed.id)),
            **{name: getattr(filed, name) for name in _CLEAR},
        }
        with self._database.write() as connection:
            connection.execute(insert(table), row)
        return filed

    def list(self) -> tuple[Approval, ...]:
        """Every approval, by the time at which it was given."""
        with self._database.read() as connection:
            return tuple(map(self._approval, connection.execute(_ALL)))

    def get(self, identity: str) -> Approval:
        """The approval of this id; raises UnknownName."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).one_or_none()
        if row is None:
            raise UnknownName(
                f"there is no approval {identity[:64]!r} on file",
                remedy="`countenance approvals list` prints their ids.",
            )
        return self._approval(row)

    def revoke(self, identity: str, now: int) -> Approval:
        """Take an approval back, durable on return; one that was used or taken back stays as it is."""
        with self._database.write() as connection:
            connection.execute(
                update(table)
                .where(table.c.id == identity, table.c.revoked.is_(None), table.c.used.is_(None))
                .values(revoked=now)
            )
        return self.get(identity)

    def open_for(self, wanted: Wanted, now: int) -> tuple[Approval, ...]:
        """Those that hold for this request now and are not used, the first to expire first.

        One without a sample holds for every sample; ``wanted.sample`` is empty where the request has several.
        """
        with self._database.read() as connection:
            rows = connection.execute(_OPEN, {"request": self._digest(wanted), "now": now}).all()
        return tuple(each for each in map(self._approval, rows) if each.wanted.sample in ("", wanted.sample))

    def use(self, identities: Collection[str], now: int) -> bool:
        """Use all of these up, or none and False where one is used or taken back already. Durable on return.

        It is one transaction: of two callers only one gets them.
        """
        with self._database.write() as connection:
            held = connection.execute(
                select(table.c.id)
                .where(table.c.id.in_(identities), table.c.used.is_(None), table.c.revoked.is_(None))
                .where(table.c.expires > now)
                .with_for_update()
            ).all()
            if len(held) != len(identities):
                return False
            connection.execute(update(table).where(table.c.id.in_(identities)).values(used=now))
        return True

    def _digest(self, wanted: Wanted) -> bytes:
        """The same for all that is approved of one request, whichever sample it names."""
        text = json.dumps([wanted.authority, wanted.purpose, wanted.action.value, wanted.gallery])
        return keyed_digest(self._index, text.encode("ascii"))

    def _approval(self, row: Row[Any]) -> Approval:
        about: dict[str, Any] = json.loads(self._seal.open(row.about, _context(row.id)))
        person = {name: about.pop(name) for name in ("approver", "reason")}
        roles = tuple(about.pop("roles"))
        wanted = Wanted(**{**about, "action": Action(about["action"])})
        return Approval(
            id=row.id, wanted=wanted, roles=roles, **person, **{name: getattr(row, name) for name in _CLEAR}
        )


def by_distinct_people(found: Iterable[Approval]) -> tuple[Approval, ...]:
    """The first approval of each approver."""
    first: dict[str, Approval] = {}
    for each in found:
        first.setdefault(each.approver, each)
    return tuple(first.values())


def take_all_back(database: Database, now: int) -> None:
    """Take back every open approval: in data from a backup nobody knows which were used or taken back since."""
    with database.write() as connection:
        connection.execute(update(table).where(table.c.used.is_(None), table.c.revoked.is_(None)).values(revoked=now))


def _context(identity: str) -> bytes:
    return b"approval/" + identity.encode("ascii")
