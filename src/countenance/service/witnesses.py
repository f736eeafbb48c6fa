"""Witnesses: whom the charter in force asks to cosign, and how many of them publication waits for."""

from __future__ import annotations

from collections.abc import Callable

from countenance.ledger.merkle import Node
from countenance.ledger.trust_policy import parse_policy
from countenance.ledger.witness.collect import Collector
from countenance.policy.charter import Charter
from countenance.policy.trust import trust_policy


class Witnesses:
    """Given to the ledger before the charter is known, since the log says which charter that is.

    Without witnesses in the charter a checkpoint is published as it is, and everything says *unwitnessed*.
    """

    def __init__(self) -> None:
        self.charter: Callable[[], Charter | None] = lambda: None

    def __call__(self, note: bytes, node: Node) -> bytes | None:
        """The note with the witnesses' lines where enough agreed, else None: publication waits, the service never."""
        charter = self.charter()
        if charter is None or not charter.witnesses:
            return note
        return Collector(parse_policy(trust_policy(charter).encode()))(note, node)
