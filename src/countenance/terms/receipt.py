"""A receipt: the log's signed promise that an intent is durable, and what it allows to be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Protocol

from countenance.terms.action import Action


@dataclass(frozen=True, slots=True)
class Receipt:
    """Signed by the log's key over every other field; holders of that public key alone can check it.

    It carries no index and no tree size, from which one key holder could count another's use.
    ``samples`` is ``digest_of_samples`` of what takes part; ``bound`` the most comparisons it allows, where one
    comparison is one probe against a gallery (1:N) or against one other template (1:1, groups);
    ``gallery`` a pseudonym or empty; ``session`` the nonce of the gallery run in which it may be used, once.
    """

    log: str
    entry: str
    leaf: str
    epoch: int
    action: Action
    gallery: str
    samples: str
    bound: int
    session: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """What the log's key signs: a domain line and canonical JSON of every field but the signature."""
        body = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "signature"}
        return b"countenance-receipt/v1\n" + json.dumps(
            body, sort_keys=True, separators=(",", ":"), ensure_ascii=True
        ).encode("ascii")

    def to_json(self) -> dict[str, Any]:
        """All fields, for an answer."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class Promise(Protocol):
    """An intent on its way to the disk."""

    def result(self) -> Receipt:
        """Wait until the intent is durable, then its receipt; raises where it could not be made durable."""
        ...
