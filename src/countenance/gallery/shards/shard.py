"""A shard: one part of every gallery, of the references whose number leaves one remainder; the same index over them.

It trusts the log's key and nobody else, least of all the process that asks it: it checks each receipt itself. In its
run a receipt stands for one question. The same question again, from whoever did not hear the answer, is answered again:
it tells nobody more than they knew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from countenance.gallery.admission import Relayed
from countenance.gallery.comparing import Comparing
from countenance.gallery.feed import Feed
from countenance.gallery.memory import Memory
from countenance.gallery.register import Register
from countenance.gallery.shards.question import Answer, Question
from countenance.keys.keyring import Keyring
from countenance.keys.root import read_root_key
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import open_database
from countenance.terms.candidate import SearchResult
from countenance.terms.errors import ReceiptRefused

REMEMBERED = 1 << 20
"""Receipts whose question is remembered."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a shard opens: the shared database, its keys, and the log whose receipts it takes."""

    database: str
    key_store: str
    root_key: str
    log_public_key: bytes
    log_origin: str


class Shard:
    """Part ``part`` (from 0) of ``parts``. Threads may share it."""

    def __init__(self, means: Means, part: int, parts: int, spool: Path | None = None) -> None:
        """Raises Unwritable, SealBroken, MissingPart; loads nothing before the first search."""
        self.part, self.parts = part, parts
        self._database = open_database(means.database)
        root = read_root_key(means.root_key)
        self._keys = SubjectKeys.open(means.key_store, root)
        keyring = Keyring(root, self._keys)
        register = Register(self._database, keyring)
        memory = Memory(self._database, keyring, register, spool, part=(part, parts))
        self._comparing = Comparing(Relayed(means.log_public_key, means.log_origin), memory)
        self._feed = Feed(self._database, memory)
        self._asked: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, question: Question) -> Answer:
        """Search this part; raises what ``Galleries.search`` raises."""
        self._want_one_question(question)
        receipt, k, threshold = question.receipt, question.k, question.threshold
        only, without = question.only, question.without
        found: tuple[SearchResult, ...]
        if question.samples is None:
            (probe,) = question.probes
            found = (self._comparing.search(receipt, probe, k, threshold, only=only, without=without),)
        else:
            found = self._comparing.search_many(
                receipt, question.samples, question.probes, k, threshold, only=only, without=without
            )
        return Answer(self.part, self.parts, tuple(each.candidates for each in found), found[0].compared)

    def close(self) -> None:
        """Forget all templates."""
        self._feed.close()
        self._database.close()
        self._keys.close()

    def _want_one_question(self, question: Question) -> None:
        digest, entry = question.digest, question.receipt.entry
        with self._lock:
            known = self._asked.setdefault(entry, digest)
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
        if known != digest:
            raise ReceiptRefused("this receipt was used already", where=f"entry {entry}")
