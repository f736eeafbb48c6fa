"""Group: the connected parts of the graph of pairs at or above a threshold."""

from __future__ import annotations

from collections.abc import Iterable


def connected(count: int, pairs: Iterable[tuple[int, int]]) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Groups of the positions 0 … count-1 (each sorted, largest first, then by first position) and those alone.

    Two positions are in one group where a chain of pairs leads from one to the other; so the groups do not
    depend on the order of the samples, and a lower threshold only ever joins groups.
    """
    parent = list(range(count))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    members: dict[int, list[int]] = {}
    for position in range(count):
        members.setdefault(root(position), []).append(position)
    groups = sorted((tuple(m) for m in members.values() if len(m) > 1), key=lambda m: (-len(m), m[0]))
    return tuple(groups), tuple(m[0] for m in members.values() if len(m) == 1)
