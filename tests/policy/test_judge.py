"""The judge: what the demo permits, what nothing permits, and how a refusal is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.policy.charters import (
    ALL_TEMPLATES,
    NOW,
    changed,
    files_of,
    judge_of,
    record_of,
    request_of,
    sound,
    with_policy,
)

from countenance.policy.charter import Policy
from countenance.policy.engine import Engine
from countenance.policy.judge import Judge
from countenance.terms.action import Action
from countenance.terms.authority import Authority
from countenance.terms.permit import AuthorityKind, Permit, Refusal, RefusalReason
from countenance.terms.principal import Principal

DEMO = judge_of("demo")

# What the demo's documents promise, in full: purpose -> act -> classes of authority.
KEEP = {"consent", "guardian-request"}
PERMITTED: dict[str, dict[Action, set[str]]] = {
    "access-control": {
        each: {"consent"} for each in (Action.ENROL, Action.VERIFY, Action.MANAGE, Action.DELETE, Action.EXPORT)
    },
    "missing-person": {
        **dict.fromkeys((Action.MANAGE, Action.ACQUIRE, Action.ENROL, Action.DELETE, Action.EXPORT), KEEP),
        **{key: {"guardian-request"} for key in (Action.VERIFY, Action.SEARCH, Action.GROUP)},
    },
    "evaluation": {key: {"dataset"} for key in set(Action) - {Action.EXPORT, Action.WATCH}},
}


@pytest.mark.parametrize("purpose", [*PERMITTED, "family-separation", "protest-monitoring", "religious-profiling"])
def test_the_demo_permits_what_it_promises_and_nothing_else(purpose: str) -> None:
    """Every purpose × act × class, with the caller's own word."""
    for action in Action:
        for name in ("consent", "guardian-request", "dataset"):
            answer = DEMO.permit(request_of(DEMO, purpose, f"{name}:x", action))
            promised = name in PERMITTED.get(purpose, {}).get(action, set())
            assert isinstance(answer, Permit) == promised, (purpose, action, name)


def test_the_demo_is_for_the_owner_of_the_data_alone() -> None:
    """Who does not own the data directory has no role, whatever they claim."""
    for who in (Principal("os:eve"), Principal("os:eve", frozenset({"operator"})), Principal("key:3f")):
        request = request_of(DEMO, "missing-person", "guardian-request:x", Action.SEARCH, principal=who)
        assert isinstance(DEMO.permit(request), Refusal)
    assert DEMO.charter.principal("os:eve").roles == frozenset()
    assert DEMO.charter.principal("os:eve", owner=True).roles == {"owner", "operator", "registrar"}


def test_a_permit_carries_what_the_register_says() -> None:
    answer = DEMO.permit(request_of(DEMO, "missing-person", "guardian-request:case-3", Action.SEARCH, cap=5))
    assert answer == Permit(
        purpose="missing-person",
        authority_class="guardian-request",
        authority_kind=AuthorityKind.SELF_DECLARED,
        policies=("missing-person-find",),
        charter=DEMO.charter.digest,
        candidate_cap=5,
        reviewers=1,
        retention_days=365,
        authority_expires=None,
    )


@pytest.mark.parametrize(("asked", "given"), [(0, 20), (1, 1), (20, 20), (21, 20), (10_000, 20), (-3, 20)])
def test_a_candidate_list_is_never_longer_than_the_purpose_allows(asked: int, given: int) -> None:
    answer = DEMO.permit(request_of(DEMO, "missing-person", "guardian-request:x", Action.SEARCH, cap=asked))
    assert isinstance(answer, Permit)
    assert answer.candidate_cap == given


