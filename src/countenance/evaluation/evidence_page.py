"""The report's part on evidence: cost, bounds, and what the ratios do to either kind of comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np

from countenance.evaluation.evidence_file import WORDS
from countenance.evaluation.markup import rate, table
from countenance.evaluation.plots import BLUE, INK, RED, svg


def evidence(told: Mapping[str, Any] | None) -> Iterator[str]:
    """Nothing where it was not measured; the reason where the data cannot carry it."""
    if told is None:
        return
    yield "<h2>Calibration to evidence</h2>"
    if told["why_not"]:
        yield f"<p>None: {escape(told['why_not'])}.</p>"
        return
    yield (
        "<p>How many times likelier a score is where both pictures show one person than where they show two. This is "
        "no probability that they do: that takes a prior, which these pictures do not have.</p>"
    )
    low, high = told["bounds"]
    yield table(
        ["", ""],
        [
            ["Cllr, bounded, on persons it was not fitted to", rate(told["cllr"])],
            ["least Cllr of any monotone function of these scores (PAV)", f"{told['cllr_min']:.4f}"],
            ["lost by calibration", f"{told['cllr']['value'] - told['cllr_min']:.4f}"],
            ["Cllr without bounds", f"{told['cllr_unbounded']:.4f}"],
            ["mated comparisons that speak for two persons", f"{told['misleading'][0]:.4f}"],
            ["others that speak for one", f"{told['misleading'][1]:.2e}"],
            ["bounds of log10 LR (ELUB)", f"{low:.2f} to {high:.2f}"],
            ["log10 LR", f"{told['slope']:.3f} · score {told['intercept']:+.3f}"],
            ["judged on mated comparisons", f"{told['mated']:,}, of {told['persons']:,} persons"],
            ["and on others", f"{told['nonmated']:,}, of {told['pairs_of_persons']:,} pairs of persons"],
        ],
    )
    yield "<p>0 is a perfect Cllr; 1 is what saying nothing costs.</p>"
    for title, paint in (
        ("Likelihood ratio by score", _line),
        ("Tippett plot: how often a ratio is exceeded", _tippett),
        ("Empirical cross-entropy by prior", _ece),
    ):
        yield f"<h3>{title}</h3>"
        yield svg(title, lambda f, paint=paint: paint(f, told))  # type: ignore[misc]  # bound at once
    yield "<p>Words, for a ratio and its interval, never without them (after ENFSI, 2015):</p>"
    ends = [f"{end:.1f}" for end, _ in WORDS[:-1]]
    spans = [f"{start} to {end}" for start, end in zip(["0.0", *ends], ends, strict=False)] + [f"above {ends[-1]}"]
    yield table(
        ["log10 LR, either sign", "in words"],
        [[span, escape(word)] for span, (_, word) in zip(spans, WORDS, strict=True)],
    )


def _line(figure: Any, told: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    start, end = told["range"]
    scores = np.linspace(start, end, 200)
    (first, both), (_, second) = told["covariance"]
    value = told["slope"] * scores + told["intercept"]
    half = 1.96 * np.sqrt(np.maximum(0, first * scores**2 + 2 * both * scores + second))
    low, high = (np.clip(each, *told["bounds"]) for each in (value - half, value + half))
    axes.fill_between(scores, low, high, color=BLUE, alpha=0.18, linewidth=0, label="95 %")
    axes.plot(scores, value, color=BLUE, linestyle=":", label="without bounds")
    axes.plot(scores, np.clip(value, *told["bounds"]), color=BLUE, label="as it is told")
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set(xlabel="score", ylabel="log10 LR", ylim=(told["bounds"][0] - 1, told["bounds"][1] + 1))
    axes.grid(alpha=0.3)
    axes.legend()


def _tippett(figure: Any, told: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    rows = np.asarray(told["tippett"])
    axes.plot(rows[:, 0], rows[:, 1], color=BLUE, label="one person")
    axes.plot(rows[:, 0], rows[:, 2], color=RED, label="two persons")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set(xlabel="log10 LR", ylabel="share of comparisons above it")
    axes.grid(alpha=0.3)
    axes.legend()


def _ece(figure: Any, told: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    rows = np.asarray(told["ece"])
    for column, style, colour, label in ((3, ":", INK, "LR = 1"), (1, "-", BLUE, "this"), (2, "--", RED, "PAV")):
        axes.plot(rows[:, 0], rows[:, column], style, color=colour, label=label)
    axes.set(xlabel="prior log10 odds", ylabel="cross-entropy, bits")
    axes.grid(alpha=0.3)
    axes.legend()
