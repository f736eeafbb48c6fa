"""The sandbox: a reader in a process of its own, with limits and without a network; what kills it is a record too."""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from countenance.migration.code import Code
from countenance.migration.frames import Frame, Kind, next_frame
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.limits import LIMITS, Limits
from countenance.migration.reader import Census
from countenance.terms.errors import BrokenInput, BrokenMachine, Malformed, UnknownName

_READ = 1 << 20


def census_in_sandbox(kind: str, path: Path, limits: Limits = LIMITS, table: str = "") -> Census:
    """Count a source; raises BrokenInput where it is none or cannot be counted within the limits."""
    with _Process(kind, path, limits, table, census=True) as process:
        try:
            while (answer := process.next()).kind is Kind.UNIT:
                pass
            if answer.kind is Kind.CENSUS:
                return Census(**answer.header)
        except _Stopped as stopped:
            raise BrokenInput(f"this source cannot be counted: {stopped.detail}", where=str(path)) from None
    raise BrokenInput("this source cannot be counted", where=str(path))


def read_in_sandbox(kind: str, path: Path, limits: Limits = LIMITS, table: str = "") -> Iterator[LegacyRecord]:
    """Every record of a source. A file on which the reader dies is a record with a verdict, and the next is read.

    A reader of anything but single files or rows cannot go on after its death: its last record has the verdict and
    the unit ``""``, and what the source holds beyond was not read. ``table`` is the text of the customer's map of
    fields, where the kind takes one. Raises BrokenInput where the path is no such source.
    """
    return (record for _, record in steps_in_sandbox(kind, path, limits, table))


def steps_in_sandbox(
    kind: str, path: Path, limits: Limits = LIMITS, table: str = "", start: int | None = 0
) -> Iterator[tuple[int, LegacyRecord]]:
    """The same, each with the number of its file or row; files before ``start`` are not opened, rows not looked at.

    Of any other source every record has the number 0, and all are read.
    """
    while start is not None:
        begun, unit, some = None, "", False
        with _Process(kind, path, limits, table, start=start) as process:
            try:
                while (frame := process.next()).kind is not Kind.END:
                    if frame.record is not None:
                        some = True
                        yield begun or 0, frame.record
                    elif frame.kind is Kind.UNIT:
                        begun, unit, some = int(frame.header["number"]), str(frame.header["unit"]), False
            except _Stopped as stopped:
                name = f"{unit}#unread" if some else unit
                yield begun or 0, LegacyRecord(kind, name, (), None, (), verdict=stopped.code, detail=stopped.detail)
            else:
                begun = None
        start = None if begun is None else begun + 1


class _Stopped(Exception):
    """The reader's process came to an end that is none of its own choosing."""

    def __init__(self, code: Code, detail: str) -> None:
        self.code = code
        self.detail = detail


class _Process:
    """A reader's process and what it says; it ends with this object, whatever it was doing."""

    def __init__(
        self,
        kind: str,
        path: Path,
        limits: Limits,
        table: str,
        *,
        start: int = 0,
        census: bool = False,
    ) -> None:
        request = {
            "kind": kind, "path": os.path.realpath(path), "limits": asdict(limits), "table": table, "start": start,
            "census": census,
        }  # fmt: skip
        self._limits = limits
        self._held = bytearray()
        # A session of its own: the reader is not stopped by the keys that stop us, but by us. No environment.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "countenance.migration.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        stdin, self._out = self._process.stdin, self._process.stdout
        if stdin is None or self._out is None:
            raise BrokenMachine("no pipe to a reader's process")
        with suppress(OSError):  # where less is allowed, less has to do
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, _READ)  # many frames at once, and none is lost with its writer
        self._waiting = select.poll()
        self._waiting.register(self._out, select.POLLIN)
        with stdin:
            stdin.write(json.dumps(request).encode("ascii"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        if self._out is not None:
            self._out.close()

    def next(self) -> Frame:
        """The next frame; raises _Stopped, or BrokenInput where the reader did."""
        deadline = time.monotonic() + self._limits.seconds
        try:
            frame = next_frame(lambda length: self._take(length, deadline), self._limits)
        except ValueError:
            raise _Stopped(Code.LIMIT_EXCEEDED, "the reader handed over more than it may") from None
        header = {key: str(value) for key, value in frame.header.items()}
        if frame.kind is Kind.REFUSED:
            broken = {each.__name__: each for each in (UnknownName, Malformed)}.get(header["error"], BrokenInput)
            raise broken(header["what"], where=header["where"], remedy=header["remedy"])
        if frame.kind is Kind.FAILED and header["what"] == MemoryError.__name__:
            raise _Stopped(Code.LIMIT_EXCEEDED, f"the reader took more than {self._limits.memory >> 20} MiB of memory")
        if frame.kind is Kind.FAILED:
            raise _Stopped(Code.READER_FAILED, f"the reader raised {header['what']} at {header['where']}")
        return frame

    def _take(self, length: int, deadline: float) -> bytes:
        while len(self._held) < length:
            self._held += self._more(deadline)
        taken = bytes(memoryview(self._held)[:length])
        del self._held[:length]
        return taken

    def _more(self, deadline: float) -> bytes:
        if self._out is None:
            raise BrokenMachine("no pipe to a reader's process")
        if not self._waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise _Stopped(Code.LIMIT_EXCEEDED, f"the reader gave nothing for {self._limits.seconds:g} seconds")
        more = os.read(self._out.fileno(), _READ)
        if not more:
            self._process.kill()
            raise _Stopped(Code.READER_FAILED, f"the reader's process ended with {self._process.wait()}")
        return more
