"""Audit: entries drawn by chance are opened to an auditor, and the auditor's result goes back into the log.

The beacon is announced before the epoch ends, so nobody can look for a seed that spares an entry; the sample is drawn
after the epoch's tree is published. Whoever governs under the charter acts here, and every step is an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.ledger.checkpoint import Checkpoint, parse_checkpoint
from countenance.ledger.commitment import Opening
from countenance.ledger.entry import parse
from countenance.ledger.ledger import Ledger, NotYet
from countenance.ledger.note import parse_note
from countenance.policy.charter import Charter
from countenance.service.published import published
from countenance.service.sampling import sample, seed_of
from countenance.service.state import governs
from countenance.terms.errors import BrokenInput, LogDamaged, Malformed, NameTaken, UnknownName
from countenance.terms.principal import Principal

FIELDS = ("authority_reference", "case", "principal", "purpose_text", "reason")
MOST = 10_000
"""Entries of one sample."""


@dataclass(frozen=True, slots=True)
class Step:
    """An audit entry: its id, public fields, and what was sealed with it (empty where that was erased)."""

    entry: str
    said: dict[str, Any]
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample of the intents of ``epoch``: ids with their indices in the tree of ``checkpoint`` (its signed note)."""

    epoch: int
    checkpoint: str
    beacon: str
    value: str
    seed: bytes
    population: int
    sampled: tuple[tuple[int, str], ...]
    entry: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One sampled intent. ``erased`` names the erasure, older than the sample, that explains a missing field."""

    index: int
    entry: str
    public: bytes
    proof: str
    openings: tuple[Opening, ...]
    erased: str | None

    @property
    def state(self) -> str:
        """``opened``, ``erased`` (lawfully), or ``missing``, which counts as a failure of the operator."""
        if len(self.openings) == len(FIELDS):
            return "opened"
        return "missing" if self.erased is None else "erased"


def announce(
    ledger: Ledger, charter: Charter, who: Principal, *, epoch: int, beacon: str, number: int, now: int
) -> str:
    """Say before ``epoch`` ends where the chance will come from and how many entries will be drawn; the entry's id."""
    _want_governor(charter, who)
    if epoch < ledger.epoch:
        raise BrokenInput(f"epoch {epoch} is over: a beacon is announced before", remedy="Announce it for a later one.")
    if not 1 <= number <= MOST:
        raise BrokenInput(f"a sample has 1 to {MOST} entries, not {number}")
    if not beacon.strip():
        raise BrokenInput("the beacon is described in words: the source, and which of its values will count")
    if _step(ledger, "announced", epoch):
        raise NameTaken(f"a beacon was announced for epoch {epoch} already; the first one counts")
    sha = hashlib.sha256(beacon.encode()).hexdigest()
    return _record(ledger, "announced", epoch, sha, number, at=now, principal=who.id, report={"beacon": beacon})


def draw(
    ledger: Ledger, charter: Charter, who: Principal, data: Path, *, epoch: int, value: str, now: int
) -> Drawn | NotYet:
    """Draw the sample with the beacon's ``value``, exactly as its source prints it; once for each epoch."""
    _want_governor(charter, who)
    announced = _announced(ledger, epoch)
    if _step(ledger, "drawn", epoch):
        raise NameTaken(f"the sample of epoch {epoch} was drawn already")
    found = _published(ledger, epoch)
    if isinstance(found, NotYet):
        return found
    note, tree = found
    seed = seed_of(parse_note(note.encode()).text, value.encode())
    intents = _intents(data, tree, epoch)
    sampled = _sampled(seed, intents, announced.said["n"])
    entry = _record(
        ledger,
        "drawn",
        epoch,
        seed.hex(),
        len(sampled),
        at=now,
        entries=[name for _, name in sampled],
        principal=who.id,
        report={"value": value},
    )
    return Drawn(epoch, note, announced.report.get("beacon", ""), value, seed, len(intents), sampled, entry)


def open_sample(
    ledger: Ledger, charter: Charter, who: Principal, data: Path, *, epoch: int
) -> tuple[Drawn, list[Opened]]:
    """The sample of an epoch again, from the seed in the log, with openings of ``FIELDS`` and each entry's proof."""
    _want_governor(charter, who)
    announced, drawn = _announced(ledger, epoch), _step(ledger, "drawn", epoch)
    found = _published(ledger, epoch)
    if drawn is None or isinstance(found, NotYet):
        raise UnknownName(f"no sample of epoch {epoch} was drawn", remedy="First: countenance audit draw.")
    note, tree = found
    seed = bytes.fromhex(drawn.said["sha"])
    intents = _intents(data, tree, epoch)
    sampled = _sampled(seed, intents, announced.said["n"])
    beacon, value = announced.report.get("beacon", ""), drawn.report.get("value", "")
    erasures = _erasures(ledger, drawn.entry)
    opened = [_open(ledger, index, entry, erasures) for index, entry in sampled]
    return Drawn(epoch, note, beacon, value, seed, len(intents), sampled, drawn.entry), opened


