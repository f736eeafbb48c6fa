"""countenance subjects withdraw, lift-withdrawal, sweep: erase for good, let in again by two, keep to the dates."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, refuse
from countenance.cli.days import day
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.service.asking import Refused

Reason = Annotated[str, typer.Option("--reason", help="Why; sealed in the log.")]


def withdraw(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="A subject's name or id.")],
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a subject and keep them out: their name and their photographs are not enrolled again."""
    from dataclasses import replace

    from countenance.cli.open_house import asking, confirm, open_house
    from countenance.service.withdraw import withdraw as use_case

    if not yes and not as_json:
        confirm(f"Erase {subject} from {gallery} for good and keep them out?")
    with open_house(context.obj) as house:
        who = replace(asking(house, purpose, authority), reason=reason)
        answer = use_case(house.rooms, who, gallery=gallery, subject=subject)
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    if as_json:
        emit(
            {
                "withdrawn": shapes.subject(answer.subject),
                "withdrawal": {"id": answer.withdrawal.id, "since": answer.withdrawal.since},
                "erasures": list(answer.erasures),
                "receipt": shapes.receipt(answer.receipt),
            }
        )
        return
    console().print(
        f"Withdrawn: {answer.subject.name} is erased ({answer.subject.references} references); neither the name nor "
        f"those photographs enter {gallery} again. Withdrawal {answer.withdrawal.id}; to lift it takes two.",
        markup=False,
    )


def lift_withdrawal(
    context: typer.Context,
    withdrawal: Annotated[str, typer.Argument(metavar="WITHDRAWAL", help="Its id, or the name that the subject had.")],
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Let somebody in again who withdrew: one principal proposes it, another one confirms by the same verb."""
    from dataclasses import replace

    from countenance.cli.open_house import asking, open_house
    from countenance.gallery.withdrawals import Lifted
    from countenance.service.withdraw import lift_withdrawal as use_case

    with open_house(context.obj) as house:
        who = replace(asking(house, purpose, authority), reason=reason)
        answer = use_case(house.rooms, who, gallery=gallery, withdrawal=withdrawal)
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    lifted = isinstance(answer.outcome, Lifted)
    stood = answer.outcome.withdrawal
    if as_json:
        emit(
            {
                "withdrawal": {"id": stood.id, "since": stood.since, "proposed": stood.proposed},
                "lifted": lifted,
                "entry": answer.entry,
                "receipt": shapes.receipt(answer.receipt),
            }
        )
        return
    told = "is lifted" if lifted else "stands until another principal confirms by the same verb"
    console().print(f"The withdrawal of {day(stood.since)} ({stood.id}) {told}; entry {answer.entry}.", markup=False)


def sweep(
    context: typer.Context,
    purpose: Purpose = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Erase every subject whose retention date is reached, in all galleries."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.forgetting import forget_ways
    from countenance.service.sweep import sweep as use_case

    with open_house(context.obj) as house:
        swept = use_case(house.rooms, asking(house, purpose, authority))
        forget_ways(house.rooms, house.migrations, house.settings.migration_ways_days)
    if swept.refused and not swept.erased:
        raise refuse(swept.refused[0], as_json=as_json)
    kept: list[dict[str, Any]] = [
        {"gallery": each.gallery, "subject_id": each.subject, "reason": each.reason} for each in swept.kept
    ]
    erased = [
        {"subject_id": each.subject.id, "retain_until": each.subject.retain_until, "entry": each.receipt.entry}
        for each in swept.erased
    ]
    if as_json:
        refused = [{"entry": each.receipt.entry, "sentence": each.refusal.sentence} for each in swept.refused]
        emit({"erased": erased, "kept": kept, "refused": refused})
        return
    console().print(f"{len(erased)} erased, {len(kept)} kept, {len(swept.refused)} galleries refused.", markup=False)
    for one in kept:
        console().print(f"  {one['subject_id']} in {one['gallery']}: {one['reason']}", markup=False)
    for each in swept.refused:
        console().print(f"  {each.refusal.sentence} (entry {each.receipt.entry})", markup=False)
