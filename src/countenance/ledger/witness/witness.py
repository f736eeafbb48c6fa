"""A witness's judgement: which checkpoint it cosigns, and with which status it refuses every other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from countenance.keys.signing import SigningKey, verify_signature
from countenance.ledger.checkpoint import Checkpoint, parse_checkpoint
from countenance.ledger.merkle import EMPTY_ROOT
from countenance.ledger.merkle_proofs import consistent
from countenance.ledger.note import (
    COSIGNATURE,
    BadSignature,
    Note,
    VerifierKey,
    check_note,
    note_bytes,
    parse_note,
    sign,
    signature_line,
)
from countenance.ledger.trust_policy import TrustPolicy
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.witness.record import Cosigned, Record
from countenance.ledger.witness.submission import Submission, parse_submission
from countenance.terms.errors import BrokenMachine

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status (C2SP tlog-witness), a body, and its media type."""

    status: int
    body: bytes
    media_type: str = TEXT


class _Refused(Exception):
    """Carries the answer out of the transaction."""

    def __init__(self, answer: Answer, *, contradicts: bool = False) -> None:
        super().__init__()
        self.answer = answer
        self.contradicts = contradicts


class Witness:
    """``logs`` are whose checkpoints it looks at. It knows a size and a root of each, and nothing of their entries."""

    def __init__(
        self, name: str, key: SigningKey, record: Record, logs: TrustPolicy, clock: Callable[[], float]
    ) -> None:
        self.key = VerifierKey(name, COSIGNATURE, key.public)
        self._sign = key.sign
        self._record = record
        self._logs = logs
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Answer:
        """Check in the specification's order; cosign only after the new state is on the disk."""
        try:
            submission = parse_submission(body)
            note = parse_note(submission.checkpoint)
            checkpoint = parse_checkpoint(note.text)
        except Unreadable as error:
            return _refusal(400, str(error))
        keys = self._logs.logs_of(checkpoint.origin)
        if not keys:
            return _refusal(404, "this witness does not know this log")
        try:
            if not check_note(note, keys, verify_signature):
                return _refusal(403, "no key of this log signed it")
        except BadSignature as error:
            return _refusal(403, str(error))
        if submission.old > checkpoint.size:
            return _refusal(400, "the old size is larger than the checkpoint's")
        try:
            made = self._record.replace(
                checkpoint.origin, lambda last: self._decide(last, submission, checkpoint, note, keys)
            )
        except _Refused as refused:
            if refused.contradicts:
                self._record.keep_evidence(checkpoint.origin, int(self._clock()), body)
            return refused.answer
        except BrokenMachine as error:
            return _refusal(503, error.what)
        return Answer(200, made.note[made.note.rindex("— ".encode()) :])

    def latest(self, origin_sha256: str) -> Answer:
        """For monitors: the last note cosigned for the log whose origin has this SHA-256 (hex)."""
        for origin in self._record.origins():
            if hashlib.sha256(origin.encode()).hexdigest() == origin_sha256:
                found = self._record.latest(origin)
                if found is not None:
                    return Answer(200, found.note)
        return _refusal(404, "nothing of such a log was cosigned here")

    def _decide(
        self,
        last: Cosigned | None,
        submission: Submission,
        checkpoint: Checkpoint,
        note: Note,
        keys: tuple[VerifierKey, ...],
    ) -> Cosigned:
        size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
        contradicts = last is not None and checkpoint.size == size and checkpoint.root != root
        if submission.old != size:
            raise _Refused(Answer(409, f"{size}\n".encode(), SIZE), contradicts=contradicts)
        if not consistent(size, checkpoint.size, root, checkpoint.root, submission.proof):
            raise _Refused(_refusal(422, "the proof does not lead from what was cosigned to this"), contradicts=True)
        now = int(self._clock())
        if last is not None and now < last.time:
            raise _Refused(_refusal(503, "this witness's clock is behind its last cosignature"))
        known = {(key.name, key.key_id) for key in keys}
        lines = [signature_line(s) for s in note.signatures if (s.name, s.key_id) in known]
        lines.append(sign(note.text, self.key, self._sign, now))
        return Cosigned(checkpoint.size, checkpoint.root, now, note_bytes(note.text, lines))


def _refusal(status: int, reason: str) -> Answer:
    return Answer(status, f"{reason}\n".encode())
