"""The ladder: whatever the kernel, the dimension and the data, its answer is that of brute force, to the last bit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gallery.house import Desk
from tests.gallery.oracle import DATA, brute_force, gallery_of, score, unit

from countenance.gallery import kernel
from countenance.gallery.admission import Admitted
from countenance.gallery.index import compiled, kernel_ir, ladder, scan
from countenance.gallery.index import filter as filter_module
from countenance.gallery.index import index as index_module
from countenance.gallery.index import row as row_module
from countenance.gallery.index import segment as segment_module
from countenance.gallery.index.codes import MOST_DIMENSIONS, Codes
from countenance.gallery.index.compiled import Kind, kinds
from countenance.gallery.index.crew import Crew
from countenance.gallery.index.filter import Filter
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.index import Index, Snapshot
from countenance.gallery.index.ladder import climb
from countenance.gallery.index.rerank import rank
from countenance.gallery.index.row import Row
from countenance.terms.action import Action

ADMITTED = Admitted(Desk().issue("session", Action.SEARCH), 1, 1)


def answer(gallery: Snapshot, probe: np.ndarray, k: int, threshold: float | None, kind: Kind) -> Any:
    """What ``kernel.nearest`` does, by one kind of kernel."""
    return rank(climb(gallery, probe[None], k, threshold, kernel.margin(len(probe)), kind)[0], probe, k, threshold)


def answers(
    gallery: Snapshot, probes: np.ndarray, k: int, threshold: float | None, kind: Kind, about: Filter | None = None
) -> list[Any]:
    """The same of several probes that share a pass."""
    left = climb(gallery, probes, k, threshold, kernel.margin(probes.shape[1]), kind, about)
    return [rank(each, probe, k, threshold) for each, probe in zip(left, probes, strict=True)]


def disagreements(rows: list[Row], probes: np.ndarray, kind: Kind, index: Index | None = None) -> int:
    """How many of the answers to these probes are not those of brute force."""
    index = index or Index(rows, tail=16, segment=300)
    assert index.snapshot.segments
    wrong = 0
    for number, probe in enumerate(probes):
        at = score(rows[number * 17 % len(rows)].vector, probe)  # a threshold that one row meets exactly
        for k, threshold in ((1, None), (7, None), (7, at), (1000, at), (5000, None)):
            wrong += answer(index.snapshot, probe, k, threshold, kind) != brute_force(rows, probe, k, threshold)
    at = score(rows[0].vector, probes[0])
    for k, threshold in ((7, None), (1000, at)):  # all of them at once, in one pass
        wrong += answers(index.snapshot, probes, k, threshold, kind) != [
            brute_force(rows, probe, k, threshold) for probe in probes
        ]
    return wrong


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("kind", kinds())
def test_every_kernel_answers_like_brute_force(kind: Kind, name: str) -> None:
    """Subjects, references, scores and order; with a tail, full segments and half a segment."""
    assert disagreements(*gallery_of(name, 700, 128), kind) == 0


@pytest.mark.parametrize("dimension", [2, 7, 100, 129, 256, 509, 512, 1024, MOST_DIMENSIONS])
@pytest.mark.parametrize("kind", kinds())
def test_any_dimension(kind: Kind, dimension: int) -> None:
    """Also such as are no multiple of eight or sixteen, up to the largest that the ladder takes."""
    for name in ("random", "outliers"):
        rows, probes = gallery_of(name, 120, dimension)
        assert disagreements(rows, probes[-3:], kind) == 0


@pytest.mark.parametrize("name", DATA)
def test_several_threads_answer_like_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes which segment, and whoever raises the bar when."""
    crew = Crew(4)
    monkeypatch.setattr(ladder, "crew", lambda: crew)
    monkeypatch.setattr(ladder, "ROWS_A_THREAD", 50)
    rows, probes = gallery_of(name, 700, 64)
    index = Index(tail=16, segment=60)
    for start in range(0, len(rows), 40):
        index.add(rows[start : start + 40])
    assert len(index.snapshot.segments) > 9
    assert disagreements(rows, probes, kinds()[0], index) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(DATA)),
    st.integers(20, 500),
    st.integers(1, 40),
    st.integers(0, 2**32),
    st.sampled_from(kinds()),
    st.integers(1, 30),
    st.sets(st.integers(0, 499)),
)
def test_grown_and_shrunk_it_answers_like_brute_force(
    name: str, count: int, dimension: int, seed: int, kind: Kind, k: int, gone: set[int]
) -> None:
    """References come in steps of any size, subjects and single references go; what is left decides."""
    rows, probes = gallery_of(name, count, dimension + 1, seed)
    index, start = Index(tail=16, segment=100, spool=Path(tempfile.gettempdir()) if seed % 2 else None), 0
    for step in np.random.default_rng(seed).integers(1, 90, size=count):
        index.add(rows[start : start + step])
        start += step
    subjects = {rows[place].subject for place in gone if place < count and place % 2}
    references = {rows[place].reference: rows[place].subject for place in gone if place < count and not place % 2}
    index.remove(subjects=subjects, references=references)
    left = [row for row in rows if row.subject not in subjects and row.reference not in references]
    assert sorted(row.reference for row in index.rows()) == sorted(row.reference for row in left)
    assert len(index.snapshot) == len(left)
    for probe in probes:
        assert answer(index.snapshot, probe, k, None, kind) == brute_force(left, probe, k, None)
    somebody = rows[0]
    best = kernel.best_of(ADMITTED, index.snapshot, probes[0], somebody.subject)
    mine = [score(row.vector, probes[0]) for row in left if row.subject == somebody.subject]
    assert best == (max(mine) if mine else None)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(DATA)),
    st.integers(20, 400),
    st.integers(0, 2**32),
    st.sampled_from(kinds()),
    st.integers(1, 30),
    st.booleans(),
    st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]),
    st.integers(0, 5),
)
def test_a_filter_leaves_the_answer_of_those_it_admits(
    name: str, count: int, seed: int, kind: Kind, k: int, bar: bool, share: float, without: int
) -> None:
    """As if the others were not in the gallery: they neither answer nor raise the bar."""
    rows, probes = gallery_of(name, count, 24, seed)
    index, random = Index(tail=16, segment=100), np.random.default_rng(seed)
    for start in range(0, count, 37):
        index.add(rows[start : start + 37])
    subjects = sorted({row.subject for row in rows})
    drawn = {each for each in subjects if random.random() < share}
    about = Filter(None if share == 1 else frozenset(drawn), frozenset(subjects[:without]))
    left = [row for row in rows if about.admits(row.subject)]
    threshold = score(rows[0].vector, probes[0]) if bar else None
    expected = [brute_force(left, probe, k, threshold) for probe in probes]
    assert answers(index.snapshot, probes, k, threshold, kind, about) == expected
    assert [answers(index.snapshot, probe[None], k, threshold, kind, about)[0] for probe in probes] == expected


