"""Which HTTP status each error of the house is; a dialect gives it its shape."""

from __future__ import annotations

from countenance.http.edge.refusals import TurnedAway
from countenance.terms.errors import (
    BrokenInput,
    BrokenMachine,
    CountenanceError,
    NameTaken,
    ReceiptRefused,
    RecipeMismatch,
    RoleRequired,
    UnknownName,
)


def status_of(error: CountenanceError) -> int:
    """503 for what the machine cannot do now (a log that cannot be written: nothing was compared); 500 for the rest."""
    match error:
        case TurnedAway():
            return error.status
        case UnknownName():
            return 404
        case RoleRequired():
            return 403
        case NameTaken() | RecipeMismatch():
            return 409
        case BrokenInput():
            return 400
        case BrokenMachine() | ReceiptRefused():
            return 503
        case _:
            return 500
