"""Read a charter from the bytes of its files: a sound charter, or every fault with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from countenance.policy import deployment
from countenance.policy.charter import (
    OWNER,
    RESERVED,
    AuthorityClass,
    Charter,
    Cited,
    ForbiddenPurpose,
    Operator,
    Purpose,
    Role,
)
from countenance.policy.digest import digest_of
from countenance.policy.engine import SCHEMA_FILE, schema_text
from countenance.policy.fault import Fault, Faulty
from countenance.policy.fields import Fields, Page
from countenance.policy.policies import read_policies
from countenance.policy.toml_lines import locate
from countenance.terms.action import Action
from countenance.terms.key_role import PREFIX as KEY_ROLE
from countenance.terms.key_role import KeyRole
from countenance.terms.permit import AuthorityKind, Principle

CHARTER_FILE = "charter.toml"
MODES = frozenset({AuthorityKind.REGISTERED, AuthorityKind.STANDING, AuthorityKind.SELF_DECLARED})
STATES = frozenset({"valid", "revoked", "used-up", "out-of-scope", "bound-to-another"})
MAX_CAP = 50
"""Longest candidate list that any charter can allow: beyond it nobody reviews, they skim."""

VERIFICATIONS = 10
"""With how many others one probe may be verified an hour where a purpose does not say it: a door, not a search."""
MAX_VERIFICATIONS = 1_000_000

_PRINCIPAL = re.compile(
    rf"(?:{OWNER}|{KEY_ROLE}(?:{'|'.join(KeyRole)})|(?!{KEY_ROLE})[a-z][a-z0-9-]*:(?:\*|[^\s*]+))\Z"
)
_LINE = re.compile(r"at line (\d+)")


def read_charter(files: Mapping[str, bytes]) -> Charter | Faulty:
    """Read ``charter.toml`` and every ``.cedar`` file; other names than these and the schema are a fault."""
    texts, faults = _decode(files)
    schema = schema_text()
    if texts.get(SCHEMA_FILE, schema) != schema:
        faults.append(Fault(SCHEMA_FILE, 1, "is not the vocabulary of this version; delete it, it is fixed"))
    cedar = {name: text for name, text in texts.items() if name.endswith(".cedar")}
    if CHARTER_FILE not in texts:
        return Faulty((*faults, Fault(CHARTER_FILE, 1, "is missing")))
    try:
        values = tomllib.loads(texts[CHARTER_FILE])
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        faults.append(Fault(CHARTER_FILE, int(line.group(1)) if line else 1, f"does not parse: {error}"))
        return Faulty(tuple(sorted(faults)))
    except RecursionError:
        return Faulty((*faults, Fault(CHARTER_FILE, 1, "does not parse: too many brackets inside one another")))
    page = Page(CHARTER_FILE, locate(texts[CHARTER_FILE]), faults)
    sound = _Reading(Fields(page, (), values))
    policies, wrong = read_policies(cedar, schema, sound.register())
    faults.extend(wrong)
    if not cedar:
        faults.append(Fault(CHARTER_FILE, 1, "has no .cedar file beside it; without a policy nothing is permitted"))
    if faults:
        return Faulty(tuple(sorted(set(faults))))
    whole = {**files, SCHEMA_FILE: schema.encode("utf-8")}
    return Charter(
        operator=sound.operator,
        principles=sound.principles,
        cited=sound.cited,
        classes=sound.classes,
        purposes=sound.purposes,
        forbidden=sound.forbidden,
        roles=sound.roles,
        governors=sound.governors,
        epochs=sound.epochs,
        logs=sound.logs,
        witnesses=sound.witnesses,
        quorum=sound.quorum,
        policies=policies,
        files=whole,
        digest=digest_of(whole),
    )


def _decode(files: Mapping[str, bytes]) -> tuple[dict[str, str], list[Fault]]:
    texts, faults = {}, []
    for name, data in files.items():
        if name not in (CHARTER_FILE, SCHEMA_FILE) and not name.endswith(".cedar"):
            faults.append(Fault(name, 1, "is no part of a charter"))
            continue
        try:
            texts[name] = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            faults.append(Fault(name, line, "is not UTF-8"))
    return texts, faults


class _Reading:
    """The tables of ``charter.toml``, each read in the order in which the next ones need it."""

    def __init__(self, top: Fields) -> None:
        top.whole("version", 1, 1)
        self.operator = _operator(top.table("operator"))
        self.principles = _principles(top.table("principles"))
        self.cited = self._cited(top.table("gate"))
        self.classes = {name: _class(name, each) for name, each in top.named("authorities", reserved=RESERVED).items()}
        self.purposes = {
            name: self._purpose(name, each) for name, each in top.named("purposes", reserved=RESERVED).items()
        }
        self.forbidden = {
            name: self._forbidden(name, each)
            for name, each in top.named("forbidden", needed=False, reserved=RESERVED).items()
        }
        self.roles = {name: _role(name, each) for name, each in top.named("roles", reserved={OWNER}).items()}
        self.governors = deployment.governors(top)
        self.epochs = deployment.epochs(top.table("epochs"))
        self.logs = deployment.peers(top, "logs", deployment.LOG_TYPE)
        self.witnesses = deployment.peers(top, "witnesses", deployment.WITNESS_TYPE)
        self.quorum = top.table("witnessing", needed=bool(self.witnesses)).whole("quorum", 0, len(self.witnesses), 0)
        top.end()

    def register(self) -> dict[str, frozenset[str]]:
        """The names that a policy may use."""
        return {
            "Purpose": frozenset({*self.purposes, *self.forbidden}),
            "Role": frozenset(self.roles),
            "principle": frozenset(self.principles),
            "class": frozenset(self.classes),
            "kind": frozenset(MODES),
            "state": STATES,
        }

    def _cited(self, table: Fields) -> Cited:
        def principle(key: str) -> str:
            return table.one_of(key, self.principles, "a principle")

        cited = Cited(principle("purpose"), principle("authority"), principle("review"), principle("minors"))
        table.end()
        return cited

    def _purpose(self, name: str, table: Fields) -> Purpose:
        classes = table.some_of("authorities", self.classes, "an authority class")
        actions = table.some_of("actions", frozenset(Action), "an action")
        modes = table.some_of("modes", MODES, "a way in which an authority is known")
        forever = table.values.get("retention_days") is None
        days = table.whole("retention_days", 1, 36500, 1)
        purpose = Purpose(
            id=name,
            text=table.public_text("text"),
            legal_basis=table.text("legal_basis"),
            actions=frozenset(Action(each) for each in actions if each in frozenset(Action)),
            classes=classes,
            modes=frozenset(AuthorityKind(each) for each in modes if each in MODES),
            approvals=table.whole("approvals", 0, 9),
            approve_each=table.flag("approve_each", default=True),
            reviewers=table.whole("reviewers", 0, 9),
            verifications=table.whole("verifications", 1, MAX_VERIFICATIONS, VERIFICATIONS),
            candidate_cap=table.whole("candidate_cap", 1, MAX_CAP),
            retention_days=None if forever else days,
            minors=table.some_of("minors", frozenset(classes), "an authority class of this purpose", empty=True),
        )
        table.end()
        return purpose

    def _forbidden(self, name: str, table: Fields) -> ForbiddenPurpose:
        if name in self.purposes:
            table.page.fault(table.path, f"{name} is both registered and forbidden")
        purpose = ForbiddenPurpose(
            name, table.public_text("text"), table.one_of("principle", self.principles, "a principle")
        )
        table.end()
        return purpose


def _operator(table: Fields) -> Operator:
    operator = Operator(table.text("name"), table.text("contact"))
    table.end()
    return operator


def _principles(table: Fields) -> dict[str, Principle]:
    """Principles are keys of one table, each with its sentence."""
    found = {name: Principle(name, table.text(name)) for name in table.ids("a principle")}
    table.end()
    return found


def _class(name: str, table: Fields) -> AuthorityClass:
    found = AuthorityClass(name, table.text("text"))
    table.end()
    return found


def _role(name: str, table: Fields) -> Role:
    principals = table.some_of("principals", None, "a principal", empty=True)
    for each in principals:
        if not _PRINCIPAL.match(each):
            table.fault("principals", f"names {each!r}; write os:NAME, key:ID, os:*, key:*, key-role:ROLE or {OWNER}")
    role = Role(
        id=name,
        text=table.text("text"),
        principals=principals,
        registers_authorities=table.flag("registers_authorities", default=False),
        governs=table.flag("governs", default=False),
        approves=table.flag("approves", default=False),
        reviews=table.flag("reviews", default=False),
    )
    table.end()
    return role
