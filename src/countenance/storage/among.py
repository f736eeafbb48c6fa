"""Select the rows whose column holds one of many values, in statements of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select

_CHUNK = 500
"""Bound parameters in one statement; SQLite before 3.32 takes 999, PostgreSQL 65,535."""


def among(
    connection: Connection, statement: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[Any]]:
    """The rows of ``statement`` whose ``column`` is one of ``values``; nothing for no values."""
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _CHUNK):
        yield from connection.execute(statement.where(column.in_(wanted[start : start + _CHUNK])))
