"""Tiles (C2SP tlog-tiles): where a log's hashes and entries lie, how wide they are, and how bundles are packed.

A tile of level L holds up to 256 hashes of nodes at level 8·L; a bundle holds the entries of a tile of level 0.
Full tiles and bundles never change; a partial one is named by its width and serves the checkpoints of that size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from countenance.ledger.merkle import Node, perfect_root
from countenance.ledger.unreadable import Unreadable

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH_BYTES = 32
MAX_ENTRY_BYTES = 65535
MAX_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY_BYTES)
MAX_LEVEL = 7
"""A tree below 2^63 leaves has tiles up to level 7; the paths allow 63."""
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(NamedTuple):
    """Tile ``number`` of ``level`` (None for a bundle of entries), ``width`` 1 to 256."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """``tile/0/x001/x234/067`` or ``tile/entries/000.p/5``."""
        groups = []
        rest = self.number
        while True:
            groups.append(f"{rest % 1000:03d}")
            rest //= 1000
            if not rest:
                break
        place = "/".join([*(f"x{g}" for g in reversed(groups[1:])), groups[0]])
        level = "entries" if self.level is None else str(self.level)
        return f"tile/{level}/{place}" + ("" if self.width == WIDTH else f".p/{self.width}")


def parse_path(path: str) -> Tile:
    """Read a tile's path; raises Unreadable for anything that ``Tile.path`` would not write."""
    match = _PATH.fullmatch(path) if len(path) <= 100 else None
    if match is None:
        raise Unreadable(f"no path of a tile: {path[:100]!r}")
    level = None if match[1] == "entries" else int(match[1])
    tile = Tile(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
    if (level or 0) > 63 or tile.path != path:
        raise Unreadable(f"no path of a tile: {path[:100]!r}")
    return tile


def tiles_for(size: int) -> Iterator[Tile]:
    """Every tile and bundle of a tree of ``size``, level by level from the leaves, bundles first."""
    level: int | None = None
    count = size
    while count:
        for number in range(count // WIDTH):
            yield Tile(level, number)
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
        level, count = (0, size) if level is None else (level + 1, count // WIDTH)


def tile_at(level: int | None, number: int, size: int) -> Tile:
    """The tile at this place as wide as a tree of ``size`` makes it; raises ValueError where it has none."""
    count = size >> (HEIGHT * (level or 0))
    width = min(WIDTH, count - number * WIDTH)
    if width <= 0:
        raise ValueError(f"a tree of {size} leaves has no tile {number} at level {level}")
    return Tile(level, number, width)


def nodes_in(size: int, read: Callable[[Tile], bytes]) -> Node:
    """Complete nodes of a tree of ``size``, read out of its tiles: for proofs."""

    def node(level: int, index: int) -> bytes:
        tile_level, rest = divmod(level, HEIGHT)
        first = index << rest
        tile = tile_at(tile_level, first // WIDTH, size)
        hashes = hashes_in(read(tile), tile)
        start = first % WIDTH
        return perfect_root(hashes[start : start + (1 << rest)])

    return node


def hashes_in(data: bytes, tile: Tile) -> list[bytes]:
    """The hashes of a tile; raises Unreadable where its length is not that of its width."""
    if len(data) != tile.width * HASH_BYTES:
        raise Unreadable(f"has {len(data)} bytes instead of {tile.width * HASH_BYTES}", tile.path)
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def pack_bundle(entries: Iterable[bytes]) -> bytes:
    """Each entry behind its length, 16 bits, most significant byte first."""
    packed = bytearray()
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise Unreadable(f"an entry has at most {MAX_ENTRY_BYTES} bytes; this one has {len(entry)}")
        packed += len(entry).to_bytes(2, "big") + entry
    return bytes(packed)


def unpack_bundle(data: bytes, tile: Tile) -> Sequence[bytes]:
    """The entries of a bundle; raises Unreadable where it does not hold exactly as many as it is wide."""
    entries: list[bytes] = []
    at = 0
    for _ in range(tile.width):
        end = at + 2 + (data[at] << 8 | data[at + 1]) if at + 2 <= len(data) else len(data) + 1
        if end > len(data):
            raise Unreadable(f"ends within entry {tile.number * WIDTH + len(entries)}", tile.path)
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data):
        raise Unreadable(f"has {len(data) - at} bytes too many", tile.path)
    return entries
