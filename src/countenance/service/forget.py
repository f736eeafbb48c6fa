"""Forget: destroy what the log's vault keeps about a subject; the entries stay, and every proof of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

from countenance.ledger.ledger import Ledger
from countenance.service.asking import Asking
from countenance.service.trail import Concern, Trace


class Basis(StrEnum):
    """Why somebody is forgotten, as the erasure's entry says it."""

    DELETION = "deletion"
    """Somebody asked for it; the same person can be enrolled again."""
    WITHDRAWAL = "withdrawal"
    RETENTION = "retention"


def forget(
    ledger: Ledger,
    traces: Iterable[Trace],
    asking: Asking,
    *,
    subject: str | None,
    now: int,
    basis: Basis = Basis.DELETION,
) -> list[str]:
    """Destroy the traced fields; the ids of the erasures' own entries, one for each set of fields.

    ``subject`` is an id, which says nothing once its row in the gallery is gone; None where a gallery is erased.
    Other people's searches lose the candidate list alone. Raises Malformed, before anything is destroyed, where an
    entry is under a legal hold, unless an erasure of other fields came before.
    """
    by_fields: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for trace in traces:
        if trace.concern is not Concern.ERASURE:
            by_fields[trace.fields].append(trace.entry)
    detail = {"at": now, "principal": asking.principal.id, "reason": asking.reason or None, "subject": subject}
    return [
        ledger.erase(entries, fields=fields, basis=basis.value, detail=detail)
        for fields, entries in sorted(by_fields.items())
    ]
