"""Charters, judges and requests for the tests of this room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from countenance.policy.charter import Charter
from countenance.policy.fault import Faulty
from countenance.policy.judge import Judge
from countenance.policy.read import read_charter
from countenance.policy.request import Request
from countenance.policy.template import TEMPLATES, Answers, charter_files, demo_files
from countenance.terms.action import Action
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.principal import Principal

NOW = 1_800_000_000
GOVERNORS = {"first": bytes(range(32)), "second": bytes(range(1, 33))}


def files_of(template: str) -> dict[str, bytes]:
    """The files of a template with every question answered."""
    if template == "demo":
        return demo_files(GOVERNORS["first"])
    return charter_files(Answers(template, "An operator", "a@b.example", ("os:alice",), ("os:rita",), 365, GOVERNORS))


def sound(files: dict[str, bytes]) -> Charter:
    """The charter of these files, which must have no fault."""
    charter = read_charter(files)
    assert not isinstance(charter, Faulty), charter.malformed()
    return charter


def judge_of(template: str) -> Judge:
    return Judge(sound(files_of(template)))


def changed(files: dict[str, bytes], name: str, old: str, new: str) -> dict[str, bytes]:
    """The files with one text replaced, which must be there."""
    assert old.encode() in files[name], old
    return {**files, name: files[name].replace(old.encode(), new.encode())}


def with_policy(files: dict[str, bytes], policy: str) -> dict[str, bytes]:
    """The files with one more Cedar file."""
    return {**files, "more.cedar": policy.encode()}


def request_of(judge: Judge, purpose: str | None, authority: str | None, action: Action, **other: Any) -> Request:
    """A request of the owner of the data directory, or of ``who``."""
    who = other.pop("who", None)
    principal = judge.charter.principal(who) if who else judge.charter.principal("os:alice", owner=True)
    made = Request(
        principal=principal,
        action=action,
        purpose=purpose,
        authority=Authority.parse(authority) if authority else None,
        record=None,
        gallery="people",
        cap=0,
        approvals=0,
        minor=False,
        now=NOW,
    )
    return replace(made, **other)


def record_of(words: str, **other: Any) -> AuthorityRecord:
    """A record that Rita put on file yesterday and that lasts a day."""
    kind, _, reference = words.partition(":")
    made = AuthorityRecord(
        id="7",
        kind=kind,
        reference=reference,
        issuer="the district court",
        document="",
        issued=NOW - 86_400,
        expires=NOW + 86_400,
        registrar="os:rita",
        registered=NOW - 86_400,
    )
    return replace(made, **other)


ALL_TEMPLATES = tuple(TEMPLATES)
SOMEBODY = Principal("os:eve")
