"""Training: there is nothing to train, so it has succeeded as soon as it is asked; the wire goes as Azure's."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.azure.answer import answer, empty
from countenance.http.azure.call import Call
from countenance.http.azure.faults import not_trained
from countenance.http.azure.galleries import TRAINED, find, trained_at
from countenance.http.azure.kinds import Kind
from countenance.http.azure.times import written
from countenance.service.manage import Managed, change_gallery
from countenance.terms.gallery import Gallery

RETRY_AFTER = {"Retry-After": "1"}
"""Otherwise the clients' pollers wait for half a minute."""


async def train(call: Call, kind: Kind) -> Response:
    """POST /{kind}/{id}/train: 202, an empty body, and the absolute address of the status.

    Who was enrolled is found from then on, trained or not; only that a group was trained once is kept, since a search
    of one that never was is an error of the contract.
    """
    found = await find(call, kind, call.path("group"))
    now = int(call.house.rooms.clock())
    changed = await call.act(Managed, change_gallery, name=found.name, metadata={TRAINED: str(now)})
    path = f"/face/{call.version.name}/{kind.path}/{call.path('group')}/training"
    status = call.edge.address(call.request, path)
    return empty(changed.receipt, 202, {"operation-Location": status, **RETRY_AFTER})


async def training(call: Call, kind: Kind) -> Response:
    """GET /{kind}/{id}/training."""
    call.may_read()
    at = _trained(kind, await find(call, kind, call.path("group")), 404)
    body = {
        "status": "succeeded",
        "createdDateTime": written(at),
        "lastActionDateTime": written(at),
        "lastSuccessfulTrainingDateTime": written(at),
    }
    response = answer(body)
    response.headers.update(RETRY_AFTER)
    return response


def require_trained(kind: Kind, gallery: Gallery) -> None:
    """Inside recognition; raises NotTrained."""
    if kind.trained:
        _trained(kind, gallery, 400)


def _trained(kind: Kind, gallery: Gallery, status: int) -> int:
    at = trained_at(gallery)
    if at is None:
        raise not_trained(kind, status)
    return at
