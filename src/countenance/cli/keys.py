"""countenance keys: create, list, rotate, revoke."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.days import day
from countenance.cli.options import Json
from countenance.terms.key_role import KeyRole

if TYPE_CHECKING:
    from countenance.access.api_key import ApiKey

app = typer.Typer(no_args_is_help=True, help="API keys of the service: who may ask, for what, how far.")
Identity = Annotated[str, typer.Argument(metavar="ID", help="As `keys list` prints it.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", help="Whose key it is or what for; sealed at rest.")],
    purposes: Annotated[
        list[str] | None, typer.Option("--purpose", "-p", help="It may ask for this purpose; may be repeated.")
    ] = None,
    authority: Annotated[
        str | None,
        typer.Option("--authority", "-a", metavar="CLASS:REFERENCE", help="Stands where a caller names none."),
    ] = None,
    standing: Annotated[
        bool, typer.Option("--standing", help="Only a standing authority on file for this key counts.")
    ] = False,
    roles: Annotated[
        list[KeyRole] | None,
        typer.Option("--role", help="May be repeated. Default: enroller, verifier, examiner."),
    ] = None,
    galleries: Annotated[
        list[str] | None, typer.Option("--gallery", "-g", help="Only this gallery; may be repeated.")
    ] = None,
    tenant: Annotated[str, typer.Option("--tenant", help="Its galleries are nobody else's.")] = "",
    expires: Annotated[
        datetime | None, typer.Option("--expires", formats=["%Y-%m-%d"], help="The last day's end, UTC.")
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", metavar="N", help="Requests a second.")] = None,
    concurrency: Annotated[int | None, typer.Option("--concurrency", metavar="N", help="Requests at once.")] = None,
    minors: Annotated[bool, typer.Option("--minors", help="Whoever it sends is declared to be a minor.")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw-on-delete", help="What it erases cannot be enrolled again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a key. It is printed here and never again."""
    from countenance.cli.open_house import open_house
    from countenance.service.keep_keys import remarks_on
    from countenance.terms.key_role import DEFAULT

    with open_house(context.obj) as house:
        made, secret = house.api_keys.create(
            name=name,
            tenant=tenant,
            roles=roles or DEFAULT,
            purposes=purposes or (),
            galleries=galleries or (),
            authority=authority,
            standing=standing,
            expires=None if expires is None else int(expires.replace(tzinfo=UTC).timestamp()) + 86_400,
            rate=rate,
            concurrency=concurrency,
            minors=minors,
            deletes_withdraw=withdraw,
        )
        remarks = remarks_on(house.charters.judge().charter, made)
    for remark in remarks:
        console(err=True).print(f"note: {remark}", markup=False)
    _show(made, secret, as_json=as_json)


@app.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """Every key without its secret, revoked and expired ones too."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        found = house.api_keys.list()
    if as_json:
        emit({"keys": [_shape(each) for each in found]})
        return
    from rich.table import Column, Table

    table = Table(Column("id", no_wrap=True), "name", "tenant", "roles", "purposes", "authority", "expires", "state")
    for each in found:
        table.add_row(
            each.id,
            each.name,
            each.tenant or "–",
            ", ".join(sorted(each.roles)),
            ", ".join(each.purposes) or "–",
            each.authority or ("standing" if each.standing else "–"),
            day(each.expires),
            each.state_at(time.time()),
        )
    console().print(table)


@app.command()
def rotate(
    context: typer.Context,
    identity: Identity,
    overlap: Annotated[
        float, typer.Option("--overlap", metavar="HOURS", min=0, help="How long the old secret is good too.")
    ] = 24.0,
    as_json: Json = False,
) -> None:
    """Give a key a new secret, with all its rights; the old one ends after the overlap."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        rotated, secret = house.api_keys.rotate(identity, int(overlap * 3600))
    _show(rotated, secret, as_json=as_json)


@app.command()
def revoke(context: typer.Context, identity: Identity, as_json: Json = False) -> None:
    """Revoke a key for good; the next request with it is refused, on every node."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        gone = house.api_keys.revoke(identity)
    if as_json:
        emit({"about": _shape(gone)})
    else:
        console().print(f"Revoked {gone.id} ({gone.name}).", markup=False)


def _show(key: ApiKey, secret: str, *, as_json: bool) -> None:
    if as_json:
        emit({"key": secret, "about": _shape(key)})
        return
    out = console()
    out.print(secret, markup=False)
    out.print(f"Key {key.id} ({key.name}). It is shown here and never again.", markup=False)
    if key.overlap_until:
        out.print(f"The old one is good until {datetime.fromtimestamp(key.overlap_until, UTC):%F %T} UTC.")


def _shape(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "principal": key.principal.id,
        "name": key.name,
        "tenant": key.tenant,
        "roles": sorted(key.roles),
        "purposes": list(key.purposes),
        "galleries": list(key.galleries),
        "authority": key.authority,
        "standing": key.standing,
        "expires": key.expires,
        "rate": key.rate,
        "concurrency": key.concurrency,
        "minors": key.minors,
        "deletes_withdraw": key.deletes_withdraw,
        "created": key.created,
        "revoked": key.revoked,
        "overlap_until": key.overlap_until,
        "state": key.state_at(time.time()),
    }
