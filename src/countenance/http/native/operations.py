"""All operations, noun by noun."""

from __future__ import annotations

from countenance.http.native import (
    batch,
    comparing,
    enrolments,
    galleries,
    operating_points,
    receipts,
    references,
    statements,
    subjects,
    transparency,
    withdrawals,
)

OPERATIONS = (
    *galleries.OPERATIONS,
    *subjects.OPERATIONS,
    *withdrawals.OPERATIONS,
    *references.OPERATIONS,
    *enrolments.OPERATIONS,
    *batch.OPERATIONS,
    *comparing.OPERATIONS,
    *operating_points.OPERATIONS,
    *receipts.OPERATIONS,
    *statements.OPERATIONS,
    *transparency.OPERATIONS,
)