def test_subjects_that_share_a_number_are_told_apart_by_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the 64-bit numbers of subjects equal, the answer would still be exact."""
    for where in (row_module, index_module, segment_module, filter_module):
        monkeypatch.setattr(where, "owner_of", lambda subject: int(subject[1:]) % 3)
    rows, probes = gallery_of("clustered", 300, 24)
    index = Index(rows, tail=16, segment=100)
    subjects = sorted({row.subject for row in rows})
    for about in (Filter(frozenset(subjects[::4])), Filter(without=frozenset(subjects[:9])), Filter()):
        left = [row for row in rows if about.admits(row.subject)]
        expected = [brute_force(left, probe, 5, None) for probe in probes]
        assert answers(index.snapshot, probes, 5, None, kinds()[0], about) == expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(DATA)), st.integers(1, 70), st.integers(2, 90), st.integers(0, 2**32))
def test_no_code_leaves_out_more_than_it_says(name: str, count: int, dimension: int, seed: int) -> None:
    """The two stored errors and the longest code are what the proof takes them for."""
    rows, _ = gallery_of(name, count, dimension, seed)
    vectors = np.stack([row.vector for row in rows])
    grid = Grid.of(vectors[: count // 2 + 1])
    codes = Codes.of(vectors, grid)
    half = grid.chunks * 4
    for row, vector in enumerate(vectors.astype(np.float64)):
        lane = codes.coarse[row // 16, :, 4 * (row % 16) : 4 * (row % 16) + 4].ravel()
        steps = np.concatenate([lane & 15, lane >> 4])[[*range(half), *range(half, 2 * half)]][:dimension] - 7.5
        assert np.linalg.norm(steps) <= codes.longest
        missing = np.linalg.norm(vector - grid.middle - grid.step * steps)
        assert missing <= float(codes.errors[row]) * codes.unit
        scale = float(codes.scale[row]) * codes.fine_unit
        assert np.linalg.norm(vector - codes.fine[row] * scale) <= scale * float(codes.tight[row]) / 8


def test_errors_that_are_too_small_are_noticed() -> None:
    """Failure injection: with nine tenths of every stored error the comparison with brute force finds a difference."""
    rows, probes = gallery_of("outliers", 700, 128)
    index = Index(rows, tail=16, segment=300)
    far = unit(np.stack([row.vector for row in rows[:70:7]]))  # outliers themselves: the bound is nearly attained
    probes = np.concatenate([probes, far])
    assert disagreements(rows, probes, kinds()[0], index) == 0
    index.snapshot = replace(index.snapshot, segments=tuple(_shorter(each) for each in index.snapshot.segments))
    assert disagreements(rows, probes, kinds()[0], index) > 0


def _shorter(segment: Any) -> Any:
    codes = segment.codes
    return replace(segment, codes=replace(codes, errors=(codes.errors * 0.9).astype(np.uint8)))


def test_a_kernel_with_mixed_up_lanes_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Failure injection: sums that end in other lanes than their references make answers differ."""
    dot = kernel_ir._dot

    def mixed(b: Any, kind: Kind, total: Any, codes: Any, four: Any) -> Any:
        made = dot(b, kind, total, codes, four)
        lanes = kernel_ir.ir.Constant(kernel_ir._SUMS, [1, 0, *range(2, 16)])
        return b.shuffle_vector(made, made, lanes)

    monkeypatch.setattr(compiled, "_folder", lambda: tmp_path)  # what is compiled here is of no use to anybody else
    monkeypatch.setattr(kernel_ir, "_dot", mixed)
    _forget()
    try:
        assert disagreements(*gallery_of("random", 700, 128), kinds()[0]) > 0
    finally:
        monkeypatch.undo()
        _forget()
    assert disagreements(*gallery_of("random", 700, 128), kinds()[0]) == 0


