"""Faces that detect kept, looked up before anything is compared: are they there, and of one recognition model."""

from __future__ import annotations

from collections.abc import Sequence

from countenance.http.azure.call import Call
from countenance.http.azure.faults import face_not_found, incompatible
from countenance.service.kept_faces import FaceUnknown, find_faces


async def require_compatible(call: Call, ids: Sequence[str], model: str | None, missing: int) -> None:
    """Raises FaceNotFound (with the status ``missing``), or BadArgument where models differ.

    ``model`` is the group's, None where any fits.
    """
    if not call.asking.purposeful:  # the gate is to refuse it
        return
    stored = await call.read(find_faces, call.house.rooms, call.owner, ids)
    if isinstance(stored, FaceUnknown):
        raise face_not_found(missing)
    models = {one.label for one in stored if one.label} | ({model} if model else set())
    if len(models) > 1:
        raise incompatible()
