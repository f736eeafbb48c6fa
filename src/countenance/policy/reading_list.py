"""What the hand-written policies look at; nothing else can change their answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass

import cedarpy
from cedarpy import pst

from countenance.policy.charter import Policy
from countenance.policy.names import walk
from countenance.policy.question import NO_END, Question

EVERYTHING = frozenset(
    {"class", "kind", "state", "issued", "expires", "cap", "approvals", "minor", "now", "verifications"}
)
TIMES = frozenset({"now", "issued", "expires"})


@dataclass(frozen=True, slots=True)
class ReadingList:
    """``attributes`` of the context that policies read, ``numbers`` and ``galleries`` that they name."""

    attributes: frozenset[str]
    numbers: frozenset[int]
    galleries: frozenset[str]

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> ReadingList:
        """Read every policy of a sound charter."""
        trees = [cedarpy.policies_to_pst(policy.text) for policy in policies]
        nodes = [node for tree in trees for node in walk(tree)]
        return cls(
            attributes=frozenset[str]().union(*map(_read, trees)),
            numbers=frozenset(node.value for node in nodes if isinstance(node, pst.LongLit)),
            galleries=frozenset(
                node.id for node in nodes if isinstance(node, pst.EntityUid) and str(node.type) == "Gallery"
            ),
        )

    def reduced(self, question: Question, approvals: int, verifications: int) -> Question:
        """The simplest question with the same answer; ``approvals`` and ``verifications`` are the purpose's own.

        The gate's own rules compare times and numbers, and read nothing else of what is reduced here, so what no
        hand-written policy reads can be replaced by any value that compares alike.
        """
        verified = question.verifications
        if "verifications" not in self.attributes:
            verified = 0 if verified <= verifications else verifications + 1
        now, issued, expires = question.now, question.issued, question.expires
        if not TIMES & self.attributes:
            now, issued, expires = 1, 2 if issued > now else 0, 0 if expires <= now else NO_END
        return Question(
            roles=question.roles,
            action=question.action,
            gallery=question.gallery if question.gallery in self.galleries or "" in self.galleries else "",
            purpose=question.purpose,
            authority_class=question.authority_class,
            authority_kind=question.authority_kind,
            authority_state=question.authority_state,
            issued=issued,
            expires=expires,
            cap=question.cap if "cap" in self.attributes else 0,
            approvals=question.approvals if "approvals" in self.attributes else min(question.approvals, approvals),
            minor=question.minor,
            now=now,
            verifications=verified,
        )


def _read(node: object) -> frozenset[str]:
    """Attributes of the context below ``node``; all of them where a record is taken as a whole."""
    match node:
        case pst.GetAttr(pst.GetAttr(pst.Var("context"), "authority"), attribute):
            return frozenset({attribute})
        case pst.GetAttr(pst.Var("context"), attribute) if attribute != "authority":
            return frozenset({attribute})
        case pst.Var("context"):
            return EVERYTHING
        case Mapping():
            below: Iterable[object] = node.values()
        case tuple():
            below = node
        case _ if is_dataclass(node):
            below = [getattr(node, each.name) for each in fields(node)]
        case _:
            below = ()
    return frozenset[str]().union(*map(_read, below))
