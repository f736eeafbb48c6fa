"""Review what a search found: open, list, show and decide; the result of a review is an entry of the log.

No reviewer sees what the others found before having judged. The log says of which search, with which result and by
how many people; who they are and which candidate they meant stays sealed, the candidate by its rank alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from countenance.cases.review import Finding, Lead, Result, Review, Verdict
from countenance.cases.reviews import Reviews
from countenance.ledger.draft import new_id
from countenance.policy.charter import Charter
from countenance.service.asking import Asking
from countenance.service.govern import Charters
from countenance.service.rooms import Rooms
from countenance.terms.candidate import Candidate
from countenance.terms.errors import BrokenInput, RoleRequired, UnknownName
from countenance.terms.gallery import Gallery
from countenance.terms.permit import Permit
from countenance.terms.principal import Principal
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef

MAX_REASON = 512
Within = Callable[[Review], bool]
"""Which reviews are within a caller's reach: its tenant's, of galleries and purposes that its key is bound to."""


def everywhere(_: Review) -> bool:
    """Every review is: the command line's reach."""
    return True


@dataclass(frozen=True, slots=True)
class Seen:
    """A review as one person may see it: without the others' verdicts before having judged.

    ``given`` is how many have judged, ``names`` the candidates' names by subject id; who was erased has none.
    """

    review: Review
    given: int
    names: dict[str, str]
    result: Result | None


def open_reviews(
    reviews: Reviews,
    asking: Asking,
    permit: Permit,
    receipt: Receipt,
    place: Gallery,
    found: Sequence[tuple[SampleRef, Sequence[Candidate]]],
    now: int,
) -> tuple[str | None, ...]:
    """Open a review for each face that has candidates, where the purpose asks for reviewers; their ids, by face.

    Called once the outcome is durable and before the answer is given: durable on return.
    """
    wanted = [
        Review(
            id="",
            entry=receipt.entry,
            closing=new_id(),
            reviewers=permit.reviewers,
            opened=now,
            asker=asking.principal.id,
            purpose=permit.purpose,
            gallery=place.name,
            sample=ref.digest,
            face=face,
            case=asking.case,
            leads=tuple(Lead(c.rank, c.subject, c.reference, c.score) for c in candidates),
        )
        for face, (ref, candidates) in enumerate(found)
        if candidates and permit.reviewers
    ]
    opened = {each.face: each.id for each in reviews.open(wanted)}
    return tuple(opened.get(face) for face in range(len(found)))


def list_reviews(rooms: Rooms, charters: Charters, who: Principal, within: Within = everywhere) -> tuple[Seen, ...]:
    """The reviews that ``who`` may see, by the time of opening: all for reviewers, one's own searches for others."""
    charter = charters.judge().charter
    mine = [each for each in rooms.reviews.list() if _visible(charter, who, each) and within(each)]
    return tuple(_seen(rooms, _settled(rooms, each), who) for each in mine)


def show_review(rooms: Rooms, charters: Charters, who: Principal, identity: str, within: Within = everywhere) -> Seen:
    """One review; raises UnknownName, also where ``who`` may not see it."""
    found = rooms.reviews.get(identity)
    if not _visible(charters.judge().charter, who, found) or not within(found):
        raise _unknown(identity)
    return _seen(rooms, _settled(rooms, found), who)


def decide_review(
    rooms: Rooms,
    charters: Charters,
    who: Principal,
    identity: str,
    finding: Finding,
    *,
    rank: int | None = None,
    reason: str = "",
    within: Within = everywhere,
) -> Seen:
    """Give the verdict of ``who``; with the last one the result is an entry of the log, durable on return.

    ``rank`` is the confirmed candidate's. Raises RoleRequired where no role of ``who`` reviews, UnknownName before
    anything is written where the review is not within reach, BrokenInput where ``who`` has judged already or enough
    others have.
    """
    if not reviews_for(charters.judge().charter, who):
        raise RoleRequired(f"{who.id} has no role that reviews", remedy="The charter's roles with reviews = true may.")
    if not within(rooms.reviews.get(identity)):
        raise _unknown(identity)
    if (finding is Finding.CONFIRMED) != (rank is not None):
        raise BrokenInput("name the candidate that is confirmed by its rank, and none otherwise")
    if len(reason) > MAX_REASON or not reason.replace("\n", " ").isprintable():
        raise BrokenInput(f"a reason is printable text of at most {MAX_REASON} characters")
    judged = rooms.reviews.judge(identity, Verdict(who.id, finding, rank, int(rooms.clock()), reason))
    return _seen(rooms, _settled(rooms, judged), who)


def reviews_for(charter: Charter, who: Principal) -> bool:
    """Whether a role of ``who`` reviews."""
    return any(charter.roles[name].reviews for name in charter.roles_of(who))


def _visible(charter: Charter, who: Principal, review: Review) -> bool:
    return reviews_for(charter, who) or review.asker == who.id


def _unknown(identity: str) -> UnknownName:
    return UnknownName(f"there is no review {identity[:64]!r} that you may see")


def _settled(rooms: Rooms, review: Review) -> Review:
    """A review whose last verdict is in gets its entry in the log, once: its id was fixed when it was opened.

    After a crash between the two, whoever looks at the review next goes on here.
    """
    result = review.result
    if result is None or review.decided is not None:
        return review
    ledger, now = rooms.gate.ledger, int(rooms.clock())
    with rooms.reviews.settling:
        if not ledger.has(review.closing):
            ledger.record(
                "review",
                {"id": review.closing, "of": review.entry, "res": result.value, "by": len(review.verdicts)},
                {
                    "at": now,
                    "reason": [[each.reviewer, each.finding.value, each.rank] for each in review.verdicts],
                    "reviewers": [each.reviewer for each in review.verdicts],
                },
            )
        return rooms.reviews.close(review.id, now)


def _seen(rooms: Rooms, review: Review, who: Principal) -> Seen:
    may_know = review.result is not None or review.verdict_of(who.id) is not None
    shown = review if may_know else replace(review, verdicts=())
    return Seen(shown, len(review.verdicts), _names(rooms, review), review.result)


def _names(rooms: Rooms, review: Review) -> dict[str, str]:
    try:
        place = rooms.galleries.find(review.gallery)
    except UnknownName:
        return {}
    return rooms.galleries.names(place, [each.subject for each in review.leads])
