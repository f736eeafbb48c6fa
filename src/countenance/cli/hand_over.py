"""Hand a verb over to the server that holds the data directory: it runs there, with this terminal's streams."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from shutil import get_terminal_size
from typing import TextIO

from countenance.cli.door import FILE_NAME, address, receive, send
from countenance.terms.errors import BrokenMachine, InUse


def hand_over(data: Path, confirmed: int) -> int | None:
    """Run this process's command line in the server of ``data``; its exit code, or None where no server answers.

    Raises InUse where the server turns us away, BrokenMachine where it ended before the verb did.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            with address(data) as where:
                line.connect(where)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise InUse(
                "the server of this data directory runs as another user",
                where=str(data / FILE_NAME),
                remedy="Run this as that user.",
            ) from error
        said = {
            # Whatever names the directory here (a variable of this environment), there it is said.
            "words": ["--data", str(data), *sys.argv[1:]],
            "confirmed": confirmed,
            "columns": get_terminal_size().columns if os.isatty(1) else None,
            "encodings": [_encoding(sys.stdin)[0], _encoding(sys.stdout), _encoding(sys.stderr)],
        }
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        with ExitStack() as opened:
            files = [_opened(opened, "."), *(_standard(opened, number) for number in range(3))]
            send(line, said, files)
        try:
            answer, _ = receive(line)
        except ConnectionResetError:
            answer = None
    if answer is None:
        raise BrokenMachine(
            "the server ended before this was done",
            where=str(data),
            remedy="What was acknowledged is kept, nothing is half done: run it again.",
        )
    if "refused" in answer:
        raise InUse(answer["refused"], where=str(data), remedy=answer["remedy"])
    return int(answer["code"])


def _encoding(stream: TextIO | None) -> tuple[str, str]:
    return ("utf-8", "strict") if stream is None else (stream.encoding or "utf-8", stream.errors or "strict")


def _standard(opened: ExitStack, number: int) -> int:
    """A standard stream's descriptor; where it was closed before we began, one that leads nowhere."""
    try:
        os.fstat(number)
    except OSError:
        return _opened(opened, os.devnull, os.O_RDWR)
    return number


def _opened(opened: ExitStack, path: str, how: int = os.O_RDONLY) -> int:
    descriptor = os.open(path, how)
    opened.callback(os.close, descriptor)
    return descriptor
