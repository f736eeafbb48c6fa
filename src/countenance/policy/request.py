"""What is asked of the judge: every fact that a decision may rest on."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.action import Action
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.binding import Binding
from countenance.terms.principal import Principal


@dataclass(frozen=True, slots=True)
class Request:
    """One act that somebody wants to do.

    ``purpose`` and ``authority`` are the caller's own words. Everything else comes from the service: ``record`` is
    the authority's record where there is one, ``gallery`` and ``subjects`` are names, ``cap`` the longest candidate
    list wished for (0: the purpose's own cap), ``approvals`` the number of distinct principals that approved,
    ``minor`` whether a subject may be a minor, ``now`` the time in Unix seconds, ``verifications`` with how many
    others the probe of a verify was compared within the last hour, this one included, ``binding`` what the caller's key
    is bound to (None: it asks without one).
    """

    principal: Principal
    action: Action
    purpose: str | None
    authority: Authority | None
    record: AuthorityRecord | None
    gallery: str | None
    cap: int
    approvals: int
    minor: bool
    now: int
    subjects: tuple[str, ...] = ()
    verifications: int = 0
    binding: Binding | None = None
