"""One operation of the Azure contract: a verb, a path under the version, and what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi.responses import Response

from countenance.http.azure.call import Call
from countenance.http.azure.kinds import Kind

Answer = Callable[[Call], Awaitable[Response]]
AnswerOver = Callable[[Call, Kind], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """``path`` begins after the version."""

    verb: str
    path: str
    answer: Answer


def over(kind: Kind, *rows: tuple[str, str, AnswerOver]) -> tuple[Operation, ...]:
    """Operations on groups or lists of one kind."""
    return tuple(Operation(verb, f"/{kind.path}{path}", _bound(answer, kind)) for verb, path, answer in rows)


def _bound(answer: AnswerOver, kind: Kind) -> Answer:
    return lambda call: answer(call, kind)
