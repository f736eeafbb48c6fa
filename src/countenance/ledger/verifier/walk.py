"""Walk a log from its first entry to its last: hash every bundle again, and hold every tile against the entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from countenance.ledger import entry
from countenance.ledger.merkle import Frontier, perfect_root
from countenance.ledger.tiles import (
    HASH_BYTES,
    MAX_BUNDLE_BYTES,
    WIDTH,
    Tile,
    hashes_in,
    pack_bundle,
    tile_at,
    unpack_bundle,
)
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.failure import Failure, Tampered
from countenance.ledger.verifier.source import Source

OUR_BUNDLE_BYTES = WIDTH * (2 + entry.MAX_BYTES)


class Walk:
    """Over the tree of ``size``. ``roots`` holds, as soon as it is passed, the root at each size of ``marks``."""

    def __init__(self, source: Source, size: int, marks: Iterable[int] = (), *, ours: bool = True) -> None:
        self.size = size
        self.tiles = 0
        self.roots: dict[int, bytes] = {}
        self._source = source
        self._most = OUR_BUNDLE_BYTES if ours else MAX_BUNDLE_BYTES
        self._marks = sorted({m for m in marks if m <= size} | {size}, reverse=True)
        self._frontier = Frontier()
        self._levels: list[list[bytes]] = []
        self._mark([])

    def bundles(self) -> Iterator[Sequence[bytes]]:
        """The entries, bundle by bundle, each authenticated against its tile; raises Tampered or Missing."""
        sha256 = hashlib.sha256
        for number in range(-(-self.size // WIDTH)):
            bundle = tile_at(None, number, self.size)
            data, found = self._source.read_tile(bundle, self._most)
            entries = self._unpacked(data, found)[: bundle.width]
            hashes = [sha256(b"\x00" + each).digest() for each in entries]
            self._older_bundles(found, entries)
            self._mark(hashes)
            if bundle.width == WIDTH:
                self._agree(bundle._replace(level=0), hashes)
                self._rise(1, perfect_root(hashes))
            else:
                for each in hashes:
                    self._frontier.append(each)
                self._agree(bundle._replace(level=0), hashes)
            yield entries
        for level, hashes in enumerate(self._levels, 1):
            if hashes:
                self._agree(tile_at(level, self.size // WIDTH ** (level + 1), self.size), hashes)

    def _rise(self, level: int, root: bytes) -> None:
        """A full tile below gives one hash at ``level``."""
        if level == 1:
            self._frontier.append(root, level=8)
        if len(self._levels) < level:
            self._levels.append([])
        hashes = self._levels[level - 1]
        hashes.append(root)
        if len(hashes) == WIDTH:
            number = (self._frontier.size >> 8 * (level + 1)) - 1
            self._agree(Tile(level, number), hashes)
            self._levels[level - 1] = []
            self._rise(level + 1, perfect_root(hashes))

    def _mark(self, hashes: Sequence[bytes]) -> None:
        """Note the roots at marks that are reached within the leaves that come next."""
        start = self._frontier.size
        while self._marks and self._marks[-1] <= start + len(hashes):
            mark = self._marks.pop()
            edge = self._frontier.copy()
            for each in hashes[: mark - start]:
                edge.append(each)
            self.roots[mark] = edge.root()

    def _agree(self, tile: Tile, hashes: Sequence[bytes]) -> None:
        data, found = self._source.read_tile(tile, WIDTH * HASH_BYTES)
        self._same(found, data, hashes)
        for width in self._source.others(found):
            older = tile._replace(width=width)
            if width <= len(hashes):
                self._same(older, self._source.read(older.path, WIDTH * HASH_BYTES), hashes)
        self.tiles += 1

    def _same(self, tile: Tile, data: bytes, hashes: Sequence[bytes]) -> None:
        if len(data) != tile.width * HASH_BYTES:
            raise Tampered(f"has {len(data)} bytes instead of {tile.width * HASH_BYTES}", tile.path)
        width = min(tile.width, len(hashes))
        if data[: width * HASH_BYTES] == b"".join(hashes[:width]):
            return
        at = next(i for i in range(width) if data[i * HASH_BYTES : (i + 1) * HASH_BYTES] != hashes[i])
        level, place = tile.level or 0, tile.number * WIDTH + at
        below = tile_at(None, tile.number, self.size) if level == 0 else Tile(level - 1, place)
        what = f"entry {place}" if level == 0 else f"hash {at}"
        raise Tampered(
            f"{what} is not what {below.path} hashes to: {self._blame(tile, data, hashes, below)}", tile.path
        )

    def _blame(self, tile: Tile, data: bytes, hashes: Sequence[bytes], below: Tile) -> str:
        """Which of the two was changed, by what the tile above says; it says nothing of the right edge."""
        if len(hashes) == WIDTH == tile.width:
            try:
                above = tile_at((tile.level or 0) + 1, tile.number // WIDTH, self.size)
                parent = hashes_in(*self._source.read_tile(above, WIDTH * HASH_BYTES))[tile.number % WIDTH]
            except (Failure, Unreadable):
                parent = b""
            if parent == perfect_root(hashes):
                return f"{tile.path} was changed"
            if parent == perfect_root(hashes_in(data, tile)):
                return f"{below.path} was changed"
        return "one of the two was changed"

    def _older_bundles(self, bundle: Tile, entries: Sequence[bytes]) -> None:
        for width in self._source.others(bundle):
            older = bundle._replace(width=width)
            if width <= len(entries) and self._source.read(older.path, self._most) != pack_bundle(entries[:width]):
                raise Tampered(f"is not the beginning of {bundle.path}", older.path)

    def _unpacked(self, data: bytes, tile: Tile) -> Sequence[bytes]:
        try:
            return unpack_bundle(data, tile)
        except Unreadable as error:
            raise Tampered(error.what, error.where) from None
