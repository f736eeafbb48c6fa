"""Hand a verb over to the server that holds the data directory: it runs there, with this terminal's streams."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

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
        sys.stdout.flush()
        sys.stderr.flush()
        here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            send(
                line,
                {
                    "words": sys.argv[1:],
                    "confirmed": confirmed,
                    "encodings": [
                        sys.stdin.encoding if sys.stdin else "utf-8",
                        [sys.stdout.encoding, sys.stdout.errors or "strict"],
                        [sys.stderr.encoding, sys.stderr.errors or "backslashreplace"],
                    ],
                },
                (here, 0, 1, 2),
            )
        finally:
            os.close(here)
        try:
            said, _ = receive(line)
        except ConnectionResetError:
            said = None
    if said is None:
        raise BrokenMachine(
            "the server ended before this was done",
            where=str(data),
            remedy="What was acknowledged is kept, nothing is half done: run it again.",
        )
    if "refused" in said:
        raise InUse(said["refused"], where=str(data), remedy=said["remedy"])
    return int(said["code"])
