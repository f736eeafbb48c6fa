"""Tell the outcome of a verb: one JSON line for machines, or words and tables for people."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from countenance.cli import shapes
from countenance.cli.streams import columns
from countenance.service.asking import NotAcquired, Refused

if TYPE_CHECKING:
    from rich.console import Console

REFUSED = 10
NOT_ACQUIRED = 11


def emit(shape: dict[str, Any]) -> None:
    """One line of JSON on standard output; a byte that is no text stays the escape of a lone surrogate."""
    text = json.dumps({"version": shapes.VERSION, **shape}, ensure_ascii=False)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


def console(*, err: bool = False) -> Console:
    """A console for people; imported late, since a machine never needs it."""
    from rich.console import Console

    return Console(stderr=err, highlight=False, soft_wrap=True, width=columns())


def refuse(answer: Refused, *, as_json: bool) -> typer.Exit:
    """Tell a refusal with the sentence that it rests on; raise what this returns."""
    if as_json:
        emit(shapes.refused(answer))
        return typer.Exit(REFUSED)
    out, refusal = console(), answer.refusal
    out.print(f"[bold red]Refused[/]: {refusal.sentence}", markup=True)
    for principle in refusal.principles:
        out.print(f"  principle {principle.id}: “{principle.sentence}”", markup=False)
    if refusal.policies:
        out.print(f"  decided by {', '.join(refusal.policies)}", markup=False)
    if refusal.remedy:
        out.print(f"  {refusal.remedy}", markup=False)
    out.print(
        f"  The refusal is in the log: entry {answer.receipt.entry}. Nothing was decoded or compared.", markup=False
    )
    return typer.Exit(REFUSED)


def fail_to_acquire(answer: NotAcquired, *, as_json: bool, extra: dict[str, Any] | None = None) -> typer.Exit:
    """Tell a failure to acquire; raise what this returns."""
    if as_json:
        emit({**(extra or {}), **shapes.not_acquired(answer)})
        return typer.Exit(NOT_ACQUIRED)
    out, failure = console(), answer.failure
    out.print(f"[bold yellow]Failure to acquire[/] ({failure.reason.value}): {failure.detail}")
    if failure.advice:
        out.print(f"  {failure.advice}", markup=False)
    out.print(f"  In the log: entry {answer.receipt.entry}.", markup=False)
    return typer.Exit(NOT_ACQUIRED)
