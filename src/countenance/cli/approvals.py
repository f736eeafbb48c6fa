"""countenance approvals: give, list, revoke."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.cli.sample_file import read_sample
from countenance.terms.action import Action

if TYPE_CHECKING:
    from countenance.cases.approval import Approval

app = typer.Typer(no_args_is_help=True, help="Approvals before a search: give, list, revoke.")
HOURS = 24


@app.command()
def give(
    context: typer.Context,
    purpose: Annotated[str, typer.Option("--purpose", "-p", metavar="PURPOSE", help="For which purpose.")],
    authority: Annotated[str, typer.Option("--authority", "-a", metavar="CLASS:REFERENCE", help="On which authority.")],
    gallery: Annotated[str | None, typer.Option("--gallery", "-g", metavar="NAME", help="In which gallery.")] = None,
    act: Annotated[Action, typer.Option("--act", help="search, group or watch.")] = Action.SEARCH,
    sample: Annotated[
        Path | None, typer.Option("--sample", metavar="IMAGE", readable=False, help="For this picture alone.")
    ] = None,
    hours: Annotated[int, typer.Option("--hours", min=1, help="How long it holds.")] = HOURS,
    reason: Annotated[str, typer.Option("--reason", help="Why; sealed.")] = "",
    as_json: Json = False,
) -> None:
    """Approve a search that somebody else will ask for. Unless the charter says otherwise it permits one."""
    from countenance.cases.approval import Wanted
    from countenance.cli.open_house import open_house
    from countenance.service.approvals import give_approval

    digest = "" if sample is None else read_sample(sample).digest
    with open_house(context.obj) as house:
        now = int(time.time())
        if gallery is not None:
            gallery = house.galleries.find(gallery).name
        given = give_approval(
            house.approvals,
            house.authorities,
            house.charters,
            house.asking(None, None).principal,
            Wanted(authority, purpose, act, gallery, digest),
            now=now,
            expires=now + hours * 3600,
            reason=reason,
        )
    if as_json:
        emit({"approval": _shape(given)})
    else:
        console().print(f"Approved as {given.id}, until {_moment(given.expires)}.", markup=False)


@app.command("list")
def list_given(context: typer.Context, as_json: Json = False) -> None:
    """Every approval on file, used, revoked and expired ones too."""
    from countenance.cli.open_house import open_house
    from countenance.service.approvals import list_approvals

    with open_house(context.obj) as house:
        found = list_approvals(house.approvals, house.charters, house.asking(None, None).principal)
    if as_json:
        emit({"approvals": [_shape(each) for each in found]})
        return
    from rich.table import Column, Table

    table = Table("approver", "act", "until", "state", Column("id", overflow="fold", no_wrap=True))
    for each in found:
        table.add_row(each.approver, each.wanted.action, _moment(each.expires), _state(each), each.id)
    console().print(table)


@app.command()
def revoke(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `approvals list` prints it.")],
    as_json: Json = False,
) -> None:
    """Take an approval back that was not used yet."""
    from countenance.cli.open_house import open_house
    from countenance.service.approvals import revoke_approval

    with open_house(context.obj) as house:
        who = house.asking(None, None).principal
        gone = revoke_approval(house.approvals, house.charters, who, identity, int(time.time()))
    if as_json:
        emit({"approval": _shape(gone)})
    else:
        console().print(f"The approval is {_state(gone)}.", markup=False)


def _shape(given: Approval) -> dict[str, Any]:
    asked = given.wanted
    return {
        "id": given.id,
        "approver": given.approver,
        "purpose": asked.purpose,
        "authority": asked.authority,
        "act": asked.action.value,
        "gallery": asked.gallery,
        "sample": asked.sample or None,
        "given": given.given,
        "expires": given.expires,
        "used": given.used,
        "revoked": given.revoked,
        "reason": given.reason or None,
    }


def _state(given: Approval) -> str:
    if given.used is not None:
        return "used"
    if given.revoked is not None:
        return "revoked"
    return "expired" if given.expires <= time.time() else "open"


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