def _forget() -> None:
    kernel_ir.kernel.cache_clear()
    scan._scanning.cache_clear()


SEARCH = """
import sys
import numpy as np
from countenance.gallery.index import compiled, scan
from countenance.gallery.index.index import Index
from countenance.gallery.index.row import Row
vectors = np.eye(64, dtype=np.float32)[:, :32] + np.float32(0.1)
rows = [Row(f"r{i}", f"s{i}", vector) for i, vector in enumerate(vectors)]
Index(rows)
print("numba" in sys.modules)
Index(rows, tail=32)
stats = scan._scanning(compiled.kinds()[0], 1).stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def test_a_second_start_does_not_compile(tmp_path: Path) -> None:
    """The machine code lies in the user's cache; a small gallery needs none and imports nothing for it."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    outputs = [
        subprocess.run([sys.executable, "-c", SEARCH], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [each.stdout.split() for each in outputs] == [["False", "0", "1"], ["False", "1", "0"]]
    assert list((tmp_path / "countenance" / "compiled").rglob("*.nbc"))


def test_without_the_compiler_everything_is_searched_in_float32(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The same answers, and a word about what would make them faster."""
    monkeypatch.setitem(sys.modules, "numba", None)
    compiled.available.cache_clear()
    try:
        rows, probes = gallery_of("random", 300, 32)
        index = Index(rows, tail=16)
        assert not index.snapshot.segments
        assert "countenance[search]" in caplog.text
        found = kernel.nearest(ADMITTED, index.snapshot, list(probes), 9, None)
        assert found == [brute_force(rows, probe, 9, None) for probe in probes]
    finally:
        monkeypatch.undo()
        compiled.available.cache_clear()


def test_a_reader_keeps_what_it_saw() -> None:
    """Segments are replaced, never changed: a snapshot answers as before whatever comes and goes."""
    rows, probes = gallery_of("random", 300, 32)
    index = Index(rows[:200], tail=16, segment=100)
    before = index.snapshot
    index.add(rows[200:])
    index.remove(subjects={row.subject for row in rows[:50]})
    assert answer(before, probes[0], 20, None, kinds()[0]) == brute_force(rows[:200], probes[0], 20, None)