def record_result(
    ledger: Ledger,
    charter: Charter,
    who: Principal,
    *,
    epoch: int,
    report: bytes,
    auditor: str,
    opened: int,
    erased: int,
    missing: int,
    wrong: int,
    now: int,
) -> str:
    """Put the auditor's result into the log: digest of the report, and how many were what; the entry's id.

    ``opened``, ``erased`` and ``missing`` add up to the sample; ``wrong`` of the opened ones were not in order.
    """
    _want_governor(charter, who)
    drawn = _step(ledger, "drawn", epoch)
    if drawn is None:
        raise UnknownName(f"no sample of epoch {epoch} was drawn")
    if _step(ledger, "recorded", epoch):
        raise NameTaken(f"the result for epoch {epoch} is in the log already")
    if min(opened, erased, missing, wrong) < 0 or opened + erased + missing != drawn.said["n"] or wrong > opened:
        raise Malformed(
            f"{opened} opened, {erased} erased and {missing} missing are not the {drawn.said['n']} that were drawn, "
            f"or more than these were wrong ({wrong})"
        )
    sha = hashlib.sha256(report).hexdigest()
    counts = {"opened": opened, "erased": erased, "missing": missing, "wrong": wrong}
    return _record(ledger, "recorded", epoch, sha, drawn.said["n"], counts, at=now, auditor=auditor, principal=who.id)


def _want_governor(charter: Charter, who: Principal) -> None:
    if not governs(charter, who):
        raise BrokenInput(f"{who.id} has no role that governs", remedy="The charter's roles with governs = true may.")


def _record(
    ledger: Ledger, event: str, epoch: int, sha: str, number: int, counts: dict[str, int] | None = None, **detail: Any
) -> str:
    zeros = dict.fromkeys(("opened", "erased", "missing", "wrong"), 0)
    return ledger.record(
        "audit", {"ev": event, "of": epoch, "sha": sha, "n": number, **zeros, **(counts or {})}, detail
    )


def _step(ledger: Ledger, event: str, epoch: int) -> Step | None:
    """The first entry of this step; a later one of the same step would be somebody's second try."""
    for entry in ledger.ids():
        detail = None if entry.endswith(".outcome") else ledger.detail(entry)
        if detail is not None and "auditor" in detail:
            said = parse(ledger.entry(entry)).fields
            if (said["ev"], said["of"]) == (event, epoch):
                return Step(entry, said, detail.get("report") or {})
    return None


def _announced(ledger: Ledger, epoch: int) -> Step:
    found = _step(ledger, "announced", epoch)
    if found is None:
        raise UnknownName(
            f"no beacon was announced for epoch {epoch}", remedy="It must be, before the epoch ends: audit announce."
        )
    return found


def _published(ledger: Ledger, epoch: int) -> tuple[str, Checkpoint] | NotYet:
    for kept in ledger.checkpoints():
        if kept.epoch == epoch and kept.published is not None:
            return kept.published, parse_checkpoint(parse_note(kept.published.encode()).text)
    return NotYet(f"epoch {epoch} is not closed and published yet")


def _intents(data: Path, tree: Checkpoint, epoch: int) -> list[tuple[int, str]]:
    """Index and id of every request of the epoch, permitted or refused, in the order of the published log."""
    found = []
    for index, (_, (kind, said)) in enumerate(published(data, tree.origin, tree.size, tree.root)):
        if kind == "intent" and said["ep"] == epoch:
            found.append((index, said["id"]))
    return found


def _sampled(seed: bytes, intents: list[tuple[int, str]], number: int) -> tuple[tuple[int, str], ...]:
    return tuple(intents[position] for position in sample(seed, len(intents), number))


def _open(ledger: Ledger, index: int, entry: str, erasures: dict[str | None, str]) -> Opened:
    detail, proof = ledger.detail(entry) or {}, ledger.proof(entry)
    if isinstance(proof, NotYet):
        raise LogDamaged(f"the sampled entry has no proof: {proof.reason}", where=entry)
    openings = tuple(ledger.open_fields(entry, [name for name in FIELDS if name in detail])) if detail else ()
    return Opened(index, entry, ledger.entry(entry), proof, openings, erasures.get(entry, erasures.get(None)))


def _erasures(ledger: Ledger, before: str) -> dict[str | None, str]:
    """By erased entry the erasure that was in the log before the sample; None stands for whole months."""
    found: dict[str | None, str] = {}
    for entry, detail in _details_before(ledger, before):
        if "entries" in detail and parse(ledger.entry(entry)).kind == "erasure":
            for each in (None,) if detail["entries"] is None else detail["entries"]:
                found.setdefault(each, entry)
    return found


def _details_before(ledger: Ledger, end: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in ledger.ids():
        if entry == end:
            return
        detail = None if entry.endswith(".outcome") else ledger.detail(entry)
        if detail is not None:
            yield entry, dict(detail)
