"""The gate: ask the charter, write the intent, hand out a passage; nothing is compared without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self

from countenance.cases.authorities import Authorities
from countenance.ledger.band import size_band
from countenance.ledger.intent import Intent
from countenance.ledger.ledger import Ledger
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.policy.judge import Judge
from countenance.policy.request import Request
from countenance.service.asking import Asking, Refused
from countenance.terms.action import Action
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import CountenanceError
from countenance.terms.gallery import Gallery
from countenance.terms.permit import AuthorityKind, Permit, Refusal, RefusalReason
from countenance.terms.principal import Principal
from countenance.terms.receipt import Promise, Receipt
from countenance.terms.sample import SampleRef


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
        self._concluded = True
        sealed = {**detail, "count": count, "ended": int(self._clock())}
        self._ledger.conclude(self.receipt, Outcome(result, count, use, sealed))

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


class Gate:
    """Every act passes here. ``judge`` gives the charter in force; ``session`` the nonce of the gallery's run."""

    def __init__(
        self,
        judge: Callable[[], Judge],
        ledger: Ledger,
        authorities: Authorities,
        session: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._judge = judge
        self.ledger = ledger
        self._authorities = authorities
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
    ) -> Passage | Refused:
        """Ask the charter; a permit's intent is then on its way to the disk, a refusal is durable already."""
        session = self._session()
        request = Request(
            principal=asking.principal,
            action=action,
            purpose=asking.purpose,
            authority=asking.authority,
            record=self._record(asking),
            gallery=gallery.name if gallery else None,
            cap=most,
            approvals=0,
            minor=False,
            now=int(self._clock()),
            subjects=subjects,
        )
        request, verdict = self._judged(asking, request)
        intent = Intent(
            action=action,
            purpose=verdict.purpose,
            authority_class=verdict.authority_class,
            authority_kind=verdict.authority_kind,
            gallery=gallery.pseudonym if gallery else "",
            references=gallery.references if gallery else None,
            cap=most,
            allowed=isinstance(verdict, Permit),
            policies=verdict.policies,
            charter=verdict.charter,
            samples=tuple(samples),
            bound=bound,
            session=session,
            detail=_sealed(asking, request, verdict, gallery, samples, bound, session),
        )
        match verdict:
            case Refusal():
                return Refused(verdict, self.ledger.refuse(intent))
            case Permit():
                return Passage(verdict, self.ledger.intend(intent), self.ledger, self._clock)

    def _record(self, asking: Asking) -> AuthorityRecord | None:
        """The record that the caller's words stand for, or a standing one that is bound to the caller."""
        if asking.authority is not None:
            return self._authorities.find(asking.authority)
        bound = self._authorities.standing(asking.principal.id)
        return next((each for each in reversed(bound) if asking.purpose in each.purposes), None)

    def _judged(self, asking: Asking, request: Request) -> tuple[Request, Permit | Refusal]:
        """Ask the charter, and spend one use of a limited authority; where none is left, ask again with that known.

        The use is spent before the intent is written: after a crash in between the authority has one use less, never
        one more.
        """
        judge = self._judge()
        verdict = judge.permit(request)
        spends = isinstance(verdict, Permit) and request.record is not None and request.action in COMPARING
        if not spends or request.record is None or self._authorities.count_use(request.record):
            return request, verdict
        request = replace(request, record=self._record(asking))
        return request, judge.permit(request)

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


COMPARING = frozenset({Action.SEARCH, Action.VERIFY, Action.GROUP, Action.WATCH})
"""The acts that spend a use of an authority that has only so many."""


def _sealed(
    asking: Asking,
    request: Request,
    verdict: Permit | Refusal,
    gallery: Gallery | None,
    samples: Sequence[SampleRef],
    bound: int,
    session: str,
) -> dict[str, Any]:
    """What lies behind the commitment: the caller's own words, who, which case, which samples, when."""
    record: AuthorityRecord | None = request.record
    return {
        "approvals": request.approvals,
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
        "samples": [[s.digest, s.face] for s in samples],
        "sentence": verdict.sentence if isinstance(verdict, Refusal) else None,
        "session": session,
        "started": request.now,
        "subject": list(request.subjects) or None,
    }
