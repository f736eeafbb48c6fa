"""Witnesses: whom the charter in force asks to cosign, and how many of them publication waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from countenance.ledger.merkle_proofs import Node
from countenance.ledger.trust_policy import parse_policy
from countenance.ledger.witness.collect import Collector
from countenance.policy.charter import Charter
from countenance.policy.trust import trust_policy

PATIENCE = 5.0
"""Seconds that a publication waits to be told of the charter, while a house opens."""


class Witnesses:
    """Given to the ledger before the charter is known, since the log says which charter that is.

    Until it is known nothing is published: an epoch that waits for its witnesses must not slip out at a start. Without
    witnesses in the charter a checkpoint is published as it is, and everything says *unwitnessed*.
    """

    def __init__(self) -> None:
        self._charter: Callable[[], Charter | None] = lambda: None
        self._known = threading.Event()

    def know(self, charter: Callable[[], Charter | None]) -> None:
        """Where the charter is to be asked for from now on; None stands for a log without one."""
        self._charter = charter
        self._known.set()

    def __call__(self, note: bytes, node: Node) -> bytes | None:
        """The note with the witnesses' lines where enough agreed, else None: publication waits, the service never."""
        if not self._known.wait(PATIENCE):
            return None
        charter = self._charter()
        if charter is None or not charter.witnesses:
            return note
        return Collector(parse_policy(trust_policy(charter).encode()))(note, node)
