"""Count epochs: the numbers of a statement epoch by epoch, read again from what is published and held to it."""

from __future__ import annotations

from pathlib import Path

from countenance.keys.signing import verify_signature
from countenance.ledger.recount import Count, Recount
from countenance.ledger.statement import Statement
from countenance.ledger.unreadable import Unreadable
from countenance.service.published import published
from countenance.terms.errors import LogDamaged


def count_epochs(data: Path, said: Statement) -> dict[int, dict[str, Count]]:
    """The counts of each epoch of ``said``, by purpose; of the published log in the data directory ``data``.

    Raises LogDamaged where the published entries do not hash to the statement's root or do not add up to its counts.
    """
    recount = Recount(said.origin, verify_signature)
    try:
        for _, entry in published(data, said.origin, said.size, said.root):
            recount.add(entry)
    except Unreadable as error:
        raise LogDamaged(f"entry {recount.size} breaks the log's rules: {error}") from error
    if recount.counts(said.first, said.last) != said.counts:
        raise LogDamaged("the published log does not give what the statement says")
    return {epoch: recount.counts(epoch, epoch) for epoch in range(said.first, said.last + 1)}
