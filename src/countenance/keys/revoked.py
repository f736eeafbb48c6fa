"""What is revoked by its id stays revoked: a table and the list of erasures are made to say the same."""

from __future__ import annotations

from sqlalchemy import Connection, Table, select, update

from countenance.keys.erasure_list import ErasureList, Revocable
from countenance.storage.database import Database


def revoke(
    connection: Connection,
    table: Table,
    kind: Revocable,
    name: str,
    at: int,
    erasures: ErasureList | None,
    **gone: object,
) -> None:
    """Revoke the row of ``table`` with the id ``name`` unless it is revoked: on the list first, then here.

    ``table`` has the columns ``id`` and ``revoked``; ``gone`` is what a revoked row has in other columns.
    """
    standing = (table.c.id == name) & table.c.revoked.is_(None)
    if connection.execute(select(table.c.id).where(standing)).first() is None:
        return
    if erasures is not None:
        erasures.revoked(kind, name, at)
    connection.execute(update(table).where(standing).values(revoked=at, **gone))


def agree_on_revoked(database: Database, table: Table, kind: Revocable, erasures: ErasureList, **gone: object) -> None:
    """Revoke here what the list has, and put on it what is revoked here and not on it yet."""
    listed = erasures.read().revoked[kind]
    with database.read() as connection:
        rows = connection.execute(select(table.c.id, table.c.revoked)).all()
    for row in rows:
        if row.revoked is not None and row.id not in listed:
            erasures.revoked(kind, row.id, row.revoked)
    again = [row.id for row in rows if row.revoked is None and row.id in listed]
    if again:
        with database.write() as connection:
            for name in again:
                values = {"revoked": listed[name], **gone}
                connection.execute(update(table).where(table.c.id == name).values(**values))
