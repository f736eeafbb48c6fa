"""Reviews of what searches found: list, show, judge."""

from __future__ import annotations

from functools import partial

from fastapi.responses import Response

from countenance.cases.review import Review as TermReview
from countenance.http.native.call import Call
from countenance.http.native.cursor import page_of
from countenance.http.native.operation import Operation
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_asked import NewVerdict, ReviewsAsked
from countenance.http.native.shapes_cases import Review, Reviews
from countenance.service.reviews import Seen, decide_review, list_reviews, show_review
from countenance.terms.key_role import KeyRole

ONE = "/reviews/{case}"


async def list_cases(call: Call) -> Response:
    """The searches whose candidates wait for people: all for a key that the charter lets review, else its own."""
    call.want_role(KeyRole.EXAMINER)
    said, house, who = call.asked(ReviewsAsked), call.house, call.caller.key.principal
    found = await call.read(list_reviews, house.rooms, house.charters, who, partial(_within, call))
    shown = [each for each in found if said.every or each.result is None]
    page, more = page_of(f"reviews {said.every}", shown, lambda each: each.review.id, said.limit, said.cursor)
    return call.answer(Reviews(reviews=[_shown(call, each) for each in page], next=more))


async def show_case(call: Call) -> Response:
    """One review; what others found is shown only after your own verdict."""
    call.want_role(KeyRole.EXAMINER)
    house, who = call.house, call.caller.key.principal
    seen = await call.read(show_review, house.rooms, house.charters, who, call.path("case"), partial(_within, call))
    return call.answer(_shown(call, seen))


async def judge_case(call: Call) -> Response:
    """Judge the candidates of a search; a verdict stays as it was given, and the last one is an entry of the log."""
    call.want_role(KeyRole.EXAMINER)
    said, house = call.asked(NewVerdict), call.house
    seen = await call.read(
        decide_review,
        house.rooms,
        house.charters,
        call.caller.key.principal,
        call.path("case"),
        said.finding,
        rank=said.rank,
        reason=said.reason,
        within=partial(_within, call),
    )
    return call.answer(_shown(call, seen), 201)


def _within(call: Call, review: TermReview) -> bool:
    """Of a gallery and a purpose that the key reaches: its tenant's, and what it is bound to."""
    return call.caller.sees(review.gallery) is not None and call.caller.key.may_name(review.purpose)


def _shown(call: Call, seen: Seen) -> Review:
    return Review.of(seen, call.caller.sees)


OPERATIONS = (
    Operation("GET", "/reviews", list_cases, Reviews, "reviews", asks=ReviewsAsked, problems=(Kind.ROLE_REQUIRED,)),
    Operation("GET", ONE, show_case, Review, "reviews", problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME)),
    Operation(
        "POST",
        f"{ONE}/verdicts",
        judge_case,
        Review,
        "reviews",
        201,
        asks=NewVerdict,
        problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME),
    ),
)
