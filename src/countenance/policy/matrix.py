"""The matrix of a charter: what is permitted for each purpose, act and class of authority, and by which policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from countenance.policy.bands import Bands
from countenance.policy.charter import Purpose
from countenance.policy.engine import Engine
from countenance.policy.gate import PREFIX
from countenance.policy.judge import Judge
from countenance.policy.question import Question
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Cell:
    """One purpose, act and class of authority.

    ``policies`` permit it, to whoever has one of the ``roles`` sets, with an authority of one of the ``kinds``;
    ``approvals`` is the least number asked for; ``minors`` whether a subject may be a minor. Without ``policies``
    nothing permits it, and ``refused_by`` names the rules of the gate that stand against it, if any.
    """

    purpose: str
    action: Action
    authority_class: str
    policies: tuple[str, ...] = ()
    roles: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[AuthorityKind, ...] = ()
    approvals: int = 0
    minors: bool = False
    refused_by: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether anybody at all may do it."""
        return bool(self.policies)


def matrix(judge: Judge) -> tuple[Cell, ...]:
    """Every purpose, the forbidden ones last, × every act × every registered class."""
    return tuple(_cells(judge))


def permitted(judge: Judge) -> Iterator[tuple[Question, tuple[str, ...]]]:
    """Every question that is permitted, over all bands, with the policies that permit it."""
    bands = Bands.of(judge.charter, judge.engine)
    for purpose in judge.charter.purposes.values():
        for question, policies in asked(judge.engine, bands.permissible(purpose)):
            if policies is not None:
                yield question, policies


def asked(engine: Engine, questions: Iterable[Question]) -> Iterator[tuple[Question, tuple[str, ...] | None]]:
    """Ask many; the permitting policies, or None for a refusal."""
    waiting: list[Question] = []
    for question in questions:
        waiting.append(question)
        if len(waiting) == _BATCH:
            yield from _ask(engine, waiting)
            waiting = []
    yield from _ask(engine, waiting)


def _ask(engine: Engine, questions: list[Question]) -> Iterator[tuple[Question, tuple[str, ...] | None]]:
    for question, verdict in zip(questions, engine.ask_all(questions), strict=True):
        yield question, verdict.policies if verdict.allowed else None


def _cells(judge: Judge) -> Iterator[Cell]:
    charter = judge.charter
    found: dict[tuple[str, Action, str], list[tuple[Question, tuple[str, ...]]]] = {}
    for question, policies in permitted(judge):
        key = (question.purpose, question.action, question.authority_class)
        found.setdefault(key, []).append((question, policies))
    for purpose in charter.purposes.values():
        for action in Action:
            for name in charter.classes:
                yield cell_of(purpose, action, name, found.get((purpose.id, action, name), []))
    for forbidden in charter.forbidden:
        for action, name in product(Action, charter.classes):
            yield Cell(forbidden, action, name, refused_by=(f"{PREFIX}forbidden-{forbidden}",))


def cell_of(purpose: Purpose, action: Action, name: str, cases: list[tuple[Question, tuple[str, ...]]]) -> Cell:
    """Gather the permitted questions of one cell."""
    if not cases:
        against = []
        if action not in purpose.actions:
            against.append("gate-action")
        if name not in purpose.classes:
            against.append("gate-authority-class")
        return Cell(purpose.id, action, name, refused_by=tuple(against))
    return Cell(
        purpose.id,
        action,
        name,
        policies=tuple(sorted({policy for _, policies in cases for policy in policies})),
        roles=_least({question.roles for question, _ in cases}),
        kinds=tuple(sorted({AuthorityKind(question.authority_kind) for question, _ in cases})),
        approvals=min(question.approvals for question, _ in cases),
        minors=any(question.minor for question, _ in cases),
    )


def _least(sets: set[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of roles: one that holds another adds nothing to tell."""
    return tuple(sorted(tuple(sorted(each)) for each in sets if not any(other < each for other in sets)))
