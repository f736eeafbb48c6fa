"""A draft: an entry that is whole but for the epoch, which is known only when its place in the log is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from countenance.ledger.band import cap_band, size_band
from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import KINDS, Entry, cited, encode, entry_id
from countenance.ledger.intent import Intent
from countenance.ledger.outcome import Outcome
from countenance.ledger.sealed_detail import Json, Random, SealedDetail
from countenance.ledger.unreadable import Unreadable
from countenance.terms.errors import Malformed


@dataclass(frozen=True, slots=True)
class Draft:
    """``said`` are the public fields but ``v``, ``k`` and ``ep``; ``name`` is by what the entry is asked for."""

    kind: str
    name: str
    said: dict[str, Any]
    sealed: SealedDetail | None

    def entry(self, epoch: int) -> tuple[bytes, Entry]:
        """The entry's bytes in this epoch; raises Malformed, which says which field is wrong."""
        said = {**self.said, "ep": epoch}
        try:
            return encode(self.kind, said), Entry(self.kind, said)
        except Unreadable as error:
            raise Malformed(f"this cannot be an entry of kind {self.kind}: {error}") from error


def new_id(random: Random = os.urandom) -> str:
    """A fresh id for an entry: 128 random bits in base64url."""
    return entry_id(random(16))


def draft(kind: str, said: Mapping[str, Any], detail: Mapping[str, Json]) -> Draft:
    """A draft of any kind but an outcome; it gets an id unless ``said`` brings one made by ``new_id``."""
    if kind not in KINDS:
        raise Malformed(f"there is no kind of entry named {kind!r}")
    name = said.get("id") or new_id()
    sealed = SealedDetail.make(kind, detail) if kind in DETAIL else None
    if sealed is None and detail:
        raise Malformed(f"an entry of kind {kind} has no sealed detail")
    return Draft(kind, name, {**said, "id": name, **_committed(sealed)}, sealed)


def draft_intent(intent: Intent, now: float, random: Random = os.urandom) -> Draft:
    """The draft of a request, permitted or refused."""
    name = new_id(random)
    sealed = SealedDetail.make(
        "intent",
        {
            "bound": intent.bound,
            "policies": list(intent.policies),
            "samples": [[s.digest, s.face] for s in intent.samples],
            "session": intent.session,
            "started": int(now),
            **intent.detail,
        },
        random,
    )
    said = {
        "id": name,
        "act": intent.action.value,
        "pur": intent.purpose,
        "auth": intent.authority_class,
        "ak": intent.authority_kind.value,
        "gal": intent.gallery,
        "band": size_band(intent.references),
        "cap": cap_band(intent.cap),
        "dec": "allow" if intent.allowed else "deny",
        "det": cited(intent.policies),
        "pol": intent.charter,
        "c": sealed.commitment(),
    }
    return Draft("intent", name, said, sealed)


def draft_outcome(entry: str, outcome: Outcome, now: float, random: Random = os.urandom) -> Draft:
    """The draft of what came of the intent ``entry``."""
    sealed = SealedDetail.make("outcome", {"count": outcome.count, "ended": int(now), **outcome.detail}, random)
    said = {
        "of": entry,
        "res": outcome.result.value,
        "n": cap_band(outcome.count),
        "ctr": outcome.use,
        "c": sealed.commitment(),
    }
    return Draft("outcome", outcome_name(entry), said, sealed)


def outcome_name(entry: str) -> str:
    """By what name the outcome of the intent ``entry`` is asked for."""
    return f"{entry}.outcome"


def name_of(entry: Entry) -> str:
    """By what name an entry is asked for: its id; an outcome has none of its own."""
    return outcome_name(entry.fields["of"]) if entry.kind == "outcome" else str(entry.fields["id"])


def _committed(sealed: SealedDetail | None) -> dict[str, str]:
    return {} if sealed is None else {"c": sealed.commitment()}
