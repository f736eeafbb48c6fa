"""A log in memory and on the disk, made of the formats alone: no journal, no vault, no clock."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.ledger.keyring import TestKey

from countenance.ledger import merkle
from countenance.ledger.checkpoint import Checkpoint
from countenance.ledger.entry import charter_message, encode, entry_id, parse
from countenance.ledger.note import COSIGNATURE, note_bytes
from countenance.ledger.recount import Recount, counts_digest
from countenance.ledger.statement import Statement, state
from countenance.ledger.tiles import WIDTH, Tile, pack_bundle

ORIGIN = "log.example/fr"
LOG = TestKey(ORIGIN, 1)
STATEMENTS = TestKey(f"{ORIGIN}/statements", 2)
WITNESS = TestKey("witness.example", 3, COSIGNATURE)
GOVERNORS = (TestKey("governor-a", 4), TestKey("governor-b", 5))
DIGEST = hashlib.sha256(b"the charter").hexdigest()
PURPOSES = {"access-control": False, "missing-person": False, "protest-monitoring": True}


def write_log(
    directory: Path,
    entries: Sequence[bytes],
    *,
    log: TestKey = LOG,
    witnesses: Sequence[TestKey] = (),
    origin: str | None = None,
) -> Checkpoint:
    """Bundles, tiles and checkpoint of exactly these entries; cosigned at the Unix time 1,700,000,000."""
    size = len(entries)
    levels = [[merkle.leaf_hash(e) for e in entries]]
    for start in range(0, size, WIDTH):
        part = entries[start : start + WIDTH]
        _put(directory, Tile(None, start // WIDTH, len(part)), pack_bundle(part))
    while levels[-1]:
        hashes, level = levels[-1], len(levels) - 1
        for start in range(0, len(hashes), WIDTH):
            part_of = hashes[start : start + WIDTH]
            _put(directory, Tile(level, start // WIDTH, len(part_of)), b"".join(part_of))
        full = len(hashes) // WIDTH
        levels.append([merkle.perfect_root(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(full)])
    checkpoint = Checkpoint(origin or log.key.name, size, merkle.root_of(levels[0]))
    write_checkpoint(directory, checkpoint, log=log, witnesses=witnesses)
    return checkpoint


def write_checkpoint(
    directory: Path, checkpoint: Checkpoint, *, log: TestKey = LOG, witnesses: Sequence[TestKey] = ()
) -> None:
    """Sign and put it."""
    lines = [log.line(checkpoint.text), *(w.line(checkpoint.text, 1_700_000_000) for w in witnesses)]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "checkpoint").write_bytes(note_bytes(checkpoint.text, lines))


def _put(directory: Path, tile: Tile, data: bytes) -> None:
    path = directory / tile.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


class Story:
    """Entries one after the other, with ids from a counter: the same story gives the same bytes."""

    def __init__(
        self,
        governors: int = 2,
        purposes: dict[str, bool] = PURPOSES,
        minimum: int = 3,
        *,
        log: TestKey = LOG,
        statements: TestKey = STATEMENTS,
    ) -> None:
        self.entries: list[bytes] = []
        self.epoch = 0
        self.day = 0
        self._ids = itertools.count(1)
        self._uses: dict[str, int] = {}
        self.log = log
        self.statements = statements
        self.add("key", ev="added", use="checkpoint", vkey=str(log.key))
        self.add("key", ev="added", use="statements", vkey=str(statements.key))
        self.adopt(DIGEST, purposes, governors=governors, minimum=minimum, start=0)

    @property
    def _id(self) -> str:
        return entry_id(next(self._ids).to_bytes(16, "big"))

    def add(self, kind: str, /, **fields: Any) -> str:
        """Any entry; gives its id."""
        said = {"ep": self.epoch, **fields}
        name = self._id
        if kind != "outcome":
            said.setdefault("id", name)
        if kind in {"intent", "outcome", "charter", "gallery", "authority", "erasure", "hold", "audit", "gap", "epoch",
                    "review"}:  # fmt: skip
            said.setdefault("c", entry_id(hashlib.sha256(name.encode()).digest()))
        self.entries.append(encode(kind, said))
        return name

    def adopt(self, digest: str, purposes: dict[str, bool], *, governors: int, minimum: int, start: int) -> None:
        """A charter with its register."""
        self.digest = digest
        signed = sorted((_b64(g.key.public), _b64(g.signer(charter_message(digest)))) for g in GOVERNORS[:governors])
        name = self.add(
            "charter", digest=digest, **{"from": start}, min=minimum, n=len(purposes), gov=[g for g, _ in signed],
            sig=[s for _, s in signed],
        )  # fmt: skip
        for purpose, forbidden in purposes.items():
            self.add("purpose", of=name, pur=purpose, forbidden=forbidden, text=f"the purpose {purpose}")

    def intent(self, purpose: str = "missing-person", allowed: bool = True, **fields: Any) -> str:
        """A request."""
        said = {
            "act": "search", "pur": purpose, "auth": "guardian-request", "ak": "registered", "gal": "k2J9xQ_a",
            "band": "101-1000", "cap": "2-5", "dec": "allow" if allowed else "deny", "det": ["permit-search"],
            "pol": self.digest, **fields,
        }  # fmt: skip
        return self.add("intent", **said)

    def outcome(self, intent: str, gallery: str = "k2J9xQ_a", **fields: Any) -> None:
        """Its outcome, with the gallery's next use."""
        self._uses[gallery] = self._uses.get(gallery, 0) + 1
        self.add("outcome", **{"of": intent, "res": "none", "n": "0", "ctr": self._uses[gallery], **fields})

    def ask(self, purpose: str = "missing-person", **fields: Any) -> None:
        """A request with its outcome."""
        self.outcome(self.intent(purpose, **fields), fields.get("gal", "k2J9xQ_a"))

    def close(self, early: bool = False, days: int = 1) -> None:
        """The epoch's last entry."""
        start, self.day = self.day, self.day + days
        self.add("epoch", start=_day(start), end=_day(self.day), early=early)
        self.epoch += 1

    def recount(self, size: int | None = None) -> Recount:
        """What the verifier would have counted after so many entries."""
        recount = Recount(self.log.key.name)
        for data in self.entries[:size]:
            recount.add(parse(data))
        return recount

    def statement(self, first: int, last: int, cosigned: tuple[str, ...] = ()) -> Statement:
        """The true statement over these epochs, as of now; also appended to the log."""
        recount = self.recount()
        root = merkle.root_of(merkle.leaf_hash(e) for e in self.entries)
        made = state(recount, first, last, root, cosigned)
        self.add(
            "statement", first=first, last=last, size=made.size, sha=hashlib.sha256(made.text.encode()).hexdigest(),
            counts=counts_digest(made.counts),
        )  # fmt: skip
        return made

    def sign(self, statement: Statement) -> bytes:
        """The signed note of a statement, true or not."""
        return note_bytes(statement.text, [self.statements.line(statement.text)])


