"""Gaps: what use numbers a killed process took with it, told to the log at the next start."""

from __future__ import annotations

from collections.abc import Iterable

from countenance.gallery.uses import UseGap
from countenance.ledger.ledger import Ledger


def record_gaps(ledger: Ledger, gaps: Iterable[UseGap], now: int) -> str | None:
    """One ``gap`` entry of the kind ``crash`` for all galleries; its id, None where no number was lost.

    That numbers were lost, and in which epoch it was found, is public; which ones is sealed. Numbers up to the last
    one that the log knows were given and told. Raises Unwritable.
    """
    lost = [
        f"{gap.pseudonym or '(no gallery)'} {after + 1}-{gap.until}"
        for gap in gaps
        if (after := max(gap.after, ledger.last_use(gap.pseudonym))) < gap.until
    ]
    if not lost:
        return None
    epoch = ledger.epoch
    return ledger.record(
        "gap",
        {"first": epoch, "last": epoch, "why": "crash"},
        {"at": now, "principal": None, "reason": f"use numbers lost when the process ended: {', '.join(lost)}"},
    )
