"""An intent: what is asked, as it enters the log before anything is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.ledger.sealed_detail import Json
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind
from countenance.terms.sample import SampleRef


@dataclass(frozen=True, slots=True)
class Intent:
    """A request with the policy's answer.

    Public are ``action``, ``purpose`` and ``authority_class`` (ids of the charter's register, or ``unregistered``),
    ``authority_kind``, ``gallery`` (a pseudonym or empty) with its number of ``references`` as a band (None without a
    gallery), ``cap`` (candidates asked for) as a band, ``allowed``, ``policies`` (their @id; the first six) and
    ``charter`` (SHA-256, hex). Sealed are ``samples``, ``bound`` (see ``Receipt``), ``session``, and ``detail``, whose
    names are ``detail.INTENT_DETAIL``; what is left out is null.
    """

    action: Action
    purpose: str
    authority_class: str
    authority_kind: AuthorityKind
    gallery: str
    references: int | None
    cap: int
    allowed: bool
    policies: tuple[str, ...]
    charter: str
    samples: tuple[SampleRef, ...] = ()
    bound: int = 0
    session: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict, repr=False)
