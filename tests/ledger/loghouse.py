"""A house for the writing side: a log in a directory, a clock set by hand, and a check that proves all of it."""

from __future__ import annotations

import base64
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from countenance.keys.signing import SigningKey, verify_signature
from countenance.ledger.draft import new_id
from countenance.ledger.entry import charter_message, parse
from countenance.ledger.intent import Intent
from countenance.ledger.issue import Issued, NotStated
from countenance.ledger.ledger import Closed, Ledger, open_ledger
from countenance.ledger.note import VerifierKey
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.ledger.start import verifier_key
from countenance.ledger.statement import statement_key
from countenance.ledger.verifier.check import Asked, check_log
from countenance.ledger.verifier.source import Directory
from countenance.ledger.whole import check_whole
from countenance.terms.action import Action
from countenance.terms.errors import LogDamaged
from countenance.terms.permit import AuthorityKind
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef

ORIGIN = "log.example/writer"
DIGEST = "a" * 64
GALLERY = "k2J9xQ_a"
START = 1_764_000_000.0
"""2025-11-24, 16:00 UTC."""
DAY = 86_400

INTENT = Intent(
    action=Action.SEARCH,
    purpose="missing-person",
    authority_class="guardian-request",
    authority_kind=AuthorityKind.SELF_DECLARED,
    gallery=GALLERY,
    references=13,
    cap=5,
    allowed=True,
    policies=("permit-search",),
    charter=DIGEST,
    samples=(SampleRef("b" * 64),),
    bound=1,
    session="s" * 32,
    detail={
        "principal": "os:alice",
        "case": "case-4711",
        "authority_reference": "guardian-request of Mrs Miller",
        "authority_text": "guardian-request:guardian-request of Mrs Miller",
        "purpose_text": "missing-person",
        "client": "command line",
        "roles": ["operator"],
        "references": 13,
        "cap": 5,
    },
)
REFUSED = replace(INTENT, allowed=False, purpose="family-separation", policies=("forbid-named",))


@dataclass
class LogHouse:
    """One data directory; ``open`` may be called again after the last log was closed or its process is thought dead."""

    directory: Path
    now: float = START
    signing: SigningKey = field(default_factory=lambda: SigningKey.from_seed(bytes(range(32))))
    statements: SigningKey = field(default_factory=lambda: SigningKey.from_seed(bytes(range(1, 33))))
    governor: SigningKey = field(default_factory=lambda: SigningKey.from_seed(bytes(range(2, 34))))
    vault_key: bytes = bytes(range(3, 35))
    uses: int = 0

    def open(self, **options: Any) -> Ledger:
        return open_ledger(
            self.directory,
            signing_key=self.signing,
            origin=ORIGIN,
            vault_key=self.vault_key,
            clock=lambda: self.now,
            **{"wait": 0.0, **options},
        )

    def adopt(self, ledger: Ledger, minimum: int = 2, **options: Any) -> None:
        """The statement key, a charter of two purposes, and the gallery."""
        charter = new_id()
        ledger.record("key", {"ev": "added", "use": "statements", "vkey": self.statement_vkey(ledger)})
        ledger.record_many(
            [
                (
                    "charter",
                    {
                        "id": charter, "digest": DIGEST, "from": ledger.epoch, "min": minimum, "n": 2,
                        "gov": [_b64(self.governor.public)],
                        "sig": [_b64(self.governor.sign(charter_message(DIGEST)))], **options,
                    },
                    {"adopted": int(self.now), "governors": ["os:grace"]},
                ),
                ("purpose", {"of": charter, "pur": "missing-person", "forbidden": False, "text": "Find people."}, {}),
                ("purpose", {"of": charter, "pur": "family-separation", "forbidden": True, "text": "Never."}, {}),
            ]
        )  # fmt: skip
        ledger.record("gallery", {"gal": GALLERY, "ev": "created", "band": "0", "ctr": 0}, {"name": "Shelter North"})

    def statement_vkey(self, ledger: Ledger) -> str:
        return str(statement_key(ledger.shard_origin, self.statements.public))

    def act(self, ledger: Ledger, times: int = 1) -> list[Receipt]:
        """So many permitted searches, each with its outcome."""
        receipts = []
        for _ in range(times):
            receipt = ledger.intend(INTENT).result()
            self.uses += 1
            ledger.conclude(
                receipt,
                Outcome(OutcomeResult.CANDIDATES, 2, self.uses, {"candidates": [["subject-1", 0.71]], "compared": 13}),
            )
            receipts.append(receipt)
        return receipts

    def busy_day(self, ledger: Ledger, times: int = 3) -> list[Receipt]:
        """Searches and a refusal; then the next day begins."""
        receipts = self.act(ledger, times)
        receipts.append(ledger.refuse(REFUSED))
        self.now += DAY
        return receipts

    @property
    def key(self) -> VerifierKey:
        """The first shard's."""
        return verifier_key(ORIGIN, self.signing)

    def state(self, ledger: Ledger, start: str, end: str) -> Issued | NotStated:
        """A statement from the day ``start`` to ``end``."""
        return ledger.state(start, end, key=self.statements)

    def check(self, **asked: Any) -> dict[str, Any]:
        """Prove the whole log, its running epoch and every checkpoint that was ever signed; and what is published."""
        if (self.directory / "log" / "checkpoint").exists():
            self.check_published()
        return check_whole(self.directory, self.signing, _silent)

    def check_published(self, place: str = "log") -> dict[str, Any]:
        return check_log(Directory(str(self.directory / place)), Asked(check=verify_signature), _silent)

    def check_receipts(self, ledger: Ledger, receipts: list[Receipt]) -> None:
        """Every receipt is the log's, and its entry is in the log with exactly the leaf that was promised."""
        from countenance.ledger.merkle import leaf_hash

        for receipt in receipts:
            assert verify_signature(self.signing.public, receipt.signed_bytes(), bytes.fromhex(receipt.signature))
            assert leaf_hash(ledger.entry(receipt.entry)).hex() == receipt.leaf


def founded(directory: Path, **options: Any) -> tuple[LogHouse, Ledger]:
    """A house with an open log whose charter is adopted."""
    house = LogHouse(directory)
    ledger = house.open(**options)
    house.adopt(ledger)
    return house, ledger


def lived(directory: Path, days: int = 2, requests: int = 3, **options: Any) -> LogHouse:
    """A log with some closed epochs and an open one; closed."""
    house, ledger = founded(directory, **options)
    for _ in range(days):
        house.busy_day(ledger, requests)
        closed(ledger)
    house.act(ledger, 2)
    ledger.close()
    return house


def put_back(source: Path, target: Path) -> None:
    """Restore files from a backup in place, as rsync would: the directories stay the same ones."""
    for path in [p for p in target.rglob("*") if p.is_file()]:
        path.unlink()
    shutil.copytree(source, target, dirs_exist_ok=True)


def refused(house: LogHouse, match: str, **options: Any) -> None:
    """A start must be refused for this reason."""
    with pytest.raises(LogDamaged, match=match):
        house.open(**options)


def closed(ledger: Ledger, **options: Any) -> Closed:
    """Close the epoch; it must close."""
    found = ledger.close_epoch(**options)
    assert isinstance(found, Closed), found
    return found


def kinds(ledger: Ledger) -> list[str]:
    """The kinds of the running shard's entries, in their order."""
    return [parse(data).kind for _, data in ledger.entries()]


def _silent(_step: str, _finding: str) -> None:
    pass


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
