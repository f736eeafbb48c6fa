"""Remarks on charters that are sound, but may not say what is meant."""

from __future__ import annotations

import pytest
from tests.policy.charters import files_of, sound

from countenance.policy.fault import Fault
from countenance.policy.judge import Judge
from countenance.policy.lint import lint
from countenance.policy.matrix import matrix

FAMILY = files_of("family-reunification")
EVERYTHING = '@id("everything") @principle("asked-first") permit (principal, action, resource);'
REMARKS = [
    ("more.cedar", "", EVERYTHING, "everything permits for every registered purpose"),
    ("more.cedar", "", EVERYTHING, "everything permits to everybody"),
    ("charter.toml", "[principles]\n", '[principles]\nidle = "Nobody cites this."\n', "rests on the principle idle"),
    ("charter.toml", "[authorities.consent]", '[authorities.idle]\ntext = "x"\n\n[authorities.consent]', "class idle"),
    ("charter.toml", '["os:alice"]', "[]", "nobody has the role caseworker"),
    ("charter.toml", "[roles.registrar]", '[roles.idle]\ntext = "x"\n\n[roles.registrar]', "role idle"),
    ("charter.toml", "registers_authorities = true", "", "no role registers authorities"),
    ("charter.toml", '"search"]\nauth', '"search", "watch"]\nauth', "no policy permits watch"),
    ("charter.toml", "reviewers = 2", "reviewers = 0", "nobody reviews what a search finds"),
    ("charter.toml", "approves = true\n", "", "unaccompanied-child asks for approvals, and no role approves"),
    ("charter.toml", "reviews = true\n", "", "missing-person asks for reviewers, and no role reviews"),
    ("charter.toml", "minimum = 20", "minimum = 19", "fewer than 20 requests"),
]  # fmt: skip


def remarks_of(files: dict[str, bytes]) -> tuple[Fault, ...]:
    judge = Judge(sound(files))
    return lint(judge, matrix(judge))


@pytest.mark.parametrize(("file", "old", "new", "says"), REMARKS)
def test_what_may_not_be_meant_is_remarked(file: str, old: str, new: str, says: str) -> None:
    """Each in a template that has no such remark."""
    text = FAMILY.get(file, b"").decode()
    changed = {**FAMILY, file: text.replace(old, new, 1).encode() if old else new.encode()}
    before = {remark.what for remark in remarks_of(FAMILY)}
    assert any(says in each.what and each.what not in before for each in remarks_of(changed)), remarks_of(changed)


def test_a_template_has_few_remarks() -> None:
    """That it is unwitnessed, and that nobody reviews the searches of an evaluation."""
    remarks = remarks_of(FAMILY)
    assert any("unwitnessed" in remark.what for remark in remarks)
    assert len(remarks) == 2
