"""What an API key was made for; a role narrows what its key may ask, and only the charter permits."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from countenance.terms.action import Action

PREFIX = "key-role:"
"""How a charter names every caller with a role: ``key-role:examiner`` among a role's principals."""


class KeyRole(StrEnum):
    """A closed list. ``auditor`` and ``governor`` stand alone: who watches does not act."""

    ENROLLER = "enroller"
    """Enrols, erases, and keeps galleries."""
    VERIFIER = "verifier"
    """Compares one to one."""
    EXAMINER = "examiner"
    """Searches, groups and compares, and looks at candidates."""
    AUDITOR = "auditor"
    """Reads what the log and its vault show to an auditor."""
    GOVERNOR = "governor"
    """Acts for a governor of the charter."""
    OPERATOR = "operator"
    """Makes and revokes keys, and looks after the running service."""

    @property
    def named(self) -> str:
        """As a charter names it."""
        return PREFIX + self.value


ALONE = frozenset({KeyRole.AUDITOR, KeyRole.GOVERNOR})
"""Roles that no key carries beside another."""

DEFAULT = frozenset({KeyRole.ENROLLER, KeyRole.VERIFIER, KeyRole.EXAMINER})
"""The roles of a key for which none was named."""

ACTS = {
    KeyRole.ENROLLER: frozenset({Action.MANAGE, Action.ACQUIRE, Action.ENROL, Action.DELETE, Action.EXPORT}),
    KeyRole.VERIFIER: frozenset({Action.ACQUIRE, Action.VERIFY}),
    KeyRole.EXAMINER: frozenset({Action.ACQUIRE, Action.VERIFY, Action.SEARCH, Action.GROUP, Action.WATCH}),
    KeyRole.AUDITOR: frozenset[Action](),
    KeyRole.GOVERNOR: frozenset[Action](),
    KeyRole.OPERATOR: frozenset[Action](),
}
"""The acts of the gate that each role may ask for."""


def may_ask(roles: Iterable[str], action: Action) -> bool:
    """Whether a principal with these roles may ask for ``action``: any act where none of them is a key's role."""
    given = [KeyRole(each.removeprefix(PREFIX)) for each in roles if each.startswith(PREFIX)]
    return not given or any(action in ACTS[role] for role in given)
