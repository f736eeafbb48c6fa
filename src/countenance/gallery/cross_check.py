"""The cross-check: another implementation altogether, pgvector's exact scan, is asked what the search was asked.

It puts every template of the gallery, in clear, into a temporary table of the database server, and takes that back: the
transaction is never committed. What the server writes of it meanwhile, it writes in clear. So it is an operator's act.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection, select, text

from countenance.gallery.comparing import Comparing
from countenance.gallery.index.index import Index
from countenance.gallery.load import load
from countenance.gallery.memory import Memory
from countenance.gallery.recipes import read_recipes
from countenance.gallery.tables import gallery, recipe
from countenance.keys.keyring import Keyring
from countenance.storage.database import Database
from countenance.terms.candidate import SearchResult
from countenance.terms.errors import MissingPart
from countenance.terms.gallery import Gallery
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

TOLERANCE = 1e-5
"""pgvector adds up in float32; a score is exact. Whoever lies closer together than this may change places."""
_ROWS = 1000
_BY_WHICH = select(recipe.c.digest).join_from(gallery, recipe, recipe.c.space == gallery.c.space)
_THERE = text("SELECT name FROM pg_available_extensions WHERE name = 'vector'")
_NEAREST = text(
    "SELECT subject, max(-(template <#> CAST(:probe AS vector))) AS score FROM clear "
    "GROUP BY subject ORDER BY score DESC, subject LIMIT :k"
)


class CrossCheck:
    """Trusted with an operator's receipts: what it compares besides, it compares under the same one."""

    def __init__(self, database: Database, keyring: Keyring, memory: Memory, comparing: Comparing) -> None:
        self._database = database
        self._keyring = keyring
        self._memory = memory
        self._comparing = comparing

    def made_up(self, gallery: Gallery, count: int) -> tuple[Template, ...]:
        """So many probes that are nobody's, of the gallery's recipe; none where it is empty."""
        return _made_up(self._database, self._memory.id_of(gallery.pseudonym), count)

    def search(
        self, receipt: Receipt, samples: Sequence[SampleRef], probes: Sequence[Template], k: int
    ) -> tuple[tuple[SearchResult, ...], int]:
        """The answers of ``search_many`` over everybody, and how many of them pgvector gives differently.

        The receipt is as for that. Raises MissingPart where there is no pgvector.
        """
        _want_pgvector(self._database)
        answers = self._comparing.search_many(receipt, samples, probes, k, None)
        store = load(self._database, self._keyring, self._memory.id_of(receipt.gallery))
        return answers, _differing(self._database, store, probes, answers, k)


def _made_up(database: Database, place: str, count: int) -> tuple[Template, ...]:
    with database.read() as connection:
        digest = connection.execute(_BY_WHICH.where(gallery.c.id == place)).scalar()
        if digest is None:
            return ()
        made_by = read_recipes(connection, [digest])[digest]
    vectors = np.random.default_rng().standard_normal((count, made_by.dimension))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return tuple(Template(each, made_by, SampleRef(hashlib.sha256(each.tobytes()).hexdigest(), "0")) for each in unit)


def _want_pgvector(database: Database) -> None:
    if not database.shared or database.ask(_THERE, {}) is None:
        raise MissingPart(
            "there is no pgvector to check against",
            where=database.place,
            remedy="It is an extension of PostgreSQL: install it on the server. The search itself does not need it.",
        )


def _differing(
    database: Database, store: Index, probes: Sequence[Template], answers: Sequence[SearchResult], k: int
) -> int:
    """How many of the answers pgvector gives differently over all rows of ``store``."""
    wrong = 0
    with database.read() as connection:  # whose end undoes all of this
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.execute(
            text(f"CREATE TEMPORARY TABLE clear (subject text, template vector({len(probes[0].vector)}))")
        )
        for rows in _few(store):
            connection.execute(text("INSERT INTO clear VALUES (:subject, CAST(:template AS vector))"), rows)
        for probe, answer in zip(probes, answers, strict=True):
            wrong += not _agrees(connection, probe, answer, k)
    return wrong


def _few(store: Index) -> Iterator[list[dict[str, str]]]:
    rows: list[dict[str, str]] = []
    for row in store.rows():
        rows.append({"subject": row.subject, "template": str(row.vector.tolist())})
        if len(rows) == _ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _agrees(connection: Connection, probe: Template, answer: SearchResult, k: int) -> bool:
    found = connection.execute(_NEAREST, {"probe": str(probe.vector.tolist()), "k": k}).all()
    theirs = {row.subject: row.score for row in found}
    ours = answer.candidates
    return len(ours) == len(found) and all(
        abs(mine.score - row.score) <= TOLERANCE
        and abs(mine.score - theirs.get(mine.subject, found[-1].score)) <= TOLERANCE
        for mine, row in zip(ours, found, strict=True)
    )
