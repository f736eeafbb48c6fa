"""Problem details (RFC 9457): what an error, a refusal or a failure to acquire is told as."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from countenance.http.edge.refusals import (
    NotAuthenticated,
    PurposeRequired,
    PurposeWidened,
    TooLarge,
    TooSlow,
    TurnedAway,
)
from countenance.http.edge.statuses import status_of
from countenance.http.edge.visit import visit_of
from countenance.http.native.problems import Kind
from countenance.http.native.shapes import Failure, Receipt, Refusal, dumped
from countenance.service.asking import NotAcquired, Refused
from countenance.service.enrol import Withdrawn
from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.errors import (
    BrokenInput,
    BrokenMachine,
    CountenanceError,
    NameTaken,
    RecipeMismatch,
    RoleRequired,
    UnknownName,
)
from countenance.terms.permit import RefusalReason

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {404: Kind.NO_ROUTE, 405: Kind.METHOD, 429: Kind.TOO_MANY, 503: Kind.UNAVAILABLE}
_BY_REASON = {
    RefusalReason.NO_PURPOSE: Kind.PURPOSE_REQUIRED,
    RefusalReason.NOT_BOUND: Kind.PURPOSE_WIDENED,
}
_log = logging.getLogger(__name__)


class Objection(BrokenInput):
    """An answer that is a problem of this kind; ``more`` are further members of it."""

    def __init__(self, kind: Kind, detail: str, *, remedy: str = "", where: str = "", **more: Any) -> None:
        super().__init__(detail, where=where, remedy=remedy)
        self.kind = kind
        self.more = more


def told(
    request: Request, kind: Kind, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The answer; members that are None or empty are left out."""
    body = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": f"urn:countenance:request:{visit_of(request).request_id}",
        **{name: value for name, value in more.items() if value not in (None, "")},
    }
    return JSONResponse(body, kind.status, dict(headers or {}), MEDIA_TYPE)


def tell_error(request: Request, error: CountenanceError) -> JSONResponse:
    """What an error of the house is here."""
    kind = kind_of(error)
    headers = error.headers if isinstance(error, TurnedAway) else {}
    more = error.more if isinstance(error, Objection) else {}
    if not isinstance(error, BrokenInput | TurnedAway):
        # What the machine or the log says of itself is for the operator: it may name paths of the server.
        _log.error("a request failed: %s", type(error).__name__)
        return told(request, kind, kind.meaning)
    return told(request, kind, error.what, headers, remedy=error.remedy, where=error.where, **more)


def kind_of(error: CountenanceError) -> Kind:
    """The kind of an error; a defect where it is none that a caller can do something about."""
    match error:
        case Objection():
            return error.kind
        case NotAuthenticated():
            return Kind.NOT_AUTHENTICATED
        case PurposeRequired():
            return Kind.PURPOSE_REQUIRED
        case PurposeWidened():
            return Kind.PURPOSE_WIDENED
        case TooLarge():
            return Kind.TOO_LARGE
        case TooSlow():
            return Kind.TOO_SLOW
        case UnknownName():
            return Kind.UNKNOWN_NAME
        case RoleRequired():
            return Kind.ROLE_REQUIRED
        case NameTaken():
            return Kind.NAME_TAKEN
        case RecipeMismatch():
            return Kind.RECIPE_MISMATCH
        case BrokenInput():
            return Kind.BAD_REQUEST
        case BrokenMachine():
            return Kind.UNAVAILABLE
        case _:
            return {400: Kind.BAD_REQUEST, **_BY_STATUS}.get(status_of(error), Kind.DEFECT)


def tell_outcome(request: Request, outcome: object) -> JSONResponse:
    """What an outcome is told as where another one was wanted."""
    match outcome:
        case Refused(refusal=refusal, receipt=receipt):
            words = dumped(Refusal.of(refusal))
            return told(
                request,
                _BY_REASON.get(refusal.reason, Kind.PURPOSE_DENIED),
                refusal.sentence,
                remedy=refusal.remedy,
                refusal=words,
                receipt=dumped(Receipt.of(receipt)),
            )
        case NotAcquired(failure=failure, receipt=receipt, sample=name):
            return not_acquired(request, failure, receipt=dumped(Receipt.of(receipt)), where=name)
        case FailureToAcquire():
            return not_acquired(request, outcome)
        case Withdrawn(receipt=receipt, since=since):
            day = datetime.fromtimestamp(since, UTC).date().isoformat()
            detail = f"the subject of this name, or of this picture, withdrew on {day} and is not enrolled again"
            remedy = "Two different keys can lift it: POST …/withdrawals/{withdrawal}/lift."
            return told(request, Kind.WITHDRAWN, detail, since=day, remedy=remedy, receipt=dumped(Receipt.of(receipt)))
        case _:
            raise TypeError(f"nothing is said of {type(outcome).__name__}")


def not_acquired(request: Request, failure: FailureToAcquire, **more: Any) -> JSONResponse:
    """422 with reason and advice."""
    words = dumped(Failure.of(failure))
    return told(request, Kind.NOT_ACQUIRED, failure.detail, remedy=failure.advice, failure=words, **more)


def tell_errors(app: FastAPI, allowed: Callable[[Request], str]) -> None:
    """Every error of this application is told as a problem; ``allowed`` gives the methods of an address."""

    async def ours(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, CountenanceError):
            raise error
        return tell_error(request, error)

    async def routing(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, HTTPException):
            raise error
        kind = _BY_STATUS.get(error.status_code, Kind.BAD_REQUEST)
        headers = {"allow": allowed(request)} if kind is Kind.METHOD else error.headers
        return told(request, kind, kind.meaning, headers)

    async def defect(request: Request, _: Exception) -> JSONResponse:
        return told(request, Kind.DEFECT, Kind.DEFECT.meaning)

    app.add_exception_handler(CountenanceError, ours)
    app.add_exception_handler(HTTPException, routing)
    app.add_exception_handler(Exception, defect)
