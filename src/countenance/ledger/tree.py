"""The growing tree's right edge: what must be at hand to append, to make the root and to write the next tiles.

For each tile level the hashes of its last, partial tile (at most 255), and the entries of the last, partial bundle.
The memory is bounded by the number of levels, whatever the size.
"""

from __future__ import annotations

from collections.abc import Mapping

from countenance.ledger.merkle import Frontier, leaf_hash, perfect_root
from countenance.ledger.tiles import HASH_BYTES, HEIGHT, WIDTH, Tile, hashes_in, pack_bundle, unpack_bundle
from countenance.ledger.unreadable import Unreadable
from countenance.terms.errors import LogDamaged


class Tree:
    """Starts empty, or from what ``edge`` and ``tail`` of another gave; raises LogDamaged where they do not fit."""

    def __init__(self, size: int = 0, edge: bytes = b"", tail: bytes = b"") -> None:
        self.size = size
        self._levels: list[list[bytes]] = []
        count, offset = size, 0
        while count:
            end = offset + (count % WIDTH) * HASH_BYTES
            self._levels.append([edge[i : i + HASH_BYTES] for i in range(offset, end, HASH_BYTES)])
            offset, count = end, count // WIDTH
        try:
            self._tail = list(unpack_bundle(tail, Tile(None, size // WIDTH, size % WIDTH)))
        except Unreadable as error:
            raise LogDamaged(f"the last entries of the tree cannot be read: {error}") from error
        if offset != len(edge) or [leaf_hash(e) for e in self._tail] != (self._levels[0] if self._levels else []):
            raise LogDamaged("the tree's right edge does not fit its size")

    def append(self, entry: bytes) -> dict[Tile, bytes]:
        """Add an entry; the tiles and the bundle that it makes full."""
        full: dict[Tile, bytes] = {}
        index, level, value = self.size, 0, leaf_hash(entry)
        self._tail.append(entry)
        self.size += 1
        if self.size % WIDTH == 0:
            full[Tile(None, index // WIDTH)] = pack_bundle(self._tail)
            self._tail = []
        while True:
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(value)
            if len(hashes) < WIDTH:
                return full
            index //= WIDTH
            full[Tile(level, index)] = b"".join(hashes)
            value = perfect_root(hashes)
            self._levels[level] = []
            level += 1

    def partial(self) -> dict[Tile, bytes]:
        """The partial tiles and bundle of this size."""
        tiles: dict[Tile, bytes] = {}
        if self._tail:
            tiles[Tile(None, self.size // WIDTH, len(self._tail))] = pack_bundle(self._tail)
        for level, hashes in enumerate(self._levels):
            if hashes:
                index = self.size >> (HEIGHT * (level + 1))
                tiles[Tile(level, index, len(hashes))] = b"".join(hashes)
        return tiles

    def hashes_of(self, tile: Tile) -> bytes | None:
        """The beginning of the partial tile at this place, as wide as ``tile``; None where that tile is full."""
        level = tile.level or 0
        if level >= len(self._levels) or tile.number != self.size >> (HEIGHT * (level + 1)):
            return None
        return b"".join(self._levels[level][: tile.width])

    def root(self) -> bytes:
        """The tree's root."""
        frontier = Frontier()
        for level in reversed(range(len(self._levels))):
            for value in self._levels[level]:
                frontier.append(value, level * HEIGHT)
        return frontier.root()

    @property
    def edge(self) -> bytes:
        """The hashes of the partial tiles, level by level."""
        return b"".join(b"".join(hashes) for hashes in self._levels)

    @property
    def tail(self) -> bytes:
        """The entries of the partial bundle, packed as one."""
        return pack_bundle(self._tail)


def check_tiles(read: Mapping[Tile, bytes], made: Mapping[Tile, bytes]) -> None:
    """Compare tiles as read back from the disk with what was to be written, and hash the entries among them anew.

    The entries' hashes must be the level-0 tile's beside them; raises LogDamaged.
    """
    for tile, data in made.items():
        again = read[tile]
        if again != data:
            raise LogDamaged("a tile reads back other than it was written", where=tile.path)
        if tile.level is None:
            hashes = [leaf_hash(entry) for entry in unpack_bundle(again, tile)]
            beside = read.get(Tile(0, tile.number, tile.width))
            if beside is None or hashes_in(beside, Tile(0, tile.number, tile.width)) != hashes:
                raise LogDamaged("a bundle's entries are not those of its tile", where=tile.path)
