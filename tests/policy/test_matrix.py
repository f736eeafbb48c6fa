"""The matrix, the two promises and the difference, held to brute force over every band."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from tests.policy.charters import ALL_TEMPLATES, files_of, judge_of, sound, with_policy

from countenance.policy.bands import FLAWS, KINDS, SEARCHES, Bands
from countenance.policy.charter import NO_AUTHORITY, NO_PURPOSE, UNREGISTERED
from countenance.policy.engine import Engine, role_sets
from countenance.policy.judge import Judge
from countenance.policy.matrix import Cell, asked, matrix, permitted
from countenance.policy.properties import promises
from countenance.policy.question import NO_END, Question
from countenance.policy.table import NOBODY, headings, rows
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind

JUDGES = {template: judge_of(template) for template in ALL_TEMPLATES}
EVERYTHING = '@id("everything") @principle("asked-first") permit (principal, action, resource);'


def brute_force(judge: Judge) -> Iterator[Question]:
    """Every purpose, act, class and kind × what can be wrong with an authority × approvals × minors × roles × caps."""
    charter = judge.charter
    bands = Bands.of(charter, judge.engine)
    purposes = (*charter.purposes, *charter.forbidden, NO_PURPOSE, UNREGISTERED)
    authorities = [(name, kind) for name in (*charter.classes, UNREGISTERED) for kind in KINDS]
    authorities.append((NO_AUTHORITY, AuthorityKind.NONE))
    sound_terms = [("valid", *term) for term in bands.terms]
    now = bands.terms[0].now
    unsound = [(flaw.state, 0, NO_END, now) for flaw in FLAWS if flaw.state != "valid"]
    unsound += [("valid", 0, now, now), ("valid", now + 1, NO_END, now)]
    needed = {purpose.approvals for purpose in charter.purposes.values()}
    for roles, action, gallery, purpose, (name, kind), (state, issued, expires, at), cap, count, minor in product(
        sorted(role_sets(charter), key=sorted),
        Action,
        bands.galleries,
        purposes,
        authorities,
        sound_terms + unsound,
        sorted(bands.caps | {1}),
        sorted(needed | {each - 1 for each in needed if each} | {each for each in bands.approvals if each >= 0}),
        (False, True),
    ):
        yield Question(roles, action, gallery, purpose, name, kind, state, issued, expires, cap, count, minor, at)


def as_cells(judge: Judge, questions: Iterator[Question]) -> set[tuple[str, Action, str, str, bool, frozenset[str]]]:
    """What is permitted of these, as far as the matrix tells it."""
    return {
        (q.purpose, q.action, q.authority_class, q.authority_kind, q.minor, q.roles)
        for q, policies in asked(judge.engine, questions)
        if policies is not None
    }


def thinned(questions: Iterator[Question], step: int) -> Iterator[Question]:
    """Every ``step``-th question; all of them in the long form of the tests."""
    every = 1 if os.environ.get("COUNTENANCE_SOAK") else step
    return (question for number, question in enumerate(questions) if number % every == 0)


@pytest.mark.parametrize("template", ALL_TEMPLATES)
def test_the_promises_are_kept_by_every_template(template: str) -> None:
    """No forbidden purpose is ever allowed; no search without unexpired authority."""
    for promise in promises(JUDGES[template]):
        assert promise.kept, promise.breaches[:3]
        assert promise.asked >= 100


def test_brute_force_over_the_demo_finds_what_the_matrix_tells() -> None:
    """Nothing is permitted outside the cells of the matrix, and everything in them is."""
    judge = JUDGES["demo"]
    found = as_cells(judge, brute_force(judge))
    told = {(q.purpose, q.action, q.authority_class, q.authority_kind, q.minor, q.roles) for q, _ in permitted(judge)}
    assert found == told


@pytest.mark.parametrize("template", [t for t in ALL_TEMPLATES if t != "demo"])
def test_brute_force_over_the_templates_finds_nothing_that_is_not_told(template: str) -> None:
    """A part of the bands here, all of them in the long form."""
    judge = JUDGES[template]
    told = {(q.purpose, q.action, q.authority_class, q.authority_kind, q.minor, q.roles) for q, _ in permitted(judge)}
    step = {"investigation-warrant": 499}.get(template, 61)
    assert as_cells(judge, thinned(brute_force(judge), step)) <= told


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_each_flaw_alone_refuses_whatever_the_charter_permits(flaw: object) -> None:
    """Take every permitted question of a charter that permits everything, and spoil its authority."""
    files = files_of("demo")
    judge = Judge(sound(with_policy(files, EVERYTHING)))
    spoilt = []
    for question, _ in permitted(judge):
        spoilt.append(
            replace(
                question,
                authority_class=flaw.authority_class or question.authority_class,  # type: ignore[attr-defined]
                authority_kind=flaw.kind or question.authority_kind,  # type: ignore[attr-defined]
                authority_state=flaw.state,  # type: ignore[attr-defined]
                expires=question.expires if flaw.expires is None else flaw.expires,  # type: ignore[attr-defined]
                issued=question.issued if flaw.issued is None else flaw.issued,  # type: ignore[attr-defined]
            )
        )
    assert spoilt
    assert all(not verdict.allowed for verdict in judge.engine.ask_all(spoilt))


def test_the_promises_are_seen_broken_without_the_gate() -> None:
    """The search for breaches can find one: an engine without the rules of the gate breaks both."""
    judge = Judge(sound(with_policy(files_of("demo"), EVERYTHING)))
    assert all(promise.kept for promise in promises(judge))
    judge.engine = Engine(judge.charter, ())
    forbidden, unexpired = promises(judge)
    assert {each.purpose for each in forbidden.breaches} >= {"family-separation", "protest-monitoring"}
    assert {each.action for each in unexpired.breaches} == SEARCHES


def test_a_cell_tells_who_may_and_by_which_policy() -> None:
    cells = {(c.purpose, c.action, c.authority_class): c for c in matrix(JUDGES["investigation-warrant"])}
    assert cells["criminal-investigation", Action.SEARCH, "warrant"] == Cell(
        "criminal-investigation",
        Action.SEARCH,
        "warrant",
        policies=("search-under-warrant",),
        roles=(("investigator",),),
        kinds=(AuthorityKind.REGISTERED,),
        approvals=2,
        minors=False,
    )
    assert cells["criminal-investigation", Action.GROUP, "warrant"].refused_by == ("gate-action",)
    assert cells["missing-person", Action.SEARCH, "warrant"].refused_by == ("gate-authority-class",)
    assert cells["protest-monitoring", Action.SEARCH, "warrant"].refused_by == ("gate-forbidden-protest-monitoring",)


def test_the_table_shows_every_purpose() -> None:
    judge = JUDGES["demo"]
    table = rows(judge.charter, matrix(judge))
    assert {row[0] for row in table} == {*judge.charter.purposes, *judge.charter.forbidden}
    assert all(len(row) == len(headings(judge.charter)) for row in table)
    shown = {(row[0], row[1]): row[2:] for row in table}
    assert shown["access-control", "search"] == [NOBODY] * 3
    assert shown["missing-person", "search"][1].startswith("missing-person-find (operator; minors")
    assert shown["religious-profiling", "every act"][0] == "never: gate-forbidden-religious-profiling"
