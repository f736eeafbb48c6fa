"""The door of a running server: verbs typed elsewhere by its owner are run here, over the one open house.

``DIR/door.sock`` lies in the owner's directory, mode 0600, and the kernel says who knocks: only the server's own user
is let in. A visit: a frame (4 bytes length, JSON) with the words, and by SCM_RIGHTS the sender's directory, standard
input, output and error; then the verb runs in a thread of its own with these; then a frame with its exit code.
"""

from __future__ import annotations

import contextvars
import ctypes
import json
import logging
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from countenance.cli.streams import Visitor, reading, visitor, writing
from countenance.storage.faults import unwritable
from countenance.terms.errors import MissingPart

if TYPE_CHECKING:
    from countenance.assembly import House

FILE_NAME = "door.sock"
MOST_VISITS = 16
MOST_BYTES = 4 * 1024 * 1024
FILES = 4
DRAIN = 30.0
"""Seconds that verbs have to end once the server does."""
PATIENCE = 5.0
"""Seconds that a knock may take to say what it wants."""
_LONGEST = 100
"""Bytes that a socket's path surely may have (sun_path has 108 on Linux, 104 elsewhere)."""
_CLONE_FS = 0x200

_log = logging.getLogger(__name__)

Verb = Callable[[Sequence[str]], int]
"""Runs one command line and gives its exit code."""


@contextmanager
def address(directory: Path) -> Iterator[str]:
    """The socket's address, however long the directory's path is: through a descriptor where it is too long."""
    direct = directory / FILE_NAME
    if len(os.fsencode(direct)) <= _LONGEST:
        yield str(direct)
        return
    if not Path("/proc/self/fd").is_dir():
        raise MissingPart("this path is too long for a socket", where=str(direct), remedy="Name a shorter one.")
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{FILE_NAME}"
    finally:
        os.close(descriptor)


class Door:
    """Open from construction to ``close``; made only by the process that holds the directory's lock."""

    def __init__(self, house: House, verb: Verb) -> None:
        self._house = house
        self._verb = verb
        self._path = house.settings.data / FILE_NAME
        self._visits: set[threading.Thread] = set()
        self._visitors: set[Visitor] = set()
        self._guard = threading.Lock()
        self._closing = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)  # a killed server's: the lock says that nobody else is there
            with address(house.settings.data) as where:
                self._socket.bind(where)
            self._path.chmod(0o600)  # before anybody can be let in
            self._socket.listen(MOST_VISITS)
        except OSError as error:
            self._socket.close()
            raise unwritable(error, self._path) from error
        self._thread = threading.Thread(target=self._listen, name="door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more, and wait for the verbs that run; a long one ends at its next item.

        One whose words nobody reads (a pager) is left behind after ``DRAIN``.
        """
        self._closing = True
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a knock
        self._thread.join()
        self._socket.close()
        with self._guard:
            visits = list(self._visits)
            for who in self._visitors:
                who.ending = True
        until = time.monotonic() + DRAIN
        for visit in visits:
            visit.join(max(0.0, until - time.monotonic()))

    def _listen(self) -> None:
        while not self._closing:
            try:
                line, _ = self._socket.accept()
            except OSError as error:
                if not self._closing:
                    _log.error("the door could not be opened: %s", error.strerror)
                    self._closing = True
                return
            with self._guard:
                if _peer(line) != os.geteuid():
                    _refuse(line, "the server of this data directory runs as another user", "Run this as that user.")
                    continue
                if len(self._visits) >= MOST_VISITS:
                    _refuse(line, "too many commands run on this server at once", "Try again when one is done.")
                    continue
                visit = threading.Thread(target=self._receive, args=(line,), name="visit", daemon=True)
                self._visits.add(visit)
            visit.start()

    def _receive(self, line: socket.socket) -> None:
        """One visit, from its frame to its exit code."""
        try:
            with line:
                line.settimeout(PATIENCE)
                said, files = receive(line)
                line.settimeout(None)
                if said is None or len(files) != FILES:
                    for each in files:
                        os.close(each)
                    return
                send(line, {"code": self._run(line, said, files)})
        except (OSError, ValueError, KeyError, TypeError) as error:  # the sender left, or is none of ours
            _log.info("a visit ended early: %s", type(error).__name__)
        finally:
            with self._guard:
                self._visits.discard(threading.current_thread())

    def _run(self, line: socket.socket, said: dict[str, Any], files: Sequence[int]) -> int:
        directory, stdin, stdout, stderr = files
        in_, out, err = said["encodings"]
        streams = (
            reading(stdin, in_),
            writing(stdout, line, out[0], out[1]),
            writing(stderr, line, err[0], err[1]),
        )
        who = Visitor(self._house, line, *streams, confirmed=int(said["confirmed"]), columns=said["columns"])
        with self._guard:
            self._visitors.add(who)
            who.ending = self._closing
        words = [str(word) for word in said["words"]]
        try:
            _go_to(directory)
            context = contextvars.copy_context()
            context.run(visitor.set, who)
            return context.run(self._verb, words)
        finally:
            with self._guard:
                self._visitors.discard(who)
            for stream in streams:
                with suppress(OSError, ValueError):
                    stream.close()


def _go_to(directory: int) -> None:
    """Make the sender's directory this thread's own, and no other thread's."""
    try:
        if sys.platform == "darwin":
            ctypes.CDLL(None).pthread_fchdir_np(directory)
        elif ctypes.CDLL(None, use_errno=True).unshare(_CLONE_FS) == 0:
            os.fchdir(directory)
        else:
            raise MissingPart("this system gives a thread no directory of its own", remedy="Stop the server first.")
    finally:
        os.close(directory)


def _peer(line: socket.socket) -> int:
    """The user at the other end, as the kernel knows it."""
    if hasattr(socket, "SO_PEERCRED"):
        _, user, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        return int(user)
    user = ctypes.c_uint(0xFFFFFFFF)
    ctypes.CDLL(None).getpeereid(line.fileno(), ctypes.byref(user), ctypes.byref(ctypes.c_uint()))
    return int(user.value)


def _refuse(line: socket.socket, what: str, remedy: str) -> None:
    with line, suppress(OSError):
        line.settimeout(PATIENCE)
        send(line, {"refused": what, "remedy": remedy})


def send(line: socket.socket, said: dict[str, Any], files: Sequence[int] = ()) -> None:
    """One frame; the descriptors go with its first bytes."""
    body = json.dumps(said).encode("ascii")  # bytes that are no text travel as lone surrogates, escaped
    frame = struct.pack(">I", len(body)) + body
    sent = socket.send_fds(line, [frame], list(files)) if files else 0
    line.sendall(frame[sent:])


def receive(line: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """One frame and the descriptors that came with it; None where the other end closed instead."""
    data, files, _, _ = socket.recv_fds(line, 4096, FILES)
    try:
        while len(data) < 4 or len(data) < 4 + _length(data):
            more = line.recv(65536)
            if not more:
                break
            data += more
        complete = len(data) >= 4 and len(data) == 4 + _length(data)
        said = json.loads(data[4:]) if complete else None
    except BaseException:
        for each in files:
            os.close(each)
        raise
    return said, files


def _length(data: bytes) -> int:
    length = int.from_bytes(data[:4], "big")
    if length > MOST_BYTES:
        raise ValueError("a frame is too long")
    return length
