"""pgvector's exact scan of the same templates, in a PostgreSQL server that is started for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[2]))  # the tests' server
from tests.storage.server import running_server

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_BLOCK = 65_536


class PgVector:
    """A table of templates."""

    def __init__(self, connection: psycopg.Connection, dimension: int) -> None:
        self._connection = connection
        connection.execute("CREATE EXTENSION vector")
        connection.execute(f"CREATE TABLE faces (id bigint, template vector({dimension}))")

    def fill(self, vectors: NDArray[np.float32]) -> None:
        """As COPY takes them in binary: a count of fields, then each field's length and bytes, big-endian."""
        dimension = vectors.shape[1]
        form = [("fields", ">i2"), ("eight", ">i4"), ("id", ">i8"), ("size", ">i4"), ("dimension", ">i2")]
        rows = np.zeros(len(vectors), dtype=[*form, ("none", ">i2"), ("numbers", ">f4", (dimension,))])
        rows["fields"], rows["eight"], rows["size"], rows["dimension"] = 2, 8, 4 + 4 * dimension, dimension
        rows["id"], rows["numbers"] = np.arange(len(vectors)), vectors
        with self._connection.cursor().copy("COPY faces FROM STDIN WITH (FORMAT binary)") as copy:
            copy.write(_HEAD)
            for start in range(0, len(rows), _BLOCK):
                copy.write(rows[start : start + _BLOCK].tobytes())
            copy.write(b"\xff\xff")
        self._connection.execute("ANALYZE faces")

    def search(self, probe: NDArray[np.float32], k: int) -> list[int]:
        """The ids of the k nearest rows, best first."""
        asked = str(probe.tolist())
        query = "SELECT id FROM faces ORDER BY template <#> %s::vector LIMIT %s"
        return [row[0] for row in self._connection.execute(query, (asked, k)).fetchall()]


@contextmanager
def pgvector(dimension: int) -> Iterator[PgVector]:
    """Until the end of the block."""
    with running_server() as server, psycopg.connect(server.make(), autocommit=True) as connection:
        yield PgVector(connection, dimension)
