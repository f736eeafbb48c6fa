"""Compare: verify, identify, find similar, group; and detect, which compares nothing."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.form import Picture
from countenance.http.native.operation import Operation
from countenance.http.native.problems import GATED, Kind
from countenance.http.native.shapes import Candidate, Face, Failure, MeasuredRate, OperatingPoint, Receipt, Recipe
from countenance.http.native.shapes_answers import (
    Detected,
    FailedPicture,
    Grouped,
    Identified,
    Searched,
    Similar,
    SimilarPicture,
    Verified,
)
from countenance.http.native.shapes_asked import Detecting, FindingSimilar, Grouping, Identifying, Verifying
from countenance.service.find_similar import Similarity, find_similar
from countenance.service.group import FailedSample, group
from countenance.service.group import Grouping as Groups
from countenance.service.identify import Identification, identify
from countenance.service.verify import Verification, verify
from countenance.service.verify_subject import SubjectVerification, verify_subject
from countenance.terms.face import Detection
from countenance.terms.sample import Sample

IMAGE = (Picture("image"),)
MANY = Picture("images", many=True)


async def detect(call: Call) -> Response:
    """Find the faces of a picture, with landmarks and quality. No template is made: no purpose, no receipt."""
    call.may_acquire()

    def find(sample: Sample) -> tuple[object, Recipe]:
        vision = call.house.rooms.vision()
        return vision.detect(sample), Recipe.of(vision.recipe)

    found, recipe = await call.read(find, call.sample())
    if not isinstance(found, Detection):
        return call.otherwise(found)
    shown = Detected(width=found.width, height=found.height, faces=list(map(Face.of, found.faces)), recipe=recipe)
    return call.answer(shown)


async def verify_pictures(call: Call) -> Response:
    """Do two pictures show the same subject? One comparison."""
    faces = call.asked(Verifying).faces
    done = await call.ask(verify, first=call.sample("first"), second=call.sample("second"), faces=faces)
    if not isinstance(done, Verification):
        return call.otherwise(done)
    return call.answer(
        Verified(
            match=done.match,
            score=round(done.score, 6),
            fmr=MeasuredRate.of(done.operating_point, done.score),
            operating_point=OperatingPoint.of(done.operating_point),
            faces=list(map(Face.of_probe, done.probes)),
            receipt=Receipt.of(done.receipt),
        )
    )


async def verify_enrolled(call: Call) -> Response:
    """Does a picture show this subject? Many of these for one picture are a search, which the charter counts."""
    done = await call.ask(
        verify_subject,
        gallery=call.gallery(),
        subject=call.path("subject"),
        sample=call.sample(),
        faces=call.asked(Verifying).faces,
    )
    if not isinstance(done, SubjectVerification):
        return call.otherwise(done)
    return call.answer(
        Verified(
            match=done.match,
            score=None if done.score is None else round(done.score, 6),
            fmr=MeasuredRate.of(done.operating_point, done.score),
            operating_point=OperatingPoint.of(done.operating_point),
            faces=[Face.of_probe(done.probe)],
            receipt=Receipt.of(done.receipt),
        )
    )


async def identify_picture(call: Call) -> Response:
    """Search a gallery for the faces of a picture; the candidates are leads for people to look at."""
    said = call.asked(Identifying)
    done = await call.ask(
        identify,
        gallery=call.gallery(),
        sample=call.sample(),
        most=said.most,
        faces=said.faces,
        where=said.where,
        exclude=said.exclude,
    )
    if not isinstance(done, Identification):
        return call.otherwise(done)
    searched = [
        Searched(
            face=Face.of_probe(one.probe),
            candidates=[
                Candidate.of(each, done.names[each.subject], done.operating_point) for each in one.result.candidates
            ],
            compared=one.result.compared,
            case=one.case,
        )
        for one in done.searched
    ]
    return call.answer(
        Identified(
            gallery=call.path("gallery"),
            searched=searched,
            operating_point=OperatingPoint.of(done.operating_point),
            reviewers=done.reviewers,
            receipt=Receipt.of(done.receipt),
        )
    )


async def find_similar_pictures(call: Call) -> Response:
    """Rank other pictures by likeness to the face of one; nothing is kept."""
    said = call.asked(FindingSimilar)
    done = await call.ask(
        find_similar,
        sample=call.sample(),
        among=call.form.pictures["images"],
        most=said.most,
        every=said.every,
        faces=said.faces,
    )
    if not isinstance(done, Similarity):
        return call.otherwise(done)
    return call.answer(
        Similar(
            similar=[
                SimilarPicture(
                    name=s.name,
                    score=round(s.score, 6),
                    fmr=MeasuredRate.of(done.operating_point, s.score),
                    rank=s.rank,
                )
                for s in done.similar
            ],
            failed=list(map(_failed, done.failed)),
            operating_point=OperatingPoint.of(done.operating_point),
            receipt=Receipt.of(done.receipt),
        )
    )


async def group_pictures(call: Call) -> Response:
    """Sort pictures by who looks alike; nothing is kept."""
    done = await call.ask(group, samples=call.form.pictures["images"], faces=call.asked(Grouping).faces)
    if not isinstance(done, Groups):
        return call.otherwise(done)
    return call.answer(
        Grouped(
            groups=[list(each) for each in done.groups],
            single=list(done.single),
            failed=list(map(_failed, done.failed)),
            comparisons=done.comparisons,
            operating_point=OperatingPoint.of(done.operating_point),
            receipt=Receipt.of(done.receipt),
        )
    )


def _failed(one: FailedSample) -> FailedPicture:
    return FailedPicture(name=one.name, failure=Failure.of(one.failure))


COMPARING = (*GATED, Kind.NOT_ACQUIRED)
OPERATIONS = (
    Operation(
        "POST",
        "/detect",
        detect,
        Detected,
        "recognition",
        asks=Detecting,
        pictures=IMAGE,
        problems=(Kind.ROLE_REQUIRED, Kind.NOT_ACQUIRED),
    ),
    Operation(
        "POST",
        "/verify",
        verify_pictures,
        Verified,
        "recognition",
        asks=Verifying,
        pictures=(Picture("first"), Picture("second")),
        problems=COMPARING,
    ),
    Operation(
        "POST",
        "/galleries/{gallery}/subjects/{subject}/verify",
        verify_enrolled,
        Verified,
        "recognition",
        asks=Verifying,
        pictures=IMAGE,
        problems=(*COMPARING, Kind.UNKNOWN_NAME, Kind.RECIPE_MISMATCH),
    ),
    Operation(
        "POST",
        "/galleries/{gallery}/identify",
        identify_picture,
        Identified,
        "recognition",
        asks=Identifying,
        pictures=IMAGE,
        problems=(*COMPARING, Kind.UNKNOWN_NAME, Kind.RECIPE_MISMATCH),
    ),
    Operation(
        "POST",
        "/find-similar",
        find_similar_pictures,
        Similar,
        "recognition",
        asks=FindingSimilar,
        pictures=(Picture("image"), MANY),
        problems=COMPARING,
    ),
    Operation(
        "POST", "/group", group_pictures, Grouped, "recognition", asks=Grouping, pictures=(MANY,), problems=GATED
    ),
)
