"""A batch: many pictures enrolled in one request, each standing for itself, told as they are done."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import PurePosixPath

from fastapi.responses import JSONResponse, Response, StreamingResponse

from countenance.http.edge.threads import run
from countenance.http.native.call import Call
from countenance.http.native.enrolments import ENROLLING
from countenance.http.native.form import Picture
from countenance.http.native.operation import Operation
from countenance.http.native.problem import tell_error
from countenance.http.native.shapes import Failure, Refusal
from countenance.http.native.shapes_answers import BatchDone, BatchLine
from countenance.http.native.shapes_asked import MOST_ITEMS, Batch, BatchItem
from countenance.service.asking import NotAcquired, Refused
from countenance.service.enrol import Enrolled, EnrolRequest, Known, Withdrawn
from countenance.service.enrol_many import Item, Pending, Unreadable, enrol_many
from countenance.terms.errors import CountenanceError, Malformed
from countenance.terms.sample import Sample

NDJSON = "application/x-ndjson"
FEW = 20
"""Up to so many each picture gets all cores."""

Say = Callable[[BatchLine], None]


async def enrol_batch(call: Call) -> Response:
    """Enrol many pictures; `Accept: application/x-ndjson` streams a line for each as it is done, and counts last.

    Sent again it adds nothing twice. Where the connection ends, no further picture is begun.
    """
    said = call.asked(Batch)
    work = _work(said, call.form.pictures["images"])
    place = await call.read(call.house.galleries.find, call.gallery())
    stop = threading.Event()

    def enrol_all(say: Say) -> dict[str, int]:
        counts: Counter[str] = Counter()
        pending = (
            Pending(str(n), item.subject, partial(_request, item, sample)) for n, (item, sample) in enumerate(work)
        )
        for done, one in enumerate(
            enrol_many(
                call.house.rooms,
                asking,
                gallery=place,
                pending=pending,
                faces=said.faces,
                threads=1,
                few=len(work) <= FEW,
            ),
            1,
        ):
            line = _line(one, work[int(one.name)][0], done, len(work))
            counts[line.state] += 1
            say(line)
            if stop.is_set():  # leaving the iteration begins nothing more
                break
        return dict(counts)

    asking = call.asking
    if NDJSON in call.request.headers.get("accept", ""):
        return StreamingResponse(_streamed(call, enrol_all, stop), media_type=NDJSON)
    lines: list[BatchLine] = []
    try:
        counts = await run(call.request, enrol_all, lines.append)
    except asyncio.CancelledError:
        stop.set()
        raise
    return call.answer(BatchDone(items=sorted(lines, key=lambda line: line.index), counts=counts))


async def _streamed(
    call: Call, enrol_all: Callable[[Say], dict[str, int]], stop: threading.Event
) -> AsyncIterator[bytes]:
    """One line of JSON after another; an error in between is the last line, as the problem that it is."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[BatchLine | None]()

    def say(line: BatchLine | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, line)

    task = asyncio.ensure_future(run(call.request, enrol_all, say))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (line := await queue.get()) is not None:
            yield line.model_dump_json().encode() + b"\n"
        try:
            last: Response = JSONResponse(BatchDone(items=[], counts=await task).model_dump(mode="json"))
        except CountenanceError as error:
            last = tell_error(call.request, error)
        yield bytes(last.body) + b"\n"
    finally:
        stop.set()


def _work(said: Batch, pictures: list[Sample]) -> list[tuple[BatchItem, Sample]]:
    """Each item with its picture; raises Malformed where one has none."""
    by_name = {each.name: each for each in pictures}
    if said.items is None:
        return [(_named_like(each), each) for each in pictures]
    missing = next((item.image for item in said.items if item.image not in by_name), None)
    if missing is not None:
        raise Malformed("an item names a picture that was not sent", where=missing[:80])
    return [(item, by_name[item.image]) for item in said.items]


def _named_like(picture: Sample) -> BatchItem:
    stem = PurePosixPath(picture.name.replace("\\", "/")).stem.strip()
    if not 0 < len(stem) <= 256:
        raise Malformed("a picture's name gives no subject's name", where=picture.name[:80], remedy="Say `items`.")
    return BatchItem(image=picture.name or stem, subject=stem)


def _request(item: BatchItem, sample: Sample) -> EnrolRequest:
    return EnrolRequest(sample, item.subject, item.metadata, item.basis, item.retain_until)


def _line(one: Item, item: BatchItem, done: int, total: int) -> BatchLine:
    line = partial(BatchLine, index=int(one.name), image=item.image, subject=item.subject, done=done, total=total)
    match one.answer:
        case Enrolled(reference=reference, receipt=receipt):
            return line(state="enrolled", reference=reference.id, subject_id=reference.subject, entry=receipt.entry)
        case Known(subject_id=subject, reference=reference_id, receipt=receipt):
            return line(state="known", reference=reference_id, subject_id=subject, entry=receipt.entry)
        case Withdrawn(receipt=receipt, since=since):
            return line(state="withdrawn", since=since, entry=receipt.entry)
        case NotAcquired(failure=failure, receipt=receipt):
            return line(state="not-acquired", failure=Failure.of(failure), entry=receipt.entry)
        case Refused(refusal=refusal, receipt=receipt):
            return line(state="refused", refusal=Refusal.of(refusal), entry=receipt.entry)
        case Unreadable(error=error):
            return line(state="unusable", detail=error.what)


OPERATIONS = (
    Operation(
        "POST",
        "/galleries/{gallery}/enrolments/batch",
        enrol_batch,
        BatchDone,
        "enrolment",
        asks=Batch,
        pictures=(Picture("images", many=True, most=MOST_ITEMS),),
        problems=ENROLLING[:4],
        streams=True,
    ),
)
