"""Subjects: list, add without a face, show, change, erase, report."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.cursor import cursor_after, start_of
from countenance.http.native.operation import Operation
from countenance.http.native.problems import GATED, READING, Kind
from countenance.http.native.shapes import Receipt, Reference, Subject
from countenance.http.native.shapes_answers import (
    ReportEntry,
    SubjectDone,
    SubjectErased,
    SubjectReport,
    Subjects,
    SubjectShown,
)
from countenance.http.native.shapes_asked import NewSubject, Paged, ReportFor, SubjectChange
from countenance.http.native.withdrawals import withdrawn
from countenance.ledger.ledger import NotYet
from countenance.service.erase import Erased, erase
from countenance.service.manage_subjects import SubjectManaged, add_subject, change_subject
from countenance.service.papers import papers
from countenance.service.report import Report, report

ALL, ONE = "/galleries/{gallery}/subjects", "/galleries/{gallery}/subjects/{subject}"


async def list_subjects(call: Call) -> Response:
    """Who is in a gallery, by id."""
    call.may_read()
    said, full = call.asked(Paged), call.gallery()
    listing = f"subjects {full}"
    start = start_of(listing, said.cursor)
    place = await call.read(call.house.galleries.find, full)
    page = await call.read(call.house.galleries.subjects_page, place, start, said.limit)
    more = cursor_after(listing, page[-1].id) if len(page) == said.limit else None
    return call.answer(Subjects(subjects=[Subject.of(each) for each in page], next=more))


async def make_subject(call: Call) -> Response:
    """Add a subject without a face; `POST …/references` gives them one."""
    said = call.asked(NewSubject)
    done = await call.ask(
        add_subject,
        gallery=call.gallery(),
        name=said.name,
        metadata=said.metadata,
        basis=said.basis,
        retain_until=said.retain_until,
    )
    if not isinstance(done, SubjectManaged):
        return call.otherwise(done)
    place = call.address(f"/galleries/{quote(call.path('gallery'), safe='')}/subjects/{done.subject.id}")
    shown = SubjectDone(subject=Subject.of(done.subject), receipt=Receipt.of(done.receipt))
    return call.answer(shown, 201, {"location": place})


async def show_subject(call: Call) -> Response:
    """One subject, by id or name, with their references."""
    call.may_read()
    galleries = call.house.galleries
    place = await call.read(galleries.find, call.gallery())
    one = await call.read(galleries.subject, place, call.path("subject"))
    references = await call.read(galleries.references, place, one.id)
    return call.answer(SubjectShown(subject=Subject.of(one), references=list(map(Reference.of, references))))


async def update_subject(call: Call) -> Response:
    """Change a subject's name or metadata."""
    said = call.asked(SubjectChange)
    done = await call.ask(
        change_subject, gallery=call.gallery(), subject=call.path("subject"), name=said.name, metadata=said.metadata
    )
    if not isinstance(done, SubjectManaged):
        return call.otherwise(done)
    return call.answer(SubjectDone(subject=Subject.of(done.subject), receipt=Receipt.of(done.receipt)))


async def erase_subject(call: Call) -> Response:
    """Erase a subject for good; they can be enrolled again, unless the key's erasures are withdrawals."""
    if call.caller.key.deletes_withdraw:
        return await withdrawn(call)
    done = await call.ask(erase, gallery=call.gallery(), subject=call.path("subject"))
    if not isinstance(done, Erased):
        return call.otherwise(done)
    return call.answer(
        SubjectErased(subject=Subject.of(done.subject), erasures=list(done.erasures), receipt=Receipt.of(done.receipt))
    )


async def report_subject(call: Call) -> Response:
    """Every entry of the log about a subject, with openings and proofs; of an erased one, by id, the erasures."""
    said = call.asked(ReportFor)
    done = await call.ask(report, gallery=call.gallery(), subject=call.path("subject"), recipient=said.recipient)
    if not isinstance(done, Report):
        return call.otherwise(done)
    entries = [
        ReportEntry(
            entry=each.entry,
            epoch=each.epoch,
            meaning=each.meaning,
            proof=None if isinstance(each.proof, NotYet) else each.proof,
        )
        for each in done.entries
    ]
    files = {name: data.decode("utf-8") for name, data in papers(done).items()}
    return call.answer(
        SubjectReport(
            subject=done.name,
            log=done.log,
            log_key=done.log_key,
            entries=entries,
            papers=files,
            receipt=Receipt.of(done.receipt),
        )
    )


OPERATIONS = (
    Operation("GET", ALL, list_subjects, Subjects, "subjects", asks=Paged, problems=(*READING, Kind.UNKNOWN_NAME)),
    Operation(
        "POST",
        ALL,
        make_subject,
        SubjectDone,
        "subjects",
        201,
        asks=NewSubject,
        problems=(*GATED, Kind.UNKNOWN_NAME, Kind.NAME_TAKEN),
    ),
    Operation("GET", ONE, show_subject, SubjectShown, "subjects", problems=(*READING, Kind.UNKNOWN_NAME)),
    Operation(
        "PATCH",
        ONE,
        update_subject,
        SubjectDone,
        "subjects",
        asks=SubjectChange,
        problems=(*GATED, Kind.UNKNOWN_NAME, Kind.NAME_TAKEN),
    ),
    Operation("DELETE", ONE, erase_subject, SubjectErased, "subjects", problems=(*GATED, Kind.UNKNOWN_NAME)),
    Operation(
        "POST",
        f"{ONE}/report",
        report_subject,
        SubjectReport,
        "subjects",
        asks=ReportFor,
        problems=(*GATED, Kind.UNKNOWN_NAME),
    ),
)
