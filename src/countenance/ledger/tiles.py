"""Tiles (C2SP tlog-tiles): where a log's hashes and entries lie, how wide they are, and how bundles are packed.

A tile of level L holds up to 256 hashes of nodes at level 8·L; a bundle holds the entries of a tile of level 0.
Full tiles and bundles never change; a partial one is named by its width and serves the checkpoints of that size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from countenance.ledger.unreadable import Unreadable

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH_BYTES = 32
MAX_ENTRY_BYTES = 65535
MAX_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY_BYTES)


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


def tile_at(level: int | None, number: int, size: int) -> Tile:
    """The tile at this place as wide as a tree of ``size`` makes it; raises ValueError where it has none."""
    count = size >> (HEIGHT * (level or 0))
    width = min(WIDTH, count - number * WIDTH)
    if width <= 0:
        raise ValueError(f"a tree of {size} leaves has no tile {number} at level {level}")
    return Tile(level, number, width)


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
