"""Two promises that every charter must keep, looked for a breach over all bands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from countenance.policy.bands import FLAWS, KINDS, SEARCHES, Bands, Flaw
from countenance.policy.charter import NO_PURPOSE, UNREGISTERED
from countenance.policy.judge import Judge
from countenance.policy.matrix import asked
from countenance.policy.question import Question
from countenance.terms.action import Action


@dataclass(frozen=True, slots=True)
class Promise:
    """What was looked for, in how many questions, and each question that breaks it."""

    text: str
    asked: int
    breaches: tuple[Question, ...]

    @property
    def kept(self) -> bool:
        """Whether no breach was found."""
        return not self.breaches


def promises(judge: Judge) -> tuple[Promise, ...]:
    """Look for breaches. The gate's rules rule them out; this asks the engine whether that is so."""
    bands = Bands.of(judge.charter, judge.engine)
    classes = tuple(judge.charter.classes)
    closed = dict.fromkeys((*judge.charter.forbidden, NO_PURPOSE, UNREGISTERED), KINDS)
    return (
        _look(judge, "no forbidden purpose is ever allowed", bands.everything(closed, frozenset(Action), classes)),
        _look(judge, "no search without unexpired authority", _flawed(judge, bands, classes)),
    )


def _flawed(judge: Judge, bands: Bands, classes: tuple[str, ...]) -> Iterator[Question]:
    seen = set()
    purposes = {purpose.id: sorted(purpose.modes) for purpose in judge.charter.purposes.values()}
    for question in bands.everything(purposes, SEARCHES, classes):
        for flaw in FLAWS:
            flawed = _with(question, flaw)
            if flawed not in seen:
                seen.add(flawed)
                yield flawed


def _with(question: Question, flaw: Flaw) -> Question:
    return replace(
        question,
        authority_class=flaw.authority_class or question.authority_class,
        authority_kind=flaw.kind or question.authority_kind,
        authority_state=flaw.state,
        expires=question.expires if flaw.expires is None else flaw.expires,
        issued=question.issued if flaw.issued is None else flaw.issued,
    )


def _look(judge: Judge, text: str, questions: Iterator[Question]) -> Promise:
    count = 0
    breaches = []
    for question, policies in asked(judge.engine, questions):
        count += 1
        if policies is not None:
            breaches.append(question)
    return Promise(text, count, tuple(breaches))
