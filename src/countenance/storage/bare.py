"""Rows as the driver gives them, for who reads millions: what makes them convenient takes as long as the reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select


def bare(connection: Connection, statement: Select[Any], many: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a statement as tuples, ``many`` at a time; of numbers, texts and bytes, which need no conversion."""
    if connection.dialect.name == "sqlite":
        cursor: Any = connection.execute(statement).cursor  # it reads as it is asked
        while rows := cursor.fetchmany(many):
            yield rows
    else:
        yield from connection.execution_options(yield_per=many).execute(statement).partitions()
