"""The Merkle tree of RFC 6962, section 2.1: hashes, a frontier to append to, and the root that a proof leads to.

Proofs are made, and one tree is compared with a later one, in ``merkle_proofs``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one hash for each set bit of ``size``, largest first.

    Appending costs amortised one node hash; the memory is the logarithm of the size.
    """

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != bin(size).count("1"):
            raise ValueError(f"a tree of {size} leaves does not have {len(self.hashes)} hashes at its edge")

    def append(self, leaf: bytes, level: int = 0) -> None:
        """Add a leaf hash, or a complete node of ``level`` where the size is a multiple of 2^level."""
        size = self.size >> level
        while size & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            size >>= 1
        self.hashes.append(leaf)
        self.size += 1 << level

    def root(self) -> bytes:
        """The tree's root; of an empty tree the SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> Frontier:
        """An independent frontier at the same size."""
        return Frontier(self.size, self.hashes)


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over a list of leaf hashes."""
    frontier = Frontier()
    for each in hashes:
        frontier.append(each)
    return frontier.root()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over 2^k hashes, for example the 256 of a full tile."""
    sha256 = hashlib.sha256
    level = list(hashes)
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]
    return level[0]


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to, or None where it has the wrong length (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    root, at, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            root = node_hash(root, sibling)
        at >>= 1
        last >>= 1
    return root if last == 0 else None
