"""Report: what a migration came to, for machines (JSON, CSV) and for people (one HTML page), signed together."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from countenance.ledger.note import VerifierKey, note_bytes, sign
from countenance.migration.book import Book, Run
from countenance.migration.exits import Exit
from countenance.migration.page import page
from countenance.migration.publishing import open_ends
from countenance.service.rooms import Rooms
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.gallery import Gallery

EXAMPLES = 5
"""References or items that stand for a code; ids only."""
BUCKET = 10
"""Width of a bar of the quality histogram; quality goes from 0 to 100."""
COLUMNS = ("item", "person", "unit", "exit", "code", "reached", "quality", "reference", "notes")


def collect(rooms: Rooms, book: Book, gallery: Gallery, run: Run) -> dict[str, Any]:
    """All of it as JSON can say it; no name, no path, no native id is in it."""
    codes: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    quality: Counter[int] = Counter()
    reached: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for line in book.every(run):
        reached[line.reached.value] += 1
        notes.update(line.notes)
        if line.quality is not None:
            quality[bucket_of(line.quality)] += 1
        if line.code is not None:
            codes[line.code.value] += 1
            if len(some := examples.setdefault(line.code.value, [])) < EXAMPLES:
                some.append(line.reference or line.marks.item.hex())
    told = book.account(run)
    batch = None if run.batch is None else rooms.galleries.batches.find(gallery, run.batch)
    return {
        "run": run.id,
        "gallery": gallery.pseudonym,
        "made": _time(rooms.clock()),
        "begun": _time(run.begun),
        "ended": None if run.ended is None else _time(run.ended),
        "state": run.state.value,
        "seconds": run.seconds,
        "source": {
            "kind": run.kind, "reader": run.version, "digest": run.source.hex(), "manifest_sha256": run.manifest,
            "census": {"units": run.census.units, "persons": run.census.persons, "images": run.census.images},
        },
        "batch": None if batch is None else {"id": batch.id, "state": batch.state.value},
        "screened": run.screened,
        "open": [] if run.batch is None else open_ends(book, gallery, run.batch),
        "verified": run.verified,
        "account": told.shape(),
        "codes": [
            {"code": code, "lines": count, "examples": examples.get(code, [])} for code, count in codes.most_common()
        ],
        "reached": dict(reached.most_common()),
        "notes": dict(notes.most_common()),
        "quality": buckets(quality),
    }  # fmt: skip


def bucket_of(quality: int) -> int:
    """The bar of the histogram that a value of 0 to 100 belongs to: the least of its values."""
    return min(quality, 99) // BUCKET * BUCKET


def buckets(counts: Mapping[int, int]) -> dict[str, int]:
    """All bars, the empty ones too."""
    return {str(each): counts.get(each, 0) for each in range(0, 100, BUCKET)}


def lines_csv(book: Book, run: Run) -> str:
    """A row for each line, by ids alone: whoever has the database and the key finds the record again."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in book.every(run):
        marks = line.marks
        writer.writerow(
            [
                marks.item.hex(),
                "" if marks.person is None else marks.person.hex(),
                marks.unit.hex(),
                line.exit.value,
                "" if line.code is None else line.code.value,
                line.reached.value,
                "" if line.quality is None else line.quality,
                line.reference or "",
                " ".join(line.notes),
            ]
        )
    return out.getvalue()


def rejected_csv(book: Book, run: Run) -> str:
    """For the migration engineer alone: what did not come in, and where it lies in the source, in its own words."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("unit", "ids", "image", "offset", "exit", "code", "detail"))
    for line in book.every(run, Exit.REJECTED, Exit.SKIPPED, Exit.TOMBSTONED, Exit.DUPLICATE, Exit.HELD, Exit.FAILED):
        where = {key: _harmless(str(value)) for key, value in line.where.items()}
        writer.writerow(
            [
                *(where.get(key, "") for key in ("unit", "ids", "image", "offset")),
                line.exit.value,
                "" if line.code is None else line.code.value,
                where.get("detail", ""),
            ]
        )
    return out.getvalue()


def write(
    folder: Path, told: Mapping[str, Any], lines: str, key: VerifierKey, signer: Callable[[bytes], bytes]
) -> tuple[Path, ...]:
    """Write report.json, lines.csv, report.html, and report.note, which is signed and names the others' digests.

    Raises Unwritable.
    """
    files = {
        "report.json": json.dumps(told, indent=1, ensure_ascii=True) + "\n",
        "lines.csv": lines,
        "report.html": page(told, str(key)),
    }
    named = "".join(f"{hashlib.sha256(body.encode()).hexdigest()}  {name}\n" for name, body in files.items())
    text = f"{key.name}\nmigration report of run {told['run']}\n{named}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error, folder) from error
    for name, body in files.items():
        write_durably(folder / name, body.encode())
    write_durably(folder / "report.note", note_bytes(text, [sign(text, key, signer)]))
    return tuple(folder / name for name in (*files, "report.note"))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
