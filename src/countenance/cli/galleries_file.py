"""countenance galleries export, import: a whole gallery in one sealed and signed file, to another house and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli import shapes
from countenance.cli.answer import console, emit, refuse
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.service.asking import Refused

PassphraseFile = Annotated[
    Path, typer.Option("--passphrase-file", metavar="FILE", help="Its first line is the passphrase of the export.")
]


def export(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The gallery's name.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A file that is not there yet.")],
    passphrase_file: PassphraseFile,
    purpose: Purpose = None,
    authority: Authority = None,
    recipient: Annotated[str, typer.Option("--recipient", help="To whom it is given; sealed in the log.")] = "",
    as_json: Json = False,
) -> None:
    """Write everything of a gallery, templates and kept pictures too, into one encrypted file for another house."""
    from countenance.assembly import own_log
    from countenance.cli.open_house import asking, open_house
    from countenance.service.export_gallery import export_gallery

    passphrase = _passphrase(passphrase_file)
    with open_house(context.obj) as house:
        answer = export_gallery(
            house.rooms,
            asking(house, purpose, authority),
            gallery=name,
            out=out,
            passphrase=passphrase,
            signing_key=own_log(house.settings)[1],
            recipient=recipient,
        )
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    if as_json:
        emit(
            {
                "export": str(out),
                "subjects": answer.subjects,
                "references": answer.references,
                "withdrawals": answer.withdrawals,
                "proved": answer.proved,
                "waiting": answer.waiting,
                "digest": answer.digest,
                "receipt": shapes.receipt(answer.receipt),
            }
        )
        return
    console().print(
        f"Wrote {answer.subjects} subjects with {answer.references} references to {out}, and what keeps out "
        f"{answer.withdrawals} who withdrew. Whoever has the passphrase "
        f"reads them all: send it another way. SHA-256 of what was signed: {answer.digest}",
        markup=False,
    )
    waits = f"; {answer.waiting} wait for their epoch: log close-epoch, then export anew" if answer.waiting else ""
    console().print(f"{answer.proved} references with the log's proof that it admitted them{waits}.", markup=False)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What galleries export wrote.")],
    gallery: GalleryName,
    passphrase_file: PassphraseFile,
    purpose: Purpose = None,
    authority: Authority = None,
    log_key: Annotated[
        str, typer.Option("--log-key", metavar="HEX", help="The key of the log whose house must have signed it.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Enrol what another house exported, staged; migrate publish then makes it searchable."""
    from countenance.cli.open_house import asking, open_house
    from countenance.service.import_gallery import import_gallery
    from countenance.storage.faults import unwritable

    passphrase, signer = _passphrase(passphrase_file), _key(log_key)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise unwritable(error, file, "read") from error
    with opened, open_house(context.obj) as house:
        asks = asking(house, purpose, authority)
        answer = import_gallery(house.rooms, asks, gallery=gallery, file=opened, passphrase=passphrase, signer=signer)
    if isinstance(answer, Refused):
        raise refuse(answer, as_json=as_json)
    if as_json:
        emit(
            {
                "origin": answer.head.said.get("origin"),
                "log_key": answer.head.key.hex(),
                "digest": answer.head.digest,
                "batch": answer.batch,
                "enrolled": answer.enrolled,
                "unchanged": answer.unchanged,
                "withdrawn": answer.withdrawn,
                "withdrawals": answer.withdrawals,
                "expired": answer.expired,
                "proofs": answer.proofs,
                "unproved": answer.unproved,
                "template_only": answer.template_only,
                "subjects": answer.subjects,
            }
        )
        return
    for each in answer.template_only:
        console().print(f"{each}: its template is of another recipe, and no picture was kept", markup=False)
    for log, count in answer.proofs.items():
        console().print(f"{count} references proved by the log {log}", markup=False)
    console().print(
        f"From {answer.head.said.get('origin')}, signed by {answer.head.key.hex()}: {answer.enrolled} references "
        f"enrolled and staged, {answer.unchanged} there already, {answer.withdrawn} kept out by a withdrawal, "
        f"{answer.expired} past their date, {len(answer.template_only)} without a usable template, "
        f"{answer.unproved} without a proof; {answer.subjects} subjects without a face added. "
        f"{answer.withdrawals} withdrawals came along, and hold here. "
        "countenance migrate publish makes them searchable.",
        markup=False,
    )


def _passphrase(path: Path) -> str:
    from countenance.terms.errors import Malformed

    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, ValueError, IndexError) as error:
        raise Malformed("the passphrase cannot be read", where=str(path)) from error


def _key(text: str) -> bytes | None:
    from countenance.terms.errors import Malformed

    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b"?"
    if len(key) not in (0, 32):
        raise Malformed("a log's key is 64 hexadecimal digits", where=text[:80])
    return key or None
