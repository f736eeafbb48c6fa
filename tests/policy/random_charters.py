"""Random charters and questions, for laws that hold for every charter."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from countenance.policy.bands import KINDS
from countenance.policy.charter import NO_AUTHORITY, NO_PURPOSE, UNREGISTERED
from countenance.policy.question import NO_END, Question
from countenance.terms.action import Action

PURPOSES = ("find", "open", "measure")
FORBIDDEN = ("part", "spy")
CLASSES = ("warrant", "consent")
ROLES = ("staff", "guest")
MODES = tuple(kind.value for kind in KINDS)
ACTIONS = tuple(action.value for action in Action)

WHOLE_RECORD = (
    'context.authority == {"class": "warrant", "kind": "registered", "state": "valid", "issued": 0, "expires": 1000}'
)


def _some(values: tuple[str, ...], least: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, unique=True)


# Conditions that a writer may think of, sensible or not; some fail while they are evaluated.
_CONDITION = st.one_of(
    st.sampled_from(
        [
            "true",
            "false",
            "context.minor",
            "context.purpose.registered",
            "context.authority.expires > context.now",
            "context.authority.expires - context.authority.issued <= 100",
            "context.now + 9223372036854775807 > 0",
            "context.authority.issued * 9223372036854775807 == 0",
            WHOLE_RECORD,
            'resource == Gallery::"g"',
        ]
    ),
    st.builds("context.purpose == Purpose::{}".format, st.sampled_from(PURPOSES + FORBIDDEN).map(json.dumps)),
    st.builds("context.authority.class == {}".format, st.sampled_from(CLASSES).map(json.dumps)),
    st.builds("context.authority.kind != {}".format, st.sampled_from(MODES).map(json.dumps)),
    st.builds("context.cap {} {}".format, st.sampled_from(["<", ">=", "=="]), st.integers(0, 9)),
    st.builds("context.approvals {} {}".format, st.sampled_from(["<", ">=", "=="]), st.integers(0, 3)),
    st.builds("context.verifications {} {}".format, st.sampled_from(["<", ">=", "=="]), st.integers(0, 3)),
)
_JOINED = st.builds("({} {} {})".format, _CONDITION, st.sampled_from(["&&", "||"]), _CONDITION)


@st.composite
def policies(draw: st.DrawFn, effect: str | None = None, name: str = "p") -> str:
    """One hand-written policy."""
    who = draw(st.sampled_from(["principal", *(f'principal in Role::"{role}"' for role in ROLES)]))
    act = draw(st.one_of(st.just("action"), _some(ACTIONS).map(_actions)))
    word = effect or draw(st.sampled_from(["permit", "permit", "permit", "forbid"]))
    body = draw(st.one_of(st.just(""), st.builds("{} {{ {} }}".format, st.sampled_from(["when", "unless"]), _JOINED)))
    return f'@id("{name}") @principle("one") {word} ({who}, {act}, resource) {body};\n'


def _actions(names: list[str]) -> str:
    return f"action in [{', '.join(f'Action::{json.dumps(name)}' for name in names)}]"


@st.composite
def charters(draw: st.DrawFn, effect: str | None = None) -> dict[str, bytes]:
    """The files of a sound charter with up to four hand-written policies."""
    tables = ['version = 1\n[operator]\nname = "o"\ncontact = "c"\n[principles]\none = "One."\n']
    tables.append('[gate]\npurpose = "one"\nauthority = "one"\nreview = "one"\nminors = "one"\n')
    tables += [f'[authorities.{name}]\ntext = "x"\n' for name in CLASSES]
    for name in PURPOSES:
        classes = draw(_some(CLASSES))
        body = {
            "text": "x",
            "legal_basis": "x",
            "actions": draw(_some(ACTIONS)),
            "authorities": classes,
            "modes": draw(_some(MODES)),
            "approvals": draw(st.integers(0, 2)),
            "reviewers": 0,
            "candidate_cap": draw(st.integers(1, 9)),
            "verifications": draw(st.integers(1, 3)),
            "minors": draw(st.lists(st.sampled_from(classes), unique=True)),
        }
        tables.append(f"[purposes.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in body.items()))
    tables += [f'[forbidden.{name}]\ntext = "x"\nprinciple = "one"\n' for name in FORBIDDEN]
    tables.append(
        '[roles.staff]\ntext = "x"\nprincipals = ["os:*"]\n[roles.guest]\ntext = "x"\nprincipals = ["owner"]\n'
    )
    tables.append("[epochs]\ndays = 1\nminimum = 1\n")
    written = [draw(policies(effect, f"p{number}")) for number in range(draw(st.integers(1, 4)))]
    return {"charter.toml": "".join(tables).encode(), "random.cedar": "".join(written).encode()}


@st.composite
def questions(
    draw: st.DrawFn, purposes: tuple[str, ...] = (*PURPOSES, *FORBIDDEN, NO_PURPOSE, UNREGISTERED)
) -> Question:
    """Any question, likely or not."""
    name = draw(st.sampled_from([*CLASSES, NO_AUTHORITY, UNREGISTERED]))
    times = st.sampled_from([0, 1, 2, 99, 100, 101, 1_000, NO_END - 1])
    return Question(
        roles=frozenset(draw(st.sets(st.sampled_from(ROLES)))),
        action=draw(st.sampled_from(list(Action))),
        gallery=draw(st.sampled_from(["", "g", "another"])),
        purpose=draw(st.sampled_from(purposes)),
        authority_class=name,
        authority_kind="none" if name == NO_AUTHORITY else draw(st.sampled_from(MODES)),
        authority_state=draw(st.sampled_from(["valid", "valid", "valid", "revoked", "used-up", "out-of-scope"])),
        issued=draw(times),
        expires=draw(st.one_of(times, st.just(NO_END))),
        cap=draw(st.integers(0, 10)),
        approvals=draw(st.integers(0, 4)),
        minor=draw(st.booleans()),
        now=draw(times),
        verifications=draw(st.integers(0, 4)),
    )
