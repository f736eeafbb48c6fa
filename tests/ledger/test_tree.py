"""The growing tree: the same roots, tiles and bundles as the formats say, at every size and after every start."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.ledger.merkle import leaf_hash, root_of
from countenance.ledger.merkle_proofs import range_root
from countenance.ledger.tile_files import nodes_in, tiles_for
from countenance.ledger.tiles import WIDTH, Tile, hashes_in, unpack_bundle
from countenance.ledger.tree import Tree, check_tiles
from countenance.terms.errors import LogDamaged

ENTRIES = [f"entry {i}".encode() for i in range(1200)]


def grown(size: int) -> tuple[Tree, dict[Tile, bytes]]:
    tree, tiles = Tree(), dict[Tile, bytes]()
    for entry in ENTRIES[:size]:
        tiles.update(tree.append(entry))
    return tree, tiles


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(ENTRIES)) | st.sampled_from([0, 1, 255, 256, 257, 511, 512, 513, 1024]))
def test_tiles_bundles_and_root_are_those_of_the_formats(size: int) -> None:
    """Exactly the tiles of ``tiles_for``, whose hashes and entries lead to the same root."""
    tree, tiles = grown(size)
    tiles.update(tree.partial())
    assert set(tiles) == set(tiles_for(size))
    assert tree.root() == root_of(map(leaf_hash, ENTRIES[:size]))
    if size:
        assert range_root(0, size, nodes_in(size, tiles.__getitem__)) == tree.root()
    bundles = sorted((t for t in tiles if t.level is None), key=lambda t: t.number)
    assert [e for tile in bundles for e in unpack_bundle(tiles[tile], tile)] == ENTRIES[:size]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 700), st.integers(0, 400))
def test_a_tree_goes_on_from_its_edge(size: int, more: int) -> None:
    """What a start loads grows into the same tree as one that never stopped."""
    before, _ = grown(size)
    again = Tree(before.size, before.edge, before.tail)
    for entry in ENTRIES[size : size + more]:
        assert again.append(entry) == before.append(entry)
    assert (again.root(), again.edge, again.tail) == (before.root(), before.edge, before.tail)


def test_an_edge_that_does_not_fit_is_refused() -> None:
    """Another size, a lost hash, another entry: the row was damaged."""
    tree, _ = grown(300)
    for size, edge, tail in (
        (301, tree.edge, tree.tail),
        (300, tree.edge[:-32], tree.tail),
        (300, bytes(32) + tree.edge[32:], tree.tail),
    ):
        with pytest.raises(LogDamaged):
            Tree(size, edge, tail)


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([5, 256, 300]), st.data())
def test_a_bit_that_reads_back_wrong_is_found(size: int, data: st.DataObject) -> None:
    """Whichever tile or bundle it is in: no checkpoint is signed over it."""
    tree, tiles = grown(size)
    tiles.update(tree.partial())
    check_tiles(tiles, tiles)
    tile = data.draw(st.sampled_from(sorted(tiles, key=lambda t: t.path)))
    at = data.draw(st.integers(0, len(tiles[tile]) - 1))
    wrong = bytearray(tiles[tile])
    wrong[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(LogDamaged):
        check_tiles({**tiles, tile: bytes(wrong)}, tiles)


def test_a_bundle_that_is_not_its_tiles_is_found() -> None:
    """Bytes that were written wrong in the same way twice: the entries are hashed again."""
    tree, tiles = grown(256)
    tiles.update(tree.partial())
    bundle = Tile(None, 0)
    other = tiles[bundle].replace(b"entry 7", b"entry 8", 1)
    with pytest.raises(LogDamaged, match="entries"):
        check_tiles({**tiles, bundle: other}, {**tiles, bundle: other})


def test_older_partial_tiles_are_beginnings() -> None:
    """The hashes of a tree's own edge serve every smaller size within its last tile."""
    tree, _ = grown(300)
    assert hashes_in(tree.hashes_of(Tile(0, 1, 10)) or b"", Tile(0, 1, 10)) == [
        leaf_hash(e) for e in ENTRIES[WIDTH : WIDTH + 10]
    ]
    assert tree.hashes_of(Tile(0, 0, 10)) is None