REFUSED = [
    (None, "consent:x", RefusalReason.NO_PURPOSE, ("unregistered", "consent"), "asked-first"),
    ("", "consent:x", RefusalReason.NO_PURPOSE, ("unregistered", "consent"), "asked-first"),
    ("none", "consent:x", RefusalReason.NO_PURPOSE, ("unregistered", "consent"), "asked-first"),
    ("find-my-ex", "consent:x", RefusalReason.UNREGISTERED, ("unregistered", "consent"), "asked-first"),
    ("unregistered", "consent:x", RefusalReason.UNREGISTERED, ("unregistered", "consent"), "asked-first"),
    ("missing-person", "hunch:x", RefusalReason.UNREGISTERED, ("missing-person", "unregistered"), "asked-first"),
    ("missing-person", "none:x", RefusalReason.UNREGISTERED, ("missing-person", "unregistered"), "asked-first"),
    ("missing-person", None, RefusalReason.AUTHORITY_MISSING, ("missing-person", "none"), "asked-first"),
    ("missing-person", "dataset:x", RefusalReason.AUTHORITY_OUT_OF_SCOPE, ("missing-person", "dataset"), "asked-first"),
    ("missing-person", "consent:x", RefusalReason.NOT_PERMITTED, ("missing-person", "consent"), "asked-first"),
    ("access-control", "consent:x", RefusalReason.NOT_PERMITTED, ("access-control", "consent"), "asked-first"),
    (
        "family-separation",
        "consent:x",
        RefusalReason.FORBIDDEN_PURPOSE,
        ("family-separation", "consent"),
        "families-stay-together",
    ),
    (
        "protest-monitoring",
        "hunch:x",
        RefusalReason.FORBIDDEN_PURPOSE,
        ("protest-monitoring", "unregistered"),
        "free-assembly",
    ),
]


@pytest.mark.parametrize(("purpose", "authority", "reason", "public", "principle"), REFUSED)
def test_a_refusal_says_why_and_cites_its_principle(
    purpose: str | None, authority: str | None, reason: RefusalReason, public: tuple[str, str], principle: str
) -> None:
    """A search in the demo: the reason, the public fields, and the sentence of the charter that it rests on."""
    answer = DEMO.permit(request_of(DEMO, purpose, authority, Action.SEARCH))
    assert isinstance(answer, Refusal)
    assert answer.reason is reason
    assert (answer.purpose, answer.authority_class) == public
    assert answer.principles[0] == DEMO.charter.principles[principle]
    assert answer.sentence.endswith(".")
    assert answer.remedy.endswith(".")
    assert answer.charter == DEMO.charter.digest


def test_no_word_of_the_caller_is_in_a_refusal() -> None:
    """Purpose, class and reference come from outside; none of them may reach the public log through the answer."""
    request = request_of(DEMO, "find-zacharias-quux", "grudge:zacharias-quux", Action.SEARCH, gallery="zacharias")
    answer = DEMO.permit(request)
    assert isinstance(answer, Refusal)
    for word in ("zacharias", "quux", "grudge", "os:alice", "people"):
        assert word not in repr(answer)


def test_a_refusal_for_want_of_a_permit_names_what_is_missing() -> None:
    answer = DEMO.permit(request_of(DEMO, "missing-person", "consent:x", Action.SEARCH))
    assert isinstance(answer, Refusal)
    assert answer.policies == ()
    assert answer.remedy == "It would be permitted with: an authority of the class guardian-request."


# The record of an authority: what it reaches.

COURT = judge_of("investigation-warrant")


def court(**other: object) -> Permit | Refusal:
    """Alice, an investigator, searches under Rita's warrant 12 with two approvals."""
    request = request_of(
        COURT,
        "criminal-investigation",
        "warrant:12",
        Action.SEARCH,
        who="os:alice",
        record=record_of("warrant:12"),
        approvals=2,
    )
    return COURT.permit(replace(request, **other))  # type: ignore[arg-type]  # fields by name, read by the test


def refused(answer: Permit | Refusal) -> RefusalReason | None:
    return answer.reason if isinstance(answer, Refusal) else None


