"""countenance enrol: a picture, a folder per subject, or a CSV of path, subject and metadata."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit, refuse
from countenance.cli.days import day
from countenance.cli.options import Authority, Faces, GalleryName, Json, Minor, Purpose
from countenance.cli.pairs import pairs
from countenance.cli.progress import bar
from countenance.cli.sample_file import read_sample, shown
from countenance.service.asking import NotAcquired, Refused
from countenance.service.enrol import Enrolled, EnrolRequest, Known, Withdrawn, gallery_for
from countenance.service.enrol_many import Item, Pending, Unreadable, enrol_many
from countenance.service.manifest import Line, lines_of
from countenance.terms.acquisition import FaceChoice
from countenance.terms.gallery import Keep

if TYPE_CHECKING:
    from rich.table import Table

FEW = 8
SHOWN = 50
"""Lines of the report that people see; --json has them all."""


def enrol(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", readable=False, help="A picture, a folder per subject, or a CSV file.")
    ],
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    subject: Annotated[str | None, typer.Option("--subject", "-s", help="Whose picture it is.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="May be repeated.")
    ] = None,
    basis: Annotated[
        str | None, typer.Option("--basis", help="Consent basis (default: the authority's class).")
    ] = None,
    retain_until: Annotated[
        datetime | None, typer.Option("--retain-until", formats=["%Y-%m-%d"], help="Default: what the purpose says.")
    ] = None,
    keep: Annotated[
        Keep, typer.Option("--keep", help="For a new gallery: what is kept beside the template.")
    ] = Keep.NONE,
    faces: Faces = FaceChoice.ONE,
    minor: Minor = False,
    as_json: Json = False,
) -> None:
    """Enrol subjects; goes on past bad files, and adds nothing twice when run again."""
    from countenance.cli.open_house import asking, open_house

    if faces is FaceChoice.ALL:
        raise typer.BadParameter("a picture is enrolled for one subject: one, largest or central", param_hint="--faces")
    extra = pairs(metadata or (), "--metadata")
    until = None if retain_until is None else int(retain_until.replace(tzinfo=UTC).timestamp())
    lines = lines_of(source, subject)

    def pending() -> Iterator[Pending]:
        for line in lines:
            yield Pending(shown(line.path), line.subject, partial(_read, line, extra, basis, until))

    started = time.monotonic()
    with open_house(context.obj) as house:
        asks = asking(house, purpose, authority, minor=minor)
        place = gallery_for(house.rooms, asks, gallery, keep)
        if isinstance(place, Refused):
            raise refuse(place, as_json=as_json)
        items = []
        with bar("enrolling", len(lines)) as progress:
            for item in enrol_many(
                house.rooms,
                asks,
                gallery=place,
                pending=pending(),
                faces=faces,
                threads=house.settings.threads,
                few=len(lines) <= FEW,
            ):
                items.append(item)
                progress.step()
    _report(sorted(items, key=lambda i: i.name), time.monotonic() - started, as_json=as_json)


def _read(line: Line, extra: dict[str, str], basis: str | None, until: int | None) -> EnrolRequest:
    return EnrolRequest(read_sample(line.path), line.subject, {**line.metadata, **extra}, basis, until)


def _line(item: Item) -> tuple[str, str]:
    """What came of an item: a word for counting, and a reason."""
    match item.answer:
        case Enrolled():
            return "enrolled", ""
        case Known(subject=subject):
            return "already enrolled", f"as {subject}"
        case Withdrawn(since=since):
            return "withdrawn", f"the subject of this name or picture withdrew on {day(since)}; lifting that takes two"
        case NotAcquired(failure=failure):
            return "not acquired", f"{failure.reason.value}: {failure.detail}"
        case Refused(refusal=refusal):
            return "refused", refusal.sentence
        case Unreadable(error=error):
            return "unreadable", error.what


def _report(items: list[Item], seconds: float, *, as_json: bool) -> None:
    told = [(item, *_line(item)) for item in items]
    counts = Counter(word for _, word, _ in told)
    if as_json:
        shape: dict[str, Any] = {
            "counts": dict(counts),
            "seconds": round(seconds, 3),
            "items": [
                {"path": item.name, "subject": item.subject, "result": word, "reason": reason, **_more(item)}
                for item, word, reason in told
            ],
        }
        emit(shape)
    else:
        console().print(_table(told, counts))
        if len(items) > FEW:
            console().print(f"{len(items)} pictures in {seconds:.1f} s ({len(items) / max(seconds, 1e-9):.0f}/s)")
    refused = [item.answer for item in items if isinstance(item.answer, Refused)]
    if refused and len(refused) == len(items):
        raise refuse(refused[0], as_json=False) if not as_json else typer.Exit(10)
    if not counts.keys() & {"enrolled", "already enrolled"}:
        raise typer.Exit(12 if set(counts) == {"unreadable"} else 11)


def _more(item: Item) -> dict[str, Any]:
    match item.answer:
        case Enrolled(reference=reference, receipt=receipt):
            return {"reference": reference.id, "entry": receipt.entry, "quality": reference.quality}
        case NotAcquired(receipt=receipt) | Refused(receipt=receipt) | Withdrawn(receipt=receipt):
            return {"entry": receipt.entry}
        case _:
            return {}


def _table(told: list[tuple[Item, str, str]], counts: Counter[str]) -> Table:
    from rich.table import Table

    table = Table("what came of it", "pictures", "which, and why")
    for word, count in counts.most_common():
        which = [f"{Path(i.name).name}{': ' + why if why else ''}" for i, w, why in told if w == word]
        shown = which[:3] if word == "enrolled" else which[:SHOWN]
        more = f"\n… and {len(which) - len(shown)} more" if len(which) > len(shown) else ""
        table.add_row(word, str(count), "\n".join(shown) + more)
    return table
