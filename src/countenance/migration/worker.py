"""The process of a reader: confines itself, reads what it is told on its input, and answers in frames."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from countenance.migration.confine import confine
from countenance.migration.frames import Kind, frame, record_frame
from countenance.migration.limits import Limits
from countenance.migration.reader import Census, FileReader, RowReader, reader_of, total
from countenance.migration.source_files import files_of
from countenance.terms.errors import BrokenInput


def main() -> None:
    """Serve one request; frames leave by a descriptor of their own, so that nothing else can print among them."""
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        for pieces in _answer(json.load(sys.stdin)):
            out.writelines(pieces)
            out.flush()
        last = frame(Kind.END)
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more
    except BrokenInput as broken:
        last = frame(
            Kind.REFUSED, error=type(broken).__name__, what=broken.what, where=broken.where, remedy=broken.remedy
        )
    except Exception as error:  # everything: what a reader raises on hostile bytes is told, not shown
        # Neither the message nor the values: they may be personal.
        at = traceback.extract_tb(error.__traceback__)[-1]
        last = frame(Kind.FAILED, what=type(error).__name__, where=f"{Path(at.filename).name}:{at.lineno}")
    out.write(last)
    out.flush()
    os._exit(0)  # without the interpreter's own end, which may want memory that is no longer there


def _answer(request: dict[str, Any]) -> Iterator[Iterable[bytes]]:
    path = Path(request["path"])
    reader = reader_of(request["kind"], request["table"])
    limits = Limits(**request["limits"])
    confine(limits)
    if request["census"]:
        # A word for each file, so that who waits knows that the counting goes on.
        parts: list[Census] = []
        if isinstance(reader, FileReader):
            for unit, part in reader.census_files(path):
                parts = [total([*parts, part])]
                yield [frame(Kind.UNIT, unit=unit)]
        yield [frame(Kind.CENSUS, **asdict(total(parts) if parts else reader.census(path)))]
    elif isinstance(reader, FileReader):
        for number, (unit, file) in enumerate(files_of(path)):
            if number >= request["start"]:
                yield [frame(Kind.UNIT, number=number, unit=unit)]
                yield from map(record_frame, reader.read_file(file, unit))
    elif isinstance(reader, RowReader):
        for number, record in enumerate(reader.read_rows(path, request["start"]), start=request["start"]):
            yield [frame(Kind.UNIT, number=number, unit=record.unit), *record_frame(record)]
    else:
        yield from map(record_frame, reader.read(path))


if __name__ == "__main__":
    main()
