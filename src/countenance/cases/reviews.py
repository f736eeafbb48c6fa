"""Reviews on file: opened by a search, judged by distinct people, closed once; sealed at rest."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from countenance.cases.review import Finding, Lead, Review, Verdict
from countenance.cases.tables import lead as lead_table
from countenance.cases.tables import review as table
from countenance.cases.tables import verdict as verdict_table
from countenance.keys.derive import derive, keyed_digest
from countenance.keys.root import RootKey
from countenance.keys.seal import Seal
from countenance.storage.database import Database
from countenance.terms.errors import BrokenInput, UnknownName

_SEALED = ("asker", "purpose", "gallery", "sample", "face", "case")
_CLEAR = ("id", "entry", "closing", "reviewers", "opened", "decided")


class Reviews:
    """Trusted to keep each verdict as it was given, and to take one of each reviewer; who may review the charter says.

    What is asked, the candidates and the verdicts are sealed under a key of the root key, each bound to its row.
    """

    def __init__(self, database: Database, root_key: RootKey) -> None:
        self._database = database
        key = root_key.derive("reviews")
        self._seal = Seal(derive(key, "seal"))
        self._index = derive(key, "index")
        self.settling = threading.Lock()
        """Held by whoever writes the result of a review into the log, so that it is written once."""

    def open(self, reviews: Sequence[Review]) -> tuple[Review, ...]:
        """Open reviews, all or none, durable on return; their ids are given here."""
        filed = tuple(replace(each, id=secrets.token_hex(16), verdicts=(), decided=None) for each in reviews)
        if not filed:
            return ()
        with self._database.write() as connection:
            for one in filed:
                about = self._closed({name: getattr(one, name) for name in _SEALED}, f"review/{one.id}")
                connection.execute(insert(table), {"about": about, **{name: getattr(one, name) for name in _CLEAR}})
                rows = [self._lead_row(one.id, each) for each in one.leads]
                if rows:
                    connection.execute(insert(lead_table), rows)
        return filed

    def list(self) -> tuple[Review, ...]:
        """Every review, by the time at which it was opened."""
        with self._database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.opened, table.c.id)).all()
            return tuple(self._review(connection, row) for row in rows)

    def about(self, subject: str) -> tuple[Review, ...]:
        """The reviews that have a lead to this subject (id), by the time at which they were opened."""
        theirs = select(lead_table.c.review).where(lead_table.c.subject_digest == self._subject(subject))
        with self._database.read() as connection:
            rows = connection.execute(select(table).where(table.c.id.in_(theirs)).order_by(table.c.opened, table.c.id))
            return tuple(self._review(connection, row) for row in rows.all())

    def get(self, identity: str) -> Review:
        """The review of this id; raises UnknownName."""
        with self._database.read() as connection:
            return self._get(connection, identity)

    def judge(self, identity: str, verdict: Verdict) -> Review:
        """Put a verdict on file, durable on return, and give the review with it.

        Raises UnknownName, or BrokenInput where this reviewer has judged, where enough others have, or where the
        confirmed candidate is not there.
        """
        with self._database.write() as connection:
            before = self._get(connection, identity)
            if before.verdict_of(verdict.reviewer) is not None:
                raise BrokenInput(
                    "you have judged this review already; a verdict stays as it was given", where=identity
                )
            if before.result is not None:
                raise BrokenInput("as many people as it asks for have judged this review", where=identity)
            if verdict.finding is Finding.CONFIRMED and verdict.rank not in {each.rank for each in before.leads}:
                raise BrokenInput(f"this review has no candidate of rank {verdict.rank}", where=identity)
            mark = keyed_digest(self._index, f"reviewer\0{verdict.reviewer}".encode())
            about = self._closed(asdict(verdict), f"verdict/{identity}/{mark.hex()}")
            connection.execute(
                insert(verdict_table).values(review=identity, reviewer_digest=mark, at=verdict.at, about=about)
            )
            return self._get(connection, identity)

    def close(self, identity: str, now: int) -> Review:
        """Say that the log has the result; durable on return."""
        with self._database.write() as connection:
            connection.execute(
                update(table).where(table.c.id == identity, table.c.decided.is_(None)).values(decided=now)
            )
            return self._get(connection, identity)

    def forget(self, subjects: Iterable[str]) -> int:
        """Delete every lead to these subjects (ids): they were erased. How many leads there were."""
        marks = [self._subject(each) for each in subjects]
        with self._database.write() as connection:
            gone = 0
            for mark in marks:
                gone += connection.execute(delete(lead_table).where(lead_table.c.subject_digest == mark)).rowcount
            return gone

    def _get(self, connection: Connection, identity: str) -> Review:
        row = connection.execute(select(table).where(table.c.id == identity)).one_or_none()
        if row is None:
            raise UnknownName(
                f"there is no review {identity[:64]!r}", remedy="`countenance review list` prints their ids."
            )
        return self._review(connection, row)

    def _review(self, connection: Connection, row: Row[Any]) -> Review:
        leads = select(lead_table).where(lead_table.c.review == row.id).order_by(lead_table.c.rank)
        verdicts = (
            select(verdict_table)
            .where(verdict_table.c.review == row.id)
            .order_by(verdict_table.c.at, verdict_table.c.reviewer_digest)
        )
        return Review(
            **{name: getattr(row, name) for name in _CLEAR},
            **self._opened(row.about, f"review/{row.id}"),
            leads=tuple(
                Lead(each.rank, **self._opened(each.about, f"lead/{row.id}/{each.rank}"))
                for each in connection.execute(leads)
            ),
            verdicts=tuple(
                _verdict(self._opened(each.about, f"verdict/{row.id}/{each.reviewer_digest.hex()}"))
                for each in connection.execute(verdicts)
            ),
        )

    def _lead_row(self, review: str, each: Lead) -> dict[str, Any]:
        about = {"subject": each.subject, "reference": each.reference, "score": each.score}
        return {
            "review": review,
            "rank": each.rank,
            "subject_digest": self._subject(each.subject),
            "about": self._closed(about, f"lead/{review}/{each.rank}"),
        }

    def _subject(self, identity: str) -> bytes:
        return keyed_digest(self._index, f"subject\0{identity}".encode())

    def _closed(self, about: dict[str, Any], context: str) -> bytes:
        return self._seal.close(json.dumps(about).encode("ascii"), context.encode("ascii"))

    def _opened(self, sealed: bytes, context: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._seal.open(sealed, context.encode("ascii")))
        return found


def _verdict(about: dict[str, Any]) -> Verdict:
    return Verdict(**{**about, "finding": Finding(about["finding"])})
