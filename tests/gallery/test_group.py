"""Grouping: connected parts, independent of order, joined only ever more as the threshold falls."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gallery.house import House, probe_of, sample_of, vector_of
from tests.gallery.test_search import ADMITTED, exact

from countenance.gallery import kernel
from countenance.gallery.grouping import connected
from countenance.terms.action import Action


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(0, 10_000))
def test_the_pairs_are_those_of_brute_force(seed: int, count: int, at: int) -> None:
    """Also where a threshold is exactly a score, and where templates are equal."""
    random = np.random.default_rng(seed)
    vectors = np.stack([vector_of(int(s)) for s in random.integers(0, 12, count)] or [vector_of(0)])[:count]
    scores = {(i, j): exact(vectors[i], vectors[j]) for i, j in combinations(range(count), 2)}
    threshold = sorted(scores.values())[at % len(scores)] if scores else 0.5
    found = set(kernel.pairs_at_or_above(ADMITTED, vectors, threshold))
    assert found == {pair for pair, score in scores.items() if score >= threshold}


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_groups_are_the_connected_parts(case: tuple[int, set[tuple[int, int]]]) -> None:
    """Everybody is in one place; two are together exactly where a chain leads from one to the other."""
    count, drawn = case
    pairs = {(a, b) for a, b in drawn if a != b}
    groups, single = connected(count, pairs)
    assert sorted([*single, *(i for g in groups for i in g)]) == list(range(count))
    place = {i: g for g in [*groups, *((s,) for s in single)] for i in g}
    assert all(place[a] == place[b] for a, b in pairs)
    for group in groups:  # no group could be split: each part of it has a pair that leads out
        reached, todo = {group[0]}, [group[0]]
        while todo:
            here = todo.pop()
            for a, b in pairs:
                for there in ({a, b} - {here}) if here in (a, b) else ():
                    if there not in reached:
                        reached.add(there)
                        todo.append(there)
        assert reached == set(group)
    assert list(groups) == sorted(groups, key=lambda g: (-len(g), g[0]))


def test_the_door_groups_positions(house: House) -> None:
    """Three pictures of one face, two of another, one alone; all pairs are counted."""
    labels = [0, 1, 0, 2, 1, 0]
    templates = [probe_of(vector_of(label), sample_of(f"g{i}")).template for i, label in enumerate(labels)]
    samples = [t.sample for t in templates]
    found = house.galleries.group(house.receipt(Action.GROUP, samples, bound=15), samples, templates, 0.99)
    assert found.groups == ((0, 2, 5), (1, 4))
    assert (found.single, found.comparisons, found.use) == ((3,), 15, 1)
    empty = house.galleries.group(house.receipt(Action.GROUP, samples, bound=15), samples, [], 0.99)
    assert (empty.groups, empty.single, empty.comparisons) == ((), (), 0)
