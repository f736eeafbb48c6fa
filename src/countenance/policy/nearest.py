"""Find the nearest permit to a refused question, and what the question lacks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from countenance.policy.bands import ENOUGH
from countenance.policy.charter import Charter, Purpose
from countenance.policy.engine import Engine, role_sets
from countenance.policy.question import NO_END, Question
from countenance.terms.permit import AuthorityKind

_BATCH = 64
_KIND_WORDS = {
    AuthorityKind.REGISTERED: "an authority put on file by another principal",
    AuthorityKind.STANDING: "a standing authority, bound to this principal by another",
    AuthorityKind.SELF_DECLARED: "an authority of the caller's own word",
}


@dataclass(frozen=True, slots=True)
class Nearest:
    """``policies`` would permit it; ``lacks`` names each thing that would have to be otherwise."""

    policies: tuple[str, ...]
    lacks: tuple[str, ...]


Change = tuple[str, dict[str, Any]]
"""What it lacks in words (empty: as it is), and the fields that would be otherwise."""


def nearest(charter: Charter, engine: Engine, question: Question) -> Nearest | None:
    """The permit for the same purpose and act that asks for the fewest changes; None where there is none.

    Purpose and act are what the caller wants: another purpose is never proposed, it would be an invitation to lie.
    """
    purpose = charter.purposes.get(question.purpose)
    if purpose is None or question.action not in purpose.actions:
        return None
    waiting = sorted(
        (
            tuple(each for each in changes if each[0])
            for changes in product(*_choices(charter, engine, purpose, question))
        ),
        key=len,
    )
    for start in range(0, len(waiting), _BATCH):
        batch = waiting[start : start + _BATCH]
        verdicts = engine.ask_all([_changed(question, changes) for changes in batch])
        for changes, verdict in zip(batch, verdicts, strict=True):
            if verdict.allowed:
                return Nearest(verdict.policies, tuple(words for words, _ in changes))
    return None


def _changed(question: Question, changes: tuple[Change, ...]) -> Question:
    fields: dict[str, Any] = {}
    for _, each in changes:
        fields |= each
    return replace(question, **fields)


def _choices(charter: Charter, engine: Engine, purpose: Purpose, question: Question) -> Iterator[list[Change]]:
    """For each side of a question, as it is and every way in which it could be otherwise."""
    same: Change = ("", {})
    yield [same, *_authorities(purpose, question)]
    yield [same, *(((_KIND_WORDS[kind]), {"authority_kind": kind}) for kind in _others(purpose.modes, question))]
    if question.authority_state != "valid":
        yield [
            same,
            ("an authority that is not " + _state_words(question.authority_state), {"authority_state": "valid"}),
        ]
    yield [same, *_terms(question)]
    yield [same, *_roles(charter, question)]
    if question.approvals < ENOUGH:
        counts = sorted({purpose.approvals, *(n for n in engine.reads.numbers if n <= ENOUGH)})
        yield [same, *((_approvals(n), {"approvals": n}) for n in counts if n > question.approvals)]
    if question.verifications > purpose.verifications:
        yield [same, ("a face that was not verified against so many within the hour", {"verifications": 1})]
    if question.minor:
        yield [same, ("a subject who is not a minor", {"minor": False})]
    if "cap" in engine.reads.attributes:
        caps = sorted(
            {near for n in engine.reads.numbers for near in (n - 1, n) if 0 < near < question.cap}, reverse=True
        )
        yield [same, *((f"at most {cap} candidates", {"cap": cap}) for cap in caps)]
    others = sorted(engine.reads.galleries - {question.gallery, ""})
    yield [same, *((f"the gallery {name}", {"gallery": name}) for name in others)]


def _authorities(purpose: Purpose, question: Question) -> Iterator[Change]:
    for name in purpose.classes:
        if name != question.authority_class:
            fields: dict[str, Any] = {"authority_class": name}
            if question.authority_kind == AuthorityKind.NONE:
                fields["authority_kind"] = min(purpose.modes)
            yield f"an authority of the class {name}", fields


def _others(modes: frozenset[AuthorityKind], question: Question) -> list[AuthorityKind]:
    return sorted(modes - {AuthorityKind(question.authority_kind)})


def _terms(question: Question) -> Iterator[Change]:
    now = question.now
    if question.issued > now or question.expires <= now:
        yield "an authority that is valid now", {"issued": min(question.issued, now), "expires": NO_END}
    yield "an authority that was issued lately and ends soon", {"issued": now, "expires": now + 1}


def _roles(charter: Charter, question: Question) -> Iterator[Change]:
    for roles in sorted(role_sets(charter), key=sorted):
        if len(roles) == 1 and not roles <= question.roles:
            [role] = roles
            yield f"a principal with the role {role}", {"roles": roles}


def _approvals(number: int) -> str:
    return "the approval of one other principal" if number == 1 else f"the approval of {number} distinct principals"


def _state_words(state: str) -> str:
    return state.replace("-", " ")
