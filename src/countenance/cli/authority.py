"""countenance authority: register, list, revoke."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.days import day
from countenance.cli.options import Json
from countenance.terms.errors import BrokenInput

if TYPE_CHECKING:
    from countenance.terms.authority_record import AuthorityRecord

app = typer.Typer(no_args_is_help=True, help="Authorities on file: warrants, requests, consents.")
DAY = ["%Y-%m-%d"]


@app.command()
def register(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(metavar="CLASS:REFERENCE", help="For example warrant:2026-117.")],
    issuer: Annotated[str, typer.Option("--issuer", help="Who issued it.")],
    document: Annotated[
        Path | None,
        typer.Option("--document", metavar="FILE", readable=False, help="The document; only its SHA-256 is kept."),
    ] = None,
    issued: Annotated[datetime | None, typer.Option("--issued", formats=DAY, help="Default: today.")] = None,
    expires: Annotated[datetime | None, typer.Option("--expires", formats=DAY, help="The last day's end, UTC.")] = None,
    principal: Annotated[
        str | None, typer.Option("--for", metavar="PRINCIPAL", help="Make it standing, bound to one principal.")
    ] = None,
    purposes: Annotated[list[str] | None, typer.Option("--for-purpose", help="Scope; may be repeated.")] = None,
    galleries: Annotated[list[str] | None, typer.Option("--gallery", "-g", help="Scope; may be repeated.")] = None,
    subjects: Annotated[list[str] | None, typer.Option("--subject", "-s", help="Scope; may be repeated.")] = None,
    comparisons: Annotated[int | None, typer.Option("--comparisons", min=1, help="Only so many.")] = None,
    as_json: Json = False,
) -> None:
    """Put an authority on file. Who searches with it must be another principal, unless the charter allows otherwise."""
    from countenance.cli.open_house import open_house
    from countenance.service.authorities import register_authority
    from countenance.terms.authority import Authority
    from countenance.terms.authority_record import AuthorityRecord

    named, now = Authority.parse(authority), int(time.time())
    with open_house(context.obj) as house:
        who = house.asking(None, None).principal
        record = AuthorityRecord(
            id="",
            kind=named.kind,
            reference=named.reference,
            issuer=issuer,
            document="" if document is None else _digest(document),
            issued=now if issued is None else _start(issued),
            expires=None if expires is None else _start(expires) + 86_400,
            registrar=who.id,
            registered=now,
            principal=principal,
            purposes=tuple(purposes or ()),
            galleries=tuple(galleries or ()),
            subjects=tuple(subjects or ()),
            comparisons=comparisons,
        )
        filed = register_authority(house.rooms, house.authorities, house.charters, who, record)
    if as_json:
        emit({"authority": _shape(filed)})
    else:
        console().print(f"On file as {filed.id}: {filed.authority}, until {day(filed.expires)}.", markup=False)


@app.command("list")
def list_authorities(context: typer.Context, as_json: Json = False) -> None:
    """Every authority on file, revoked and expired ones too."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        found = house.authorities.list()
    if as_json:
        emit({"authorities": [_shape(each) for each in found]})
        return
    from rich.table import Table

    table = Table("authority", "issuer", "issued", "expires", "bound to", "used", "state", "id")
    for each in found:
        used = f"{each.used} of {each.comparisons}" if each.comparisons else "–"
        state = "revoked" if each.revoked else "expired" if each.expires and each.expires <= time.time() else "valid"
        table.add_row(
            str(each.authority),
            each.issuer,
            day(each.issued),
            day(each.expires),
            each.principal or "–",
            used,
            state,
            each.id,
        )
    console().print(table)


@app.command()
def revoke(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `authority list` prints it.")],
    as_json: Json = False,
) -> None:
    """Revoke an authority for good."""
    from countenance.cli.open_house import open_house
    from countenance.service.authorities import revoke_authority

    with open_house(context.obj) as house:
        who = house.asking(None, None).principal
        gone = revoke_authority(house.rooms, house.authorities, house.charters, who, identity)
    if as_json:
        emit({"authority": _shape(gone)})
    else:
        console().print(f"Revoked {gone.authority}.", markup=False)


def _shape(record: AuthorityRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "class": record.kind,
        "reference": record.reference,
        "issuer": record.issuer,
        "document": record.document,
        "issued": record.issued,
        "expires": record.expires,
        "registrar": record.registrar,
        "bound_to": record.principal,
        "purposes": list(record.purposes),
        "galleries": list(record.galleries),
        "subjects": list(record.subjects),
        "comparisons": record.comparisons,
        "used": record.used,
        "revoked": record.revoked,
    }


def _digest(document: Path) -> str:
    try:
        return hashlib.sha256(document.read_bytes()).hexdigest()
    except OSError as error:
        raise BrokenInput(f"the document cannot be read: {error.strerror}", where=str(document)) from error


def _start(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
