"""EU AI Act (Regulation 2024/1689), Art. 12(3): each use of a remote biometric identification system, one row."""

from __future__ import annotations

from countenance.service.records.recorded import Matter, Recorded, Shape, moment


def shape(matter: Matter) -> Shape:
    """Art. 12(3)(a) the period of each use, (b) the reference database, (c) the input that led to a match, (d) who
    verified the result (Art. 14(5)). Erased values are empty.
    """
    return Shape(
        "EU AI Act, Art. 12(3): uses of a remote biometric identification system",
        [_row(each) for each in matter.requests if each.permitted and each.compares],
        (
            "the input picture itself: the log holds its SHA-256 digest",
            "who verified a result, where the review was not recorded",
        ),
    )


def _row(use: Recorded) -> dict[str, str | int]:
    samples = use.detail.get("samples") or []
    reviewers = sorted({str(who) for _, detail in use.reviews for who in detail.get("reviewers") or ()})
    return {
        "entry": use.said["id"],
        "purpose": use.said["pur"],
        "act": use.said["act"],
        "start": moment(use.detail.get("started")),
        "end": moment(use.outcome_detail.get("ended")),
        "reference_database": use.gallery,
        "references_compared": use.outcome_detail.get("compared") or 0,
        "result": use.outcome.get("res", "no outcome recorded"),
        "input_that_led_to_a_match": " ".join(str(s[0]) for s in samples) if use.found else "",
        "verified_by": " ".join(reviewers),
    }
