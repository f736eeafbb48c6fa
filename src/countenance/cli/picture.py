"""The picture of a statement: one row a purpose, one bar an epoch, permitted upwards and refused downwards."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from countenance.terms.errors import MissingPart

if TYPE_CHECKING:
    from countenance.ledger.recount import Count
    from countenance.ledger.statement import Statement

PERMITTED, REFUSED, INK = "#1b6ca8", "#d9822b", "#333333"
ROW, WIDTH = 0.85, 9.0
"""Inches."""


def want_plots() -> None:
    """Raise MissingPart where Matplotlib is not installed; asked before anything is done that would be drawn."""
    try:
        import matplotlib.figure  # noqa: F401 - an extra
    except ImportError:
        raise MissingPart(
            "a picture needs the package matplotlib", remedy="Install it: pip install 'countenance[plots]'"
        ) from None


def picture_of(said: Statement, epochs: Mapping[int, Mapping[str, Count]]) -> bytes:
    """A PNG of the counts of ``epochs``; every purpose of the statement has its row, zeros too."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(WIDTH, ROW * len(said.lines) + 1.9), dpi=150, layout="constrained")
    axes = figure.subplots(len(said.lines), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    numbers = list(epochs)
    for axis, (purpose, line) in zip(axes, said.lines.items(), strict=True):
        rows = [epochs[number].get(purpose) for number in numbers]
        axis.bar(numbers, [row.permitted if row else 0 for row in rows], width=0.7, color=PERMITTED)
        axis.bar(numbers, [-row.refused if row else 0 for row in rows], width=0.7, color=REFUSED)
        axis.axhline(0, color=INK, linewidth=0.8)
        _label(axis, purpose, line.status, line.counted)
    most = max((max(c.permitted, c.refused) for each in epochs.values() for c in each.values()), default=0)
    axes[0].set_ylim(-1.15 * max(most, 1), 1.15 * max(most, 1))
    axes[0].yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes[0].yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes[-1].xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    axes[-1].set_xlim(numbers[0] - 0.6, numbers[-1] + 0.6)
    axes[-1].set_xlabel("epoch")
    figure.suptitle(
        f"{said.origin}: requests by purpose and epoch, {said.start} to {said.end}", x=0.01, ha="left", fontsize=11
    )
    figure.supylabel("requests", fontsize=9)
    figure.legend(handles=_keys(), loc="outside lower left", ncols=2, frameon=False, fontsize=9)
    figure.text(0.995, 0.008, _witnesses(said), ha="right", va="bottom", fontsize=8, color=INK)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _label(axis: Any, purpose: str, status: str, count: Count) -> None:
    axis.set_title(f"{purpose} ({status})", loc="left", fontsize=9, pad=3)
    axis.set_title(
        f"{count.permitted} permitted, {count.refused} refused",
        loc="right",
        fontsize=9,
        pad=3,
        color=INK,
        fontweight="bold" if not count.permitted else "normal",
    )
    axis.spines[["top", "right", "bottom"]].set_visible(False)
    axis.tick_params(labelsize=8)
    axis.tick_params(axis="x", length=0)


def _keys() -> list[Any]:
    from matplotlib.patches import Patch

    return [Patch(color=PERMITTED, label="permitted"), Patch(color=REFUSED, label="refused (downwards)")]


def _witnesses(said: Statement) -> str:
    who = f"countersigned by {', '.join(said.cosigned)}" if said.cosigned else "UNWITNESSED"
    return f"tree of {said.size} entries, {who}"
