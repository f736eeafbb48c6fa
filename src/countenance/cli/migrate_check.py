"""countenance migrate verify, shadow, report: is it right, does it agree with the old system, what did it come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit, refuse
from countenance.cli.options import Authority, GalleryName, Json, Purpose
from countenance.service.asking import Refused

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.migration.book import Run
    from countenance.terms.gallery import Gallery

Which = Annotated[str | None, typer.Option("--run", metavar="ID", help="Which run (default: the last).")]
Fpir = Annotated[
    float, typer.Option("--fpir", min=1e-6, max=0.5, help="Of the threshold that is proposed for this gallery.")
]


def verify(
    context: typer.Context,
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    run: Which = None,
    source: Annotated[
        Path | None,
        typer.Option("--again", metavar="PATH", help="Read the source again, to try subjects of one picture too."),
    ] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, help="How many references are tried.")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 1,
    fpir: Fpir = 0.01,
    as_json: Json = False,
) -> None:
    """Look for a random sample under their own names, before or after publishing; with the bound of the misses."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.source import Source
    from countenance.migration.verifying import verify as try_sample

    with open_house(context.obj) as house:
        place, which = _which(house, gallery, run)
        again = None if source is None else Source(which.kind, source, str(which.about["name"]))
        answer = try_sample(
            house.rooms,
            house.migrations,
            asking(house, purpose, authority),
            gallery=place,
            run=which,
            source=again,
            size=sample,
            seed=seed,
        )
        if isinstance(answer, Refused):
            raise refuse(answer, as_json=as_json)
        shape = answer.shape(fpir)
        house.migrations.change(which, verified=shape)
    if as_json:
        emit(shape)
        return
    out = console()
    for title, trials in (("other pictures", shape["other_pictures"]), ("self-match", shape["self_match"])):
        bound = "" if trials["bound95"] is None else f"; at most {trials['bound95']:.2%} at 95 % confidence"
        out.print(f"{title}: {trials['missed']} of {trials['tried']} not found first{bound}")
        out.print(f"  found first but below the threshold: {trials['below_threshold']}")
    out.print(f"A self-match is {shape['self_match']['note']}.", markup=False)
    if shape["rule_of_three"]:
        out.print(f"Rule of three: {shape['rule_of_three']}.", markup=False)
    _threshold(out, shape)


def shadow(
    context: typer.Context,
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", readable=False, help="What the old system answered: CSV or JSON Lines.")
    ],
    gallery: GalleryName,
    purpose: Purpose = None,
    authority: Authority = None,
    root: Annotated[
        Path | None, typer.Option("--root", metavar="DIR", help="What probes are relative to; the file's own folder.")
    ] = None,
    fpir: Fpir = 0.01,
    as_json: Json = False,
) -> None:
    """Search for the old system's probes here; who agrees, whom only one finds, and why."""
    from countenance.cli.open_house import asking, open_house
    from countenance.migration.shadow import shadow as compare
    from countenance.migration.shadow import shape
    from countenance.terms.gallery import BatchState

    with open_house(context.obj) as house:
        place = house.galleries.find(gallery)
        staged = [each.id for each in house.galleries.batches.of(place) if each.state is BatchState.STAGED]
        answer = compare(
            house.rooms,
            asking(house, purpose, authority),
            gallery=place,
            batch=staged[-1] if staged else "",
            results=results,
            folder=root or results.parent,
        )
        if isinstance(answer, Refused):
            raise refuse(answer, as_json=as_json)
        point = house.rooms.points.for_identify(house.rooms.vision().recipe, max(1, place.subjects))
        told = shape(answer, point.threshold, fpir)
    if as_json:
        emit(told)
        return
    out = console()
    agreement = told["rank1_agreement"]
    out.print(
        f"{told['probes']} probes, {told['with_legacy_mate']} with a candidate of the old system; "
        f"the same first: {'–' if agreement is None else f'{agreement:.1%}'}"
    )
    for title in ("lost", "new"):
        out.print(f"{title}: {len(told[title])}")
        for each in told[title][:20]:
            out.print(f"  {each['probe']}: {each.get('why') or each['score']}", markup=False)
    _threshold(out, told)


def report(
    context: typer.Context,
    gallery: GalleryName,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files are written.")] = Path("migration"),
    run: Which = None,
    rejects: Annotated[
        bool, typer.Option("--rejects", help="Also rejects.csv, with paths and ids of the source: personal data.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write report.json, lines.csv, report.html for people, and report.note, which signs them."""
    from countenance.cli.open_house import open_house
    from countenance.ledger.statement import statement_key
    from countenance.migration.report import collect, lines_csv, rejected_csv, write
    from countenance.storage.durable import write_durably

    with open_house(context.obj) as house:
        place, which = _which(house, gallery, run)
        told = collect(house.rooms, house.migrations, place, which)
        key = statement_key(house.settings.origin, house.statement_key.public)
        written = write(out, told, lines_csv(house.migrations, which), key, house.statement_key.sign)
        if rejects:
            write_durably(out / "rejects.csv", rejected_csv(house.migrations, which).encode(), mode=0o600)
            written += (out / "rejects.csv",)
    if as_json:
        emit({"files": [str(each) for each in written], "account": told["account"]})
        return
    for each in written:
        console().print(str(each), markup=False)


def _which(house: House, gallery: str, run: str | None) -> tuple[Gallery, Run]:
    """The run of this id, or the last that decided something."""
    place = house.galleries.find(gallery)
    return place, house.migrations.telling(place.id) if run is None else house.migrations.run(place.id, run)


def _threshold(out: Any, shape: dict[str, Any]) -> None:
    here = shape["threshold_here"]
    value = "too few probes to say" if here["threshold"] is None else f"{here['threshold']:.4f}"
    out.print(
        f"threshold in use {shape['threshold_in_use']:.4f}; for FPIR {here['fpir']:g} on these "
        f"{here['probes']} probes: {value}"
    )
