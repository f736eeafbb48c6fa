"""Report: give a subject every entry of the log that concerns them, with openings and proofs to show to a court."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from countenance.cases.review import Review
from countenance.gallery.sealing import ProofElsewhere
from countenance.ledger.commitment import Opening
from countenance.ledger.entry import Entry, parse
from countenance.ledger.ledger import Ledger, NotYet
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.service.trail import Concern, Trace, erasures_of, trail
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Subject
from countenance.terms.receipt import Receipt

WORKERS = frozenset({"approvers", "client", "principal", "roles", "session"})
"""Who served and at which door: about the operator's people. A court can have it with ``countenance log open``."""
OF_A_SEARCH = ("purpose_text", "started")
OF_A_CANDIDATE = ("count", "ended", "operating_point", "recipe", "threshold")
OF_A_REVIEW = ("at",)
"""Not who found what: that is about the reviewers, and about the other candidates."""
OF_AN_AUTHORITY = ("expires", "issued")


@dataclass(frozen=True, slots=True)
class Concerned:
    """One entry: its public bytes, opened fields, its proof or why there is none yet, and what it means."""

    entry: str
    public: bytes
    openings: tuple[Opening, ...]
    proof: str | NotYet
    epoch: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Report:
    """``name`` is the subject's, or the id of one who was erased; ``entries`` in the log's order, a review after its
    search.
    """

    name: str
    gallery: Gallery
    entries: tuple[Concerned, ...]
    log: str
    log_key: str
    made: int
    receipt: Receipt
    elsewhere: tuple[ProofElsewhere, ...] = ()
    """What logs of houses where the subject was before prove, each once."""


def report(rooms: Rooms, asking: Asking, *, gallery: str, subject: str, recipient: str = "") -> Report | Refused:
    """Everything about one subject, by name or id; of an erased one, by id, the erasures. Raises UnknownName.

    Telling it is an act of the gate (``export``) with an outcome of its own, which says to whom. Other people's names
    stay sealed: of a search that listed others too, rank and score are told and the list is not opened.
    """
    ledger, place = rooms.gate.ledger, rooms.galleries.find(gallery)
    gone: tuple[Trace, ...] = ()
    known: Subject | None = None
    try:
        known = rooms.galleries.subject(place, subject)
    except UnknownName:
        gone = tuple(erasures_of(ledger, subject))
        if not gone:
            raise
    name = known.name if known else subject
    passage = rooms.gate.ask(asking, Action.EXPORT, gallery=place, samples=(), bound=0, subjects=(name,))
    if isinstance(passage, Refused):
        return passage
    with passage:
        passage.promise.result()
        traces = gone if known is None else tuple(trail(ledger, place, known))
        words = {subject} if known is None else {known.id, known.name}
        reviews = () if known is None else rooms.reviews.about(known.id)
        entries = tuple(_told(ledger, traces, words, reviews))
        came = {} if known is None else rooms.galleries.carrying.proofs(place, known.id)
        elsewhere = tuple(dict.fromkeys(each for some in came.values() for each in some))
        passage.conclude(OutcomeResult.DONE, count=len(entries), recipient=recipient or None)
    made = int(rooms.clock())
    return Report(name, place, entries, ledger.shard_origin, ledger.verifier_key, made, passage.receipt, elsewhere)


def _told(ledger: Ledger, traces: Iterable[Trace], words: set[str], reviews: Iterable[Review]) -> Iterator[Concerned]:
    closed: defaultdict[str, list[str]] = defaultdict(list)
    for each in reviews:
        if ledger.has(each.closing):
            closed[each.entry].append(each.closing)
    for trace in traces:
        if trace.concern is Concern.CANDIDATE:
            asked = trace.entry.removesuffix(".outcome")
            detail = ledger.detail(asked) or {}
            yield _concerned(ledger, asked, detail, _there(detail, OF_A_SEARCH), words)
        detail = ledger.detail(trace.entry) or {}
        yield _concerned(ledger, trace.entry, detail, _opened(trace, detail, words), words)
        if trace.concern is Concern.CANDIDATE:
            for review in closed[trace.entry.removesuffix(".outcome")]:
                detail = ledger.detail(review) or {}
                yield _concerned(ledger, review, detail, _there(detail, OF_A_REVIEW), words)


def _concerned(ledger: Ledger, entry: str, detail: Mapping[str, Any], names: list[str], words: set[str]) -> Concerned:
    public = ledger.entry(entry)
    said = parse(public)
    return Concerned(
        entry,
        public,
        tuple(ledger.open_fields(entry, names)),
        ledger.proof(entry),
        said.fields["ep"],
        _meaning(said, detail, words),
    )


def _opened(trace: Trace, detail: Mapping[str, Any], words: set[str]) -> list[str]:
    """Which fields the subject may see: all about them alone, nothing with another's name in it."""
    match trace.concern:
        case Concern.CANDIDATE:
            alone = all(row[0] in words for row in detail["candidates"])
            return _there(detail, (*OF_A_CANDIDATE, *(["candidates"] if alone else [])))
        case Concern.AUTHORITY:
            alone = all(each in words for each in detail["subjects"])
            return _there(detail, detail.keys() - WORKERS if alone else OF_AN_AUTHORITY)
        case _:
            with_others = {
                name
                for name in ("subject", "excluded")
                if isinstance(detail.get(name), list) and any(each not in words for each in detail[name])
            }
            return _there(
                detail, detail.keys() - WORKERS - with_others - ({"samples"} if "subject" in with_others else set())
            )


def _there(detail: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if detail.get(name) is not None)


def _meaning(said: Entry, detail: Mapping[str, Any], words: set[str]) -> str:
    kind, f = said
    match kind:
        case "intent":
            verdict = "permitted" if f["dec"] == "allow" else "refused"
            on = _authority(f["auth"], f["ak"])
            return f"{_ACTS.get(f['act'], f['act'])} was {verdict}{_day(detail, 'started')}, for {f['pur']}, {on}."
        case "outcome" if detail.get("candidates"):
            rows = detail["candidates"]
            mine = [(rank, row[1]) for rank, row in enumerate(rows, 1) if row[0] in words]
            told = ", ".join(f"place {rank} of {len(rows)} with the score {score:g}" for rank, score in mine)
            more = "" if len(mine) == len(rows) else " The list names others too and stays sealed."
            return f"That search listed the subject: {told}. A candidate is a lead, not an answer.{more}"
        case "outcome":
            return f"What came of it{_day(detail, 'ended')}: {f['res']}."
        case "review":
            by = "one person" if f["by"] == 1 else f"{f['by']} people"
            return f"The candidates of that search were reviewed{_day(detail, 'at')} by {by}: {f['res']}."
        case "erasure":
            return f"Sealed details were destroyed{_day(detail, 'at')} ({f['basis']}); the entries and proofs stay."
        case "authority":
            return f"An authority ({f['auth']}, {f['ak']}) that is limited to the subject was {f['ev']}."
        case _:
            return f"An entry of kind {kind}."


_ACTS = {
    "enrol": "A request to enrol the subject",
    "search": "A search of the gallery",
    "delete": "A request to erase the subject",
    "export": "A request to report what the log has about the subject",
    "verify": "A comparison with the subject",
}


def _authority(name: str, kind: str) -> str:
    return "without authority" if kind == "none" else f"on the authority {name} ({kind})"


def _day(detail: Mapping[str, Any], field: str) -> str:
    seconds = detail.get(field)
    return "" if not isinstance(seconds, int) else f" on {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
