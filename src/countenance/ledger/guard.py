"""The guard: what is checked before a log may be written again, so that it never becomes two.

The way a log forks honestly is a backup: an older copy that starts as if nothing had happened since. It is refused by
what does not fit: the place where it lies, the checkpoint that is published, the anchor, the files at the right edge.
A copy of everything at once, anchor included, with no witness elsewhere, cannot be told from the original.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from countenance.ledger.anchor import read_anchor
from countenance.ledger.checkpoint import parse_checkpoint
from countenance.ledger.commit_point import CommitPoint, CommitPoints, KeptCheckpoint
from countenance.ledger.merkle import EMPTY_ROOT, leaf_hash, perfect_root
from countenance.ledger.merkle_proofs import range_root
from countenance.ledger.note import parse_note
from countenance.ledger.shelf import Shelf
from countenance.ledger.tiles import HASH_BYTES, WIDTH, Tile, hashes_in, unpack_bundle
from countenance.ledger.tree import Tree
from countenance.ledger.unreadable import Unreadable
from countenance.terms.errors import LogDamaged, Unwritable

_RESTORE = (
    "If this data directory is a copy or came from a backup, `countenance restore` says so in the log and goes on."
)


def identity(directory: Path) -> str:
    """What a copy does not share with its original: the directory's inode."""
    return str(directory.stat().st_ino)


def check_place(point: CommitPoint, directory: Path) -> None:
    """The log must lie where it was made; raises LogDamaged for a copy."""
    if point.directory != identity(directory):
        raise LogDamaged("this log is a copy: it was made in another directory", where=str(directory), remedy=_RESTORE)


def check_published(point: CommitPoint, points: CommitPoints, shelf_of: Callable[[str], Shelf]) -> None:
    """What is published must be a checkpoint that we signed, and be there if we know it to be; raises LogDamaged."""
    kept = points.checkpoints()
    public = [k for k in kept if k.published is not None]
    newest = public[-1].epoch if public else None
    shelf = shelf_of(point.origin)
    data = shelf.published_checkpoint()
    if data is None and public:  # an earlier shard may have made way already
        data = shelf_of(public[-1].origin).published_checkpoint()
    where = str(shelf.public)
    if data is None:
        if newest is not None:
            raise LogDamaged(
                f"the checkpoint of epoch {newest} was published and is gone", where=where, remedy=_RESTORE
            )
        return
    try:
        said = parse_checkpoint(parse_note(data).text)
    except Unreadable as error:
        raise LogDamaged(f"the published checkpoint does not parse: {error}", where=where) from error
    ours = next((k for k in kept if (k.origin, k.size) == (said.origin, said.size)), None)
    if ours is None and _continued(point, said.origin, said.size):
        return
    if ours is None:
        raise LogDamaged(
            f"the published tree of size {said.size} is not one that this data directory knows: it went backwards",
            where=where,
            remedy=_RESTORE,
        )
    if ours.root != said.root:
        raise LogDamaged(f"the log forked: two trees of size {said.size}", where=where, remedy=_RESTORE)
    if newest is not None and ours.epoch < newest:
        raise LogDamaged(f"the published checkpoint of epoch {newest} was replaced by an older one", where=where)


def check_edge(point: CommitPoint, tree: Tree, last: KeptCheckpoint | None, shelf: Shelf) -> None:
    """The files at the right edge must lead to the roots that were committed; raises LogDamaged.

    Reads a handful of files, whatever the size: the last checkpoint's right edge, and the last full bundle and tile.
    """
    if tree.root() != point.root:
        raise LogDamaged("the committed root is not that of the committed right edge", where=str(shelf.staged))
    if last is not None and last.origin == point.origin:
        if last.size > point.size:
            raise LogDamaged(f"a tree of size {last.size} was signed, the log has {point.size}", remedy=_RESTORE)
        if root_at(shelf, last.size) != last.root:
            raise LogDamaged(f"the files do not lead to the root signed at size {last.size}", where=str(shelf.public))
    full = point.size // WIDTH
    if not full:
        return
    tile, bundle = Tile(0, full - 1), Tile(None, full - 1)
    try:
        hashes = hashes_in(shelf.read(tile), tile)
        entries = unpack_bundle(shelf.read(bundle), bundle)
    except Unreadable as error:
        raise LogDamaged(f"the last full tile is damaged: {error}", where=str(shelf.public)) from error
    if [leaf_hash(e) for e in entries] != hashes:
        raise LogDamaged("the last full bundle is not that of its tile", where=bundle.path)
    above = full % WIDTH
    if above and tree.edge[(point.size % WIDTH + above - 1) * HASH_BYTES :][:HASH_BYTES] != perfect_root(hashes):
        raise LogDamaged("the last full tile is not the one that was committed", where=tile.path)


def check_anchor(path: Path, point: CommitPoint, tree: Tree, points: CommitPoints, shelf: Shelf) -> None:
    """The log must go at least as far as its anchor, and through it; raises LogDamaged, or Unwritable."""
    try:
        anchor = read_anchor(path)
    except OSError as error:
        raise Unwritable(f"the log's anchor cannot be reached: {error.strerror}", where=str(path)) from error
    if anchor is None:
        if point.anchored:
            raise LogDamaged(
                "this log had an anchor, and it is gone", where=str(path), remedy="Put it back. " + _RESTORE
            )
        return
    if anchor.origin != point.origin:
        past = any(k.size >= anchor.size for k in points.checkpoints(anchor.origin))
        if not past and not _continued(point, anchor.origin, anchor.size):
            raise LogDamaged(f"the anchor is of another log, {anchor.origin}", where=str(path), remedy=_RESTORE)
        return
    if anchor.size > point.size:
        raise LogDamaged(
            f"the log went backwards: it has {point.size} entries, its anchor says {anchor.size}",
            where=str(path),
            remedy=_RESTORE,
        )
    if root_at(shelf, anchor.size, tree) != anchor.root:
        raise LogDamaged(f"the log forked: the anchor has another tree of size {anchor.size}", where=str(path))


def _continued(point: CommitPoint, origin: str, size: int) -> bool:
    """Whether this is a tree, or the beginning of one, that the running shard says it continues."""
    if not point.before:
        return False
    before = parse_checkpoint(point.before)
    return before.origin == origin and size <= before.size


def root_at(shelf: Shelf, size: int, edge: Tree | None = None) -> bytes:
    """The root of the tree of ``size``, from its files and the right edge."""
    if not size:
        return EMPTY_ROOT
    try:
        return range_root(0, size, shelf.nodes(size, edge))
    except Unreadable as error:
        raise LogDamaged(f"a tile is damaged: {error}", where=str(shelf.public)) from error
