"""Operating points: the thresholds in force and the error rates that they were measured to have."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.operation import Operation
from countenance.http.native.problems import READING, Kind
from countenance.http.native.shapes import OperatingPoint, Recipe
from countenance.http.native.shapes_answers import OperatingPoints
from countenance.http.native.shapes_asked import Points


async def show_operating_points(call: Call) -> Response:
    """The points of one comparison and of a search; of a search in `gallery`, where one is named."""
    name = call.asked(Points).gallery
    if name is not None:
        call.may_read()
    full = None if name is None else call.caller.gallery(name)

    def points() -> OperatingPoints:
        rooms = call.house.rooms
        recipe, size = rooms.vision().recipe, 1 if full is None else rooms.galleries.find(full).subjects
        return OperatingPoints(
            recipe=Recipe.of(recipe),
            verify=OperatingPoint.of(rooms.points.for_verify(recipe)),
            identify=OperatingPoint.of(rooms.points.for_identify(recipe, size)),
        )

    return call.answer(await call.read(points))


OPERATIONS = (
    Operation(
        "GET",
        "/operating-points",
        show_operating_points,
        OperatingPoints,
        "accountability",
        asks=Points,
        problems=(*READING, Kind.UNKNOWN_NAME),
    ),
)