def test_a_registered_warrant_permits_and_tells_its_end() -> None:
    answer = court()
    assert isinstance(answer, Permit)
    assert answer.authority_kind is AuthorityKind.REGISTERED
    assert answer.authority_expires == NOW + 86_400
    assert answer.reviewers == 2


def test_an_authority_that_expires_between_two_judgements_permits_no_longer() -> None:
    """At its last second it holds, at its end it does not: the same request, only later."""
    assert refused(court(now=NOW + 86_399)) is None
    assert refused(court(now=NOW + 86_400)) is RefusalReason.AUTHORITY_EXPIRED
    assert refused(court(now=NOW + 10**9)) is RefusalReason.AUTHORITY_EXPIRED


def test_a_clock_that_goes_backwards_opens_nothing() -> None:
    """Before it was issued an authority does not hold, and what was revoked stays revoked."""
    assert refused(court(now=NOW - 86_401)) is RefusalReason.AUTHORITY_OUT_OF_SCOPE
    later = record_of("warrant:12", revoked=NOW + 500)
    assert refused(court(record=later)) is RefusalReason.AUTHORITY_EXPIRED
    assert refused(court(record=later, now=NOW - 40_000)) is RefusalReason.AUTHORITY_EXPIRED


SCOPES = [
    ({"purposes": ("criminal-investigation",)}, {}, None),
    ({"purposes": ("missing-person",)}, {}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
    ({"galleries": ("people", "others")}, {}, None),
    ({"galleries": ("others",)}, {}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
    ({"galleries": ("others",)}, {"gallery": None}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
    ({"subjects": ("s1", "s2")}, {"subjects": ("s2",), "action": Action.VERIFY}, None),
    ({"subjects": ("s1",)}, {"subjects": ("s1", "s2"), "action": Action.VERIFY}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
    ({"subjects": ("s1",)}, {}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
    ({"comparisons": 3, "used": 2}, {}, None),
    ({"comparisons": 3, "used": 3}, {}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
    ({"comparisons": 3, "used": 3}, {"action": Action.ACQUIRE}, None),
    ({}, {"authority": Authority("warrant", "13")}, RefusalReason.AUTHORITY_OUT_OF_SCOPE),
]


@pytest.mark.parametrize(("scope", "asked", "reason"), SCOPES)
def test_a_record_reaches_as_far_as_its_scope(
    scope: dict[str, object], asked: dict[str, object], reason: RefusalReason | None
) -> None:
    """Purposes, galleries, subjects, number of comparisons; and only the words that it was registered under."""
    record = replace(record_of("warrant:12"), **scope)  # type: ignore[arg-type]  # fields by name
    assert refused(court(record=record, **asked)) is reason


def test_whoever_registers_an_authority_cannot_search_under_it() -> None:
    """A record of one's own is one's own word, which this charter does not take."""
    own = record_of("warrant:12", registrar="os:alice")
    answer = court(record=own)
    assert refused(answer) is RefusalReason.AUTHORITY_OUT_OF_SCOPE
    assert answer.authority_kind is AuthorityKind.SELF_DECLARED
    assert refused(court(record=None)) is RefusalReason.AUTHORITY_OUT_OF_SCOPE


def test_the_demo_counts_an_own_record_as_self_declared() -> None:
    own = record_of("guardian-request:3", registrar="os:alice")
    answer = DEMO.permit(request_of(DEMO, "missing-person", "guardian-request:3", Action.SEARCH, record=own))
    assert isinstance(answer, Permit)
    assert answer.authority_kind is AuthorityKind.SELF_DECLARED


def test_a_standing_authority_is_its_principal_s_alone() -> None:
    """Bound to a door's key it needs no words; another key cannot use it."""
    doors = judge_of("access-control")
    bound = record_of("consent:doors", principal="key:front", purposes=("access-control",))
    answer = doors.permit(request_of(doors, "access-control", None, Action.VERIFY, who="key:front", record=bound))
    assert isinstance(answer, Permit)
    assert answer.authority_kind is AuthorityKind.STANDING
    other = request_of(doors, "access-control", "consent:doors", Action.VERIFY, who="key:back", record=bound)
    assert refused(doors.permit(other)) is RefusalReason.AUTHORITY_OUT_OF_SCOPE


def test_a_standing_authority_is_refused_where_the_purpose_does_not_take_one() -> None:
    bound = record_of("warrant:12", principal="os:alice", purposes=("criminal-investigation",))
    assert refused(court(record=bound)) is RefusalReason.AUTHORITY_OUT_OF_SCOPE


@pytest.mark.parametrize(
    ("approvals", "reason"), [(0, RefusalReason.FORBIDDEN), (1, RefusalReason.FORBIDDEN), (2, None)]
)
def test_a_search_waits_for_its_approvals(approvals: int, reason: RefusalReason | None) -> None:
    assert refused(court(approvals=approvals)) is reason


@pytest.mark.parametrize(("others", "reason"), [(1, None), (10, None), (11, RefusalReason.FORBIDDEN)])
def test_one_face_is_verified_against_so_many_and_no_more(others: int, reason: RefusalReason | None) -> None:
    """Ten within the hour where the purpose says nothing; a search is not held up by what was verified."""
    answer = court(action=Action.VERIFY, verifications=others)
    assert refused(answer) is reason
    if isinstance(answer, Refusal):
        assert answer.policies == ("gate-verifications",)
        assert "more than 10 others" in answer.sentence
    assert refused(court(verifications=others)) is None


def test_minors_are_reached_only_with_the_classes_that_the_register_names() -> None:
    assert refused(court(minor=True)) is RefusalReason.FORBIDDEN
    for name, reason in (("guardian-request", None), ("consent", RefusalReason.FORBIDDEN)):
        answer = DEMO.permit(request_of(DEMO, "missing-person", f"{name}:x", Action.ENROL, minor=True))
        assert refused(answer) is reason
    answer = DEMO.permit(request_of(DEMO, "missing-person", "consent:x", Action.ENROL, minor=True))
    assert isinstance(answer, Refusal)
    assert answer.principles[0].id == "children"


def test_an_emergency_lasts_two_days_and_no_longer() -> None:
    """A hand-written policy that reckons with times: the span decides, not the moment of asking."""
    for span, reason in ((172_800, None), (172_801, RefusalReason.NOT_PERMITTED)):
        record = record_of("emergency:9", issued=NOW - 60, expires=NOW - 60 + span)
        answer = court(record=record, authority=Authority("emergency", "9"))
        assert refused(answer) is reason


# Whatever is not a clean answer is a refusal.

OVERFLOW = (
    '@id("broken") @principle("asked-first") forbid (principal, action, resource) '
    "when { context.cap + 9223372036854775807 > 0 };"
)


def test_a_forbid_that_fails_while_it_is_evaluated_refuses() -> None:
    """Cedar skips a policy that fails, and would allow; the policy is well typed, so validation cannot see it."""
    judge = Judge(sound(with_policy(files_of("demo"), OVERFLOW)))
    request = request_of(judge, "missing-person", "guardian-request:x", Action.SEARCH)
    answer = judge.permit(request)
    assert refused(answer) is RefusalReason.POLICY_ERROR
    assert refused(judge.permit(replace(request, cap=3))) is RefusalReason.POLICY_ERROR
    assert isinstance(answer, Refusal)
    assert answer.principles


@pytest.mark.parametrize(
    "text",
    [
        '@id("x") permit (principal, action, resource) when { context.nothing == 1 };',
        '@id("x") permit (principal, action, resource) when { context.cap == "one" };',
        "permit (principal, action",
    ],
    ids=["unknown-attribute", "wrong-type", "unfinished"],
)
def test_a_policy_set_that_does_not_validate_refuses_everything(text: str) -> None:
    """Reading such a charter fails already; should one come by another way, nothing is permitted."""
    charter = DEMO.charter
    bad = replace(charter, policies=(*charter.policies, Policy("x", "asked-first", "permit", text, "x.cedar", 1)))
    judge = Judge(bad)
    answer = judge.permit(request_of(judge, "missing-person", "guardian-request:x", Action.SEARCH))
    assert refused(answer) is RefusalReason.POLICY_ERROR


def test_a_number_beyond_the_engine_s_refuses() -> None:
    """A context that Cedar cannot hold gives no decision."""
    reads_now = (
        '@id("reads-now") @principle("asked-first") forbid (principal, action, resource) when { context.now < 0 };'
    )
    judge = Judge(sound(with_policy(files_of("demo"), reads_now)))
    request = request_of(judge, "missing-person", "guardian-request:x", Action.SEARCH, now=2**70)
    assert refused(judge.permit(request)) in {RefusalReason.POLICY_ERROR, RefusalReason.AUTHORITY_EXPIRED}
    assert judge.engine.ask_afresh(judge.question(request)).broken


def test_no_hand_written_permit_overrides_the_gate() -> None:
    """A charter that permits everything to everybody permits nothing that the gate's rules forbid."""
    everything = '@id("everything") @principle("measure") permit (principal, action, resource);'
    judge = Judge(sound(with_policy(files_of("demo"), everything)))
    for purpose, authority, reason, _, _ in REFUSED:
        if reason is not RefusalReason.NOT_PERMITTED or purpose == "access-control":
            answer = judge.permit(request_of(judge, purpose, authority, Action.SEARCH))
            assert refused(answer) is reason


def test_a_hand_written_forbid_beats_every_permit_and_is_cited() -> None:
    never = '@id("not-here") @principle("children") forbid (principal, action, resource == Gallery::"school");'
    judge = Judge(sound(with_policy(files_of("demo"), never)))
    request = request_of(judge, "missing-person", "guardian-request:x", Action.SEARCH)
    assert isinstance(judge.permit(request), Permit)
    answer = judge.permit(replace(request, gallery="school"))
    assert isinstance(answer, Refusal)
    assert (answer.reason, answer.policies) == (RefusalReason.FORBIDDEN, ("not-here",))
    assert answer.principles == (judge.charter.principles["children"],)


@pytest.mark.parametrize("template", ALL_TEMPLATES)
def test_every_refusal_of_every_template_cites_a_principle_of_its_charter(template: str) -> None:
    judge = judge_of(template)
    for purpose in (None, "unheard-of", *judge.charter.purposes, *judge.charter.forbidden):
        for action in Action:
            for authority in (None, "unheard-of:x", *(f"{name}:x" for name in judge.charter.classes)):
                answer = judge.permit(request_of(judge, purpose, authority, action, who="os:nobody"))
                assert isinstance(answer, Refusal)
                assert answer.principles
                assert set(answer.principles) <= set(judge.charter.principles.values())


def test_the_judge_of_one_charter_is_not_moved_by_another() -> None:
    """Handles belong to a charter: a new one is a new judge, and both answer by their own."""
    files = changed(files_of("demo"), "demo.cedar", 'context.authority.class == "guardian-request"', "true")
    other = Judge(sound(files))
    request = request_of(DEMO, "missing-person", "consent:x", Action.SEARCH)
    assert isinstance(other.permit(request), Permit)
    assert isinstance(DEMO.permit(request), Refusal)
    assert other.charter.digest != DEMO.charter.digest


def test_an_engine_without_the_gate_s_rules_would_permit() -> None:
    """The rules of the gate are what refuses: taken away, the same permit lets a forbidden purpose through."""
    everything = '@id("everything") @principle("measure") permit (principal, action, resource);'
    judge = Judge(sound(with_policy(files_of("demo"), everything)))
    question = judge.question(request_of(judge, "family-separation", "consent:x", Action.SEARCH))
    assert not judge.engine.ask(question).allowed
    assert Engine(judge.charter, ()).ask(question).allowed
