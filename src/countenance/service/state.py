"""State: a signed statement of use and of non-use over closed epochs, recorded in the log that it speaks of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from countenance.keys.signing import SigningKey
from countenance.ledger.commit_point import KeptCheckpoint
from countenance.ledger.entry import parse
from countenance.ledger.ledger import Closed, Ledger, NotYet
from countenance.ledger.note import ED25519, VerifierKey, note_bytes, parse_note, sign
from countenance.ledger.recount import Recount, counts_digest
from countenance.ledger.statement import KEY_SUFFIX, Statement, state
from countenance.policy.charter import Charter
from countenance.terms.principal import Principal


@dataclass(frozen=True, slots=True)
class Stated:
    """``note`` is the signed text; its digest is in the log as the entry ``entry``."""

    statement: Statement
    note: bytes
    entry: str
    epochs: tuple[Statement, ...]
    """The same for each epoch alone, for the picture."""


@dataclass(frozen=True, slots=True)
class NotStated:
    """Why there is no statement, and what to do."""

    reason: str
    remedy: str


def statement_verifier(origin: str, public: bytes) -> VerifierKey:
    """The key that signs statements about the log ``origin``."""
    return VerifierKey(origin + KEY_SUFFIX, ED25519, public)


def state_use(
    ledger: Ledger,
    key: SigningKey,
    charter: Charter,
    who: Principal,
    *,
    first_day: date,
    last_day: date,
    close_epoch: bool = False,
) -> Stated | NotStated:
    """State the use from ``first_day`` to ``last_day`` (UTC): over every epoch that reaches into these days.

    An epoch is stated whole or not at all; its days stand in the statement. One that still runs is closed first where
    ``close_epoch`` says so, below the charter's minimum only by somebody who governs, and then named for ever.
    """
    if close_epoch:
        governs = any(charter.roles[name].governs for name in who.roles if name in charter.roles)
        match ledger.close_epoch(early=governs, principal=who.id, reason="statement"):
            case NotYet(reason=reason) if not ledger.checkpoints():
                return NotStated(reason, "There is nothing to state yet, or only a governor may close it now.")
            case NotYet() | Closed():
                pass
    kept = [k for k in ledger.checkpoints() if k.origin == ledger.shard_origin and k.published is not None]
    wanted = [k for k in kept if k.end >= first_day.isoformat() and k.start <= last_day.isoformat()]
    if not wanted:
        return NotStated(
            "no epoch of these days is closed and published",
            "Close it: --close-epoch, or wait until it closes by itself.",
        )
    since = ledger.running_since
    running = None if since is None else datetime.fromtimestamp(since, UTC).date()
    if running is not None and running <= last_day:
        return NotStated(
            f"epoch {ledger.epoch} began on {running.isoformat()} and still runs",
            "State earlier days, or close it first: --close-epoch.",
        )
    return _stated(ledger, key, kept[-1], wanted[0].epoch, wanted[-1].epoch)


def _stated(ledger: Ledger, key: SigningKey, tree: KeptCheckpoint, first: int, last: int) -> Stated:
    recount = Recount(tree.origin)
    for index, data in ledger.entries():
        if index >= tree.size:
            break
        recount.add(parse(data))
    witnesses = tuple(s.name for s in parse_note((tree.published or "").encode()).signatures if s.name != tree.origin)
    statement = state(recount, first, last, tree.root, witnesses)
    verifier = statement_verifier(tree.origin, key.public)
    note = note_bytes(statement.text, [sign(statement.text, verifier, key.sign)])
    entry = ledger.record(
        "statement",
        {
            "first": first,
            "last": last,
            "size": tree.size,
            "sha": hashlib.sha256(statement.text.encode()).hexdigest(),
            "counts": counts_digest(statement.counts),
        },
    )
    each = tuple(state(recount, e, e, tree.root) for e in range(first, last + 1) if e in recount.closed)
    return Stated(statement, note, entry, each)
