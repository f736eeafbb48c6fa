"""countenance charter: new, check, explain, key, sign, adopt, show."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Authority, Json, Purpose
from countenance.terms.action import Action
from countenance.terms.errors import BrokenInput, NameTaken

if TYPE_CHECKING:
    from countenance.policy.charter import Charter
    from countenance.policy.check import Checked
    from countenance.policy.matrix import Cell

app = typer.Typer(no_args_is_help=True, help="The charter: principles made executable.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A charter's folder.")]


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it; must not exist or be empty.")],
    template: Annotated[str | None, typer.Option("--template", help="access-control, family-reunification, …")] = None,
    operator: Annotated[str | None, typer.Option("--operator", help="Who answers for the system.")] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="Where people can ask.")] = None,
    staff: Annotated[list[str] | None, typer.Option("--staff", metavar="os:NAME", help="May be repeated.")] = None,
    registrar: Annotated[
        list[str] | None, typer.Option("--registrar", metavar="os:NAME", help="Puts authorities on file; repeatable.")
    ] = None,
    retention_days: Annotated[int, typer.Option("--retention-days", min=1, help="How long references are kept.")] = 365,
    governor: Annotated[
        list[str] | None, typer.Option("--governor", metavar="ID=KEY", help="As `charter key` prints it; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a few questions and write a commented charter."""
    from countenance.assembly import system_user
    from countenance.policy.template import TEMPLATES, Answers, charter_files

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NameTaken("there is something here already", where=str(folder), remedy="Name a new folder.")
    if template is None:
        for name, what in TEMPLATES.items():
            console().print(f"  {name:<24}{what}", markup=False)
        template = typer.prompt("Which of these is nearest")
    if template not in TEMPLATES:
        raise BrokenInput(f"there is no template {template!r}", remedy=f"There are: {', '.join(TEMPLATES)}.")
    answers = Answers(
        template=template,
        operator=operator or typer.prompt("Who runs the system and answers for it"),
        contact=contact or typer.prompt("Where can people ask about it"),
        staff=tuple(staff or [f"os:{system_user()}"]),
        registrars=tuple(registrar or ()),
        retention_days=retention_days,
        governors=dict(_governor(text) for text in governor or ()),
    )
    files = charter_files(answers)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if as_json:
        emit({"folder": str(folder), "files": sorted(files)})
    else:
        console().print(
            f"Written to {folder}: {', '.join(sorted(files))}. Read it, change it, put it under git.", markup=False
        )
        console().print(f"Next: countenance charter check {folder}", markup=False)


def _governor(text: str) -> tuple[str, bytes]:
    name, _, key = text.partition("=")
    try:
        return name, bytes.fromhex(key)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not ID=KEY with a key in hex", param_hint="--governor") from None


