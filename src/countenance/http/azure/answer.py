"""Answers: JSON, empty ones, and the receipt that goes with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import JSONResponse, Response

from countenance.terms.receipt import Receipt

RECEIPT = "Countenance-Receipt"
"""The header with the whole receipt, as compact JSON in ASCII."""

Json = Mapping[str, Any]


def with_receipt(receipt: Receipt | None) -> dict[str, str]:
    """The header; none where nothing was asked of the gate."""
    return {} if receipt is None else {RECEIPT: json.dumps(receipt.to_json(), separators=(",", ":"))}


def answer(body: Json, receipt: Receipt | None = None) -> Response:
    """An object; the receipt is a field of it too, which Azure's clients keep or pass over."""
    extra = {} if receipt is None else {"receipt": receipt.to_json()}
    return JSONResponse({**body, **extra}, headers=with_receipt(receipt))


def answer_list(items: Sequence[Json], receipt: Receipt | None = None) -> Response:
    """An array; the receipt is in the header alone."""
    return JSONResponse(list(items), headers=with_receipt(receipt))


def empty(receipt: Receipt | None = None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """No body, as Azure answers what only changes something."""
    return Response(status_code=status, headers={**with_receipt(receipt), **(headers or {})})


def present(**fields: Any) -> dict[str, Any]:
    """Only what there is: Azure leaves out what has no value."""
    return {name: value for name, value in fields.items() if value is not None}
