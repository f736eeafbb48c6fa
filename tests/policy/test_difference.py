"""What a new version of a charter allows that the old one did not: every loosening is told."""

from __future__ import annotations

import pytest
from tests.policy.charters import ALL_TEMPLATES, changed, files_of, judge_of, sound, with_policy

from countenance.policy.check import Checked, check
from countenance.policy.difference import difference
from countenance.policy.fault import Faulty
from countenance.policy.judge import Judge
from countenance.policy.matrix import matrix
from countenance.terms.action import Action


def newly(old: dict[str, bytes], new: dict[str, bytes]) -> tuple[set[tuple[str, Action, str]], list[str]]:
    found = difference(Judge(sound(old)), Judge(sound(new)))
    return {(c.purpose, c.action, c.authority_class) for c in found.permits}, list(found.looser)


FAMILY = files_of("family-reunification")


@pytest.mark.parametrize("template", ALL_TEMPLATES)
def test_a_charter_allows_nothing_that_it_does_not_allow(template: str) -> None:
    judge = judge_of(template)
    assert difference(judge, judge).nothing


def test_a_dropped_condition_is_seen() -> None:
    new = changed(FAMILY, "tracing.cedar", ' && context.authority.class == "guardian-request"', "")
    found = {("missing-person", Action.SEARCH, "consent"), ("missing-person", Action.VERIFY, "consent")}
    assert newly(FAMILY, new) == (found, [])
    assert newly(new, FAMILY) == (set(), [])


def test_a_dropped_forbid_is_seen() -> None:
    forbid = '@id("no-more") @principle("asked-first") forbid (principal, action == Action::"verify", resource);'
    old = with_policy(FAMILY, forbid)
    permits, looser = newly(old, FAMILY)
    verifying = [c for c in matrix(Judge(sound(FAMILY))) if c.allowed and c.action is Action.VERIFY]
    assert permits == {(c.purpose, c.action, c.authority_class) for c in verifying}
    assert looser == []


LOOSER = [
    ("charter.toml", "candidate_cap = 10\n", "candidate_cap = 20\n", "up to 20 candidates instead of 10"),
    ("charter.toml", "reviewers = 2\n", "reviewers = 1\n", "missing-person: 1 reviewers instead of 2"),
    ("charter.toml", "retention_days = 365\n", "retention_days = 400\n", "kept for 400 days instead of 365 days"),
    ("charter.toml", "retention_days = 365\n", "", "kept without an end instead of 365 days"),
    ("charter.toml", '["os:alice"]', '["os:alice", "os:eve"]', "the role caseworker is given to os:eve"),
    ("charter.toml", "minimum = 20", "minimum = 2", "an epoch may close with 2 requests instead of 20"),
    ("charter.toml", "[governors.first]", "[governors.third]", None),
    ("charter.toml", bytes(range(32)).hex(), bytes(range(2, 34)).hex(), "the governors' keys are now those of first"),
    ("charter.toml", "reviewers = 2\n", "reviewers = 2\nverifications = 11\n", "up to 11 verifications of one face"),
    ("charter.toml", "reviewers = 2\n", "reviewers = 2\napprove_each = false\n", "instead of for one search"),
    ("charter.toml", '["os:rita"]\n', '["os:rita"]\napproves = true\n', "the role registrar may approve searches"),
    ("charter.toml", '["os:rita"]\n', '["os:rita"]\nreviews = true\n', "the role registrar may review candidates"),
    ("charter.toml", '["os:alice"]\n', '["os:alice"]\ngoverns = true\n', "may act for the"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "says"), LOOSER)
def test_a_limit_that_was_let_out_is_told(file: str, old: str, new: str, says: str | None) -> None:
    text = FAMILY[file].decode()
    assert old in text
    permits, looser = newly(FAMILY, {**FAMILY, file: text.replace(old, new, 1).encode()})
    assert permits == set()
    assert (says is None and looser == []) or any(says in each for each in looser if says), looser


def test_fewer_approvals_and_wider_modes_are_seen_as_permits() -> None:
    new = changed(FAMILY, "charter.toml", "approvals = 1", "approvals = 0")
    permits, _ = newly(FAMILY, new)
    assert permits == {("unaccompanied-child", Action.SEARCH, "child-protection")}
    wider = changed(
        FAMILY,
        "charter.toml",
        'modes = ["registered"]\napprovals = 1',
        'modes = ["registered", "standing"]\napprovals = 1',
    )
    permits, _ = newly(FAMILY, wider)
    assert {purpose for purpose, _, _ in permits} == {"unaccompanied-child"}


def test_a_purpose_that_is_no_longer_forbidden_is_told() -> None:
    text = FAMILY["charter.toml"].decode()
    start = text.index("[forbidden.immigration-enforcement]")
    end = text.index("[forbidden.protest-monitoring]")
    new = {**FAMILY, "charter.toml": (text[:start] + text[end:]).encode()}
    assert newly(FAMILY, new)[1] == ["the purpose immigration-enforcement is no longer forbidden for ever"]


def test_check_puts_it_all_together() -> None:
    found = check(FAMILY, sound(FAMILY))
    assert isinstance(found, Checked)
    assert found.kept
    assert found.difference is not None
    assert found.difference.nothing
    assert isinstance(check({**FAMILY, "bad.cedar": b"permit"}), Faulty)
