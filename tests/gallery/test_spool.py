"""Segments whose templates lie in a file: encrypted, nameless, and overwritten where somebody is erased."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.gallery.house import House, sample_of, vector_of
from tests.gallery.oracle import brute_force, gallery_of

from countenance.gallery import kernel
from countenance.gallery.index.cold import Cold
from countenance.gallery.index.compiled import kinds
from countenance.gallery.index.index import Index
from countenance.gallery.index.ladder import climb
from countenance.gallery.index.rerank import rank
from countenance.gallery.index.spool import Spool
from countenance.terms.action import Action


def cold_of(count: int, dimension: int) -> Cold:
    rows, _ = gallery_of("random", count, dimension)
    return Cold(
        np.stack([row.vector for row in rows]),
        np.array([row.reference.encode() for row in rows]),
        np.array([row.subject.encode() for row in rows]),
    )


def content(spool: Spool) -> bytes:
    """All bytes of the file."""
    descriptor = spool.records._file.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


@pytest.mark.parametrize("dimension", [2, 7, 128, 513])
def test_what_is_taken_is_what_was_put_in(tmp_path: Path, dimension: int) -> None:
    """Any rows in any order, also through a view of a view; nobody finds a file of that, or a template in it."""
    cold = cold_of(400, dimension)
    spool = Spool.of(cold, 400, tmp_path)
    order = np.random.default_rng(1).permutation(400)[:90]
    for made, rows in ((spool, order), (spool, np.arange(400)), (spool.view(order).view(order[order < 90]), None)):
        wanted = order[order[order < 90]] if rows is None else rows
        taken = made.take(np.arange(len(wanted)) if rows is None else rows)
        assert np.array_equal(taken.vectors, cold.vectors[wanted])
        assert np.array_equal(taken.references, cold.references[wanted])
        assert np.array_equal(taken.subjects, cold.subjects[wanted])
    assert list(tmp_path.iterdir()) == []
    assert cold.vectors[3].tobytes()[:8] not in content(spool)
    assert cold.references[3] not in content(spool)


def test_erased_rows_are_overwritten(tmp_path: Path) -> None:
    """On the disk nothing of them is left; who had begun to read gets numbers that do no harm, and looks again."""
    rows, probes = gallery_of("random", 200, 33)
    index = Index(rows, tail=16, segment=500, spool=tmp_path)
    (segment,) = index.snapshot.segments
    assert isinstance(segment.cold, Spool)
    before, removals = content(segment.cold), index.removals
    gone = rows[7]
    places = segment.places_of([], {gone.reference: gone.subject})
    index.remove(references={gone.reference: gone.subject})
    size = segment.cold.records._size
    for place in range(200):
        there, was = (each[place * size : (place + 1) * size] for each in (content(segment.cold), before))
        assert there == (bytes(size) if place in places else was)
    assert index.removals == removals + 1
    old = segment.cold.take(places)
    assert np.isfinite(old.vectors).all()
    assert old.references[0] != gone.reference.encode()
    left = [row for row in rows if row is not gone]
    found = rank(climb(index.snapshot, probes[:1], 300, None, 1e-5, kinds()[0])[0], probes[0], 300, None)
    assert found == brute_force(left, probes[0], 300, None)


def test_a_removal_is_published_before_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that reads the count and then the snapshot never takes the old one for the new one."""
    rows, _ = gallery_of("random", 50, 8)
    index, seen = Index(rows, tail=16), []
    publish = index._publish
    monkeypatch.setattr(index, "_publish", lambda: (publish(), seen.append(index.removals)))
    index.remove(subjects=[rows[0].subject])
    assert (seen, index.removals) == ([0], 1)


def test_a_disk_that_takes_nothing_costs_memory_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The templates stay in memory, and the log says so."""
    rows, probes = gallery_of("random", 200, 33)
    index = Index(rows, tail=16, spool=tmp_path / "nowhere")
    assert [type(segment.cold) for segment in index.snapshot.segments] == [Cold]
    assert "stay in memory" in caplog.text
    found = rank(climb(index.snapshot, probes[:1], 9, None, 1e-5, kinds()[0])[0], probes[0], 9, None)
    assert found == brute_force(rows, probes[0], 9, None)


def test_a_big_gallery_behind_the_door(house: House, tmp_path: Path) -> None:
    """Enrolled, erased, one reference erased, looked at by the doctor: as in a small one."""
    gallery = house.gallery()
    house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(100)})
    second = house.enrol(gallery, "s5", vector_of(1_005), sample_of(1_005)).reference
    opened = house.galleries._memory.open(gallery.pseudonym)
    opened.index = Index(list(opened.index.rows()), tail=16, segment=40, spool=tmp_path)
    assert len(opened.index.snapshot.segments) > 2
    house.enrol_many(gallery, {f"new {n}": (vector_of(2_000 + n), sample_of(2_000 + n)) for n in range(20)})
    assert house.search(gallery, vector_of(1_005), threshold=0.999).candidates[0].reference == second.id
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, second.id)
    house.erase(gallery, "s7")
    for number, there in ((5, True), (7, False), (1_005, False), (2_003, True)):
        found = house.search(gallery, vector_of(number), threshold=0.999, label=f"probe {number}")
        assert (bool(found.candidates), found.compared) == (there, 119)
    assert house.galleries.examine(deep=True).findings == ()


def test_verification_reads_the_subject_alone(tmp_path: Path) -> None:
    """One to one in a big gallery: by the subject's own rows."""
    rows, probes = gallery_of("duplicated", 300, 16)
    index = Index(rows, tail=16, segment=70, spool=tmp_path)
    subject = rows[0].subject
    mine = index.snapshot.vectors_of(subject)
    assert len(mine) == sum(row.subject == subject for row in rows)
    assert (
        max(kernel.exact(mine, probes[0]))
        == brute_force([row for row in rows if row.subject == subject], probes[0], 1, None)[0].score
    )
