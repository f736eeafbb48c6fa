"""GDPR (Regulation 2016/679), Art. 30(1): the record of processing activities, one row for each purpose."""

from __future__ import annotations

from countenance.service.records.recorded import Matter, Shape


def shape(matter: Matter) -> Shape:
    """Art. 30(1)(a) controller, (b) purposes, (c) categories, (d) recipients, (f) time limits for erasure.

    The charter says what may be done, the log what was done; every registered purpose has its row.
    """
    charter, rows = matter.charter, []
    for purpose in sorted(charter.purposes.values(), key=lambda each: each.id):
        mine = [each for each in matter.requests if each.said["pur"] == purpose.id]
        done = [each for each in mine if each.permitted]
        recipients = {str(each.outcome_detail["recipient"]) for each in done if each.outcome_detail.get("recipient")}
        row: dict[str, str | int] = {
            "controller": charter.operator.name,
            "contact": charter.operator.contact,
            "purpose": purpose.id,
            "description": purpose.text,
            "legal_basis": purpose.legal_basis,
            "authorities": " ".join(purpose.classes),
            "data_subjects": " ".join(sorted({each.gallery for each in done if each.gallery})),
            "data": "face templates; photographs and details as the gallery keeps them",
            "recipients": "; ".join(sorted(recipients)),
            "erased_after_days": "" if purpose.retention_days is None else purpose.retention_days,
            "permitted": len(done),
            "refused": len(mine) - len(done),
        }
        rows.append(row)
    return Shape(
        "GDPR, Art. 30(1): record of processing activities",
        rows,
        (
            "transfers to third countries",
            "the data protection officer",
            "security measures: see the documentation of storage",
        ),
    )
