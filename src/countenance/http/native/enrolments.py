"""Enrolments: a picture of a subject, by name, with a search for duplicates where it is wished."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.form import Picture
from countenance.http.native.operation import Operation
from countenance.http.native.problems import GATED, Kind
from countenance.http.native.shapes import Candidate, OperatingPoint, Quality, Receipt, Refusal
from countenance.http.native.shapes_answers import DuplicateLeads, Enrolled
from countenance.http.native.shapes_asked import NewEnrolment, OneFace
from countenance.service.asking import Refused
from countenance.service.enrol import Enrolled as Done
from countenance.service.enrol import EnrolRequest, Known, enrol
from countenance.service.identify import Identification, identify
from countenance.terms.acquisition import Choice, FaceNear

ENROLLING = (*GATED, Kind.UNKNOWN_NAME, Kind.RECIPE_MISMATCH, Kind.WITHDRAWN, Kind.NOT_ACQUIRED)


async def enrol_picture(call: Call) -> Response:
    """Enrol a picture; the subject is made where there is none yet. Sent again, it adds nothing and says 200."""
    said = call.asked(NewEnrolment)
    place = await call.read(call.house.galleries.find, call.gallery())
    leads = await _duplicates(call, said) if said.duplicates else None
    request = EnrolRequest(call.sample(), said.subject, said.metadata, said.basis, said.retain_until)
    done = await call.ask(enrol, gallery=place, request=request, faces=choice_of(said))
    return told_enrolment(call, done, said.subject, leads)


def told_enrolment(call: Call, done: object, subject: str, leads: DuplicateLeads | None) -> Response:
    """201 for a new reference, 200 for one that was there, a problem for the rest."""
    match done:
        case Done(reference=reference, probe=probe, receipt=receipt):
            made = Enrolled(
                state="enrolled",
                subject=subject,
                subject_id=reference.subject,
                reference=reference.id,
                quality=Quality.of(probe.face.quality),
                duplicates=leads,
                receipt=Receipt.of(receipt),
            )
            return call.answer(made, 201)
        case Known():
            known = Enrolled(
                state="known",
                subject=done.subject,
                subject_id=done.subject_id,
                reference=done.reference,
                duplicates=leads,
                receipt=Receipt.of(done.receipt),
            )
            return call.answer(known)
        case _:
            return call.otherwise(done)


def choice_of(said: OneFace) -> Choice:
    """Which face is meant."""
    return said.faces if said.near is None else FaceNear(said.near.term)


async def _duplicates(call: Call, said: NewEnrolment) -> DuplicateLeads | None:
    """Who else this may be, before they are enrolled; None where the picture gives nothing, as enrolling then says.

    Not a condition: whoever enrols decides what a lead is worth, and a refusal of the search refuses no enrolment.
    """
    # A search knows no rectangle: where one was given, the largest face stands for it.
    done = await call.ask(identify, gallery=call.gallery(), sample=call.sample(), faces=said.faces)
    match done:
        case Identification(searched=searched, operating_point=point, receipt=receipt, reviewers=reviewers):
            others = [
                Candidate.of(each, done.names[each.subject], point)
                for one in searched
                for each in one.result.candidates
                if done.names[each.subject] != said.subject
            ]
            return DuplicateLeads(
                candidates=others,
                operating_point=OperatingPoint.of(point),
                reviewers=reviewers,
                case=done.case,
                receipt=Receipt.of(receipt),
            )
        case Refused(refusal=refusal, receipt=receipt):
            return DuplicateLeads(candidates=[], refusal=Refusal.of(refusal), receipt=Receipt.of(receipt))
        case _:
            return None


OPERATIONS = (
    Operation(
        "POST",
        "/galleries/{gallery}/enrolments",
        enrol_picture,
        Enrolled,
        "enrolment",
        201,
        (200,),
        asks=NewEnrolment,
        pictures=(Picture("image"),),
        problems=ENROLLING,
    ),
)
