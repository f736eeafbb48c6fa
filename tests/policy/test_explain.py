"""Explaining an answer: the policies that decided, what they rest on, and what a refusal lacks."""

from __future__ import annotations

import pytest
from tests.policy.charters import judge_of, record_of, request_of

from countenance.policy.explain import explain
from countenance.terms.action import Action
from countenance.terms.permit import Permit, Refusal

DEMO = judge_of("demo")
COURT = judge_of("investigation-warrant")


def test_a_permit_is_explained_by_its_policy_and_the_place_of_it() -> None:
    found = explain(DEMO, request_of(DEMO, "missing-person", "guardian-request:3", Action.SEARCH))
    assert isinstance(found.answer, Permit)
    assert found.nearest is None
    [deciding] = found.deciding
    policy = next(each for each in DEMO.charter.policies if each.id == "missing-person-find")
    assert (deciding.id, deciding.effect, deciding.text) == ("missing-person-find", "permit", policy.text)
    assert deciding.where == f"demo.cedar:{policy.line}"
    assert deciding.principle == DEMO.charter.principles["find-the-missing"]


def test_a_forbidden_purpose_is_explained_by_a_rule_of_the_gate_and_has_no_nearest() -> None:
    found = explain(DEMO, request_of(DEMO, "family-separation", "consent:3", Action.SEARCH))
    assert isinstance(found.answer, Refusal)
    assert found.nearest is None
    [deciding] = found.deciding
    assert deciding.where == "a rule of the gate"
    assert 'context.purpose == Purpose::"family-separation"' in deciding.text
    assert deciding.principle.id == "families-stay-together"


LACKS = [
    (DEMO, "missing-person", "consent:3", {}, ["an authority of the class guardian-request"]),
    (DEMO, "missing-person", None, {}, ["an authority of the class guardian-request"]),
    (DEMO, "missing-person", "guardian-request:3", {"who": "os:eve"}, ["a principal with the role operator"]),
    (
        DEMO,
        "missing-person",
        "guardian-request:3",
        {"record": record_of("guardian-request:3", expires=1_799_999_999)},
        ["an authority that is valid now"],
    ),
    (
        DEMO,
        "missing-person",
        "guardian-request:3",
        {"record": record_of("guardian-request:3", revoked=1)},
        ["an authority that is not revoked"],
    ),
    (
        COURT,
        "criminal-investigation",
        "warrant:12",
        {"who": "os:alice", "record": record_of("warrant:12"), "approvals": 1},
        ["the approval of 2 distinct principals"],
    ),
    (
        COURT,
        "criminal-investigation",
        "warrant:12",
        {"who": "os:alice", "approvals": 2, "minor": True},
        ["an authority put on file by another principal", "a subject who is not a minor"],
    ),
    (
        COURT,
        "criminal-investigation",
        "emergency:1",
        {"who": "os:alice", "approvals": 2, "record": record_of("emergency:1", expires=1_800_900_000)},
        ["an authority that was issued lately and ends soon"],
    ),
]


@pytest.mark.parametrize(("judge", "purpose", "authority", "other", "lacks"), LACKS)
def test_a_refusal_names_what_the_nearest_permit_lacks(judge, purpose, authority, other, lacks) -> None:  # type: ignore[no-untyped-def]
    found = explain(judge, request_of(judge, purpose, authority, Action.SEARCH, **other))
    assert isinstance(found.answer, Refusal)
    assert found.nearest is not None
    assert list(found.nearest.lacks) == lacks


def test_too_many_verifications_lack_a_face_that_was_verified_less() -> None:
    found = explain(DEMO, request_of(DEMO, "missing-person", "guardian-request:3", Action.VERIFY, verifications=11))
    assert isinstance(found.answer, Refusal)
    assert found.nearest is not None
    assert list(found.nearest.lacks) == ["a face that was not verified against so many within the hour"]


@pytest.mark.parametrize("purpose", [None, "unheard-of", "protest-monitoring", "access-control"])
def test_another_purpose_or_act_is_never_proposed(purpose: str | None) -> None:
    """It would be an invitation to lie: access control has no search, and nothing near it has one."""
    assert explain(DEMO, request_of(DEMO, purpose, "consent:3", Action.SEARCH)).nearest is None
