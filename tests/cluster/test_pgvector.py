"""Another implementation altogether: pgvector's exact scan finds whom the search finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from tests.gallery.house import House, sample_of, vector_of
from tests.storage.server import Server

from countenance.gallery.load import load

pytestmark = pytest.mark.xdist_group("postgresql")


def test_pgvector_s_exact_scan_agrees(tmp_path: Path, postgresql: Server) -> None:
    """Of 3,000 references of 600 subjects, each subject's best: the same subjects in the same order, the same scores.

    pgvector adds up in float32: scores may differ by its rounding, and whom that cannot tell apart may change places.
    """
    house = House(tmp_path, url=postgresql.make(postgresql.migrated()))
    gallery = house.gallery()
    for start in range(5):
        faces = {f"s{n}": (vector_of(10_000 * start + n), sample_of((start, n))) for n in range(600)}
        house.enrol_many(gallery, faces)
    rows = list(load(house.database, house.keyring(), gallery.id).rows())
    assert len(rows) == 3_000
    probes = [vector_of(900_000 + n) for n in range(20)]
    answers = [house.search(gallery, probe, 10) for probe in probes]
    with house.database.write() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.execute(text("CREATE TEMPORARY TABLE clear (subject text, template vector(16)) ON COMMIT DROP"))
        connection.execute(
            text("INSERT INTO clear VALUES (:subject, CAST(:template AS vector))"),
            [{"subject": row.subject, "template": str(row.vector.tolist())} for row in rows],
        )
        for probe, found in zip(probes, answers, strict=True):
            theirs = connection.execute(
                text(
                    "SELECT subject, max(-(template <#> CAST(:probe AS vector))) AS score FROM clear "
                    "GROUP BY subject ORDER BY score DESC, subject LIMIT 10"
                ),
                {"probe": str(probe.tolist())},
            ).all()
            assert found.compared == 3_000
            np.testing.assert_allclose([c.score for c in found.candidates], [row.score for row in theirs], atol=1e-6)
            close = np.diff([c.score for c in found.candidates]).max() > -1e-6
            if not close:
                assert [c.subject for c in found.candidates] == [row.subject for row in theirs]
    house.close()
