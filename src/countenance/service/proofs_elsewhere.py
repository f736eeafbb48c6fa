"""Proofs elsewhere: that a log admitted a reference, for the house to which it goes; whether one that came holds."""

from __future__ import annotations

from collections.abc import Iterable

from countenance.gallery.sealing import ProofElsewhere
from countenance.keys.signing import verify_signature
from countenance.ledger.entry import parse
from countenance.ledger.ledger import Ledger, NotYet
from countenance.ledger.note import ED25519, BadSignature, VerifierKey, parse_vkey
from countenance.ledger.outcome import OutcomeResult
from countenance.ledger.proof import check_proof, parse_proof
from countenance.ledger.unreadable import Unreadable
from countenance.service.trail import Concern, trail
from countenance.terms.action import Action
from countenance.terms.errors import WrongDigest
from countenance.terms.gallery import Gallery, Subject


def admissions(ledger: Ledger, gallery: Gallery, subject: Subject) -> dict[str, str]:
    """By sample (SHA-256, hex) the entry that admitted it for this subject: the first that enrolled somebody.

    Where the sealed detail of an entry was destroyed or has expired nothing says any more whom it was about.
    """
    found: dict[str, list[str]] = {}
    for trace in trail(ledger, gallery, subject):
        if trace.concern is Concern.ENROLMENT and _permitted(ledger, trace.entry):
            for sample, *_ in (ledger.detail(trace.entry) or {}).get("samples") or ():
                found.setdefault(sample, []).append(trace.entry)
    return {
        sample: next((each for each in entries if _enrolled(ledger, each)), entries[0])
        for sample, entries in found.items()
    }


def proof_of(ledger: Ledger, entry: str) -> ProofElsewhere | NotYet:
    """An entry's proof with the key that checks it; raises UnknownName."""
    proof = ledger.proof(entry)
    if isinstance(proof, NotYet):
        return proof
    origin = parse_proof(proof.encode()).checkpoint.decode().partition("\n")[0]
    return ProofElsewhere(str(VerifierKey(origin, ED25519, ledger.public_key)), proof)


def check_proofs(proofs: Iterable[ProofElsewhere], reference: str) -> None:
    """Raise WrongDigest unless each shows that its log permitted an enrolment. Whose log it is, people must know."""
    for each in proofs:
        try:
            log, proof = parse_vkey(each.log), parse_proof(each.proof.encode("utf-8", "replace"))
            check_proof(proof, proof.extra or b"", log, check=verify_signature)
            if not _permits(proof.extra or b""):
                raise Unreadable("its entry permits no enrolment")
        except (Unreadable, BadSignature) as error:
            what = f"a proof of this export does not hold: {error}"
            raise WrongDigest(what, where=f"reference {reference[:64]}, log {each.log[:100]}") from None


def _permitted(ledger: Ledger, entry: str) -> bool:
    return not entry.endswith(".outcome") and _permits(ledger.entry(entry))


def _permits(public: bytes) -> bool:
    said = parse(public)
    return said.kind == "intent" and (said.fields["act"], said.fields["dec"]) == (Action.ENROL, "allow")


def _enrolled(ledger: Ledger, entry: str) -> bool:
    outcome = f"{entry}.outcome"
    return ledger.has(outcome) and parse(ledger.entry(outcome)).fields["res"] == OutcomeResult.ENROLLED
