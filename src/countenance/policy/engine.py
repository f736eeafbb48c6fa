"""The policy engine: Cedar, its handles made once for a charter and never changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import combinations

import cedarpy

from countenance.policy.charter import NO_PURPOSE, OWNER, UNREGISTERED, Charter, Purpose
from countenance.policy.gate import GateRule
from countenance.policy.question import Question
from countenance.policy.reading_list import ReadingList
from countenance.terms.key_role import KeyRole
from countenance.terms.principal import Principal

SCHEMA_FILE = "charter.cedarschema"
CALLERS = ("key:", "oidc:")
"""Principals of these kinds carry roles of keys."""

REMEMBERED = 1024
"""Verdicts kept in memory: a verdict is a pure function of the reduced question."""


def schema_text() -> str:
    """The vocabulary that policies are written in; the same for every charter."""
    return files("countenance.policy").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``policies`` are the ids that decided, sorted; empty where nothing permitted. ``broken`` is a policy error."""

    allowed: bool
    policies: tuple[str, ...]
    broken: str = ""


class Engine:
    """Cedar over one charter. Trust: whatever is not a clean answer of a validated policy set is a refusal."""

    def __init__(
        self, charter: Charter, rules: tuple[GateRule, ...], roles: frozenset[frozenset[str]] = frozenset()
    ) -> None:
        """``roles`` are sets of roles to be known beside those that the charter gives."""
        text = "".join(rule.cedar() for rule in rules) + "\n".join(policy.text for policy in charter.policies)
        self._schema = cedarpy.Schema.from_str(schema_text())
        self._unsound = "; ".join(str(error) for error in cedarpy.validate_policies(text, self._schema).errors)
        self._policies = cedarpy.PolicySet.from_str("" if self._unsound else text)
        entities = json.dumps([*_purposes(charter), *_principals(charter, roles)])
        self._entities = cedarpy.Entities.from_json_str(entities, self._schema)
        self._asked_for = {each.id: (each.approvals, each.verifications) for each in charter.purposes.values()}
        self.reads = ReadingList.of(charter.policies) if not self._unsound else ReadingList.of(())
        self._remembered: Callable[[Question], Verdict] = lru_cache(maxsize=REMEMBERED)(self.ask_afresh)

    def ask(self, question: Question) -> Verdict:
        """Answer a question, from memory where one that must have the same answer was asked before."""
        return self._remembered(self.reduced(question))

    def reduced(self, question: Question) -> Question:
        """The simplest question that must have the same answer."""
        return self.reads.reduced(question, *self._asked_for.get(question.purpose, (0, 0)))

    def ask_afresh(self, question: Question) -> Verdict:
        """Answer a question by evaluating every policy."""
        return self._verdict(cedarpy.is_authorized(_request(question), self._policies, self._entities, self._schema))

    def ask_all(self, questions: list[Question]) -> list[Verdict]:
        """Many questions at once, none remembered."""
        requests = [_request(question) for question in questions]
        answers = cedarpy.is_authorized_batch(requests, self._policies, self._entities, self._schema)
        return [self._verdict(answer) for answer in answers]

    def _verdict(self, answer: cedarpy.AuthzResult) -> Verdict:
        # Cedar skips a policy that fails while it is evaluated: a failing forbid would leave the permit standing.
        # So any error, and anything but a clear Allow or Deny, is no verdict at all.
        problems = answer.diagnostics.errors
        if self._unsound or problems or answer.decision is cedarpy.Decision.NoDecision:
            return Verdict(allowed=False, policies=(), broken=self._unsound or "; ".join(problems) or "no decision")
        ids = tuple(sorted(answer.diagnostics.id_annotations_by_reason.values()))
        return Verdict(allowed=answer.decision is cedarpy.Decision.Allow, policies=ids)


def _request(question: Question) -> dict[str, object]:
    context = {
        "purpose": {"__entity": {"type": "Purpose", "id": question.purpose}},
        "authority": {
            "class": question.authority_class,
            "kind": question.authority_kind,
            "state": question.authority_state,
            "issued": question.issued,
            "expires": question.expires,
        },
        "cap": question.cap,
        "approvals": question.approvals,
        "minor": question.minor,
        "now": question.now,
        "verifications": question.verifications,
    }
    return {
        "principal": {"type": "Principal", "id": _principal_id(question.roles)},
        "action": {"type": "Action", "id": question.action.value},
        "resource": {"type": "Gallery", "id": question.gallery},
        "context": json.dumps(context),
    }


def role_sets(charter: Charter) -> frozenset[frozenset[str]]:
    """Every set of roles that a principal can have under the charter, and each role alone, and none, and all."""
    named = {name for role in charter.roles.values() for name in role.principals}
    # Whoever is not named by id has the roles of the wildcard of its kind; one stand-in a kind is enough.
    ids = named | {f"{name.partition(':')[0]}:" for name in named} | {"other:"}
    people = [Principal(name, owns) for name in ids for owns in (frozenset[str](), frozenset({OWNER}))]
    made_for = sorted(named & {role.named for role in KeyRole})
    carried = [frozenset(some) for count in range(1, len(made_for) + 1) for some in combinations(made_for, count)]
    callers = {name for name in ids if name.startswith(CALLERS)} | set(CALLERS)
    people += [Principal(name, roles) for name in callers for roles in carried]
    alone = (frozenset({role}) for role in charter.roles)
    return frozenset({frozenset(), frozenset(charter.roles), *alone, *map(charter.roles_of, people)})


def _principal_id(roles: frozenset[str]) -> str:
    # Policies speak of roles, never of persons: the engine is not told who asks.
    return "+".join(sorted(roles))


def _principals(charter: Charter, more: frozenset[frozenset[str]]) -> Iterator[dict[str, object]]:
    for role in charter.roles:
        yield {"uid": {"type": "Role", "id": role}, "attrs": {}, "parents": []}
    for roles in role_sets(charter) | more:
        parents = [{"type": "Role", "id": role} for role in sorted(roles)]
        yield {"uid": {"type": "Principal", "id": _principal_id(roles)}, "attrs": {}, "parents": parents}


def _purposes(charter: Charter) -> Iterator[dict[str, object]]:
    for purpose in charter.purposes.values():
        yield _purpose_entity(purpose.id, purpose)
    for name in (*charter.forbidden, NO_PURPOSE, UNREGISTERED):
        yield _purpose_entity(name, None)


def _purpose_entity(name: str, purpose: Purpose | None) -> dict[str, object]:
    actions = [] if purpose is None else sorted(purpose.actions)
    return {
        "uid": {"type": "Purpose", "id": name},
        "parents": [],
        "attrs": {
            "registered": purpose is not None,
            "actions": [{"__entity": {"type": "Action", "id": action}} for action in actions],
            "classes": [] if purpose is None else list(purpose.classes),
            "modes": [] if purpose is None else sorted(purpose.modes),
            "approvals": 0 if purpose is None else purpose.approvals,
            "verifications": 0 if purpose is None else purpose.verifications,
            "minors": [] if purpose is None else list(purpose.minors),
        },
    }
