"""Lay the matrix of a charter out as a table: a row for each purpose and act, a column for each class of authority."""

from __future__ import annotations

from collections.abc import Iterable

from countenance.policy.bands import KINDS
from countenance.policy.charter import Charter
from countenance.policy.gate import PREFIX
from countenance.policy.matrix import Cell
from countenance.terms.action import Action

NOBODY = "–"


def headings(charter: Charter) -> list[str]:
    """The heading of each column."""
    return ["purpose", "act", *charter.classes]


def rows(charter: Charter, cells: Iterable[Cell]) -> list[list[str]]:
    """The rows: what permits, and under which conditions; forbidden purposes stand last, one row each."""
    found = {(cell.purpose, cell.action, cell.authority_class): cell for cell in cells}
    table = [
        [purpose, action.value, *(_words(found[purpose, action, name]) for name in charter.classes)]
        for purpose in charter.purposes
        for action in Action
    ]
    for purpose in charter.forbidden:
        table.append([purpose, "every act", *(f"never: {PREFIX}forbidden-{purpose}" for _ in charter.classes)])
    return table


def _words(cell: Cell) -> str:
    if not cell.allowed:
        return NOBODY
    notes = [" or ".join("+".join(roles) for roles in cell.roles if roles) or "everybody"]
    if set(cell.kinds) != set(KINDS):
        notes.append(" or ".join(cell.kinds))
    if cell.approvals:
        notes.append(f"{cell.approvals} approvals" if cell.approvals > 1 else "1 approval")
    if cell.minors:
        notes.append("minors too")
    return f"{', '.join(cell.policies)} ({'; '.join(notes)})"
