"""The search: exact, by subject, in a fixed order, the same whatever the gallery's order."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gallery.house import DIMENSION, Desk, House, probe_of, sample_of, vector_of

from countenance.gallery import kernel
from countenance.gallery.admission import Admitted
from countenance.gallery.index.index import Index
from countenance.gallery.index.row import Row
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate
from countenance.terms.errors import Malformed, RecipeMismatch
from countenance.terms.sample import SampleRef

ADMITTED = Admitted(Desk().issue("session", Action.SEARCH), 1, 1)


def exact(a: np.ndarray, b: np.ndarray) -> float:
    """The inner product in rational numbers, rounded once."""
    return float(sum(Fraction(float(x)) * Fraction(float(y)) for x, y in zip(a, b, strict=True)))


def brute_force(rows: list[Row], probe: np.ndarray, k: int, threshold: float | None) -> tuple[Candidate, ...]:
    """Every reference scored, the best of each subject, sorted: no shortcut at all."""
    best: dict[str, tuple[float, str]] = {}
    for row in rows:
        mine = (-exact(row.vector, probe), row.reference)
        if row.subject not in best or mine < best[row.subject]:
            best[row.subject] = mine
    order = sorted((negative, subject, reference) for subject, (negative, reference) in best.items())
    wanted = [each for each in order if threshold is None or -each[0] >= threshold]
    return tuple(Candidate(s, r, -n, rank) for rank, (n, s, r) in enumerate(wanted[:k], start=1))


@st.composite
def galleries(draw: st.DrawFn) -> tuple[list[Row], np.ndarray]:
    """Rows with many equal templates, and many that differ in the last bit only, in any number of subjects."""
    dimension = draw(st.sampled_from([2, 7, 16]))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    pool = [vector_of(int(seed), dimension) for seed in random.integers(0, 2**32, draw(st.integers(1, 8)))]
    count, subjects = draw(st.integers(0, 160)), draw(st.integers(1, 60))
    rows = []
    for number in range(count):
        vector = pool[random.integers(len(pool))].copy()
        for _ in range(random.integers(0, 3)):
            place = random.integers(dimension)
            vector[place] = np.nextafter(vector[place], np.float32(random.integers(-1, 2)))
        rows.append(Row(f"r{random.integers(10**6):06}-{number}", f"s{random.integers(subjects):02}", vector))
    probe = pool[0] if draw(st.booleans()) else vector_of(draw(st.integers(0, 2**32)), dimension)
    return rows, probe


@settings(max_examples=150, deadline=None)
@given(galleries(), st.integers(1, 12), st.integers(-1, 200))
def test_the_answer_is_that_of_brute_force(gallery: tuple[list[Row], np.ndarray], k: int, at: int) -> None:
    """Same subjects, same references, same scores to the last bit, same order; a threshold is inclusive."""
    rows, probe = gallery
    threshold = exact(rows[at % len(rows)].vector, probe) if rows and at >= 0 else None
    found = kernel.nearest(ADMITTED, Index(rows).snapshot, [probe], k, threshold)
    assert found == [brute_force(rows, probe, k, threshold)]


@settings(max_examples=40, deadline=None)
@given(galleries(), st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_order_of_the_gallery_does_not_matter(
    gallery: tuple[list[Row], np.ndarray], k: int, random: object
) -> None:
    """Neither does what else is asked at the same time, nor in how many steps the references came."""
    rows, probe = gallery
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    stepwise = Index()
    for row in shuffled:
        stepwise.add([row])
    other = vector_of(1, len(probe))
    expected = kernel.nearest(ADMITTED, Index(rows).snapshot, [probe], k, None)
    assert kernel.nearest(ADMITTED, stepwise.snapshot, [other, probe], k, None)[1:] == expected


@settings(max_examples=40, deadline=None)
@given(galleries(), st.sets(st.integers(0, 59)), st.sets(st.integers(0, 160)))
def test_what_is_removed_is_never_found(
    gallery: tuple[list[Row], np.ndarray], subjects: set[int], places: set[int]
) -> None:
    """The index without some rows is the index that never had them."""
    rows, probe = gallery
    index = Index(rows)
    before = index.snapshot
    names = {f"s{number:02}" for number in subjects}
    references = {rows[place].reference: rows[place].subject for place in places if place < len(rows)}
    index.remove(subjects=names, references=references)
    left = [row for row in rows if row.subject not in names and row.reference not in references]
    assert sorted((r.reference, r.subject) for r in index.rows()) == sorted((r.reference, r.subject) for r in left)
    search = kernel.nearest(ADMITTED, index.snapshot, [probe], 200, None)
    assert search == kernel.nearest(ADMITTED, Index(left).snapshot, [probe], 200, None)
    assert len(before) == len(rows), "a snapshot does not change under its reader"


def test_raising_the_threshold_never_adds_a_candidate() -> None:
    """Each answer is a beginning of the answer at a lower threshold."""
    rows = [Row(f"r{i:03}", f"s{i % 40:02}", vector_of(i)) for i in range(200)]
    index, probe = Index(rows), vector_of(1_000)
    answers = [kernel.nearest(ADMITTED, index.snapshot, [probe], 40, t)[0] for t in (-1.0, 0.0, 0.2, 0.4, 0.6, 1.1)]
    for lower, higher in itertools.pairwise(answers):
        assert higher == lower[: len(higher)]
    assert len(answers[0]) == 40
    assert answers[-1] == ()


@pytest.mark.parametrize("dimension", [2, 128, 512])
def test_the_margin_holds_what_float32_loses(dimension: int) -> None:
    """No float32 product is further from the exact score than the margin says; and the margin is not idle."""
    random = np.random.default_rng(5)
    a = random.standard_normal((400, dimension))
    a = (a / np.linalg.norm(a, axis=1, keepdims=True)).astype(np.float32)
    a[200:] = a[:200] + np.float32(1e-7)  # mates, whose scores are near 1
    product = a @ a.T
    worst = max(abs(float(product[i, j]) - exact(a[i], a[j])) for i in range(0, 400, 37) for j in range(0, 400, 7))
    assert 0 < worst <= kernel.margin(dimension)


def test_k_counts_subjects(house: House) -> None:
    """A subject with many references takes one place, by the best of them; ties go by subject id."""
    gallery = house.gallery()
    probe = vector_of(0)
    near = probe + np.float32(0.05) * vector_of(1)
    near = (near / np.linalg.norm(near)).astype(np.float32)
    ids = {}
    for number in range(5):
        ids[number] = house.enrol(gallery, "many", near if number else vector_of(9), sample_of(number)).reference
    twins = [house.enrol(gallery, f"twin {n}", probe, sample_of(10 + n)).reference for n in range(3)]
    found = house.search(gallery, probe, k=4)
    assert [c.subject for c in found.candidates] == [*sorted(t.subject for t in twins), ids[0].subject]
    assert found.candidates[3].reference == min(ids[n].id for n in range(1, 5))
    assert found.candidates[3].score == exact(near, probe)
    assert [c.rank for c in found.candidates] == [1, 2, 3, 4]
    assert found.compared == 8
    assert len(house.search(gallery, probe, k=3).candidates) == 3


def test_an_empty_gallery_has_no_candidate(house: House) -> None:
    """That is an answer, and counts as a use."""
    gallery = house.gallery()
    found = house.search(gallery, vector_of(1))
    assert (found.candidates, found.compared, found.use) == ((), 0, 1)
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    assert len(house.search(gallery, vector_of(1)).candidates) == 1


def test_several_probes_under_one_receipt(house: House) -> None:
    """A picture with several faces: one use, one answer each, in order."""
    gallery = house.gallery()
    for number in range(6):
        house.enrol(gallery, f"s{number}", vector_of(number), sample_of(number))
    photograph = sample_of("group")
    probes = [probe_of(vector_of(n), photograph, str(n)).template for n in range(6)]
    receipt = house.receipt(Action.SEARCH, [SampleRef(photograph.digest, "*")], gallery=gallery, bound=6)
    found = house.galleries.search_many(receipt, [SampleRef(photograph.digest, "*")], probes, 1, 0.9)
    assert [house.galleries.subject(gallery, f.candidates[0].subject).name for f in found] == [
        f"s{n}" for n in range(6)
    ]
    assert {f.use for f in found} == {1}


def test_one_to_one(house: House) -> None:
    """Two templates in hand, one with several, and a probe with one enrolled subject: all by the same score."""
    gallery = house.gallery()
    a, b = probe_of(vector_of(1), sample_of(1)).template, probe_of(vector_of(2), sample_of(2)).template
    subject = house.enrol(gallery, "Ada", a.vector, sample_of(3)).reference.subject
    house.enrol(gallery, "Ada", vector_of(5), sample_of(5))
    house.enrol(gallery, "Grace", b.vector, sample_of(4))
    score = exact(a.vector, b.vector)
    pair = house.galleries.compare(house.receipt(Action.VERIFY, [a.sample, b.sample], bound=1), a, b)
    assert (pair.score, pair.use) == (score, 1)
    samples = [a.sample, b.sample]
    many = house.galleries.compare_many(house.receipt(Action.SEARCH, samples, bound=2), samples, a, [b, a])
    assert (many.scores, many.use) == ((score, exact(a.vector, a.vector)), 2)
    receipt = house.receipt(Action.VERIFY, [b.sample], gallery=gallery, bound=1)
    one = house.galleries.verify(receipt, b, subject)
    assert (one.score, one.use) == (max(score, exact(b.vector, vector_of(5))), 1)


@pytest.mark.parametrize(("k", "threshold"), [(0, None), (-1, None), (1, float("nan")), (1, float("inf"))])
def test_a_question_that_means_nothing_is_refused(house: House, k: int, threshold: float | None) -> None:
    """No candidates asked for, or a threshold that is no number; the receipt is not used up."""
    gallery = house.gallery()
    probe = probe_of(vector_of(1), sample_of(1)).template
    receipt = house.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
    with pytest.raises(Malformed):
        house.galleries.search(receipt, probe, k, threshold)
    assert house.galleries.search(receipt, probe, 1, None).use == 1


def test_a_search_about_some_subjects_is_as_if_there_were_no_others(house: House) -> None:
    """By what their metadata say, and without those who are named; the answer counts who was compared."""
    gallery = house.gallery()
    for number in range(8):
        words = {"unit": "north" if number % 2 else "south", "shift": str(number % 4)}
        house.enrol(gallery, f"s{number}", vector_of(number), sample_of(number), metadata=words)
    north = house.galleries.subjects_saying(gallery, {"unit": "north"})
    names = {each.id: each.name for each in house.galleries.subjects(gallery)}
    assert sorted(names[each] for each in north) == ["s1", "s3", "s5", "s7"]
    assert house.galleries.subjects_saying(gallery, {"unit": "north", "shift": "1"}) < north
    assert house.galleries.subjects_saying(gallery, {"unit": "west"}) == frozenset()
    probe = probe_of(vector_of(1), sample_of("probe")).template

    def ask(**about: Any) -> tuple[list[str], int]:
        receipt = house.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
        found = house.galleries.search(receipt, probe, 9, None, **about)
        return [names[each.subject] for each in found.candidates], found.compared

    everybody, compared = ask()
    assert (everybody[0], compared) == ("s1", 8)
    assert ask(only=north) == ([each for each in everybody if int(each[1]) % 2], 4)
    without = [each for each, name in names.items() if name in ("s1", "s4")]
    assert ask(without=without) == ([each for each in everybody if each not in ("s1", "s4")], 6)
    assert ask(only=north, without=without) == ([each for each in everybody if each in ("s3", "s5", "s7")], 3)
    assert ask(only=frozenset()) == ([], 0)
    assert ask(without=["nobody that there is"]) == (everybody, 8)


def test_more_are_asked_for_than_there_are(house: House) -> None:
    """Then all are the answer; of an empty gallery nobody is."""
    gallery = house.gallery()
    assert house.search(gallery, vector_of(1), k=5).candidates == ()
    house.enrol(gallery, "Ada", vector_of(1), sample_of("Ada"))
    assert len(house.search(gallery, vector_of(1), k=1_000_000).candidates) == 1


def test_a_probe_of_another_dimension_or_no_probe_at_all_is_not_compared(house: House) -> None:
    """Also one with numbers that are none, a zero vector, and a threshold that is no number."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of("Ada"))
    with pytest.raises(RecipeMismatch):
        house.search(gallery, vector_of(1, 2 * DIMENSION))
    for spoilt in (np.zeros(DIMENSION, np.float32), np.full(DIMENSION, np.nan, np.float32)):
        with pytest.raises(Malformed):
            house.search(gallery, spoilt)
    for threshold in (float("nan"), float("inf")):
        with pytest.raises(Malformed):
            house.search(gallery, vector_of(1), threshold=threshold)
