"""Errors of the house as problems: each has its kind, and what is the operator's business stays with the operator."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request

from countenance.http.edge.refusals import (
    BadRequest,
    NotAuthenticated,
    Overloaded,
    PurposeRequired,
    PurposeWidened,
    TooLarge,
    TooSlow,
)
from countenance.http.edge.visit import SCOPE, Visit
from countenance.http.native.problem import tell_error
from countenance.http.native.problems import Kind
from countenance.terms import errors

SECRET = "/var/lib/countenance/root.key"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotAuthenticated(), Kind.NOT_AUTHENTICATED),
        (PurposeRequired("which"), Kind.PURPOSE_REQUIRED),
        (PurposeWidened("not that"), Kind.PURPOSE_WIDENED),
        (BadRequest("what"), Kind.BAD_REQUEST),
        (TooSlow("late"), Kind.TOO_SLOW),
        (TooLarge(5), Kind.TOO_LARGE),
        (Overloaded(2, of_key=True), Kind.TOO_MANY),
        (Overloaded(2, of_key=False), Kind.UNAVAILABLE),
        (errors.UnknownName("no"), Kind.UNKNOWN_NAME),
        (errors.NameTaken("yes"), Kind.NAME_TAKEN),
        (errors.Malformed("bad"), Kind.BAD_REQUEST),
        (errors.BrokenInput("bad"), Kind.BAD_REQUEST),
        (errors.RecipeMismatch("other"), Kind.RECIPE_MISMATCH),
        (errors.Unwritable("full", where=SECRET, remedy=f"Free {SECRET}"), Kind.UNAVAILABLE),
        (errors.InUse("held", where=SECRET), Kind.UNAVAILABLE),
        (errors.MissingPart("gone", where=SECRET), Kind.UNAVAILABLE),
        (errors.ReceiptRefused("used", where=SECRET), Kind.UNAVAILABLE),
        (errors.LogDamaged("torn", where=SECRET), Kind.DEFECT),
        (errors.SealBroken("torn", where=SECRET), Kind.DEFECT),
        (errors.WrongDigest("other", where=SECRET), Kind.DEFECT),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_kind(error: errors.CountenanceError, kind: Kind) -> None:
    """Status, type and headers; a path of the server is in no answer."""
    request = Request({"type": "http", "headers": [], SCOPE: Visit(request_id="r")})
    told = tell_error(request, error)
    said = json.loads(bytes(told.body))
    assert (told.status_code, said["type"], said["title"]) == (kind.status, kind.type, kind.title)
    assert said["instance"] == "urn:countenance:request:r"
    assert SECRET not in told.body.decode()
    assert told.headers.get("retry-after") == ("2" if isinstance(error, Overloaded) else None)


def test_kinds_are_told_apart() -> None:
    """No two have one type; each status is an error's."""
    assert len({kind.type for kind in Kind}) == len(Kind)
    assert all(400 <= kind.status < 600 for kind in Kind)
