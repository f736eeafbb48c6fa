"""Standard streams by visitor: while a server runs verbs for others, each verb's words go to whoever sent it."""

from __future__ import annotations

import io
import os
import socket
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from countenance.assembly import House


@dataclass(slots=True, eq=False)
class Visitor:
    """Whose verb this thread runs. ``confirmed`` questions were asked and answered where the verb was typed."""

    house: House
    line: socket.socket
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    confirmed: int
    columns: int | None = None
    """The width of the sender's terminal; None where there is none."""
    ending: bool = False
    """The server is about to end: a long work stops at its next item."""

    @property
    def gone(self) -> bool:
        """Whether the sender has left: nobody waits for what comes."""
        try:
            return not self.line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True


visitor: ContextVar[Visitor | None] = ContextVar("visitor", default=None)
"""None where this process runs its own verb."""


answered: ContextVar[int] = ContextVar("answered", default=0)
"""How many questions of ``open_house.confirm`` the command line that runs has had answered."""


def columns() -> int | None:
    """How wide a visitor's terminal is; None where it can be seen from here."""
    who = visitor.get()
    return None if who is None else who.columns


def heed() -> None:
    """Between two items of a long work: raises KeyboardInterrupt where the sender has left, or the server ends."""
    who = visitor.get()
    if who is not None and (who.ending or who.gone):
        raise KeyboardInterrupt


class Routed:
    """Stands in for a stream of ``sys``: the visitor's stream in a visitor's thread, the process's own elsewhere."""

    encoding = "utf-8"
    """What the parser's library may rely on; each visitor's own stream has the encoding of its terminal."""

    def __init__(self, name: str, own: TextIO) -> None:
        self._name = name
        self._own = own

    def __getattr__(self, name: str) -> Any:
        who = visitor.get()
        return getattr(self._own if who is None else getattr(who, self._name), name)


def route_streams() -> None:
    """From now on ``sys.stdin``, ``sys.stdout`` and ``sys.stderr`` are those of whoever is visiting."""
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, Routed(name, getattr(sys, name)))


class _Line(io.FileIO):
    """A descriptor of the sender's; writing to it ends where the sender has left, though its terminal still stands."""

    def __init__(self, descriptor: int, line: socket.socket) -> None:
        super().__init__(descriptor, "wb")
        self._sender = line

    def write(self, data: Any, /) -> int:
        try:
            if not self._sender.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                raise BrokenPipeError
        except BlockingIOError:
            pass
        return cast("int", super().write(data))


def reading(descriptor: int, encoding: str) -> TextIO:
    """The sender's standard input; owns the descriptor."""
    return open(descriptor, encoding=encoding, errors="surrogateescape")


def writing(descriptor: int, line: socket.socket, encoding: str, errors: str) -> TextIO:
    """One of the sender's outputs; owns the descriptor."""
    raw = _Line(descriptor, line)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors=errors, line_buffering=os.isatty(descriptor)
    )
