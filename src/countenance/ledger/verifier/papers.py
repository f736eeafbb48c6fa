"""What a person may hold in hand: a receipt's proof, or an opened field; verified with the log's key alone."""

from __future__ import annotations

import json
from typing import Any

from countenance.ledger.commitment import FORMAT, Opening, check_opening, parse_opening
from countenance.ledger.entry import parse
from countenance.ledger.note import BadSignature, VerifierKey
from countenance.ledger.proof import HEADER, Proof, check_proof, parse_proof
from countenance.ledger.statement import HEADER as STATEMENT
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.check import Say
from countenance.ledger.verifier.failure import Missing, Tampered


def kind_of(data: bytes) -> str:
    """``statement``, ``proof``, ``opening``, or empty."""
    for start, kind in ((STATEMENT, "statement"), (HEADER, "proof"), ("{", "opening")):
        if data.startswith(start.encode()) and (kind != "opening" or FORMAT.encode() in data[:80]):
            return kind
    return ""


def check_paper(kind: str, data: bytes, key: VerifierKey, say: Say) -> dict[str, Any]:
    """Verify a proof (which carries its entry as ``extra``) or an opening; raises Tampered or Missing."""
    try:
        if kind == "proof":
            return _proof(parse_proof(data), None, key, say)
        return _opening(parse_opening(data), key, say)
    except Unreadable as error:
        raise Tampered(error.what, f"{kind}, {error.where}" if error.where else kind) from None
    except BadSignature as error:
        raise Tampered(str(error), kind) from None


def _proof(proof: Proof, entry: bytes | None, key: VerifierKey, say: Say) -> dict[str, Any]:
    data = entry if entry is not None else proof.extra
    if data is None:
        raise Missing("the proof does not carry its entry (line extra)", "proof")
    signed = check_proof(proof, data, key)
    said = parse(data)
    say("entry", f"{proof.position} of the log {key.name}, of kind {said.kind}, epoch {said.fields['ep']}")
    say("tree", f"size {signed.checkpoint.size}, root {signed.checkpoint.root64}, signed by the log")
    return {"size": signed.checkpoint.size, "root": signed.checkpoint.root64, "entry": data.decode("ascii")}


def _opening(opening: Opening, key: VerifierKey, say: Say) -> dict[str, Any]:
    value = check_opening(opening)
    say("opening", f"{opening.field} is {json.dumps(value)}: the entry committed to it")
    if not opening.proof:
        say("", "NOT PROVEN to be in the log: the epoch of the entry was open when this was written")
        return {"field": opening.field, "value": value, "proven": False}
    found = _proof(parse_proof(opening.proof.encode("utf-8", "replace")), opening.entry.encode("ascii"), key, say)
    return {"field": opening.field, "value": value, "proven": True, **found}
