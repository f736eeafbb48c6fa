"""Read the part of a charter that says where it holds: governors, epochs, logs and witnesses."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from countenance.policy.charter import Epochs, Governor, Peer
from countenance.policy.fields import ID, Fields
from countenance.policy.trust import GROUP

LOG_TYPE = 0x01
WITNESS_TYPE = 0x04
"""Key types of C2SP signed notes: an Ed25519 log signature, an Ed25519 cosignature."""

MAX_DAYS = 31
"""An epoch that has lasted so long closes with however few requests it has."""

_URL = re.compile(r"https?://[!-~]+\Z")
_HEX_KEY = re.compile(r"[0-9a-f]{64}\Z")


def governors(top: Fields) -> dict[str, Governor]:
    """The tables ``[governors.ID]`` with ``key``, an Ed25519 public key in hex; no key may stand twice.

    There may be none yet: such a charter can be checked, but not adopted.
    """
    found: dict[str, Governor] = {}
    seen: dict[bytes, str] = {}
    for name, table in top.named("governors", needed=False).items():
        text = table.text("key")
        public = bytes.fromhex(text) if _HEX_KEY.match(text) else b""
        if text and not public:
            table.fault("key", "must be an Ed25519 public key: 64 small hexadecimal digits")
        elif public and (other := seen.setdefault(public, name)) != name:
            table.fault("key", f"is the key of {other} already; two governors need distinct keys")
        table.end()
        found[name] = Governor(name, public)
    return found


def epochs(table: Fields) -> Epochs:
    """``[epochs]``: whole days, and the least number of requests with which one may close."""
    found = Epochs(table.whole("days", 1, MAX_DAYS), table.whole("minimum", 1, 10_000))
    table.end()
    return found


def peers(top: Fields, key: str, kind: int) -> tuple[Peer, ...]:
    """The tables ``[[logs]]`` or ``[[witnesses]]``: ``name``, ``key`` (a signed-note verifier key), ``url``."""
    found: list[Peer] = []
    for table in top.each(key):
        peer = Peer(table.text("name"), table.text("key"), table.text("url", ""))
        if peer.name and (not ID.match(peer.name) or peer.name in (GROUP, "none")):
            table.fault("name", "must be an id: small letters, digits and single hyphens")
        if peer.url and not _URL.match(peer.url):
            table.fault("url", "must begin with https:// or http:// and hold no spaces")
        if peer.key and not _is_verifier_key(peer.key, kind):
            table.fault("key", f"is not a verifier key of this kind: NAME+HASH+BASE64 with key type {kind:#04x}")
        for other in found:
            if peer.name and other.name == peer.name:
                table.fault("name", f"{peer.name!r} stands twice")
            if peer.key and other.key.rpartition("+")[2] == peer.key.rpartition("+")[2]:
                table.fault("key", f"is the key of {other.name} already")
        table.end()
        found.append(peer)
    return tuple(found)


def _is_verifier_key(text: str, kind: int) -> bool:
    """C2SP signed-note: ``name+keyid+base64(type || key)``, keyid = SHA-256(name, LF, type, key)[:4] in hex."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or parts[0] != "".join(parts[0].split()):
        return False
    try:
        key = base64.b64decode(parts[2], validate=True)
    except binascii.Error:
        return False
    expected = hashlib.sha256(parts[0].encode("utf-8") + b"\n" + key).digest()[:4].hex()
    return len(key) == 33 and key[0] == kind and parts[1] == expected
