"""All operations, noun by noun; an address is looked for in this order, so what is asked most comes first."""

from __future__ import annotations

from countenance.http.native import (
    approvals,
    authorities,
    batch,
    comparing,
    enrolments,
    galleries,
    keys,
    operating_points,
    receipts,
    references,
    reviews,
    statements,
    subjects,
    transparency,
    withdrawals,
)

OPERATIONS = (
    *comparing.OPERATIONS,
    *galleries.OPERATIONS,
    *subjects.OPERATIONS,
    *withdrawals.OPERATIONS,
    *references.OPERATIONS,
    *enrolments.OPERATIONS,
    *batch.OPERATIONS,
    *reviews.OPERATIONS,
    *approvals.OPERATIONS,
    *authorities.OPERATIONS,
    *keys.OPERATIONS,
    *operating_points.OPERATIONS,
    *receipts.OPERATIONS,
    *statements.OPERATIONS,
    *transparency.OPERATIONS,
)
