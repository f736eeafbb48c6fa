"""What a caller's key is bound to, beside its roles; a request narrows it and never widens it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Binding:
    """``purposes`` that may be named; ``authority`` (``class:reference``) that alone may be named.

    Where ``authority`` is None, any may be named, or none at all with ``standing``.
    """

    purposes: tuple[str, ...]
    authority: str | None = None
    standing: bool = False

    def may_name(self, purpose: str) -> bool:
        """Whether the key is bound to this purpose."""
        return purpose in self.purposes

    def may_cite(self, authority: str) -> bool:
        """Whether a caller may name this authority: the key's own, or any where it has none of its own."""
        return not self.standing and self.authority in (None, authority)
