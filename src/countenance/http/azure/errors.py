"""What was raised, in Azure's shape: ``{"error": {"code", "message"}}`` with the header ``x-ms-error-code``."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from countenance.http.azure import faults
from countenance.http.azure.answer import with_receipt
from countenance.http.azure.faults import Fault
from countenance.http.azure.versions import Version
from countenance.http.edge.refusals import (
    BadRequest,
    NotAuthenticated,
    Overloaded,
    PurposeRequired,
    PurposeWidened,
    TooLarge,
    TurnedAway,
)
from countenance.terms import errors

_NESTED = {"code": "InvalidRequest", "message": "Invalid request has been sent."}


def handle_errors(app: FastAPI) -> None:
    """Every error of this application is answered here."""
    app.add_exception_handler(errors.CountenanceError, _known)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _defect)


def fault_of(error: errors.CountenanceError) -> Fault:
    """The fault that an error is in this dialect."""
    match error:
        case Fault():
            return error
        case NotAuthenticated():
            return faults.access_denied()
        case PurposeRequired():
            return Fault(403, "PurposeRequired", f"{error.what}. {error.remedy}".strip())
        case PurposeWidened():
            return Fault(403, "PurposeDenied", f"{error.what}. {error.remedy}".strip())
        case Overloaded(status=429):
            return faults.rate_limit(error.retry_after)
        case TooLarge():
            return faults.image_too_big()
        case BadRequest() if "JSON" in error.what:
            return faults.bad_json()
        case BadRequest() | errors.Malformed():
            return faults.bad_argument(error.what)
        case TurnedAway():
            return Fault(error.status, "ServiceUnavailable" if error.status == 503 else str(error.status), error.what)
        case errors.RecipeMismatch():
            return faults.incompatible()
        case errors.UnknownName():
            return faults.resource_not_found()
        case errors.NameTaken():
            return Fault(409, "ConcurrentOperationConflict", f"There is a conflict operation: {error.what}.")
        case errors.BrokenMachine():
            return Fault(503, "ServiceUnavailable", error.what)
        case _:
            return Fault(500, "InternalServerError", error.what)


def shown(error: errors.CountenanceError, version: Version | None = None) -> Response:
    """The error on the wire, in the shape of this version."""
    fault = fault_of(error)
    headers = dict(error.headers) if isinstance(error, TurnedAway) else {}
    if fault.status == 503:
        headers.setdefault("retry-after", "1")
    inner: dict[str, Any] = {"code": fault.code, "message": fault.what}
    nests = version is not None and version.nests and fault.inner
    said = {**_NESTED, "innererror": inner} if nests else inner
    extra = {} if fault.receipt is None else {"receipt": fault.receipt.to_json()}
    headers = {"x-ms-error-code": _NESTED["code"] if nests else fault.code, **with_receipt(fault.receipt), **headers}
    return JSONResponse({"error": said, **extra}, fault.status, headers=headers)


async def _known(_: Request, error: Exception) -> Response:
    return shown(error if isinstance(error, errors.CountenanceError) else errors.CountenanceError(str(error)))


async def _no_route(_: Request, __: Exception) -> Response:
    return shown(faults.resource_not_found())


async def _defect(_: Request, __: Exception) -> Response:
    return shown(Fault(500, "InternalServerError", "The service has a defect; its own log says which."))
