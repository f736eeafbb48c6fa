"""The figures of a report as SVG text: drawn by Matplotlib, the same bytes for the same numbers."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from scipy.special import ndtri

from countenance.evaluation.tail import EDGES

SHOWN = 6
"""Quality components in the figure: those that help most; the table has them all."""
DEVIATES = np.asarray([1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9])
FIXED: Any = {"svg.hashsalt": "countenance", "svg.fonttype": "path"}
INK, RED, BLUE = "#1f2430", "#b3261e", "#1f5fa8"


def svg(title: str, paint: Callable[[Any], None], size: tuple[float, float] = (6.4, 4.2)) -> str:
    """What ``paint`` puts into a figure of ``size`` inches."""
    figure = Figure(figsize=size, layout="constrained")
    out = io.StringIO()
    with mpl.rc_context(FIXED):
        paint(figure)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = out.getvalue()
    return text[text.index("<svg") :]


def figures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, SVG) of each figure that the report's numbers allow."""
    drawn: list[tuple[str, str]] = []

    def draw(title: str, paint: Callable[[Any], None]) -> None:
        drawn.append((title, svg(title, paint)))

    if report.get("det") and any(row[1] > 0 and row[4] > 0 for row in report["det"]["points"]):
        draw("Detection error trade-off", lambda f: _det(f, report))
        draw("Detection error trade-off on normal deviates", lambda f: _probit(f, report))
    if report.get("curve"):
        draw("False match rate by threshold", lambda f: _curve(f, report))
    if report.get("histograms"):
        draw("Scores", lambda f: _histograms(f, report))
    if report.get("sizes") and any(row[1] > 0 for each in report["sizes"] for row in each["curve"]):
        draw("Misses and false alarms by size of the gallery", lambda f: _sizes(f, report))
    if report.get("cmc"):
        draw("Cumulative match characteristic", lambda f: _cmc(f, report))
    for group in report["groups"]:
        draw(f"Error rates by {group['by']}", lambda f, g=group: _groups(f, g))  # type: ignore[misc]  # bound at once
        if "heat" in group:
            draw(f"False match rate between groups of {group['by']}", lambda f, g=group: _heat(f, g))  # type: ignore[misc]
    if any(each["partial_area"] is not None for each in report["quality"]):
        draw("Error versus discard", lambda f: _discard(f, report))
    return drawn


