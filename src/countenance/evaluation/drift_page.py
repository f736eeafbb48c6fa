"""The page of drift: each rate by epoch with its interval, before and after, and what a change can mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np

from countenance.evaluation.markup import document, facts, limits, number, rate, table
from countenance.evaluation.plots import BLUE, INK, RED, svg


def drift_page(report: Mapping[str, Any]) -> str:
    """The whole file."""
    rows, epochs = report["rates"], report["epochs"]
    parts = [
        f"<div class=box>{facts(report['header'])}</div>",
        limits(report["limits"]),
        "<h2>Before and since</h2>",
        f"<p>Since epoch {report['since']}; p corrected for {sum(r['p'] is not None for r in rows)} tests (Holm).</p>",
        table(["purpose", "rate", "before", "since", "difference", "p", ""], [_row(each) for each in rows]),
        *_figures(report),
        "<h2>What was adopted meanwhile</h2>",
        f"<p>{len(epochs)} epochs, of {epochs[0]['start']} to {epochs[-1]['end']}.</p>",
        table(
            ["epoch", "days", "what changed in it"],
            [
                [str(each["epoch"]), f"{each['start']} to {each['end']}", escape("; ".join(each["changes"]))]
                for each in epochs
                if each["changes"]
            ],
        ),
    ]
    return document("Drift in operation", parts)


def _row(each: Mapping[str, Any]) -> list[str]:
    moved = each["difference"]
    shown = "" if moved is None else f"{number(moved['value'])} [{', '.join(number(end) for end in moved['ci95'])}]"
    verdict = each["note"] or ("changed" if each["changed"] else "no change is shown")
    few = "; fewer than 30 trials on a side" if each["few"] and not each["note"] else ""
    p = "" if each["p"] is None else f"{each['p_corrected']:.2g} <small>({each['p']:.2g})</small>"
    return [
        escape(each["purpose"]), escape(each["rate"]), rate(each["before"]), rate(each["after"]), shown, p,
        escape(verdict + few),
    ]  # fmt: skip


def _figures(report: Mapping[str, Any]) -> Iterator[str]:
    for purpose in sorted({each["purpose"] for each in report["rates"]}):
        rows = [each for each in report["rates"] if each["purpose"] == purpose]
        yield f"<h2>{escape(purpose)}</h2>"
        yield svg(purpose, lambda f, r=rows: _paint(f, r, report), (6.4, 0.6 + 1.5 * len(rows)))  # type: ignore[misc]


def _paint(figure: Any, rows: list[Mapping[str, Any]], report: Mapping[str, Any]) -> None:
    changed = [each["epoch"] for each in report["epochs"] if each["changes"]]
    for axes, row in zip(np.atleast_1d(figure.subplots(len(rows), 1, sharex=True)), rows, strict=True):
        known = [each for each in row["epochs"] if each["value"] is not None]
        numbers = [each["epoch"] for each in known]
        axes.vlines(numbers, *zip(*(each["ci95"] for each in known), strict=True), color=BLUE)
        axes.plot(numbers, [each["value"] for each in known], "s", color=BLUE, markersize=4)
        axes.axvline(report["since"] - 0.5, color=RED, linestyle="--")
        for number_ in changed:
            axes.axvline(number_, color=INK, linestyle=":", linewidth=0.8)
        axes.set_title(row["rate"], fontsize=9, loc="left")
        axes.set_ylim(0, min(1.02, 1.1 * max(each["ci95"][1] for each in known)))
        axes.grid(alpha=0.3)
    axes.set_xlabel("epoch (dashed: since; dotted: something was adopted)")
    axes.xaxis.get_major_locator().set_params(integer=True)
