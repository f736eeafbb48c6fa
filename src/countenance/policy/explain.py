"""Explain an answer: the deciding policies in full, the principles they rest on, and the nearest permit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from countenance.policy.judge import Judge
from countenance.policy.nearest import Nearest, nearest
from countenance.policy.request import Request
from countenance.terms.permit import Permit, Principle, Refusal


@dataclass(frozen=True, slots=True)
class Deciding:
    """A policy that decided: hand-written (``where`` is its file and line) or a rule of the gate."""

    id: str
    effect: Literal["permit", "forbid"]
    principle: Principle
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``nearest`` is None for a permit, for a forbidden purpose, and where nothing is near."""

    answer: Permit | Refusal
    deciding: tuple[Deciding, ...]
    nearest: Nearest | None


def explain(judge: Judge, request: Request) -> Explanation:
    """Judge a request that nobody acts on, and say why."""
    answer = judge.permit(request)
    near = nearest(judge.charter, judge.engine, judge.question(request)) if isinstance(answer, Refusal) else None
    return Explanation(answer, tuple(_deciding(judge, each) for each in answer.policies), near)


def _deciding(judge: Judge, name: str) -> Deciding:
    principles = judge.charter.principles
    if rule := judge.rules.get(name):
        return Deciding(name, "forbid", principles[rule.principle], rule.cedar(), "a rule of the gate")
    policy = next(each for each in judge.charter.policies if each.id == name)
    return Deciding(name, policy.effect, principles[policy.principle], policy.text, f"{policy.file}:{policy.line}")
