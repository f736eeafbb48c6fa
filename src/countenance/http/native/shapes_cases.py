"""The shapes of reviews, approvals, authorities and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from countenance.access.api_key import ApiKey
from countenance.cases.approval import Approval as TermApproval
from countenance.cases.review import Finding, Result
from countenance.http.native.shapes import Score, Shape, Time
from countenance.http.native.shapes_answers import Next
from countenance.service.reviews import Seen
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.key_role import KeyRole

Called = Callable[[str], str | None]
"""What a caller calls a gallery."""
Principal = Annotated[str, Field(description="A principal's id: `key:…`, `oidc:…` or `os:…`.")]


class ReviewLead(Shape):
    """A candidate to be judged; of whoever was erased meanwhile there is none."""

    rank: int
    subject: Annotated[str | None, Field(description="Its name.")]
    subject_id: str
    reference: str
    score: Score


class Verdict(Shape):
    """What one person found."""

    reviewer: Principal
    finding: Finding
    rank: int | None
    at: Time
    reason: str


class Review(Shape):
    """The candidates of one face; `verdicts` are there once you have given yours, or all have."""

    case: str
    entry: Annotated[str, Field(description="The search in the log.")]
    opened: Time
    purpose: str
    gallery: str
    sample: Annotated[str, Field(description="SHA-256 of the picture's bytes.")]
    face: int
    asker: Principal
    candidates: list[ReviewLead]
    reviewers: Annotated[int, Field(description="So many people must judge.")]
    given: Annotated[int, Field(description="So many have.")]
    verdicts: list[Verdict]
    result: Result | None
    review_entry: Annotated[str | None, Field(description="The result's entry in the log.")]

    @classmethod
    def of(cls, seen: Seen, called: Called) -> Review:
        """As its reader may see it."""
        one = seen.review
        return cls(
            case=one.id,
            entry=one.entry,
            opened=one.opened,
            purpose=one.purpose,
            gallery=called(one.gallery) or "",
            sample=one.sample,
            face=one.face,
            asker=one.asker,
            candidates=[
                ReviewLead(
                    rank=each.rank,
                    subject=seen.names.get(each.subject),
                    subject_id=each.subject,
                    reference=each.reference,
                    score=round(each.score, 6),
                )
                for each in one.leads
            ],
            reviewers=one.reviewers,
            given=seen.given,
            verdicts=[
                Verdict(reviewer=v.reviewer, finding=v.finding, rank=v.rank, at=v.at, reason=v.reason)
                for v in one.verdicts
            ],
            result=seen.result,
            review_entry=None if seen.result is None else one.closing,
        )


class Reviews(Shape):
    """A page of reviews by the time of opening."""

    reviews: list[Review]
    next: Next


class Approval(Shape):
    """A word beforehand for a request of somebody else."""

    id: str
    approver: Principal
    purpose: str
    authority: Annotated[str, Field(description="The id of a record on file, or CLASS:REFERENCE where there is none.")]
    act: str
    gallery: str | None
    sample: str
    given: Time
    expires: Time
    used: Time | None
    revoked: Time | None
    reason: str

    @classmethod
    def of(cls, value: TermApproval, called: Called) -> Approval:
        """Field by field."""
        asked = value.wanted
        return cls(
            **{name: getattr(value, name) for name in ("id", "approver", "given", "expires", "used", "revoked")},
            purpose=asked.purpose,
            authority=asked.authority,
            act=asked.action.value,
            gallery=None if asked.gallery is None else called(asked.gallery),
            sample=asked.sample,
            reason=value.reason,
        )


class Approvals(Shape):
    """A page of approvals by the time they were given."""

    approvals: list[Approval]
    next: Next


class Authority(Shape):
    """An authority on file; an empty list of a scope is no limit."""

    id: str
    authority: Annotated[str, Field(description="CLASS:REFERENCE.")]
    issuer: str
    document: str
    issued: Time
    expires: Time | None
    registrar: Principal
    registered: Time
    bound_to: Principal | None
    purposes: list[str]
    galleries: list[str]
    subjects: list[str]
    comparisons: int | None
    used: int
    revoked: Time | None

    @classmethod
    def of(cls, value: AuthorityRecord, called: Called) -> Authority:
        """Field by field."""
        same = ("id", "issuer", "document", "issued", "expires", "registrar", "registered", "comparisons", "used")
        return cls(
            **{name: getattr(value, name) for name in (*same, "revoked")},
            authority=str(value.authority),
            bound_to=value.principal,
            purposes=list(value.purposes),
            galleries=[called(each) or "" for each in value.galleries],
            subjects=list(value.subjects),
        )


class Authorities(Shape):
    """A page of authorities by the time they were put on file."""

    authorities: list[Authority]
    next: Next


class Key(Shape):
    """A key, without its secret."""

    id: str
    principal: Principal
    name: str
    roles: list[KeyRole]
    purposes: list[str]
    galleries: list[str]
    acts_on: str | None
    standing: bool
    expires: Time | None
    rate: float | None
    concurrency: int | None
    minors: bool
    deletes_withdraw: bool
    created: Time
    revoked: Time | None
    overlap_until: Annotated[int | None, Field(description="Until then the secret before the last rotation is good.")]
    state: Annotated[str, Field(examples=["valid", "expired", "revoked"])]

    @classmethod
    def of(cls, value: ApiKey, now: float) -> Key:
        """Field by field."""
        derived = {"principal", "roles", "purposes", "galleries", "acts_on", "state"}
        return cls(
            **{name: getattr(value, name) for name in cls.model_fields.keys() - derived},
            principal=value.principal.id,
            roles=sorted(value.roles),
            purposes=list(value.purposes),
            galleries=list(value.galleries),
            acts_on=value.authority,
            state=value.state_at(now),
        )


class Keys(Shape):
    """A page of keys by the time they were made."""

    keys: list[Key]
    next: Next


class KeyShown(Shape):
    """`key` is the secret: it is shown here and never again."""

    key: str
    about: Key
    notes: Annotated[list[str], Field(description="What would surprise whoever uses it.")]
