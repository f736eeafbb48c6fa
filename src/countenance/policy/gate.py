"""The rules that every charter has: Cedar forbids made from it, which no hand-written permit can override.

In Cedar a forbid that holds beats every permit, so these hold whatever an operator writes.
"""

from __future__ import annotations

from dataclasses import dataclass

from countenance.policy.charter import Charter, Cited
from countenance.terms.permit import RefusalReason

PREFIX = "gate-"
"""Ids that begin so belong to these rules; a hand-written policy may not use one."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """A forbid of the gate.

    ``holds`` is the Cedar condition, ``scope`` the action part of its head. ``sentence`` and ``remedy`` may name
    ``{purpose}``, ``{authority}`` and ``{kind}`` of the question and what the register lists for the purpose
    (``{acts}``, ``{classes}``, ``{minors}``) or at all (``{purposes}``): registered ids all, never a caller's words.
    """

    id: str
    reason: RefusalReason
    principle: str
    holds: str
    sentence: str
    remedy: str
    scope: str = "action"

    def cedar(self) -> str:
        """The rule as a Cedar policy."""
        return (
            f'@id("{self.id}")\n@principle("{self.principle}")\n'
            f"forbid (principal, {self.scope}, resource)\nwhen {{ {self.holds} }};\n"
        )


def rules_of(charter: Charter) -> tuple[GateRule, ...]:
    """All rules of the gate, the one to be told first standing first."""
    return (*_forbidden(charter), *_register(charter.cited), *_authority(charter.cited), *_limits(charter.cited))


def _forbidden(charter: Charter) -> tuple[GateRule, ...]:
    return tuple(
        GateRule(
            f"{PREFIX}forbidden-{purpose.id}",
            RefusalReason.FORBIDDEN_PURPOSE,
            purpose.principle,
            f'context.purpose == Purpose::"{purpose.id}"',
            "The purpose {purpose} is forbidden for ever by this charter.",
            "No authority and no approval can permit it.",
        )
        for purpose in charter.forbidden.values()
    )


def _register(cited: Cited) -> tuple[GateRule, ...]:
    return (
        GateRule(
            "gate-no-purpose",
            RefusalReason.NO_PURPOSE,
            cited.purpose,
            'context.purpose == Purpose::"none"',
            "No purpose was named, and nothing is done here without one.",
            "Name a purpose of the charter's register: {purposes}.",
        ),
        GateRule(
            "gate-purpose-unregistered",
            RefusalReason.UNREGISTERED,
            cited.purpose,
            'context.purpose == Purpose::"unregistered"',
            "The purpose that was named is not in the charter's register.",
            "Name a purpose of the register: {purposes}.",
        ),
        GateRule(
            "gate-action",
            RefusalReason.NOT_PERMITTED,
            cited.purpose,
            "context.purpose.registered && !context.purpose.actions.contains(action)",
            "The register does not list this act for the purpose {purpose}.",
            "It lists {acts}.",
        ),
    )


def _authority(cited: Cited) -> tuple[GateRule, ...]:
    def rule(name: str, reason: RefusalReason, holds: str, sentence: str, remedy: str) -> GateRule:
        return GateRule(PREFIX + name, reason, cited.authority, holds, sentence, remedy)

    scope = RefusalReason.AUTHORITY_OUT_OF_SCOPE
    return (
        rule(
            "authority-unregistered",
            RefusalReason.UNREGISTERED,
            'context.authority.class == "unregistered"',
            "The class of authority that was named is not in the charter's register.",
            "Name one as class:reference; the classes are {classes}.",
        ),
        rule(
            "authority-missing",
            RefusalReason.AUTHORITY_MISSING,
            'context.authority.class == "none"',
            "No authority was named.",
            "Name one as class:reference; the classes are {classes}.",
        ),
        rule(
            "authority-revoked",
            RefusalReason.AUTHORITY_EXPIRED,
            'context.authority.state == "revoked"',
            "The authority was revoked.",
            "Have a new one registered.",
        ),
        rule(
            "authority-expired",
            RefusalReason.AUTHORITY_EXPIRED,
            "context.authority.expires <= context.now",
            "The authority has expired.",
            "Have a new one registered.",
        ),
        rule(
            "authority-early",
            scope,
            "context.authority.issued > context.now",
            "The authority is not valid yet.",
            "Ask again when it is.",
        ),
        rule(
            "authority-used-up",
            scope,
            'context.authority.state == "used-up"',
            "The authority's number of searches is used up.",
            "Have a new one registered.",
        ),
        rule(
            "authority-scope",
            scope,
            'context.authority.state == "out-of-scope"',
            "The authority does not reach this gallery, subject or purpose.",
            "`countenance authority list` shows its scope; one that is limited to subjects permits only acts that "
            "name a subject.",
        ),
        rule(
            "authority-bound",
            scope,
            'context.authority.state == "bound-to-another"',
            "The authority is bound to another principal.",
            "Name an authority of your own.",
        ),
        rule(
            "authority-class",
            scope,
            'context.purpose.registered && !["none", "unregistered"].contains(context.authority.class) '
            "&& !context.purpose.classes.contains(context.authority.class)",
            "An authority of the class {authority} carries no right for the purpose {purpose}.",
            "It takes {classes}.",
        ),
        rule(
            "authority-mode",
            scope,
            'context.purpose.registered && context.authority.kind != "none" '
            "&& !context.purpose.modes.contains(context.authority.kind)",
            "The charter does not accept an authority known in this way ({kind}) for the purpose {purpose}.",
            "Have it put on file by another principal: `countenance authority register`.",
        ),
    )


def _limits(cited: Cited) -> tuple[GateRule, ...]:
    return (
        GateRule(
            "gate-approvals",
            RefusalReason.FORBIDDEN,
            cited.review,
            "context.purpose.registered && context.approvals < context.purpose.approvals",
            "Too few people have approved this search.",
            "Have it approved by as many distinct principals as the charter asks for.",
            'action in [Action::"search", Action::"group", Action::"watch"]',
        ),
        GateRule(
            "gate-verifications",
            RefusalReason.FORBIDDEN,
            cited.purpose,
            "context.purpose.registered && context.verifications > context.purpose.verifications",
            "This face was verified against more than {verifications} others within the hour: many verifications "
            "of one face are a search.",
            "Wait, or ask for a search under a purpose that permits one.",
            'action == Action::"verify"',
        ),
        GateRule(
            "gate-minors",
            RefusalReason.FORBIDDEN,
            cited.minors,
            "context.purpose.registered && context.minor && context.authority.class != "
            '"none" && !context.purpose.minors.contains(context.authority.class)',
            "A subject may be a minor, and {purpose} does not reach minors with an authority of this class.",
            "It reaches minors with {minors}.",
        ),
    )
