"""A tree's tiles as files: which ones there are, whose path one is, and the nodes that they hold, for proofs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from countenance.ledger.merkle import perfect_root
from countenance.ledger.merkle_proofs import Node
from countenance.ledger.tiles import HEIGHT, WIDTH, Tile, hashes_in, tile_at
from countenance.ledger.unreadable import Unreadable

_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


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
