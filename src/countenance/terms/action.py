"""What may be asked of the gate: a closed list."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """An act that a charter permits or refuses, and that the log counts."""

    ACQUIRE = "acquire"
    """Make or keep a template without comparing it."""
    ENROL = "enrol"
    VERIFY = "verify"
    """One to one."""
    SEARCH = "search"
    """One to many: identify and find similar."""
    GROUP = "group"
    """All pairs within a set of samples or a gallery."""
    DELETE = "delete"
    """Erase a reference, a subject or a gallery."""
    MANAGE = "manage"
    """Make or change a gallery."""
    EXPORT = "export"
    WATCH = "watch"
    """Search a live stream; one intent a session window."""
