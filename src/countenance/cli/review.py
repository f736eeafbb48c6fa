"""countenance review: list, show, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.days import day
from countenance.cli.options import Json

if TYPE_CHECKING:
    from countenance.service.reviews import Seen

app = typer.Typer(no_args_is_help=True, help="Reviews of what searches found: list, show, decide.")
Case = Annotated[str, typer.Argument(metavar="CASE", help="As `identify` and `review list` print it.")]


@app.command("list")
def list_cases(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False,
    as_json: Json = False,
) -> None:
    """The searches whose candidates wait for people to judge them."""
    from countenance.cli.open_house import open_house
    from countenance.service.reviews import list_reviews

    with open_house(context.obj) as house:
        found = list_reviews(house.rooms, house.charters, house.asking(None, None).principal)
    shown = [each for each in found if every or each.result is None]
    if as_json:
        emit({"reviews": [shape_of(each) for each in shown]})
        return
    from rich.table import Column, Table

    # An id that is cut short cannot be typed.
    case, result = (Column(each, overflow="fold", no_wrap=True) for each in ("case", "result"))
    table = Table(case, "gallery", "opened", "judged", result)
    for each in shown:
        one = each.review
        judged = f"{each.given} of {one.reviewers}"
        table.add_row(one.id, one.gallery, day(one.opened), judged, each.result or "–")
    console().print(table)


@app.command()
def show(context: typer.Context, case: Case, as_json: Json = False) -> None:
    """One review; what others found is shown only after your own verdict."""
    from countenance.cli.open_house import open_house
    from countenance.service.reviews import show_review

    with open_house(context.obj) as house:
        found = show_review(house.rooms, house.charters, house.asking(None, None).principal, case)
    _tell(found, as_json=as_json)


@app.command()
def decide(
    context: typer.Context,
    case: Case,
    candidate: Annotated[
        int | None, typer.Option("--candidate", min=1, metavar="RANK", help="This candidate is the same person.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="No candidate is.")] = False,
    unsure: Annotated[bool, typer.Option("--unsure", help="It cannot be told.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; sealed.")] = "",
    as_json: Json = False,
) -> None:
    """Judge the candidates of a search; a verdict stays as it was given."""
    from countenance.cases.review import Finding
    from countenance.cli.open_house import open_house
    from countenance.service.reviews import decide_review

    if (candidate is not None) + none + unsure != 1:
        raise typer.BadParameter("say one of --candidate RANK, --none, --unsure")
    finding = Finding.NONE if none else Finding.UNSURE if unsure else Finding.CONFIRMED
    with open_house(context.obj) as house:
        who = house.asking(None, None).principal
        found = decide_review(house.rooms, house.charters, who, case, finding, rank=candidate, reason=reason)
    _tell(found, as_json=as_json)


def shape_of(seen: Seen) -> dict[str, Any]:
    """A review as its reader may see it."""
    one = seen.review
    return {
        "case": one.id,
        "entry": one.entry,
        "opened": one.opened,
        "purpose": one.purpose,
        "gallery": one.gallery,
        "sample": one.sample,
        "face": one.face,
        "asker": one.asker,
        "candidates": [
            {
                "rank": each.rank,
                "subject": seen.names.get(each.subject),
                "subject_id": each.subject,
                "reference": each.reference,
                "score": round(each.score, 6),
            }
            for each in one.leads
        ],
        "reviewers": one.reviewers,
        "given": seen.given,
        "verdicts": [
            {
                "reviewer": each.reviewer,
                "finding": each.finding.value,
                "rank": each.rank,
                "at": each.at,
                "reason": each.reason or None,
            }
            for each in one.verdicts
        ],
        "result": None if seen.result is None else seen.result.value,
        "review_entry": None if seen.result is None else one.closing,
    }


def _tell(seen: Seen, *, as_json: bool) -> None:
    if as_json:
        emit({"review": shape_of(seen)})
        return
    from rich.table import Table

    out, one = console(), seen.review
    out.print(f"case {one.id}: {one.purpose}, gallery {one.gallery}, asked by {one.asker}", markup=False)
    out.print(f"picture {one.sample} (SHA-256), face {one.face}, entry {one.entry}", markup=False)
    table = Table("rank", "subject", "score", title="candidates: leads, not answers")
    for each in one.leads:
        table.add_row(str(each.rank), seen.names.get(each.subject, "–"), f"{each.score:.3f}")
    out.print(table)
    for verdict in one.verdicts:
        rank = f" {verdict.rank}" if verdict.rank else ""
        out.print(f"{verdict.reviewer}: {verdict.finding}{rank} {verdict.reason}".rstrip(), markup=False)
    told = f"result: {seen.result}" if seen.result else f"judged by {seen.given} of {one.reviewers}"
    out.print(told, markup=False)
