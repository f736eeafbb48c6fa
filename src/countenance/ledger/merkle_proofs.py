"""Proofs in the Merkle tree of RFC 6962, section 2.1: inclusion and consistency, made; and consistency, verified.

A *node* is named by its level and index: node (l, i) is the root over the leaves i·2^l to (i+1)·2^l − 1.
Proofs are made from a function that gives complete nodes, wherever they are kept, and are verified from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from countenance.ledger.merkle import EMPTY_ROOT, node_hash, perfect_root

Node = Callable[[int, int], bytes]
"""``node(level, index)`` gives the hash of a complete node."""


def node_in(hashes: Sequence[bytes]) -> Node:
    """Complete nodes over a list of leaf hashes that is at hand."""
    return lambda level, index: perfect_root(hashes[index << level : (index + 1) << level])


def range_root(start: int, end: int, node: Node) -> bytes:
    """The root over the leaves ``start`` to ``end`` − 1, where ``start`` is a multiple of the range's own span."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The path of leaf ``index`` in a tree of ``size``, its sibling first (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(range_root(split, end, node))
            end = split
        else:
            path.append(range_root(start, split, node))
            start = split
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """That the tree of ``old`` leaves is a beginning of the one of ``new`` (RFC 6962, 2.1.2); empty for old = 0."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not begin with one of {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end = 0, new
    while end != old:
        split = start + _split(end - start)
        if old <= split:
            path.append(range_root(split, end, node))
            end = split
        else:
            path.append(range_root(start, split, node))
            start = split
    if start:
        path.append(range_root(start, end, node))
    return path[::-1]


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the proof shows it (RFC 9162, 2.1.4.2). For ``old`` = 0 the proof must be empty, and shows nothing."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not path and old_root == new_root
    rest = list(path)
    if old & (old - 1) == 0:
        rest.insert(0, old_root)  # a complete old tree is itself the first node, and the proof leaves it out
    if not rest:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at >>= 1
        last >>= 1
    first = second = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first = node_hash(sibling, first)
            second = node_hash(sibling, second)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        at >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)
