"""Maryland, Criminal Procedure § 2-510: the yearly report of an agency that uses facial recognition."""

from __future__ import annotations

from collections import defaultdict

from countenance.service.records.recorded import Matter, Recorded, Shape


def shape(matter: Matter) -> Shape:
    """One row for each system, database and purpose: searches, those with candidates, confirmed by review, refused."""
    groups: defaultdict[tuple[str, str, str], list[Recorded]] = defaultdict(list)
    for each in matter.requests:
        if each.compares:
            groups[each.outcome_detail.get("recipe") or "", each.gallery, each.said["pur"]].append(each)
    rows: list[dict[str, str | int]] = []
    for (system, database, purpose), requests in sorted(groups.items()):
        permitted = [each for each in requests if each.permitted]
        rows.append(
            {
                "system": system,
                "database": database,
                "purpose": purpose,
                "searches": len(permitted),
                "with_candidates": sum(each.found for each in permitted),
                "confirmed_by_review": sum(
                    any(said["res"] == "confirmed" for said, _ in each.reviews) for each in permitted
                ),
                "refused": len(requests) - len(permitted),
            }
        )
    return Shape(
        "Maryland, Criminal Procedure § 2-510: yearly report on the use of facial recognition",
        rows,
        (
            "the type of crime, beyond the purpose that was named",
            "arrests and other action that followed a match",
            "breaches of data security; refused requests are listed, uses past the gate cannot be",
        ),
    )
