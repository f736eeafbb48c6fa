"""The shelf: a log's tiles and bundles on the disk, staged while their epoch is open, public once it is published.

Staged and public files have the same relative paths; a file moves from one to the other by a rename, so what was read
back and hashed before signing is the very file that is published. Bundles of an open epoch never lie in the public
directory: their names and times would say when something happened.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from countenance.ledger.disk import Disk, make_directories, write_files
from countenance.ledger.merkle_proofs import Node
from countenance.ledger.tile_files import nodes_in, parse_path
from countenance.ledger.tiles import HEIGHT, WIDTH, Tile, tile_at, unpack_bundle
from countenance.ledger.tree import Tree
from countenance.ledger.unreadable import Unreadable
from countenance.terms.errors import LogDamaged

CHECKPOINT = "checkpoint"


class Shelf:
    """The files of one log (one origin): ``public`` is the C2SP prefix, ``staged`` is private."""

    def __init__(self, public: Path, staged: Path, disk: Disk) -> None:
        self.public = public
        self.staged = staged
        self._disk = disk

    def stage(self, tiles: Mapping[Tile, bytes]) -> None:
        """Write tiles durably into the private directory."""
        write_files(self._disk, {self.staged / tile.path: data for tile, data in tiles.items()})

    def read_back(self, tiles: Iterable[Tile]) -> dict[Tile, bytes]:
        """What was staged, as it reads now; a partial tile that two sizes share may have been published meanwhile."""
        return {tile: self.read(tile) for tile in tiles}

    def read(self, tile: Tile) -> bytes:
        """A tile or bundle, from wherever it lies; of a partial one that has grown full, its beginning.

        Raises LogDamaged where it is gone.
        """
        for directory in (self.staged, self.public, self.staged):  # it may move while we look
            try:
                return (directory / tile.path).read_bytes()
            except FileNotFoundError:
                continue
        if tile.width < WIDTH:
            full = self.read(Tile(tile.level, tile.number))
            if tile.level is not None:
                return full[: tile.width * 32]
            entries = unpack_bundle(full, Tile(None, tile.number))[: tile.width]
            return full[: sum(2 + len(e) for e in entries)]
        raise LogDamaged("a tile of the log is missing", where=str(self.public / tile.path))

    def nodes(self, size: int, edge: Tree | None = None) -> Node:
        """The complete nodes of the tree of ``size``, for proofs; each tile is read once.

        ``edge`` has the partial tiles of a tree whose epoch is still open, which are in no file.
        """
        cache: dict[Tile, bytes] = {}

        def read(tile: Tile) -> bytes:
            if tile not in cache:
                cache[tile] = (edge.hashes_of(tile) if edge else None) or self.read(tile)
            return cache[tile]

        return nodes_in(size, read)

    def entry(self, index: int, size: int) -> bytes:
        """The bytes of the entry at ``index`` in the tree of ``size``."""
        tile = tile_at(None, index // WIDTH, size)
        return bytes(unpack_bundle(self.read(tile), tile)[index % WIDTH])

    def publish(self, size: int, before: int) -> None:
        """Move the staged files of the tree of ``size`` to the public directory, durably. Idempotent.

        A crash leaves some moved and some not; doing it again moves the rest, and syncs the names of them all, those
        that the last process moved too: ``before`` is the size whose publication is known to have been finished.
        """
        for path in sorted(self.staged.glob("tile/**/*")):
            relative = path.relative_to(self.staged).as_posix()
            if path.is_dir() or not _belongs(relative, size):
                continue
            target = self.public / relative
            make_directories(self._disk, target.parent)
            os.utime(path)  # a web server tells a file's time, and this one was written when its entries were made
            self._disk.rename(path, target)
        directories = {self.public}
        for tile in _grown(before, size):
            directories.update((self.public / tile.path).relative_to(self.public).parents)
        for directory in sorted((self.public / each for each in directories), reverse=True):
            self._disk.sync_directory(directory)

    def publish_checkpoint(self, note: str) -> None:
        """Put the signed checkpoint where readers look for it: the last step of publication."""
        write_files(self._disk, {self.public / CHECKPOINT: note.encode()})

    def published_checkpoint(self) -> bytes | None:
        """What is published now."""
        try:
            return (self.public / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return None


def _grown(before: int, size: int) -> Iterator[Tile]:
    """The tiles and bundles of the tree of ``size`` that the one of ``before`` did not have, or not as wide."""
    level: int | None = None
    while size:
        for number in range(before // WIDTH, -(-size // WIDTH)):
            yield Tile(level, number, min(WIDTH, size - number * WIDTH))
        if level is None:
            level = 0
        else:
            level, before, size = level + 1, before // WIDTH, size // WIDTH


def _belongs(path: str, size: int) -> bool:
    """Whether the tile at ``path`` is one of the tree of ``size``: full within it, or partial exactly as it is."""
    try:
        tile = parse_path(path)
    except Unreadable:
        return False
    span = 1 << (HEIGHT * (tile.level or 0))
    if tile.width == WIDTH:
        return (tile.number + 1) * WIDTH * span <= size
    count = size // span
    return count // WIDTH == tile.number and count % WIDTH == tile.width
