"""New charters: the templates filled in, and no answer that could become a rule."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.charters import ALL_TEMPLATES, GOVERNORS, sound

from countenance.policy.engine import SCHEMA_FILE, schema_text
from countenance.policy.fault import Faulty
from countenance.policy.read import CHARTER_FILE, read_charter
from countenance.policy.template import TEMPLATES, Answers, charter_files

PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() and text.replace("\n", " ").isprintable()
)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([t for t in TEMPLATES if t != "demo"]), PRINTABLE, st.integers(1, 36_500))
def test_answers_are_read_back_as_they_were_given(template: str, text: str, days: int) -> None:
    """Quotes, brackets, dollars and line ends are text, not TOML: no answer adds a table or a key."""
    odd = f'{text}"\n[forbidden]\n$staff #'
    for answer in (text, odd):
        files = charter_files(Answers(template, answer, text, ("os:a",), ("os:b",), days, GOVERNORS))
        charter = sound(files)
        assert charter.operator.name == " ".join(answer.split())
        assert charter.operator.contact == " ".join(text.split())
        plain = charter_files(Answers(template, "x", "y", ("os:a",), ("os:b",), days, GOVERNORS))
        one, other = (tomllib.loads(each[CHARTER_FILE].decode()) for each in (files, plain))
        assert {**one, "operator": None} == {**other, "operator": None}


@pytest.mark.parametrize("template", ALL_TEMPLATES)
def test_a_template_comes_with_the_vocabulary_and_comments(template: str) -> None:
    files = charter_files(Answers(template, "o", "c", ("os:a",), ("os:b",), 9, GOVERNORS))
    assert files[SCHEMA_FILE].decode() == schema_text()
    assert files[CHARTER_FILE].decode().count("\n#") >= 5
    assert any(name.endswith(".cedar") for name in files)


def test_a_charter_may_be_written_before_its_governors_have_keys() -> None:
    """It says how to name them, and can be checked meanwhile."""
    files = charter_files(Answers("access-control", "o", "c", ("os:a",), ("os:b",)))
    charter = sound(files)
    assert not charter.governors
    assert b"# [governors." in files[CHARTER_FILE]


def test_an_answer_that_is_no_principal_is_told_by_the_check() -> None:
    files = charter_files(Answers("access-control", "o", "c", ("alice",), ("os:b",), 9, GOVERNORS))
    found = read_charter(files)
    assert isinstance(found, Faulty)
    assert "names 'alice'; write os:NAME" in found.faults[0].what
