"""What ended an open log's ability to promise, for whoever watches over the process that holds it."""

from __future__ import annotations

from countenance.ledger.ledger import Ledger


def failure_of(ledger: Ledger) -> Exception | None:
    """The first error after which this process promises nothing more; None while all is well. Takes no lock."""
    return ledger._parts.journal.dead