def busy_story(epochs: int = 3, **options: Any) -> Story:
    """A few epochs with permitted and refused requests, one unpaired, one closed early."""
    story = Story(**options)
    for epoch in range(epochs):
        for _ in range(4 + epoch):
            story.ask()
        story.ask("access-control", act="verify", gal="", band="", ak="standing", auth="consent")
        story.intent("protest-monitoring", allowed=False, det=["forbid-protest-monitoring"])
        story.intent("unregistered", allowed=False, auth="none", ak="none")
        story.close()
    story.intent()
    story.close(early=True, days=0)
    return story


def many_entries(count: int) -> Iterator[bytes]:
    """A lawful log of any length: a story's beginning, then requests and outcomes without end."""
    story = Story(minimum=0)
    yield from story.entries[:count]
    story.ask()
    template, result = story.entries[-2:]
    number = len(story.entries) - 2
    name = parse(template).fields["id"].encode()
    for each in range((count - number + 1) // 2 if count > number else 0):
        fresh = base64.urlsafe_b64encode((1 << 100 | each).to_bytes(16, "big")).rstrip(b"=")
        yield template.replace(name, fresh)
        if number + 2 * each + 2 <= count:
            yield result.replace(name, fresh).replace(b'"ctr":1,', b'"ctr":%d,' % (each + 1))


def take(entries: Iterable[bytes], count: int) -> list[bytes]:
    """The first ``count``."""
    return list(itertools.islice(entries, count))


def _day(number: int) -> str:
    return f"2026-10-{number + 1:02d}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
