"""countenance subjects: list, show, erase, report; withdraw, lift-withdrawal and sweep are in ``withdrawals``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli import shapes, withdrawals
from countenance.cli.answer import console, emit, refuse
from countenance.cli.days import day
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.service.asking import Refused

app = typer.Typer(no_args_is_help=True, help="The subjects of a gallery: list, show, erase, report, withdraw.")
SubjectName = Annotated[str, typer.Argument(metavar="SUBJECT", help="A subject's name or id.")]


@app.command("list")
def list_subjects(context: typer.Context, gallery: GalleryName, as_json: Json = False) -> None:
    """Who is enrolled in a gallery."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        found = house.galleries.subjects(house.galleries.find(gallery))
    if as_json:
        emit({"subjects": [shapes.subject(s) for s in found]})
        return
    from rich.table import Table

    table = Table("subject", "references", "basis", "keep until", "id")
    for one in found:
        table.add_row(one.name, str(one.references), one.basis, day(one.retain_until), one.id)
    console().print(table)


@app.command()
def show(context: typer.Context, subject: SubjectName, gallery: GalleryName, as_json: Json = False) -> None:
    """One subject with its references; never a template."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        place = house.galleries.find(gallery)
        one = house.galleries.subject(place, subject)
        references = house.galleries.references(place, one.id)
        proofs = house.galleries.carrying.proofs(place, one.id)
    if as_json:
        emit(
            {
                **shapes.subject(one),
                "references": [
                    {
                        "id": r.id,
                        "sample_digest": r.sample_digest,
                        "face": r.face,
                        "recipe": r.recipe,
                        "quality": r.quality,
                        "created": r.created,
                        "kept": r.kept.value,
                        "proofs": [each._asdict() for each in proofs.get(r.id, ())],
                    }
                    for r in references
                ],
            }
        )
        return
    from rich.table import Table

    out = console()
    out.print(f"[bold]{one.name}[/] ({one.id})", markup=True)
    out.print(f"basis {one.basis}; keep until {day(one.retain_until)}", markup=False)
    for key, value in sorted(one.metadata.items()):
        out.print(f"{key}: {value}", markup=False)
    table = Table("reference", "of sample", "enrolled", "kept")
    for r in references:
        table.add_row(r.id, r.sample_digest[:16] + "…", day(r.created), r.kept.value)
    out.print(table)
    if proofs:
        out.print(f"{len(proofs)} came from another house, with proofs: subjects report writes them out.", markup=False)


@app.command()
def erase(
    context: typer.Context,
    subject: SubjectName,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Destroy a subject's key, references and kept pictures; it cannot be undone."""
    from countenance.cli.open_house import asking, confirm, open_house
    from countenance.service.erase import erase as use_case

    if not yes and not as_json:
        confirm(f"Erase {subject} from {gallery} for good?")
    with open_house(context.obj) as house:
        answer = use_case(house.rooms, asking(house, purpose, authority), gallery=gallery, subject=subject)
    match answer:
        case Refused():
            raise refuse(answer, as_json=as_json)
        case _ if as_json:
            emit(
                {
                    "erased": shapes.subject(answer.subject),
                    "erasures": list(answer.erasures),
                    "receipt": shapes.receipt(answer.receipt),
                }
            )
        case _:
            console().print(
                f"Erased {answer.subject.name}: its key is destroyed, {answer.subject.references} references are gone. "
                "They can be enrolled again; `subjects withdraw` keeps somebody out. What the log kept about them "
                f"behind its commitments is destroyed too ({len(answer.erasures)} entries say so); proofs stay valid.",
                markup=False,
            )


@app.command()
def report(
    context: typer.Context,
    subject: SubjectName,
    gallery: GalleryName,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder for the papers.")],
    recipient: Annotated[str, typer.Option("--recipient", help="To whom it is given; sealed in the log.")] = "",
    purpose: Purpose = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Give a subject every entry about them, with openings and proofs; of an erased one (by id) the erasures."""
    from countenance.cli.open_house import asking, open_house
    from countenance.cli.paper_folder import want_empty, write_papers
    from countenance.ledger.ledger import NotYet
    from countenance.service.papers import papers
    from countenance.service.report import report as use_case

    want_empty(out)
    with open_house(context.obj) as house:
        answer = use_case(
            house.rooms, asking(house, purpose, authority), gallery=gallery, subject=subject, recipient=recipient
        )
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    write_papers(out, papers(answer))
    waiting = [each.entry for each in answer.entries if isinstance(each.proof, NotYet)]
    if as_json:
        entries = [{"entry": e.entry, "epoch": e.epoch, "meaning": e.meaning} for e in answer.entries]
        emit({"report": str(out), "entries": entries, "waiting": waiting, "receipt": shapes.receipt(answer.receipt)})
        return
    for each in answer.entries:
        console().print(f"{each.entry}  {each.meaning}", markup=False)
    console().print(
        f"{len(answer.entries)} entries, {len(waiting)} of them without a proof until their epoch is published. "
        f"Written to {out}; begin with summary.txt.",
        markup=False,
    )


app.command("withdraw")(withdrawals.withdraw)
app.command("lift-withdrawal")(withdrawals.lift_withdrawal)
app.command("sweep")(withdrawals.sweep)