def _det(figure: Any, report: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    det = np.asarray(report["det"]["points"])
    shown = (det[:, 1] > 0) & (det[:, 4] > 0)
    axes.fill_between(det[shown, 1], det[shown, 5], det[shown, 6], color=BLUE, alpha=0.18, linewidth=0, label="95 %")
    axes.loglog(det[shown, 1], det[shown, 4], color=BLUE)
    axes.axvline(report["det"]["cut"], color=INK, linestyle=":", label="3 / n_eff: no claim left of this")
    point = report["operating_point"]
    if "threshold" in point:
        axes.plot(
            point["calibration"]["fmr"]["value"] or np.nan,
            point["calibration"]["fnmr"]["value"] or np.nan,
            "o",
            color=RED,
        )
    axes.set(xlabel="FMR", ylabel="FNMR")
    axes.grid(alpha=0.3)
    axes.legend()


def _probit(figure: Any, report: Mapping[str, Any]) -> None:
    """Scores that are normal within each kind lie on a straight line (Martin et al., Eurospeech 1997)."""
    axes = figure.subplots()
    det = np.asarray(report["det"]["points"])
    shown = det[(det[:, 1] > 0) & (det[:, 1] < 1) & (det[:, 4] > 0) & (det[:, 4] < 1)]
    low, high = np.clip(shown[:, 5:].T, *DEVIATES[[0, -1]])
    axes.fill_between(ndtri(shown[:, 1]), ndtri(low), ndtri(high), color=BLUE, alpha=0.18, linewidth=0, label="95 %")
    axes.plot(ndtri(shown[:, 1]), ndtri(shown[:, 4]), color=BLUE)
    axes.axvline(ndtri(report["det"]["cut"]), color=INK, linestyle=":", label="3 / n_eff: no claim left of this")
    axes.set_xticks(ndtri(DEVIATES), [f"{each:g}" for each in DEVIATES], fontsize=7)
    axes.set_yticks(ndtri(DEVIATES), [f"{each:g}" for each in DEVIATES], fontsize=7)
    x, y = ndtri(shown[:, 1]), ndtri(shown[:, 4])
    axes.set(xlabel="FMR", ylabel="FNMR", xlim=(x.min() - 0.2, x.max() + 0.2), ylim=(y.min() - 0.5, y.max() + 0.5))
    axes.grid(alpha=0.3)
    axes.legend()


def _curve(figure: Any, report: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    rows = np.asarray(report["curve"])
    axes.fill_between(rows[:, 0], np.maximum(rows[:, 2], 1e-9), rows[:, 3], color=RED, alpha=0.18, linewidth=0)
    axes.semilogy(rows[:, 0], rows[:, 1], color=RED, label="FMR")
    if report.get("det"):
        det = np.asarray(report["det"]["points"])
        shown = det[:, 4] > 0
        axes.semilogy(det[shown, 0], det[shown, 4], color=BLUE, label="FNMR")
    if "threshold" in report["operating_point"]:
        axes.axvline(report["operating_point"]["threshold"], color=INK, linestyle="--", label="operating point")
    axes.set(xlabel="threshold", ylabel="rate")
    axes.grid(alpha=0.3)
    axes.legend()


def _histograms(figure: Any, report: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    step = 20
    for name, colour in (("nonmated", RED), ("mated", BLUE)):
        counts = np.asarray(report["histograms"][name]).reshape(-1, step).sum(axis=1)
        axes.stairs(counts, EDGES[::step], color=colour, label=f"{name} ({counts.sum():,})", fill=True, alpha=0.5)
    axes.set_yscale("symlog")
    if "threshold" in report["operating_point"]:
        axes.axvline(report["operating_point"]["threshold"], color=INK, linestyle="--", label="operating point")
    axes.set(xlabel="score", ylabel="comparisons", xlim=(-0.5, 1.0))
    axes.legend()


def _sizes(figure: Any, report: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    for each in report["sizes"]:
        rows = np.asarray(each["curve"])
        shown = rows[:, 1] > 0
        axes.plot(rows[shown, 1], rows[shown, 2], label=f"N = {each['n']}")
    axes.axvline(report["search"]["target"], color=INK, linestyle=":")
    axes.set(xscale="log", xlabel="FPIR", ylabel="FNIR")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()


def _cmc(figure: Any, report: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    cmc = report["cmc"]
    axes.plot(cmc["rank"], cmc["hit"], marker="o", color=BLUE)
    axes.set(xscale="log", xlabel="rank", ylabel="hit rate", title=f"N = {cmc['n']}, everybody enrolled")
    axes.grid(alpha=0.3)


def _groups(figure: Any, group: Mapping[str, Any]) -> None:
    for axes, (name, colour) in zip(figure.subplots(1, 2), zip(group["rates"], (RED, BLUE), strict=True), strict=True):
        rows = [row for row in group["groups"] if row[name]["value"] is not None]
        for at, row in enumerate(rows):
            rate = row[name]
            axes.plot(rate["ci95"], [at, at], color=colour, linewidth=2)
            axes.plot(rate["value"], at, "s", color=colour, fillstyle="full" if rate["enough_errors"] else "none")
        axes.set_yticks(range(len(rows)), [row["group"] for row in rows])
        axes.set(xlabel=f"{name.upper()} (hollow: fewer than 30 errors)")
        axes.grid(alpha=0.3, axis="x")


def _heat(figure: Any, group: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    names = [row["group"] for row in group["groups"]]
    values = np.asarray(
        [[cell["value"] if cell["value"] else np.nan for cell in row] for row in group["heat"]], dtype=float
    )
    shown = axes.imshow(np.log10(values), cmap="Greys")
    figure.colorbar(shown, ax=axes, label="log10 FMR")
    for (row, column), value in np.ndenumerate(values):
        cell = group["heat"][row][column]
        text = f"{value:.1e}" if np.isfinite(value) else f"< {cell['ci95'][1]:.0e}"
        axes.text(column, row, text, ha="center", va="center", color=RED, fontsize=8)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)


def _discard(figure: Any, report: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    known = sorted((q for q in report["quality"] if q["partial_area"] is not None), key=lambda q: q["partial_area"])
    for each in known[:SHOWN]:
        axes.plot(each["discarded"], each["fnmr"], label=f"{each['component']} ({each['partial_area']:.2f})")
    axes.set(xlabel="share of mated comparisons discarded", ylabel="FNMR of the rest")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
