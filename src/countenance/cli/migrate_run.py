"""countenance migrate plan, run, status, pause: bring a source in as far as a staged batch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit, refuse
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.cli.progress import bar
from countenance.service.asking import Refused
from countenance.terms.gallery import BatchState, Keep

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.migration.account import Account
    from countenance.migration.importing import Tick
    from countenance.migration.intake import Intake
    from countenance.migration.quality_gate import QualityGate
    from countenance.migration.source import Source
    from countenance.service.asking import Asking
    from countenance.terms.gallery import Gallery

UNMET = 15
"""Exit code where a batch that was to be published is not ready."""

Kind = Annotated[str, typer.Option("--source", metavar="KIND", help="What it is: folder, manifest, ansi-nist, ….")]
Place = Annotated[Path, typer.Argument(metavar="PATH", readable=False, help="The file or folder to read.")]
Name = Annotated[str, typer.Option("--name", help="What this source is called in every run (default: its folder).")]
Map = Annotated[Path | None, typer.Option("--map", metavar="TOML", help="Which of the source's fields means what.")]
Basis = Annotated[str | None, typer.Option("--basis", help="Legal basis of records that have none of their own.")]
Until = Annotated[
    datetime | None,
    typer.Option("--retain-until", formats=["%Y-%m-%d"], help="Retention date of records that have none of their own."),
]
Minors = Annotated[bool, typer.Option("--minors", help="Let in records whose subject is a minor, marked as such.")]
Poses = Annotated[bool, typer.Option("--poses", help="Let in pictures that the source says are not frontal.")]
HoldBelow = Annotated[
    int, typer.Option("--hold-below", min=0, max=100, help="Hold for a person what has a lower quality (0: nothing).")
]
RejectBelow = Annotated[
    int, typer.Option("--reject-below", min=0, max=100, help="Reject what has a lower quality (0: nothing).")
]
Quality = Annotated[
    str,
    typer.Option("--quality", metavar="NAME", help="The component of quality that is meant (default: the weakest)."),
]
Eyes = Annotated[
    int, typer.Option("--eyes", min=0, help="The least pixels between the eyes (0: what is needed anyhow).")
]


def plan(
    context: typer.Context,
    path: Place,
    source: Kind,
    name: Name = "",
    table: Map = None,
    basis: Basis = None,
    retain_until: Until = None,
    minors: Minors = False,
    poses: Poses = False,
    hold_below: HoldBelow = 0,
    reject_below: RejectBelow = 0,
    quality: Quality = "",
    eyes: Eyes = 0,
    look: Annotated[
        bool, typer.Option("--look/--no-look", help="Decode every picture and look for its face, or read only.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Read everything and tell what would come in, and what not and why; nothing is kept, nothing is compared."""
    from countenance.assembly import load_vision
    from countenance.migration.plan import plan as plan_of
    from countenance.settings import read_settings

    intake = _intake(basis, retain_until, minors, poses, _gate(hold_below, reject_below, quality, eyes))
    settings = read_settings(context.obj)
    with bar("reading", None) as progress:
        made = plan_of(
            _source(source, path, name, table),
            intake,
            vision=load_vision(settings) if look else None,
            threads=settings.threads,
            progress=progress.step,
        )
    if as_json:
        emit(made)
        return
    out = console()
    out.print(f"{made['images']} images in {made['units']} units; the census counts {made['census']['images']}.")
    _table(out, "would come in, or why not", "images", made["exits"] | made["codes"])
    _table(out, "noted", "records", made["notes"])
    _table(out, "quality from", "images", {each: count for each, count in made["quality"].items() if count})


