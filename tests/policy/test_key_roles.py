"""Roles of API keys: the charter says what they permit, and a key asks only for the acts that it was made for."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from tests.policy.charters import changed, files_of, judge_of, request_of, sound

from countenance.policy.fault import Faulty
from countenance.policy.judge import NOT_MADE_FOR_IT, Judge
from countenance.policy.read import CHARTER_FILE, read_charter
from countenance.terms.action import Action
from countenance.terms.binding import Binding
from countenance.terms.key_role import ACTS, DEFAULT, KeyRole
from countenance.terms.permit import Permit, Refusal, RefusalReason
from countenance.terms.principal import Principal

DEMO = judge_of("demo")


def holder(*roles: KeyRole) -> Principal:
    return Principal("key:3f", frozenset(role.named for role in roles))


def test_the_demo_permits_a_key_made_without_roles_what_it_permits_its_owner() -> None:
    """Within the register, and with the caller's own word for an authority."""
    for action in Action:
        for purpose, authority in (("missing-person", "guardian-request:7"), ("access-control", "consent:7")):
            keys, owners = (
                DEMO.permit(request_of(DEMO, purpose, authority, action, **more))
                for more in ({"principal": holder(*DEFAULT)}, {})
            )
            assert isinstance(keys, Permit) == isinstance(owners, Permit), (purpose, action)


@pytest.mark.parametrize("role", KeyRole)
def test_a_key_asks_only_for_the_acts_of_its_role(role: KeyRole) -> None:
    """Where the charter permits the act to all the roles together, each alone is permitted its own part of it."""
    for action in DEMO.charter.purposes["missing-person"].actions:
        answer = DEMO.permit(request_of(DEMO, "missing-person", "guardian-request:7", action, principal=holder(role)))
        assert isinstance(answer, Permit) == (action in ACTS[role]), action


def test_a_charter_cannot_widen_what_a_key_was_made_for() -> None:
    """Not even one that names the key itself; the refusal says what is wrong with the key."""
    named = Judge(sound(changed(files_of("demo"), CHARTER_FILE, '["owner", ', '["owner", "key:*", ')))
    request = request_of(
        named, "missing-person", "guardian-request:7", Action.SEARCH, principal=holder(KeyRole.VERIFIER)
    )
    refusal = named.permit(request)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.sentence, refusal.remedy) == NOT_MADE_FOR_IT
    assert refusal.reason is RefusalReason.NOT_PERMITTED
    assert refusal.principles
    assert isinstance(
        named.permit(request_of(named, "missing-person", "guardian-request:7", Action.SEARCH, who="key:3f")), Permit
    )


def test_every_mixture_of_roles_is_judged() -> None:
    """Also where each role of the keys has another role of the charter: no mixture is unknown to the engine."""
    files = files_of("demo")
    apart = (
        "".join(f'[roles.{role}]\ntext = "x"\nprincipals = ["{role.named}"]\n\n' for role in sorted(DEFAULT))
        + "[roles.operator]"
    )
    judge = Judge(sound(changed(files, CHARTER_FILE, "[roles.operator]", apart)))
    for count in (1, 2, 3):
        for roles in combinations(sorted(DEFAULT), count):
            for name in ("key:3f", "oidc:ada"):
                who = Principal(name, frozenset(KeyRole(role).named for role in roles))
                answer = judge.permit(
                    request_of(judge, "missing-person", "guardian-request:7", Action.VERIFY, principal=who)
                )
                assert isinstance(answer, Permit) == any(Action.VERIFY in ACTS[role] for role in roles)


@pytest.mark.parametrize("wrong", ["key-role:searcher", "key-role:*", "key-role:", "ownership"])
def test_a_role_that_no_key_has_is_a_fault(wrong: str) -> None:
    """A misspelt one would silently permit nothing."""
    answer = read_charter(changed(files_of("demo"), CHARTER_FILE, "key-role:verifier", wrong))
    assert isinstance(answer, Faulty)
    assert wrong in answer.faults[0].what


@pytest.mark.parametrize(
    ("binding", "purpose", "authority", "reason", "logged"),
    [
        (Binding(()), None, "guardian-request:7", RefusalReason.NO_PURPOSE, "unregistered"),
        (Binding(("missing-person", "evaluation")), None, "guardian-request:7", RefusalReason.NO_PURPOSE,
         "unregistered"),
        (Binding(("evaluation",)), "missing-person", "guardian-request:7", RefusalReason.NOT_BOUND, "missing-person"),
        (Binding(("evaluation",)), "family-separation", "guardian-request:7", RefusalReason.NOT_BOUND,
         "family-separation"),
        (Binding(("evaluation",)), "of my own", "guardian-request:7", RefusalReason.NOT_BOUND, "unregistered"),
        (Binding(("missing-person",), "guardian-request:8"), "missing-person", "guardian-request:7",
         RefusalReason.NOT_BOUND, "missing-person"),
        (Binding(("missing-person",), standing=True), "missing-person", "guardian-request:7", RefusalReason.NOT_BOUND,
         "missing-person"),
        (Binding(("missing-person",), "guardian-request:7"), "missing-person", "guardian-request:7", None, ""),
        (Binding(("missing-person",)), "missing-person", "guardian-request:7", None, ""),
    ],
)  # fmt: skip
def test_nothing_is_permitted_beyond_what_a_key_is_bound_to(
    binding: Binding, purpose: str | None, authority: str, reason: RefusalReason | None, logged: str
) -> None:
    """Whatever the charter permits; the refusal names the registered purpose and none of the caller's words."""
    asked = replace(
        request_of(DEMO, purpose, authority, Action.SEARCH, principal=holder(KeyRole.EXAMINER)), binding=binding
    )
    answer = DEMO.permit(asked)
    if reason is None:
        assert isinstance(answer, Permit)
        return
    assert isinstance(answer, Refusal)
    assert (answer.reason, answer.purpose) == (reason, logged)
    assert answer.principles
    assert "of my own" not in answer.sentence + answer.remedy


def test_a_forbidden_purpose_is_cited_though_the_key_is_not_bound_to_it() -> None:
    """The rule that forbids it decides too, and stands in the public entry."""
    asked = replace(
        request_of(DEMO, "family-separation", "guardian-request:7", Action.SEARCH), binding=Binding(("evaluation",))
    )
    answer = DEMO.permit(asked)
    assert isinstance(answer, Refusal)
    assert "gate-forbidden-family-separation" in answer.policies
