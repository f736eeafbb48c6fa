"""Adopt a charter: governors sign its digest with distinct keys, and enough of them must have done so."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countenance.keys.signing import verify_signature
from countenance.policy.charter import Charter
from countenance.policy.template import demo_files
from countenance.terms.errors import Malformed

if TYPE_CHECKING:
    from countenance.keys.signing import SigningKey

NEEDED = 2
"""Distinct keys; that distinct people hold them nobody can prove."""

FORMAT = "countenance-charter-signature/v1"
MAX_FILE = 4096


@dataclass(frozen=True, slots=True, order=True)
class GovernorSignature:
    """One governor's signature of a charter's digest: ``public`` 32 bytes, ``signature`` 64 bytes (Ed25519)."""

    public: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Adoption:
    """A charter that enough governors signed. ``signatures`` are sorted by key.

    ``single`` says that one key alone adopted it, which only the demo allows.
    """

    charter: Charter
    signatures: tuple[GovernorSignature, ...]
    single: bool

    @property
    def governors(self) -> tuple[str, ...]:
        """The ids of the governors that signed, as this charter names them; a departing one by its key in hex."""
        names = {governor.public: governor.id for governor in self.charter.governors.values()}
        return tuple(names.get(each.public, each.public.hex()) for each in self.signatures)


@dataclass(frozen=True, slots=True)
class NotAdopted:
    """What is missing for the adoption, in sentences."""

    reasons: tuple[str, ...]


def adoption_message(digest: str) -> bytes:
    """What each governor signs, as the ledger's verifier knows it; ``digest`` is the charter's, in hex."""
    return f"countenance-charter/v1\n{digest}\n".encode("ascii")


def sign_charter(charter: Charter, key: SigningKey) -> str:
    """A signature file: JSON with the format, the charter's digest, the governor's public key and its signature."""
    body = {
        "format": FORMAT,
        "charter": charter.digest,
        "governor": key.public.hex(),
        "signature": key.sign(adoption_message(charter.digest)).hex(),
    }
    return json.dumps(body, indent=2) + "\n"


def read_signature(text: str, charter: Charter) -> GovernorSignature:
    """Read a signature file; raises Malformed where it is none, or where it signs another charter."""
    wrong = Malformed("this is no signature of a governor", remedy="Make one with `countenance charter sign`.")
    if len(text) > MAX_FILE:
        raise wrong
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise wrong
        found = GovernorSignature(bytes.fromhex(body["governor"]), bytes.fromhex(body["signature"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise wrong from None
    if body.get("charter") != charter.digest:
        raise Malformed(
            f"this signature is of the charter {str(body.get('charter'))[:64]!r}, not of {charter.digest}",
            remedy="A changed charter is signed anew.",
        )
    return found


def adopt(
    charter: Charter,
    signatures: Iterable[GovernorSignature],
    in_force: Charter | None,
    earlier: Collection[str] = (),
) -> Adoption | NotAdopted:
    """Adopt ``charter`` if two of its governors signed it and, where a charter is in force, that one's governors too.

    Of the governors of the charter in force as many must agree as adopting it took: two, or the demo's one. Without
    this rule whoever can write a charter could name governors of their own. ``earlier`` are the digests of every
    charter adopted before: without them old signatures could be used again to bring an old charter back. Of more
    signatures than are needed the first by key are taken.
    """
    message = adoption_message(charter.digest)
    signed = {each.public: each for each in signatures}
    own = {governor.public for governor in charter.governors.values()}
    before = own if in_force is None else {governor.public for governor in in_force.governors.values()}
    agreed_before = min(NEEDED, len(before))
    reasons = [
        f"the signature of {public.hex()[:16]}… does not verify"
        for public, each in signed.items()
        if not verify_signature(public, message, each.signature)
    ]
    reasons += [f"{public.hex()[:16]}… is the key of no governor" for public in signed if public not in own | before]
    if charter.digest in earlier or (in_force is not None and in_force.digest == charter.digest):
        reasons.append("it was adopted before, so its signatures say nothing of today; change it and sign anew")
    if (missing := NEEDED - len(own & signed.keys())) > 0:
        reasons.append(f"{missing} more of its own governors must sign: {_names(charter, signed.keys())}")
    if in_force is not None and (missing := agreed_before - len(before & signed.keys())) > 0:
        names = _names(in_force, signed.keys())
        reasons.append(f"{missing} more governors of the charter in force must sign: {names}")
    if reasons:
        return NotAdopted(tuple(reasons))
    taken = set(sorted(own & signed.keys(), key=lambda key: (key not in before, key))[:NEEDED])
    taken |= set(sorted(before & signed.keys(), key=lambda key: (key not in taken, key))[:agreed_before])
    return Adoption(charter, tuple(signed[key] for key in sorted(taken)), single=False)


def adopt_demo(charter: Charter, key: SigningKey) -> Adoption | NotAdopted:
    """Adopt the demo's charter by its one governor; no other charter is adopted by a single key."""
    if charter.files != demo_files(key.public):
        return NotAdopted(("only the demo's own charter, unchanged, is adopted by a single governor",))
    signature = key.sign(adoption_message(charter.digest))
    return Adoption(charter, (GovernorSignature(key.public, signature),), single=True)


def _names(charter: Charter, signed: Iterable[bytes]) -> str:
    gone = set(signed)
    return ", ".join(sorted(each.id for each in charter.governors.values() if each.public not in gone))
