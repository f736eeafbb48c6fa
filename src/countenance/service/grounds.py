"""What a request rests on beside its words: authority, approvals, counts; looked up for the judge, spent on a permit.

What is spent is spent before the intent is written: after a crash in between there is one use less, never one more.
A request that is judged again, because another charter has come into force meanwhile, spends nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from countenance.cases.approval import Approval, Wanted
from countenance.cases.approvals import Approvals, by_distinct_people
from countenance.cases.authorities import Authorities
from countenance.cases.verifications import Pair, Verifications
from countenance.policy.charter import Charter
from countenance.policy.judge import Judge
from countenance.policy.request import Request
from countenance.service.asking import Asking
from countenance.terms.action import Action
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.gallery import Gallery
from countenance.terms.principal import Principal
from countenance.terms.sample import SampleRef

COMPARING = frozenset({Action.SEARCH, Action.VERIFY, Action.GROUP, Action.WATCH})
"""The acts that spend a use of an authority that has only so many."""
APPROVED = frozenset({Action.SEARCH, Action.GROUP, Action.WATCH})
"""The acts that people approve beforehand."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the cases that a request may rest on."""

    authorities: Authorities
    approvals: Approvals
    verifications: Verifications


@dataclass(slots=True)
class Grounds:
    """Of one request, from its first judgement to its intent."""

    files: Files
    asking: Asking
    action: Action
    gallery: Gallery | None
    samples: Sequence[SampleRef]
    subjects: tuple[str, ...]
    most: int
    minor: bool
    approvals: tuple[Approval, ...] = ()
    """Those that counted at the last judgement, one of each approver."""
    _used_authority: str = ""
    _used_approvals: dict[str, Approval] = field(default_factory=dict)

    def request(self, judge: Judge, now: int) -> Request:
        """The request as it stands now."""
        record = self._record()
        self.approvals = self._approvals(judge, record, now)
        return Request(
            principal=self.asking.principal,
            action=self.action,
            purpose=self.asking.purpose,
            authority=self.asking.authority,
            record=record,
            gallery=self.gallery.name if self.gallery else None,
            cap=self.most,
            approvals=len(self.approvals),
            minor=self.minor,
            now=now,
            subjects=self.subjects,
            verifications=self._verifications(now),
            binding=self.asking.binding,
        )

    def spend(self, charter: Charter, request: Request) -> bool:
        """Spend what this permitted request uses up; False where another was faster: then it is to be judged anew."""
        return (
            self._spend_verification(request) and self._spend_approvals(charter, request) and self._spend_use(request)
        )

    def _record(self) -> AuthorityRecord | None:
        """The record that the caller's words stand for, or a standing one that is bound to the caller."""
        if self.asking.authority is not None:
            found = self.files.authorities.find(self.asking.authority)
        else:
            bound = self.files.authorities.standing(self.asking.principal.id)
            found = next((each for each in reversed(bound) if self.asking.purpose in each.purposes), None)
        if found is not None and found.id == self._used_authority and found.revoked is None:
            return _unspent(found)
        return found

    def _approvals(self, judge: Judge, record: AuthorityRecord | None, now: int) -> tuple[Approval, ...]:
        """What others than the caller have approved, whose charter role lets them approve now."""
        purpose = judge.charter.purposes.get(self.asking.purpose or "")
        wanted = self._wanted(record)
        asked_for = purpose is not None and (purpose.approvals or "approvals" in judge.engine.reads.attributes)
        if not asked_for or wanted is None or self.action not in APPROVED:
            return ()
        found = (*self._used_approvals.values(), *self.files.approvals.open_for(wanted, now))
        return by_distinct_people(
            each for each in found if each.approver != self.asking.principal.id and may_approve(judge.charter, each)
        )

    def _wanted(self, record: AuthorityRecord | None) -> Wanted | None:
        authority = record.id if record is not None else str(self.asking.authority or "")
        if not authority:
            return None
        digests = {each.digest for each in self.samples}
        return Wanted(
            authority=authority,
            purpose=self.asking.purpose or "",
            action=self.action,
            gallery=self.gallery.name if self.gallery else None,
            sample=digests.pop() if len(digests) == 1 else "",
        )

    def _pairs(self) -> tuple[Pair, ...]:
        """Each sample with whom it is compared: named subjects, or else the other samples, either way around."""
        place = self.gallery.pseudonym if self.gallery else ""
        if self.subjects:
            return tuple((each.digest, f"{place}/{name}") for each in self.samples for name in self.subjects)
        return tuple(
            (one.digest, f"{other.digest}:{other.face}")
            for one in self.samples
            for other in self.samples
            if one != other
        )

    def _verifications(self, now: int) -> int:
        if self.action is not Action.VERIFY:
            return 0
        return self.files.verifications.count(self.asking.principal.id, self.asking.purpose or "", self._pairs(), now)

    def _spend_verification(self, request: Request) -> bool:
        return self.action is not Action.VERIFY or self.files.verifications.note(
            request.principal.id, request.purpose or "", self._pairs(), request.now, request.verifications
        )

    def _spend_approvals(self, charter: Charter, request: Request) -> bool:
        fresh = {each.id: each for each in self.approvals if each.id not in self._used_approvals}
        purpose = charter.purposes.get(request.purpose or "")
        if not fresh or purpose is None or not purpose.approve_each:
            return True
        if not self.files.approvals.use(fresh.keys(), request.now):
            return False
        self._used_approvals |= fresh
        return True

    def _spend_use(self, request: Request) -> bool:
        record = request.record
        if record is None or self.action not in COMPARING or record.id == self._used_authority:
            return True
        if not self.files.authorities.count_use(record):
            return False
        self._used_authority = record.id
        return True


def may_approve(charter: Charter, approval: Approval) -> bool:
    """Whether the charter's roles let this approver approve."""
    return approves(charter, Principal(approval.approver, frozenset(approval.roles)))


def approves(charter: Charter, who: Principal) -> bool:
    """Whether a role of this principal approves."""
    return any(charter.roles[name].approves for name in charter.roles_of(who))


def _unspent(record: AuthorityRecord) -> AuthorityRecord:
    """The record as it was before this request spent a use of it."""
    return record if record.comparisons is None else replace(record, used=record.used - 1)
