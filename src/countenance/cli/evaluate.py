"""countenance evaluate: measure the error rates of this recipe on a data set, each with its interval."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit, refuse
from countenance.cli.evaluate_drift import drift
from countenance.cli.evaluate_evidence import evidence
from countenance.cli.options import Json
from countenance.cli.progress import bar
from countenance.service.asking import Refused
from countenance.terms.acquisition import FaceChoice
from countenance.terms.action import Action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countenance.assembly import House
    from countenance.evaluation.pictures import Picture
    from countenance.service.gate import Passage

UNMET = 15
"""Exit code where a requirement is not met."""
PURPOSE = "evaluation"

app = typer.Typer(no_args_is_help=True, help="Measure error rates on a data set; every number with its interval.")
app.command()(drift)
app.command()(evidence)

Root = Annotated[
    Path | None, typer.Option("--root", metavar="DIR", help="What paths are relative to; the list's own folder.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where report and operating point are written.")]
Seed = Annotated[int, typer.Option("--seed", help="Of everything random; the same seed gives the same report.")]
Replications = Annotated[int, typer.Option("--replications", min=100, help="Resamples of each bootstrap interval.")]
Grouped = Annotated[
    Path | None, typer.Option("--groups", metavar="CSV", help="Labels: the column subject, and one an attribute.")
]
Chosen = Annotated[FaceChoice, typer.Option("--faces", help="Which face of a picture is the labelled person's.")]
Minor = Annotated[bool, typer.Option("--minor", help="Somebody in the data set is declared a minor.")]
Resume = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Keep what was acquired, sealed, for a day, if interrupted.")
]
Require = Annotated[
    list[str], typer.Option("--require", metavar="RATE<=NUMBER", help="End with exit code 15 unless it is shown.")
]


@app.command()
def verification(
    context: typer.Context,
    pairs: Annotated[
        Path | None, typer.Option("--pairs", metavar="CSV", help="Columns same,image_a,image_b[,fold].")
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", metavar="PATH", help="Instead: a folder a person, or a CSV of image,subject."),
    ] = None,
    root: Root = None,
    out: Out = None,
    crossing: Annotated[
        bool, typer.Option("--crossing/--no-crossing", help="Also compare all pictures with each other.")
    ] = True,
    groups: Grouped = None,
    target: Annotated[float, typer.Option("--target-fmr", min=1e-9, max=0.5, help="Of the operating point.")] = 1e-3,
    scores: Annotated[bool, typer.Option("--scores", help="Also write scores.npz, for `evaluate compare`.")] = False,
    faces: Chosen = FaceChoice.CENTRAL,
    seed: Seed = 1,
    replications: Replications = 1000,
    minor: Minor = False,
    resume: Resume = True,
    require: Require = [],  # noqa: B006  # never changed
    as_json: Json = False,
) -> None:
    """Are these two pictures of one person? FMR, FNMR and accuracy of a pair list, and an operating point."""
    from countenance.evaluation.parts import want_parts

    want_parts(plots=out is not None)
    from countenance.cli.open_house import open_house
    from countenance.evaluation.card import card
    from countenance.evaluation.groups import read_labels
    from countenance.evaluation.pair_list import read_pair_list, read_picture_list
    from countenance.evaluation.report import prepare
    from countenance.evaluation.require import read_requirement, unmet
    from countenance.evaluation.run import run_verification
    from countenance.evaluation.verification import Choices, most_comparisons

    wanted = [read_requirement(text) for text in require]
    labels = None if groups is None else read_labels(groups)
    choices = Choices(target, seed, replications)
    match pairs, pictures:
        case Path() as source, None:
            listed = read_pair_list(source, root)
        case None, Path() as source if crossing:
            listed = read_picture_list(source, root)
        case _:
            raise typer.BadParameter("name either --pairs or --pictures, which are all compared")
    every = tuple(listed.pictures.values())
    prepare(out)
    with open_house(context.obj) as house, bar("pictures", len(every)) as shown:
        most = most_comparisons(listed, crossing=crossing)
        passage = _ask(house, listed.sha256, every, faces, most, minor=minor)
        if isinstance(passage, Refused):
            raise refuse(passage, as_json=as_json)
        with passage:
            measured, acquired = run_verification(
                passage,
                house.rooms.vision(),
                house.rooms.galleries,
                listed,
                faces=_whole_choice(faces),
                crossing=crossing,
                labels=labels,
                choices=choices,
                step=shown.step,
                spools=house.spools if resume else None,
            )
        told_of = card(house.rooms.points.catalogue, acquired.recipe)
    kept = measured.trials if scores else None
    report, files = _written(
        out, measured.report, acquired.recipe, source, choices, passage.receipt.entry, told_of, kept
    )
    rates = {
        "accuracy": (report["pairs"] or {}).get("accuracy"),
        "tmr_at_fmr_1e-3": report["tmr_at_fmr_1e-3"],
        "fta": report["acquisition"]["fta"],
    }
    missing = unmet(wanted, report)
    shape = {
        **{name: told and told["value"] for name, told in rates.items()},
        "intervals": {name: told and told["ci95"] for name, told in rates.items()},
        "operating_point": _point_of(report),
        **_common(report, files, missing),
    }
    _tell(shape, report, missing, as_json=as_json)


@app.command()
def identification(
    context: typer.Context,
    openset: Annotated[Path, typer.Option("--openset", metavar="CSV", help="Columns image,subject,role.")],
    root: Root = None,
    out: Out = None,
    target: Annotated[float, typer.Option("--target-fpir", min=1e-6, max=0.5, help="Of the operating point.")] = 0.01,
    distractors: Annotated[
        Path | None, typer.Option("--distractors", metavar="DIR", help="Pictures of other people to fill the gallery.")
    ] = None,
    groups: Grouped = None,
    rank: Annotated[int, typer.Option("--rank", min=1, help="The mate must be among so many candidates.")] = 5,
    faces: Chosen = FaceChoice.CENTRAL,
    seed: Seed = 1,
    replications: Replications = 1000,
    minor: Minor = False,
    resume: Resume = True,
    require: Require = [],  # noqa: B006  # never changed
    as_json: Json = False,
) -> None:
    """Who is found, and who is named wrongly? FPIR and FNIR of an open-set list, and an operating point."""
    from countenance.evaluation.parts import want_parts

    want_parts(plots=out is not None)
    from countenance.cli.open_house import open_house
    from countenance.evaluation.card import card
    from countenance.evaluation.groups import read_labels
    from countenance.evaluation.identification import Search
    from countenance.evaluation.open_set import read_open_set
    from countenance.evaluation.report import prepare
    from countenance.evaluation.require import read_requirement, unmet
    from countenance.evaluation.run import run_identification

    wanted = [read_requirement(text) for text in require]
    labels = None if groups is None else read_labels(groups)
    search = Search(target, rank, seed, replications)
    listed = read_open_set(openset, root, distractors)
    prepare(out)
    with open_house(context.obj) as house, bar("pictures", len(listed.pictures)) as shown:
        probes = len(listed.by_role["probe-mated"]) + len(listed.by_role["probe-nonmated"])
        most = probes * len(listed.by_role["gallery"])
        passage = _ask(house, listed.sha256, listed.pictures, faces, most, minor=minor)
        if isinstance(passage, Refused):
            raise refuse(passage, as_json=as_json)
        with passage:
            measured, acquired = run_identification(
                passage,
                house.rooms.vision(),
                house.rooms.galleries,
                listed,
                faces=_whole_choice(faces),
                labels=labels,
                wanted=search,
                step=shown.step,
                spools=house.spools if resume else None,
            )
        told_of = card(house.rooms.points.catalogue, acquired.recipe)
    report, files = _written(
        out, measured.report, acquired.recipe, openset, search, passage.receipt.entry, told_of, None, measured.subjects
    )
    found = report["search"]
    missing = unmet(wanted, report)
    shape = {
        "fpir": found["fpir"]["value"],
        "fnir": found["fnir"]["value"],
        "target_fpir": target,
        "threshold": found["threshold"],
        "gallery_size": found["n"],
        "rank": rank,
        "selectivity": found["selectivity"],
        "fta": report["acquisition"]["fta"]["value"],
        "fte": report["acquisition"]["fte"]["value"],
        "intervals": {
            "fpir": found["fpir"]["ci95"],
            "fnir": found["fnir"]["ci95"],
            "fnir_at_fpir": found["fnir_at_fpir"]["ci95"],
            "fta": report["acquisition"]["fta"]["ci95"],
            "fte": report["acquisition"]["fte"]["ci95"],
        },
        "operating_point": _point_of(report),
        **_common(report, files, missing),
    }
    _tell(shape, report, missing, as_json=as_json)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A folder written by `evaluate verification --scores`.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one, of the same data set.")],
    seed: Seed = 1,
    replications: Replications = 1000,
    as_json: Json = False,
) -> None:
    """Is B better than A? The difference of two measurements of one data set, the same persons drawn for both."""
    from countenance.evaluation.parts import want_parts

    want_parts(plots=True)
    from countenance.evaluation.compare import compare as compared
    from countenance.evaluation.compare import read_measured

    found = compared(read_measured(first), read_measured(second), seed, replications)
    if as_json:
        emit(found)
        return
    out = console()
    out.print(f"A: {found['first']}\nB: {found['second']}", markup=False)
    for row in found["tmr"]:
        difference = row["difference"]
        if difference["value"] is None or difference["ci95"] is None:
            out.print(f"TMR at FMR {row['target']:g}: not resolvable", markup=False)
            continue
        verdict = "a real difference" if row["real"] else "no difference is shown"
        low, high = difference["ci95"]
        out.print(
            f"TMR at FMR {row['target']:g}: B - A = {difference['value']:+.4f} [{low:+.4f}, {high:+.4f}]: {verdict}",
            markup=False,
        )


def _ask(
    house: House, dataset: str, pictures: Sequence[Picture], faces: FaceChoice, most: int, *, minor: bool
) -> Passage | Refused:
    """One intent for the whole run: the purpose is evaluation, the authority the very input."""
    from countenance.cli.open_house import asking
    from countenance.evaluation.pictures import refs_of

    refs = refs_of(pictures, _whole_choice(faces))
    asked = asking(house, PURPOSE, f"dataset:{dataset}", minor=minor)
    return house.rooms.gate.ask(asked, Action.GROUP, gallery=None, samples=refs, bound=most)


def _whole_choice(faces: FaceChoice) -> FaceChoice:
    if faces is FaceChoice.ALL:
        raise typer.BadParameter("a label is of one face: one, largest or central", param_hint="--faces")
    return faces


def _written(
    out: Path | None,
    report: dict[str, Any],
    recipe: Any,
    source: Path,
    choices: Any,
    entry: str,
    told_of: list[dict[str, Any]],
    trials: Any,
    gallery_size: int | None = None,
) -> tuple[dict[str, Any], list[str]]:
    from countenance.evaluation.evidence_file import evidence_file
    from countenance.evaluation.point_file import point_file
    from countenance.evaluation.report import finished, write_report

    today = date.today().isoformat()
    common = {"dataset": source.name, "created": today, "seed": choices.seed}
    whole = finished(report, recipe, replications=choices.replications, entry=entry, card=told_of, **common)
    if out is None:
        return whole, []
    point = point_file(whole, recipe, gallery_size=gallery_size, **common)
    weighs = evidence_file(whole, recipe, **common)
    return whole, [str(path) for path in write_report(out, whole, point, weighs, trials)]


def _point_of(report: dict[str, Any]) -> dict[str, Any]:
    told = report["operating_point"]
    return {name: told.get(name) for name in ("target", "requested", "threshold", "why_not", "sentence")}


def _common(report: dict[str, Any], files: list[str], missing: list[str]) -> dict[str, Any]:
    return {
        "data": report["data"],
        "suspects": report["suspects"],
        "files": files,
        "seed": report["header"]["seed"],
        "entry": report["header"]["log_entry"],
        "unmet": missing,
    }


def _tell(shape: dict[str, Any], report: dict[str, Any], missing: list[str], *, as_json: bool) -> None:
    if as_json:
        emit(shape)
    else:
        out = console()
        for name, interval in shape["intervals"].items():
            value = shape.get(name)
            if value is not None and interval is not None:
                out.print(f"{name}: {value:.4g} [{interval[0]:.4g}, {interval[1]:.4g}]", markup=False)
        point = shape["operating_point"]
        if point["threshold"] is not None:
            out.print(f"operating point: score ≥ {point['threshold']:.4f}, at most {point['target']:g}", markup=False)
        for sentence in report["limits"]:
            out.print(f"  {sentence}", markup=False)
        for path in shape["files"]:
            out.print(f"wrote {path}", markup=False)
    for sentence in missing:
        console(err=True).print(f"not met: {sentence}", markup=False)
    if missing:
        raise typer.Exit(UNMET)
