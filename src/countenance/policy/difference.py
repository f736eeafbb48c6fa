"""What a new version of a charter allows that the old one did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from countenance.policy.bands import Bands
from countenance.policy.charter import Charter
from countenance.policy.engine import Engine
from countenance.policy.judge import Judge
from countenance.policy.matrix import Cell, asked, cell_of
from countenance.policy.question import Question
from countenance.terms.action import Action


@dataclass(frozen=True, slots=True)
class Difference:
    """``permits``: cells with what is newly permitted in them; ``looser``: limits that were let out, in sentences."""

    permits: tuple[Cell, ...]
    looser: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether the new version allows nothing that the old one did not."""
        return not self.permits and not self.looser


def difference(old: Judge, new: Judge) -> Difference:
    """Compare two charters over every band that either can tell apart."""
    return Difference(tuple(_permits(old, new)), tuple(_looser(old.charter, new.charter)))


def _permits(old: Judge, new: Judge) -> Iterator[Cell]:
    bands = Bands.of(new.charter, new.engine) | Bands.of(old.charter, old.engine)
    # Roles are compared by name; whoever newly has one is told among the limits.
    before = Engine(
        old.charter, tuple(old.rules.values()), frozenset(each & frozenset(old.charter.roles) for each in bands.roles)
    )
    for purpose in new.charter.purposes.values():
        found: dict[tuple[Action, str], list[tuple[Question, tuple[str, ...]]]] = {}
        allowed = [
            (question, ids) for question, ids in asked(new.engine, bands.permissible(purpose)) if ids is not None
        ]
        earlier = asked(before, (_as_of(old.charter, question) for question, _ in allowed))
        for (question, ids), (_, then) in zip(allowed, earlier, strict=True):
            if then is None:
                found.setdefault((question.action, question.authority_class), []).append((question, ids))
        for (action, name), cases in sorted(found.items()):
            yield cell_of(purpose, action, name, cases)


def _as_of(old: Charter, question: Question) -> Question:
    """The same request as the old charter would have understood it."""
    known = question.purpose in old.purposes or question.purpose in old.forbidden
    purpose = old.purposes.get(question.purpose)
    return replace(
        question,
        roles=question.roles & frozenset(old.roles),
        purpose=question.purpose if known else "unregistered",
        authority_class=question.authority_class if question.authority_class in old.classes else "unregistered",
        cap=min(question.cap, purpose.candidate_cap) if purpose else question.cap,
    )


def _looser(old: Charter, new: Charter) -> Iterator[str]:
    for name in sorted(old.forbidden.keys() - new.forbidden.keys()):
        yield f"the purpose {name} is no longer forbidden for ever"
    for name, now in sorted(new.purposes.items()):
        if (then := old.purposes.get(name)) is None:
            yield f"the purpose {name} is new"
            continue
        if now.candidate_cap > then.candidate_cap:
            yield f"{name}: up to {now.candidate_cap} candidates instead of {then.candidate_cap}"
        if now.reviewers < then.reviewers:
            yield f"{name}: {now.reviewers} reviewers instead of {then.reviewers}"
        if then.approve_each and not now.approve_each:
            yield f"{name}: an approval holds until it expires instead of for one search"
        if now.verifications > then.verifications:
            yield f"{name}: up to {now.verifications} verifications of one face instead of {then.verifications}"
        if (now.retention_days or 10**9) > (then.retention_days or 10**9):
            kept = "without an end" if now.retention_days is None else f"for {now.retention_days} days"
            yield f"{name}: enrolled people are kept {kept} instead of {then.retention_days} days"
    for name, role in sorted(new.roles.items()):
        had = old.roles.get(name)
        if more := sorted(set(role.principals) - set(had.principals if had else ())):
            yield f"the role {name} is given to {', '.join(more)}"
        if role.registers_authorities and not (had and had.registers_authorities):
            yield f"the role {name} may register authorities"
        if role.governs and not (had and had.governs):
            yield f"the role {name} may act for the governors"
        if role.approves and not (had and had.approves):
            yield f"the role {name} may approve searches"
        if role.reviews and not (had and had.reviews):
            yield f"the role {name} may review candidates"
    if new.epochs.minimum < old.epochs.minimum:
        yield f"an epoch may close with {new.epochs.minimum} requests instead of {old.epochs.minimum}"
    if new.quorum < old.quorum:
        yield f"publication needs {new.quorum} witnesses instead of {old.quorum}"
    if {each.public for each in new.governors.values()} != {each.public for each in old.governors.values()}:
        yield f"the governors' keys are now those of {', '.join(sorted(new.governors)) or 'nobody'}"
