"""The report as one HTML file: no script, no request to anywhere, every number with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from countenance.evaluation.evidence_page import evidence
from countenance.evaluation.markup import document, facts, limits, number, rate, table
from countenance.evaluation.plots import figures


def page(report: Mapping[str, Any]) -> str:
    """The whole file."""
    head, data = report["header"], report["data"]
    parts = [
        f"<div class=box>{facts({**head, **data})}</div>",
        limits(report["limits"]),
        *_headline(report),
        *_operating_point(report["operating_point"]),
        *_acquisition(report["acquisition"]),
        *_points(report),
        *_groups(report),
        *(f"<h2>{escape(name)}</h2>{svg}" for name, svg in figures(report)),
        *evidence(report.get("evidence")),
        *_quality(report),
        *_suspects(report),
        *_card(report),
    ]
    return document(f"Error rates {report['task']} on {head['dataset']}", parts)


def _headline(report: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>The rates in short</h2>"
    if report["task"] == "1:1":
        pairs = report["pairs"]
        if pairs is None:
            yield table(["", "all comparisons"], [["TMR at FMR 1e-3", rate(report["tmr_at_fmr_1e-3"])]])
            return
        yield table(
            ["", "failures counted as no match", "completed comparisons only"],
            [
                ["accuracy", rate(pairs["accuracy"]), rate(pairs["accuracy_completed"])],
                ["TMR at FMR 1e-3", rate(pairs["tmr_at_fmr_1e-3"]), rate(pairs["tmr_at_fmr_1e-3_completed"])],
            ],
        )
        if pairs["warning"]:
            yield f"<p>{escape(pairs['warning'])}</p>"
        return
    found = report["search"]
    yield table(
        [f"N = {found['n']}, rank {found['rank']}, threshold {found['threshold']:.4f}", ""],
        [
            ["FPIR", rate(found["fpir"])],
            ["FNIR, failures counted as misses", rate(found["fnir"])],
            ["FNIR, completed searches only", rate(found["fnir_completed"])],
            [f"FNIR at FPIR {found['target']:g}, threshold chosen anew", rate(found["fnir_at_fpir"])],
            ["strangers named in a search (selectivity)", number(found["selectivity"])],
        ],
    )
    yield f"<p>{escape(found['note'])}</p>"


def _operating_point(point: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Operating point</h2>"
    if point["sentence"]:
        yield f"<p>{escape(point['sentence'])}</p>"
    if "threshold" not in point:
        yield f"<p>None: {escape(point['why_not'])}.</p>"
        return
    yield f"<p>threshold <b>{point['threshold']:.4f}</b>: the upper 95 % bound is at most {point['target']:g}</p>"
    rows = []
    for side in ("calibration", "test"):
        if point[side]:
            rates = [f"{escape(name.upper())} {rate(value)}" for name, value in point[side].items()]
            rows.append([side, str(point["persons"][side]), *rates])
    yield table(["persons of", "how many", "", ""], rows)


def _acquisition(acquisition: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Failures to acquire and to enrol</h2>"
    yield table(
        ["", ""], [["FTA, of pictures", rate(acquisition["fta"])], ["FTE, of persons", rate(acquisition["fte"])]]
    )
    if acquisition["reasons"]:
        yield table(["reason", "pictures"], [[escape(k), str(v)] for k, v in acquisition["reasons"].items()])


def _points(report: Mapping[str, Any]) -> Iterator[str]:
    if "crossing" not in report:
        return
    crossing = report["crossing"]
    yield f"<h2>All comparisons: {crossing['mated']:,} mated, {crossing['nonmated']:,} of different persons</h2>"
    rows = []
    for row in crossing["points"]:
        style = {"measured": "", "few errors": "few", "not resolvable": "none"}[row["status"]]
        cells = [f"{row['target']:g}", f"{row['threshold']:.4f}", rate(row["fmr"]), rate(row["fnmr"])]
        cells.append(rate(row["tmr_at_fmr"]) if "tmr_at_fmr" in row else "")
        rows.append([*(f"<span class={style or 'ok'}>{cell}</span>" for cell in cells), escape(row["status"])])
    yield table(["target FMR", "threshold", "FMR", "FNMR", "TMR, threshold chosen anew", ""], rows)


def _groups(report: Mapping[str, Any]) -> Iterator[str]:
    for group in report["groups"]:
        yield f"<h2>By {escape(group['by'])}</h2><p>Labels of {escape(group['source'])}; "
        yield f"threshold {group['threshold']:.4f}; "
        yield f"{group['unlabelled_persons']} persons without a label.</p>"
        if group["empty"]:
            yield f"<p>Nobody in the data set is of {escape(', '.join(group['empty']))}: not measured.</p>"
        heads = {"fmr": "FMR within"}
        yield table(
            ["group", "persons", *(heads.get(name, name.upper()) for name in group["rates"]), "FTA"],
            [
                [escape(row["group"]), str(row["persons"]), *(rate(row[name]) for name in (*group["rates"], "fta"))]
                for row in group["groups"]
            ],
        )
        for name in group["rates"]:
            unequal = group[f"{name}_inequality"]
            if unequal["note"]:
                yield f"<p>{name.upper()} between groups: {escape(unequal['note'])}.</p>"
            else:
                null = unequal.get("null95")
                beside = f"; equal groups would stay below {null:.2f} in 95 of 100" if null else ""
                yield f"<p>{name.upper()}: highest over geometric mean {unequal['max_over_geomean']:.2f}{beside}; "
                yield f"Gini {unequal['gini']:.2f}.</p>"


def _quality(report: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [escape(each["component"]), f"{each['partial_area']:.2f}", str(each["errors"])]
        for each in report["quality"]
        if each["partial_area"] is not None
    ]
    if rows:
        yield "<h2>Quality as a predictor of misses</h2>"
        yield "<p>FNMR over the first 20 % discarded, as a multiple of FNMR without: below 1 the measure helps.</p>"
        yield table(["component", "multiple", "misses"], rows)
    rejected = [(each["component"], row) for each in report["quality"] for row in each["rejected_by_group"]]
    if rejected:
        yield "<p>Whom a gate at the lowest 5 % would send away:</p>"
        yield table(
            ["component", "group", "rejected", "images"],
            [
                [escape(name), escape(f"{row['by']} {row['group']}"), f"{row['rejected']:.3f}", str(row["images"])]
                for name, row in rejected
            ],
        )


def _card(report: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Model card</h2>"
    for each in report["card"]:
        yield f"<h3>{escape(each['role'])}: {escape(each['title'])}</h3>"
        yield facts({name: each[name] for name in ("licence", "licence_text", "training_data", "source", "sha256")})


def _suspects(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["suspects"]:
        return
    yield "<h2>Suspects: labels to look at</h2>"
    yield table(
        ["", "", "score", "why"],
        [
            [escape(each["a"]), escape(each.get("b", "")), str(each.get("score", "")), escape(each["why"])]
            for each in report["suspects"]
        ],
    )
