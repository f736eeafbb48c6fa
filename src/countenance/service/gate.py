"""The gate: ask the charter, write the intent, hand out a passage; nothing is compared without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from countenance.ledger.band import size_band
from countenance.ledger.intent import Intent
from countenance.ledger.ledger import Ledger
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.ledger.sequencer import Overtaken
from countenance.policy.judge import Judge
from countenance.policy.request import Request
from countenance.service.ages import may_be_minor
from countenance.service.asking import Asking, Refused
from countenance.service.grounds import Files, Grounds
from countenance.terms.action import Action
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import CountenanceError, LogDamaged
from countenance.terms.gallery import Gallery
from countenance.terms.permit import AuthorityKind, Permit, Refusal, RefusalReason
from countenance.terms.principal import Principal
from countenance.terms.receipt import Promise, Receipt
from countenance.terms.sample import SampleRef

Done = TypeVar("Done")


class Passage:
    """A permitted act under way. It ends in exactly one outcome entry, whatever happens inside the block.

    An answer may only be given after ``conclude`` has returned: where the outcome cannot be written, it raises, and
    the answer is withheld. After a crash the intent stays without an outcome for ever; none is invented.
    """

    def __init__(self, permit: Permit, promise: Promise, ledger: Ledger, clock: Callable[[], float]) -> None:
        self.permit = permit
        self.promise = promise
        self._ledger = ledger
        self._clock = clock
        self._concluded = False

    @property
    def receipt(self) -> Receipt:
        """The receipt; waits until the intent is durable."""
        return self.promise.result()

    def lapsed(self) -> Refused | None:
        """Asked again just before comparing: a refusal where the authority has expired since the intent.

        The intent then has the outcome ``aborted``; nothing was compared.
        """
        permit = self.permit
        until = permit.authority_expires
        if until is None or self._clock() < until:
            return None
        self.conclude(OutcomeResult.ABORTED, error="authority expired between intent and comparison")
        refusal = Refusal(
            purpose=permit.purpose,
            authority_class=permit.authority_class,
            authority_kind=permit.authority_kind,
            policies=(),
            charter=permit.charter,
            reason=RefusalReason.AUTHORITY_EXPIRED,
            sentence="The authority expired after the request was permitted and before anything was compared.",
            remedy="Have a new one registered.",
        )
        return Refused(refusal, self.receipt)

    def conclude(
        self, result: OutcomeResult, *, count: int | None = None, use: int | None = None, **detail: Any
    ) -> None:
        """Write what came of it; durable on return. ``detail`` is sealed."""
        self._ledger.conclude(*self.ending(result, count=count, use=use, **detail))

    def ending(
        self, result: OutcomeResult, *, count: int | None = None, use: int | None = None, **detail: Any
    ) -> tuple[Receipt, Outcome]:
        """What ``conclude`` writes, for whoever writes several at once, and must then do so (``Gate.conclude``)."""
        self._concluded = True
        sealed = {**detail, "count": count, "ended": int(self._clock())}
        return self.receipt, Outcome(result, count, use, sealed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or self._concluded:
            return
        expected = isinstance(error, CountenanceError)
        result = OutcomeResult.ERROR if isinstance(error, Exception) else OutcomeResult.ABORTED
        self.conclude(result, error=type(error).__name__ if expected else "defect")


TURNS = 100
"""So often at most a request is judged again because something it rests on, or the charter, changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is asked for of one of several acts; the words are those of ``Gate.ask``."""

    samples: tuple[SampleRef, ...]
    subjects: tuple[str, ...] = ()
    minor: bool | None = None


class Gate:
    """Every act passes here. ``judge`` gives the charter in force; ``session`` the nonce of the gallery's run."""

    def __init__(
        self,
        judge: Callable[[], Judge],
        ledger: Ledger,
        files: Files,
        session: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._judge = judge
        self.ledger = ledger
        self._files = files
        self._session = session
        self._clock = clock

    def ask(
        self,
        asking: Asking,
        action: Action,
        *,
        gallery: Gallery | None,
        samples: Sequence[SampleRef],
        bound: int,
        most: int = 0,
        subjects: tuple[str, ...] = (),
        minor: bool | None = None,
    ) -> Passage | Refused:
        """Ask the charter; a permit's intent is then on its way to the disk, a refusal is durable already.

        ``subjects`` are names. ``minor``: whether the subjects that the act names are declared minors; None: not
        looked up, so the gallery's own word decides. What the caller declares of the pictures stands in ``asking``.

        The charter that judges is the one of the epoch in which the intent lands: where a new one came into force in
        between, the ledger does not take the intent, and the new one judges.
        """
        act = Act(tuple(samples), subjects, minor)
        return self.ask_each(asking, action, [act], gallery=gallery, bound=bound, most=most)[0]

    def manage(
        self, asking: Asking, gallery: Gallery, act: Callable[[Receipt], Done]
    ) -> tuple[Done, Receipt] | Refused:
        """One change of a gallery that compares nothing: asked, done under the receipt, concluded.

        What ``act`` made, and the receipt; raises what ``act`` raises.
        """
        passage = self.ask(asking, Action.MANAGE, gallery=gallery, samples=(), bound=0)
        if isinstance(passage, Refused):
            return passage
        with passage:
            made = act(passage.receipt)
            passage.conclude(OutcomeResult.DONE)
            return made, passage.receipt

    def ask_each(
        self,
        asking: Asking,
        action: Action,
        acts: Sequence[Act],
        *,
        gallery: Gallery | None,
        bound: int,
        most: int = 0,
    ) -> list[Passage | Refused]:
        """``ask`` for several acts of one kind; each is judged by itself, and has an intent.

        One charter judges them all, and the intents share a sync of the disk.
        """
        session = self._session()
        every = [
            Grounds(
                self._files,
                asking,
                action,
                gallery,
                act.samples,
                act.subjects,
                most,
                may_be_minor(asking, action, gallery, act.minor),
            )
            for act in acts
        ]
        for _ in range(TURNS):
            judge, now = self._judge(), int(self._clock())
            requests = [grounds.request(judge, now) for grounds in every]
            verdicts = [judge.permit(request) for request in requests]
            judged = list(zip(every, requests, verdicts, strict=True))
            if not all(g.spend(judge.charter, r) for g, r, verdict in judged if isinstance(verdict, Permit)):
                continue
            promises = self.ledger.request_many([_intent(*each, bound, session) for each in judged])
            if not isinstance(promises, Overtaken):
                return [
                    Refused(verdict, promise.result())
                    if isinstance(verdict, Refusal)
                    else Passage(verdict, promise, self.ledger, self._clock)
                    for verdict, promise in zip(verdicts, promises, strict=True)
                ]
        raise LogDamaged(
            "the charter on file is not the one that the log has in force",
            where=verdicts[0].charter,
            remedy="Restart; if it stays, look at what `countenance log verify` says of the charters.",
        )

    def conclude(self, endings: Sequence[tuple[Receipt, Outcome]]) -> None:
        """Write what came of several passages, by their ``ending``; all are durable on return."""
        if endings:
            self.ledger.conclude_many(endings)

    def record_gallery(self, asking: Asking, gallery: Gallery, event: Literal["created", "closed"]) -> None:
        """Tell the log that a gallery came or went: by pseudonym and size band; its name is sealed."""
        self.ledger.record(
            "gallery",
            {
                "gal": gallery.pseudonym,
                "ev": event,
                "band": size_band(gallery.references),
                "ctr": self.ledger.last_use(gallery.pseudonym),
            },
            {
                "at": int(self._clock()),
                "keep": gallery.keep.value,
                "name": gallery.name,
                "principal": asking.principal.id,
                "references": gallery.references,
            },
        )

    def record_authority(
        self, record: AuthorityRecord, event: Literal["registered", "revoked"], principal: Principal
    ) -> None:
        """Tell the log that an authority was put on file or revoked: by its class; all else is sealed."""
        self.ledger.record(
            "authority",
            {
                "auth": record.kind,
                "ak": (AuthorityKind.STANDING if record.principal else AuthorityKind.REGISTERED).value,
                "ev": event,
            },
            {
                "at": int(self._clock()),
                "digest": record.document or None,
                "expires": record.expires,
                "galleries": list(record.galleries),
                "issued": record.issued,
                "issuer": record.issuer,
                "principal": principal.id,
                "record": record.id,
                "reference": record.reference,
                "searches": record.comparisons,
                "standing_for": record.principal,
                "subjects": list(record.subjects),
            },
        )


def _intent(grounds: Grounds, request: Request, verdict: Permit | Refusal, bound: int, session: str) -> Intent:
    """What the log is to say of one act."""
    gallery = grounds.gallery
    return Intent(
        action=grounds.action,
        purpose=verdict.purpose,
        authority_class=verdict.authority_class,
        authority_kind=verdict.authority_kind,
        gallery=gallery.pseudonym if gallery else "",
        references=gallery.references if gallery else None,
        cap=grounds.most,
        allowed=isinstance(verdict, Permit),
        policies=verdict.policies,
        charter=verdict.charter,
        samples=tuple(grounds.samples),
        bound=bound,
        session=session,
        detail=_sealed(grounds, request, verdict, bound, session),
    )


def _sealed(grounds: Grounds, request: Request, verdict: Permit | Refusal, bound: int, session: str) -> dict[str, Any]:
    """What lies behind the commitment: the caller's own words, who, which case, which samples, when."""
    asking, gallery = grounds.asking, grounds.gallery
    record: AuthorityRecord | None = request.record
    return {
        "approvals": request.approvals,
        "approvers": [each.approver for each in grounds.approvals] or None,
        "authority_expires": verdict.authority_expires if isinstance(verdict, Permit) else None,
        "authority_record": record.id if record else None,
        "authority_reference": asking.authority.reference if asking.authority else None,
        "authority_text": str(asking.authority) if asking.authority else None,
        "bound": bound,
        "cap": request.cap,
        "case": asking.case or None,
        "client": asking.client or None,
        "minor": request.minor,
        "policies": list(verdict.policies),
        "principal": asking.principal.id,
        "purpose_text": asking.purpose,
        "reason": asking.reason or None,
        "references": gallery.references if gallery else None,
        "refusal": verdict.reason.value if isinstance(verdict, Refusal) else None,
        "roles": sorted(asking.principal.roles),
        "samples": [[s.digest, s.face] for s in grounds.samples],
        "sentence": verdict.sentence if isinstance(verdict, Refusal) else None,
        "session": session,
        "started": request.now,
        "subject": list(request.subjects) or None,
    }
