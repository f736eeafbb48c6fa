"""Collect cosignatures for a checkpoint before it is published, until the quorum of a trust policy is met."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib import error, request

from countenance.keys.signing import verify_signature
from countenance.ledger.checkpoint import Checkpoint, parse_checkpoint
from countenance.ledger.merkle_proofs import Node, consistency_proof
from countenance.ledger.note import BadSignature, check_note, parse_note
from countenance.ledger.trust_policy import TrustPolicy, Witness
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.witness.submission import submission_bytes

MAX_ANSWER = 64 << 10
MAX_AHEAD_SECONDS = 300
"""A cosignature from further in the future is not taken."""

_log = logging.getLogger(__name__)


class Collector:
    """Called with a signed checkpoint and the nodes of its tree; gives the note with the lines, or None for now.

    What each witness has seen is remembered only to save a question: the witness says it itself when asked.
    """

    def __init__(self, policy: TrustPolicy, *, timeout: float = 10.0, clock: Callable[[], float] = time.time) -> None:
        self._policy = policy
        self._timeout = timeout
        self._clock = clock
        self._seen: dict[tuple[str, str], int] = {}

    def __call__(self, note: bytes, node: Node) -> bytes | None:
        """Ask every witness of the policy at the same time; None where those that agree are too few."""
        checkpoint = parse_checkpoint(parse_note(note).text)
        asked = [w for w in self._policy.witnesses.values() if w.url]
        if not asked:
            return note if self._policy.met_by(()) else None
        with ThreadPoolExecutor(max_workers=min(len(asked), 16), thread_name_prefix="witness") as threads:
            lines = list(threads.map(lambda witness: self._ask(witness, note, checkpoint, node), asked))
        agreed = [w.key for w, line in zip(asked, lines, strict=True) if line]
        if not self._policy.met_by(agreed):
            _log.warning("%d of %d witnesses cosigned size %d: too few", len(agreed), len(asked), checkpoint.size)
            return None
        return note + b"".join(lines)

    def _ask(self, witness: Witness, note: bytes, checkpoint: Checkpoint, node: Node) -> bytes:
        """One witness's line, or nothing. Where it has seen another size than we thought, it is asked from there."""
        place = (witness.name, checkpoint.origin)
        for _ in range(3):
            old = min(self._seen.get(place, 0), checkpoint.size)
            status, body = self._post(
                witness, submission_bytes(old, consistency_proof(old, checkpoint.size, node), note)
            )
            if status == 200:
                self._seen[place] = checkpoint.size
                return self._line(witness, note, body)
            if status != 409 or not body.strip().isdigit() or len(body) > 20:
                break
            seen = int(body)
            if seen > checkpoint.size:
                _log.error("witness %s has seen a larger tree (%d): did this log go back?", witness.name, seen)
                return b""
            if seen == old:
                break
            self._seen[place] = seen
        _log.error("witness %s refused size %d with status %d", witness.name, checkpoint.size, status)
        return b""

    def _post(self, witness: Witness, body: bytes) -> tuple[int, bytes]:
        url = witness.url.rstrip("/") + "/add-checkpoint"
        if not url.startswith(("http://", "https://")):
            return 0, b""
        try:
            with request.urlopen(request.Request(url, body, method="POST"), timeout=self._timeout) as answer:  # noqa: S310
                return int(answer.status), answer.read(MAX_ANSWER)
        except error.HTTPError as refused:
            with refused:
                return refused.code, refused.read(MAX_ANSWER)
        except (OSError, ValueError) as wrong:
            _log.warning("witness %s cannot be asked: %s", witness.name, wrong)
            return 0, b""

    def _line(self, witness: Witness, note: bytes, answer: bytes) -> bytes:
        """The line of this witness alone, where it verifies; other lines of the answer are left out."""
        try:
            signed = parse_note(note + answer)
            found = check_note(signed, (witness.key,), verify_signature)
        except (Unreadable, BadSignature) as wrong:
            _log.error("witness %s answered with no cosignature: %s", witness.name, wrong)
            return b""
        times = [v.time for v in found if v.time and v.time <= self._clock() + MAX_AHEAD_SECONDS]
        wanted = f"— {witness.key.name} ".encode()
        lines = [line + b"\n" for line in answer.split(b"\n") if line.startswith(wanted)]
        if len(lines) != 1 or not times:
            _log.error("witness %s answered with no cosignature that can be taken", witness.name)
            return b""
        return lines[0]