@app.command()
def check(
    folder: Folder,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="DIR", help="An earlier version: says what is newly allowed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Validate a charter: every error, or its matrix, its promises, and remarks. Exit code 12 where it is unsound."""
    from countenance.policy.check import check as examine
    from countenance.policy.fault import Faulty
    from countenance.policy.folder import load_charter, read_folder

    found = examine(read_folder(folder), None if against is None else load_charter(against))
    if isinstance(found, Faulty):
        raise found.malformed(str(folder))
    if as_json:
        emit(_checked_shape(found))
    else:
        _tell_checked(found)
    if not found.kept:
        raise typer.Exit(12)


def _checked_shape(found: Checked) -> dict[str, Any]:
    shape = {
        "charter": found.charter.digest,
        "matrix": [_cell_shape(c) for c in found.cells],
        "promises": [{"text": p.text, "asked": p.asked, "kept": p.kept} for p in found.promises],
        "remarks": [str(r) for r in found.remarks],
    }
    if found.difference is not None:
        shape["newly_allowed"] = [_cell_shape(c) for c in found.difference.permits]
        shape["looser"] = list(found.difference.looser)
    return shape


def _cell_shape(cell: Cell) -> dict[str, Any]:
    return {
        "purpose": cell.purpose,
        "action": cell.action.value,
        "authority": cell.authority_class,
        "allowed": cell.allowed,
        "policies": list(cell.policies),
        "kinds": [k.value for k in cell.kinds],
        "roles": [list(r) for r in cell.roles],
        "approvals": cell.approvals,
        "minors": cell.minors,
        "refused_by": list(cell.refused_by),
    }


def _tell_checked(found: Checked) -> None:
    from rich.table import Table

    out = console()
    out.print(f"charter {found.charter.digest}", markup=False)
    table = Table(
        "purpose", "authority", "allowed, by which policy", title="what is allowed; everything else is refused"
    )
    for purpose in dict.fromkeys(c.purpose for c in found.cells):
        for authority in dict.fromkeys(c.authority_class for c in found.cells if c.purpose == purpose):
            cells = [c for c in found.cells if (c.purpose, c.authority_class) == (purpose, authority)]
            told = [f"{c.action.value}: {', '.join(c.policies)}" for c in cells if c.allowed]
            forbidden = purpose in found.charter.forbidden
            nothing = "[red]never, by anybody[/]" if forbidden else "[dim]nothing[/]"
            table.add_row(purpose, authority, "\n".join(told) or nothing)
    out.print(table)
    for promise in found.promises:
        mark = "[green]✓[/]" if promise.kept else "[red]✗[/]"
        out.print(f"{mark} {promise.text} ({promise.asked} requests asked)", markup=True)
    for remark in found.remarks:
        out.print(f"· {remark}", markup=False)
    if found.difference is not None:
        if found.difference.nothing:
            out.print("Newly allowed: nothing.", markup=False)
        for cell in found.difference.permits:
            out.print(
                f"newly allowed: {cell.action.value} for {cell.purpose} with {cell.authority_class}", markup=False
            )
        for sentence in found.difference.looser:
            out.print(f"looser: {sentence}", markup=False)


@app.command()
def explain(
    context: typer.Context,
    action: Annotated[Action, typer.Argument(help="What is asked.")],
    folder: Annotated[
        Path | None,
        typer.Option("--charter", metavar="DIR", help="Default: the charter in force in the data directory."),
    ] = None,
    purpose: Purpose = None,
    authority: Authority = None,
    gallery: Annotated[str | None, typer.Option("--gallery", "-g", help="The gallery.")] = None,
    principal: Annotated[str | None, typer.Option("--principal", help="Default: you, as owner.")] = None,
    approvals: Annotated[int, typer.Option("--approvals", min=0, help="How many have approved.")] = 0,
    minor: Annotated[bool, typer.Option("--minor", help="A subject may be a minor.")] = False,
    verifications: Annotated[
        int, typer.Option("--verifications", min=0, help="With how many others the face was verified lately.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Ask the charter without doing anything: the answer, why, and for a refusal the nearest permit."""
    from countenance.assembly import system_user
    from countenance.policy.explain import explain as explained
    from countenance.policy.folder import load_charter
    from countenance.policy.judge import Judge
    from countenance.policy.request import Request
    from countenance.terms.authority import Authority as Named
    from countenance.terms.permit import Permit

    charter = load_charter(folder) if folder else _in_force(context.obj)
    request = Request(
        principal=charter.principal(principal or f"os:{system_user()}", owner=principal is None),
        action=action,
        purpose=purpose,
        authority=None if authority is None else Named.parse(authority),
        record=None,
        gallery=gallery,
        cap=0,
        approvals=approvals,
        minor=minor,
        verifications=verifications,
        now=int(time.time()),
    )
    found = explained(Judge(charter), request)
    allowed = isinstance(found.answer, Permit)
    shape = {
        "allowed": allowed,
        "sentence": "" if isinstance(found.answer, Permit) else found.answer.sentence,
        "deciding": [
            {
                "id": d.id,
                "effect": d.effect,
                "principle": d.principle.id,
                "sentence": d.principle.sentence,
                "where": d.where,
            }
            for d in found.deciding
        ],
        "nearest": None
        if found.nearest is None
        else {"policies": list(found.nearest.policies), "lacks": list(found.nearest.lacks)},
    }
    if as_json:
        emit(shape)
        return
    out = console()
    out.print("[bold green]permitted[/]" if allowed else f"[bold red]refused[/]: {shape['sentence']}", markup=True)
    for deciding in found.deciding:
        out.print(f"{deciding.effect} {deciding.id} ({deciding.where})", markup=False)
        out.print(f"  principle {deciding.principle.id}: “{deciding.principle.sentence}”", markup=False)
    if found.nearest is not None:
        out.print(
            f"nearest permit: {', '.join(found.nearest.policies)}; it lacks {'; '.join(found.nearest.lacks)}",
            markup=False,
        )


@app.command()
def show(context: typer.Context, as_json: Json = False) -> None:
    """The charter in force: its principles and purposes."""
    charter = _in_force(context.obj)
    if as_json:
        emit(
            {
                "charter": charter.digest,
                "principles": {p.id: p.sentence for p in charter.principles.values()},
                "purposes": {p.id: p.text for p in charter.purposes.values()},
                "forbidden": {p.id: p.text for p in charter.forbidden.values()},
            }
        )
        return
    out = console()
    out.print(f"charter {charter.digest}\nof {charter.operator.name} ({charter.operator.contact})", markup=False)
    for principle in charter.principles.values():
        out.print(f"  {principle.id}: “{principle.sentence}”", markup=False)
    for purpose in charter.purposes.values():
        out.print(f"purpose {purpose.id}: {purpose.text}", markup=False)
    for forbidden in charter.forbidden.values():
        out.print(f"never {forbidden.id}: {forbidden.text}", markup=False)


@app.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the new key.")],
    passphrase: Annotated[
        str, typer.Option("--passphrase", prompt=True, hide_input=True, confirmation_prompt=True, help="Protects it.")
    ],
    as_json: Json = False,
) -> None:
    """Make a governor's key, protected by a passphrase; print its public half for the charter."""
    from countenance.keys.signing import SigningKey

    made = SigningKey.generate()
    made.save(file, passphrase.encode())
    if as_json:
        emit({"file": str(file), "public": made.public.hex()})
    else:
        console().print(made.public.hex(), markup=False)


@app.command()
def sign(
    folder: Folder,
    governor: Annotated[Path, typer.Option("--key", metavar="FILE", help="A governor's key.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the signature.")],
    passphrase: Annotated[str, typer.Option("--passphrase", prompt=True, hide_input=True, help="Of the key.")],
    as_json: Json = False,
) -> None:
    """Sign a charter as one of its governors, on whatever machine you trust."""
    from countenance.keys.signing import SigningKey
    from countenance.policy.adopt import sign_charter
    from countenance.policy.folder import load_charter

    charter = load_charter(folder)
    out.write_text(sign_charter(charter, SigningKey.load(governor, passphrase.encode())))
    if as_json:
        emit({"charter": charter.digest, "signature": str(out)})
    else:
        console().print(f"Signed charter {charter.digest} into {out}.", markup=False)


@app.command()
def adopt(
    context: typer.Context,
    folder: Folder,
    signatures: Annotated[
        list[Path], typer.Option("--signature", metavar="FILE", help="A governor's signature; name at least two.")
    ],
    as_json: Json = False,
) -> None:
    """Adopt a charter that enough governors (distinct keys) have signed; in force from the next epoch."""
    from countenance.cli.open_house import open_house
    from countenance.policy.adopt import NotAdopted, read_signature
    from countenance.policy.adopt import adopt as adopted
    from countenance.policy.folder import load_charter

    charter = load_charter(folder)
    given = [read_signature(path.read_text(), charter) for path in signatures]
    with open_house(context.obj) as house:
        match adopted(charter, given, house.charters.latest, house.charters.earlier):
            case NotAdopted(reasons=reasons):
                raise BrokenInput(f"not adopted: {'; '.join(reasons)}", where=str(folder))
            case adoption:
                start = house.charters.adopt(adoption, now=int(time.time())).start
    if as_json:
        emit({"charter": charter.digest, "from_epoch": start, "governors": list(adoption.governors)})
    else:
        console().print(
            f"Adopted by {', '.join(adoption.governors)} (distinct keys); in force from epoch {start}.", markup=False
        )


def _in_force(data: str | None) -> Charter:
    from countenance.cli.open_house import open_house

    with open_house(data) as house:
        return house.charters.judge().charter
