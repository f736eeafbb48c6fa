"""Issue a statement: count the log again up to its last published checkpoint, sign what that gives, and log it.

Only closed and published epochs can be stated. The statement speaks of the tree of a published checkpoint, so that a
reader can fetch exactly what was counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from countenance.keys.signing import SigningKey, verify_signature
from countenance.ledger.commit_point import KeptCheckpoint
from countenance.ledger.entry import parse
from countenance.ledger.note import BadSignature, VerifierKey, check_note, note_bytes, parse_note, sign
from countenance.ledger.recount import Recount, counts_digest
from countenance.ledger.shelf import Shelf
from countenance.ledger.statement import Statement, state, statement_key
from countenance.ledger.tiles import WIDTH, tile_at, unpack_bundle
from countenance.ledger.unreadable import Unreadable
from countenance.terms.errors import LogDamaged


@dataclass(frozen=True, slots=True)
class Issued:
    """``note`` is the signed statement; ``entry`` the id of its own entry, in the running epoch."""

    note: bytes
    statement: Statement
    entry: str


@dataclass(frozen=True, slots=True)
class NotStated:
    """No statement can be made; ``open_epoch`` is the one that has to be closed or published first, if that is why."""

    reason: str
    open_epoch: int | None = None


def epochs_between(kept: list[KeptCheckpoint], start: str, end: str, running: int) -> tuple[int, int] | NotStated:
    """The first and last published epoch that touch the days ``start`` to ``end`` (YYYY-MM-DD, UTC, both included).

    An epoch that reaches into the running one's days is not enough: where the last published epoch ends before
    ``end``, the running one may still bring entries of these days.
    """
    public = [k for k in kept if k.published is not None]
    within = [k for k in public if k.end >= start and k.start <= end]
    if not within:
        return NotStated(f"no epoch between {start} and {end} is closed and published", running)
    waiting = [k for k in kept if k.published is None and k.start <= end]
    if waiting:
        return NotStated(f"epoch {waiting[0].epoch} is closed and waits for its witnesses", waiting[0].epoch)
    last = public[-1]
    if last.end < end:
        return NotStated(f"epoch {running} is open since {last.end}, and the statement is to reach to {end}", running)
    return within[0].epoch, within[-1].epoch


def count_again(shelf: Shelf, kept: KeptCheckpoint) -> Recount:
    """Read the tree of a checkpoint anew, entry by entry; raises LogDamaged where it breaks the log's own rules."""
    recount = Recount(kept.origin, verify_signature)
    try:
        for number in range(-(-kept.size // WIDTH)):
            tile = tile_at(None, number, kept.size)
            for data in unpack_bundle(shelf.read(tile), tile):
                recount.add(parse(data))
    except Unreadable as error:
        raise LogDamaged(f"entry {recount.size} breaks the log's rules: {error}", where=str(shelf.public)) from error
    return recount


def issue(
    shelf: Shelf,
    kept: KeptCheckpoint,
    first: int,
    last: int,
    *,
    key: SigningKey,
    witnesses: Sequence[VerifierKey],
    record: Callable[[str, dict[str, object]], str],
) -> Issued | NotStated:
    """State the epochs ``first`` to ``last`` as of the published checkpoint ``kept``."""
    published = (kept.published or kept.note).encode()
    signer = statement_key(kept.origin, key.public)
    recount = count_again(shelf, kept)
    if str(signer) not in recount.keys["statements"]:
        return NotStated("the key for statements was not in the log when this epoch closed")
    try:
        said = state(recount, first, last, kept.root, _cosigners(published, witnesses))
    except Unreadable as error:
        return NotStated(str(error))
    note = note_bytes(said.text, [sign(said.text, signer, key.sign)])
    entry = record(
        "statement",
        {
            "first": first,
            "last": last,
            "size": kept.size,
            "sha": sha256(said.text.encode()).hexdigest(),
            "counts": counts_digest(said.counts),
        },
    )
    return Issued(note, said, entry)


def _cosigners(published: bytes, witnesses: Sequence[VerifierKey]) -> tuple[str, ...]:
    try:
        return tuple(v.key.name for v in check_note(parse_note(published), witnesses, verify_signature))
    except (Unreadable, BadSignature) as error:
        raise LogDamaged(f"the published checkpoint is not sound: {error}") from error
