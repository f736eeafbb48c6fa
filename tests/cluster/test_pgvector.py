"""Another implementation altogether: pgvector's exact scan finds whom the search finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from tests.gallery.house import House, sample_of, vector_of
from tests.storage.server import Server

from countenance.gallery.load import load
from countenance.terms.action import Action
from countenance.terms.errors import MissingPart

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


def test_the_doctor_s_cross_check_sees_a_difference(tmp_path: Path, postgresql: Server) -> None:
    """None over a whole gallery, and nothing is left on the server; one where a reference is not in our index."""
    house = House(tmp_path, url=postgresql.make(postgresql.migrated()))
    gallery, check = house.gallery(), house.galleries.cross_check
    assert check.made_up(gallery, 3) == ()
    house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(9)})

    def differing() -> int:
        probes = check.made_up(gallery, 3)
        samples = [probe.sample for probe in probes]
        receipt = house.receipt(Action.SEARCH, samples, gallery=gallery, bound=3)
        answers, differing = check.search(receipt, samples, probes, 20)
        assert len(answers) == 3
        return differing

    assert differing() == 0
    with house.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_extension WHERE extname = 'vector'")).scalar() == 0
    subject = house.galleries.subject(gallery, "s4").id
    house.galleries._memory.open(gallery.pseudonym).index.remove(subjects=[subject])
    assert differing() == 3
    house.close()


def test_where_there_is_no_pgvector_it_says_so(tmp_path: Path) -> None:
    """As over a file; the receipt is not used."""
    house = House(tmp_path)
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    probes = house.galleries.cross_check.made_up(gallery, 1)
    receipt = house.receipt(Action.SEARCH, [probes[0].sample], gallery=gallery, bound=1)
    with pytest.raises(MissingPart, match="no pgvector"):
        house.galleries.cross_check.search(receipt, [probes[0].sample], probes, 5)
    house.galleries.search(receipt, probes[0], 1, None)
    house.close()