def run(
    context: typer.Context,
    path: Place,
    source: Kind,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    basis: Basis = None,
    retain_until: Until = None,
    name: Name = "",
    table: Map = None,
    minors: Minors = False,
    poses: Poses = False,
    hold_below: HoldBelow = 0,
    reject_below: RejectBelow = 0,
    quality: Quality = "",
    eyes: Eyes = 0,
    rate: Annotated[float | None, typer.Option("--rate", min=0.01, help="At most so many images a second.")] = None,
    keep: Annotated[Keep, typer.Option("--keep", help="For a new gallery: what is kept of a picture.")] = Keep.NONE,
    publish: Annotated[bool, typer.Option("--publish", help="Make it searchable at the end, if it balances.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a source in, staged; interrupted at any point, the same line goes on. The last line is the account."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.run import run as run_source
    from countenance.service.enrol import gallery_for

    said = _source(source, path, name, table)
    intake = _intake(basis, retain_until, minors, poses, _gate(hold_below, reject_below, quality, eyes))
    with open_house(context.obj) as house:
        asks = asking(house, purpose, authority)
        place = gallery_for(house.rooms, asks, gallery, keep)
        if isinstance(place, Refused):
            raise refuse(place, as_json=as_json)
        with bar("migrating", None) as progress:
            done = 0

            def tell(tick: Tick) -> None:
                nonlocal done
                progress.total(tick.discovered)
                progress.step(tick.settled - done)
                done = tick.settled

            ran = run_source(
                house.rooms,
                house.migrations,
                asks,
                gallery=place,
                source=said,
                intake=intake,
                steering=_steering(house.settings.data),
                rate=rate,
                threads=house.settings.threads,
                progress=tell,
            )
        if isinstance(ran, Refused):
            raise refuse(ran, as_json=as_json)
        ends = _published(house, asks, place, ran.run.batch) if publish else []
    if ran.unscreened is not None:
        console(err=True).print(
            f"Nobody looked for conflicts: the charter refuses the search. {ran.unscreened.refusal.sentence}",
            markup=False,
        )
    if isinstance(ends, Refused):
        raise refuse(ends, as_json=as_json)
    for each in ends:
        console(err=True).print(f"Not published: {each}.", markup=False)
    told(ran.account, as_json=as_json)
    if ends:
        raise typer.Exit(UNMET)


def _published(house: House, asks: Asking, place: Gallery, batch: str | None) -> list[str] | Refused:
    """Publish what the run brought, or what stands against it."""
    from countenance.migration.publishing import open_ends
    from countenance.migration.publishing import publish as publish_batch

    here = {each.id: each.state for each in house.galleries.batches.of(place)}
    if batch is None or here[batch] is BatchState.PUBLISHED:
        return []
    if ends := open_ends(house.migrations, place, batch):
        return ends
    answer = publish_batch(house.rooms, house.migrations, asks, gallery=place)
    return answer if isinstance(answer, Refused) else []


def status(context: typer.Context, as_json: Json = False) -> None:
    """How far the run under way is."""
    from countenance.settings import read_settings

    steering = _steering(read_settings(context.obj).data)
    word: dict[str, Any] = {"paused": steering.paused, "run": steering.told()}
    if as_json:
        emit(word)
        return
    if word["run"] is None:
        console().print("No migration has run here.")
        return
    for key, value in word["run"].items():
        console().print(f"{key:<12}{value}", markup=False)
    if steering.paused:
        console().print("Paused: `countenance migrate pause --off` lets it go on.")


def pause(
    context: typer.Context,
    off: Annotated[bool, typer.Option("--off", help="Let it go on.")] = False,
    as_json: Json = False,
) -> None:
    """Hold the run under way up, and every later one, until it is taken off; from any other terminal."""
    from countenance.settings import read_settings

    _steering(read_settings(context.obj).data).pause(on=not off)
    if as_json:
        emit({"paused": not off})
    else:
        console().print("Goes on." if off else "Paused after the images that are under way.")


def told(account: Account, *, as_json: bool) -> None:
    """The account, as the last line."""
    if as_json:
        emit(account.shape())
        return
    shape = account.shape()
    from rich.table import Table

    table = Table("", "images", "units", "persons")
    for key in ("discovered", *(each for each in shape if each not in ("discovered", "balanced", "units", "persons"))):
        table.add_row(key, *(str(each[key]) for each in (shape, shape["units"], shape["persons"])))
    console().print(table)
    console().print("It balances." if account.balanced else "It does NOT balance: see `countenance migrate report`.")


def _source(kind: str, path: Path, name: str, table: Path | None) -> Source:
    from countenance.migration.source import Source
    from countenance.terms.errors import BrokenInput

    try:
        text = "" if table is None else table.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenInput(f"the map cannot be read: {error}", where=str(table)) from error
    return Source(kind, path, name, text)


def _intake(basis: str | None, until: datetime | None, minors: bool, poses: bool, gate: QualityGate) -> Intake:
    from countenance.migration.intake import Intake

    seconds = None if until is None else int(until.replace(tzinfo=UTC).timestamp())
    return Intake(basis, seconds, minors, poses, gate)


def _gate(hold_below: int, reject_below: int, quality: str, eyes: int) -> QualityGate:
    from countenance.migration.quality_gate import QualityGate

    return QualityGate(hold_below, reject_below, quality, eyes)


def _steering(data: Path) -> Any:
    from countenance.migration.steering import FOLDER, Steering

    return Steering(data / FOLDER)


def _table(out: Any, head: str, count: str, rows: dict[str, int]) -> None:
    from rich.table import Table

    table = Table(head, count)
    for name, number in rows.items():
        table.add_row(name, str(number))
    if rows:
        out.print(table)
