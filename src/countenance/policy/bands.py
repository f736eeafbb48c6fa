"""Every band of a request that a charter's policies can tell apart, for checks that leave none out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from countenance.policy.charter import NO_AUTHORITY, UNREGISTERED, Charter, Purpose
from countenance.policy.engine import Engine, role_sets
from countenance.policy.question import NO_END, Question
from countenance.policy.reading_list import TIMES
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind

SEARCHES = frozenset({Action.VERIFY, Action.SEARCH, Action.GROUP, Action.WATCH})
"""The acts that compare faces."""

KINDS = (AuthorityKind.REGISTERED, AuthorityKind.STANDING, AuthorityKind.SELF_DECLARED)
ENOUGH = 9
"""Approvals: the most that a charter can ask for."""

MANY = 1_000_000
"""Verifications: the most that a charter can allow."""

_NOW = 1_000_000_000
_LARGEST_SPAN = 100 * 366 * 86_400
_CAPS = frozenset({1, 2, 5, 6, 20, 21, 50})
_APPROVALS = frozenset({0, 1, 2, 3})


class Term(NamedTuple):
    """An authority's time: from, until, and now, in Unix seconds."""

    issued: int
    expires: int
    now: int


class Flaw(NamedTuple):
    """What can be wrong with an authority, whatever else holds; None stands for: as in the question."""

    name: str
    authority_class: str | None = None
    kind: AuthorityKind | None = None
    state: str = "valid"
    expires: int | None = None
    issued: int | None = None


FLAWS = (
    Flaw("missing", NO_AUTHORITY, AuthorityKind.NONE),
    Flaw("unregistered", UNREGISTERED),
    Flaw("revoked", state="revoked"),
    Flaw("used up", state="used-up"),
    Flaw("out of scope", state="out-of-scope"),
    Flaw("bound to another", state="bound-to-another"),
    Flaw("expired", expires=0),
    Flaw("not valid yet", issued=NO_END - 1),
)


@dataclass(frozen=True, slots=True)
class Bands:
    """The values worth asking, by dimension.

    A dimension that no hand-written policy reads can be read by the gate's forbids alone, and a forbid only takes
    away: for what may be permitted it is enough to ask its most favourable value.
    """

    roles: tuple[frozenset[str], ...]
    kinds: tuple[AuthorityKind, ...]
    minors: tuple[bool, ...]
    galleries: tuple[str, ...]
    terms: tuple[Term, ...]
    caps: frozenset[int]
    approvals: frozenset[int]
    verifications: frozenset[int]

    @classmethod
    def of(cls, charter: Charter, engine: Engine) -> Bands:
        """The bands that this charter's policies can tell apart."""
        reads = engine.reads
        near = {number + step for number in reads.numbers for step in (-1, 0, 1)}
        return cls(
            roles=tuple(sorted(role_sets(charter), key=sorted)),
            kinds=KINDS if "kind" in reads.attributes else (),
            minors=(False, True) if "minor" in reads.attributes else (False,),
            galleries=tuple(sorted({"", *reads.galleries})),
            terms=_terms(near) if TIMES & reads.attributes else (Term(0, NO_END, 1),),
            caps=_CAPS | near if "cap" in reads.attributes else frozenset(),
            approvals=_APPROVALS | near if "approvals" in reads.attributes else frozenset(),
            verifications=frozenset(near) if "verifications" in reads.attributes else frozenset(),
        )

    def __or__(self, other: Bands) -> Bands:
        """The bands that either charter can tell apart; the roles stay this one's."""
        return Bands(
            roles=self.roles,
            kinds=self.kinds or other.kinds,
            minors=tuple(sorted({*self.minors, *other.minors})),
            galleries=tuple(sorted({*self.galleries, *other.galleries})),
            terms=tuple(dict.fromkeys(self.terms + other.terms)),
            caps=self.caps | other.caps,
            approvals=self.approvals | other.approvals,
            verifications=self.verifications | other.verifications,
        )

    def permissible(self, purpose: Purpose) -> Iterator[Question]:
        """Every question for a registered purpose that the gate's own rules let through."""
        caps = sorted({purpose.candidate_cap, *(cap for cap in self.caps if 1 <= cap <= purpose.candidate_cap)})
        counts = {purpose.approvals, *(count for count in self.approvals if 0 <= count <= ENOUGH)}
        for action, name, kind, minor in product(
            sorted(purpose.actions), purpose.classes, sorted(purpose.modes), (False, True)
        ):
            if minor and name not in purpose.minors:
                continue
            least = purpose.approvals if action in SEARCHES - {Action.VERIFY} else 0
            verified = self._verified(action, purpose.verifications)
            for roles, gallery, term, cap, count, others in product(
                self.roles, self.galleries, self.terms, caps, sorted(counts), verified
            ):
                if count >= least:
                    yield Question(
                        roles, action, gallery, purpose.id, name, kind, "valid", term.issued, term.expires, cap, count,
                        minor, term.now, others,
                    )  # fmt: skip

    def everything(
        self, purposes: Mapping[str, Collection[AuthorityKind]], actions: frozenset[Action], classes: Collection[str]
    ) -> Iterator[Question]:
        """Every question for these purposes (with their modes), acts and classes, the authority sound in itself."""
        caps, counts = sorted(self.caps | {1}), sorted(self.approvals | {ENOUGH})
        settings = tuple(product(self.minors, self.roles, self.galleries, self.terms, caps, counts))
        for purpose, modes in purposes.items():
            kinds = self.kinds or tuple(modes)[:1]
            for action, name, kind in product(sorted(actions), classes, kinds):
                verified = self._verified(action, MANY)
                for (minor, roles, gallery, term, cap, count), others in product(settings, verified):
                    yield Question(
                        roles, action, gallery, purpose, name, kind, "valid", term.issued, term.expires, cap, count,
                        minor, term.now, others,
                    )  # fmt: skip

    def _verified(self, action: Action, most: int) -> tuple[int, ...]:
        """How many others a probe was verified against; only a verification counts them."""
        if action is not Action.VERIFY:
            return (0,)
        return tuple(sorted({1, *(each for each in self.verifications if 1 <= each <= most)}))


def _terms(near: set[int]) -> tuple[Term, ...]:
    spans = sorted({1, *(each for each in near if 0 < each <= _LARGEST_SPAN)})
    nows = sorted({_NOW, *(each for each in near if each > _LARGEST_SPAN // 10)})
    spans_of = [(age, NO_END) for age in (0, *spans)] + [(0, left) for left in spans]
    return tuple(
        Term(max(now - age, 0), left if left == NO_END else now + left, now) for now in nows for age, left in spans_of
    )
