"""Tiles: paths, widths, bundles, and proofs made of tiles."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.ledger import merkle, merkle_proofs, tile_files, tiles
from countenance.ledger.tiles import Tile
from countenance.ledger.unreadable import Unreadable


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(None, 0, 5), "tile/entries/000.p/5"),
        (Tile(63, 999), "tile/63/999"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    """Written and read back."""
    assert tile.path == path
    assert tile_files.parse_path(path) == tile


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        (0, {}),
        (1, {(0, 0): 1}),
        (255, {(0, 0): 255}),
        (256, {(0, 0): 256, (1, 0): 1}),
        (70_000, {(0, 273): 112, (1, 0): 256, (1, 1): 17, (2, 0): 1}),
        (65_536, {(0, 255): 256, (1, 0): 256, (2, 0): 1}),
    ],
)
def test_widths_are_those_of_the_specification(size: int, widths: dict[tuple[int, int], int]) -> None:
    """The worked sizes; a tile of width 0 does not exist; 70,000 entries make 551 files with the checkpoint."""
    all_of = {(t.level, t.number): t.width for t in tile_files.tiles_for(size)}
    assert len(all_of) == sum(1 for _ in tile_files.tiles_for(size))
    assert {place: all_of[place] for place in widths} == widths
    assert all(1 <= w <= 256 for w in all_of.values())
    assert all(tiles.tile_at(*place, size).width == width for place, width in all_of.items())
    if size == 70_000:
        assert len(all_of) == 274 + 274 + 2 + 1


@given(st.integers(0, 10**12), st.integers(0, 63) | st.none(), st.integers(1, 256))
def test_every_path_is_read_back(number: int, level: int | None, width: int) -> None:
    """A law of all tiles."""
    tile = Tile(level, number, width)
    assert tile_files.parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x01/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "tile/data/000",
        "tile/8/0/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/" + "x999/" * 30 + "000",
    ],
)
def test_hostile_paths_are_unreadable(path: str) -> None:
    """Only what `Tile.path` writes is a path."""
    with pytest.raises(Unreadable):
        tile_files.parse_path(path)


@given(st.text(alphabet="tile/0x9.p entris", max_size=30))
def test_fuzzed_paths_are_read_back_or_unreadable(path: str) -> None:
    """Nothing else is raised, nothing is read two ways."""
    with contextlib.suppress(Unreadable):
        assert tile_files.parse_path(path).path == path


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_are_unpacked_as_they_were_packed(entries: list[bytes]) -> None:
    """And any other length is refused with the entry's number."""
    tile = Tile(None, 3, len(entries))
    packed = tiles.pack_bundle(entries)
    assert tiles.unpack_bundle(packed, tile) == entries
    with pytest.raises(Unreadable, match="too many"):
        tiles.unpack_bundle(packed + b"\x00", tile)
    with pytest.raises(Unreadable, match=f"ends within entry {3 * 256 + len(entries) - 1}"):
        tiles.unpack_bundle(packed[:-1], tile)


def test_an_entry_fits_its_length_field() -> None:
    """65,535 bytes and no more."""
    assert tiles.unpack_bundle(tiles.pack_bundle([bytes(65_535)]), Tile(None, 0, 1)) == [bytes(65_535)]
    with pytest.raises(Unreadable, match="at most 65535"):
        tiles.pack_bundle([bytes(65_536)])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 700, 65_537])
def test_proofs_made_of_tiles_are_those_made_of_leaves(size: int) -> None:
    """Inclusion and consistency, across tile borders."""
    leaves = [merkle.leaf_hash(str(i).encode()) for i in range(size)]
    levels = [leaves]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([merkle.perfect_root(below[i : i + 256]) for i in range(0, len(below) // 256 * 256, 256)])

    def read(tile: Tile) -> bytes:
        assert tile.level is not None
        return b"".join(levels[tile.level][tile.number * 256 :][: tile.width])

    node, direct = tile_files.nodes_in(size, read), merkle_proofs.node_in(leaves)
    for index in {0, size // 2, size - 1, min(size - 1, 256)}:
        path = merkle_proofs.inclusion_proof(index, size, node)
        assert path == merkle_proofs.inclusion_proof(index, size, direct)
        assert merkle.root_from_inclusion(index, size, leaves[index], path) == merkle.root_of(leaves)
    for old in {1, size // 2 or 1, max(1, size - 1)}:
        assert merkle_proofs.consistency_proof(old, size, node) == merkle_proofs.consistency_proof(old, size, direct)


@given(st.integers(1, 2**40))
@settings(max_examples=50)
def test_there_is_no_tile_past_the_edge(size: int) -> None:
    """The last tile of each level is the last."""
    last = (size - 1) // 256
    assert tiles.tile_at(0, last, size).width == (size - 1) % 256 + 1
    with pytest.raises(ValueError, match="has no tile"):
        tiles.tile_at(0, last + 1, size)


def test_a_tile_of_another_length_names_its_path() -> None:
    """So that a reader knows which file is hurt."""
    with pytest.raises(Unreadable, match=r"tile/1/000\.p/3: has 95 bytes instead of 96"):
        tiles.hashes_in(bytes(95), Tile(1, 0, 3))
