"""Laws for every charter: forbidden stays forbidden, a forbid only takes away, remembering changes nothing."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy.charters import sound
from tests.policy.random_charters import CLASSES, FORBIDDEN, charters, policies, questions

from countenance.policy.charter import NO_PURPOSE, UNREGISTERED
from countenance.policy.judge import Judge
from countenance.policy.nearest import nearest
from countenance.terms.action import Action
from countenance.terms.permit import Permit, Refusal, RefusalReason

EXAMPLES = 1000 if os.environ.get("COUNTENANCE_SOAK") else 30
SLOW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(charters("permit"), st.lists(questions((*FORBIDDEN, NO_PURPOSE, UNREGISTERED)), min_size=8, max_size=16))
def test_a_random_charter_never_lets_a_forbidden_purpose_through(files: dict[str, bytes], asked: list) -> None:  # type: ignore[type-arg]
    """Nor one that is not registered, nor none at all; whatever its permits say."""
    judge = Judge(sound(files))
    for question in asked:
        answer = judge.answer(question, judge.engine.ask_afresh(question))
        assert isinstance(answer, Refusal)
        assert answer.principles
        if question.purpose in FORBIDDEN and answer.reason is not RefusalReason.POLICY_ERROR:
            assert answer.reason is RefusalReason.FORBIDDEN_PURPOSE
            assert f"gate-forbidden-{question.purpose}" in answer.policies


@SLOW
@given(charters(), st.lists(questions(), min_size=8, max_size=16))
def test_what_a_random_charter_permits_has_an_unexpired_authority_that_reaches(files: dict, asked: list) -> None:  # type: ignore[type-arg]
    """And a purpose, an act, a class and a way of knowing it that the register lists."""
    judge = Judge(sound(files))
    for question in asked:
        if judge.engine.ask_afresh(question).allowed:
            purpose = judge.charter.purposes[question.purpose]
            assert question.issued <= question.now < question.expires
            assert question.authority_state == "valid"
            assert question.authority_class in purpose.classes
            assert question.authority_kind in purpose.modes
            assert question.action in purpose.actions
            assert question.action is not Action.VERIFY or question.verifications <= purpose.verifications
            assert not question.minor or question.authority_class in purpose.minors


@SLOW
@given(charters(), policies("forbid", "one-more"), st.lists(questions(), min_size=8, max_size=16))
def test_adding_a_forbid_never_permits_more(files: dict, forbid: str, asked: list) -> None:  # type: ignore[type-arg]
    """Also one that fails while it is evaluated."""
    before = Judge(sound(files))
    after = Judge(sound({**files, "more.cedar": forbid.encode()}))
    for question in asked:
        assert not after.engine.ask_afresh(question).allowed or before.engine.ask_afresh(question).allowed


@SLOW
@given(charters(), st.lists(questions(), min_size=8, max_size=16))
def test_a_remembered_verdict_is_the_verdict(files: dict, asked: list) -> None:  # type: ignore[type-arg]
    """What no policy reads is left out of the question before it is looked up; the answer must be the same."""
    judge = Judge(sound(files))
    for question in [*asked, *asked]:
        assert judge.engine.ask(question) == judge.engine.ask_afresh(question)


@SLOW
@given(charters(), st.lists(questions(), min_size=2, max_size=4))
def test_the_nearest_permit_is_one(files: dict, asked: list) -> None:  # type: ignore[type-arg]
    """What it names does permit; it keeps purpose and act; and a forbidden purpose has none."""
    judge = Judge(sound(files))
    for question in asked:
        found = nearest(judge.charter, judge.engine, question)
        if found is not None:
            assert question.purpose in judge.charter.purposes
            assert question.action in judge.charter.purposes[question.purpose].actions
            assert all(found.lacks)
            assert set(found.policies) <= {policy.id for policy in judge.charter.policies}
            if not judge.engine.ask_afresh(question).allowed:
                assert found.lacks


@SLOW
@given(charters("permit"), questions(("find",)))
def test_an_answer_is_a_permit_exactly_where_the_engine_allows(files: dict, question) -> None:  # type: ignore[type-arg, no-untyped-def]
    judge = Judge(sound(files))
    verdict = judge.engine.ask_afresh(question)
    answer = judge.answer(question, verdict)
    assert isinstance(answer, Permit) == verdict.allowed
    unknown = judge.answer(question, replace(verdict, allowed=True, broken="no decision"))
    assert isinstance(unknown, Refusal)
    assert unknown.authority_class in {*CLASSES, "none", "unregistered"}
