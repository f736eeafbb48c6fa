"""What the clock asks of a server: real rooms, a quick clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from countenance.assembly import House
from countenance.http.housekeeping import RETENTION_ROUNDS, Housekeeping
from countenance.service.asking import Asking
from countenance.service.enrol import EnrolRequest, enrol, gallery_for
from countenance.service.keep_faces import keep_faces
from countenance.terms.gallery import Keep
from countenance.terms.sample import Sample


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def overdue(house: House, asking: Asking, picture: bytes) -> Any:
    """A gallery with one subject, whose retention date was a moment ago."""
    place: Any = gallery_for(house.rooms, asking, "registry", Keep.NONE)
    until_ = int(time.time()) + 1
    enrol(house.rooms, asking, gallery=place, request=EnrolRequest(Sample(picture, ""), "Ada", retain_until=until_))
    time.sleep(1.1)
    return place


def test_whoever_is_overdue_is_erased_where_the_settings_say_for_what(
    app_house: House, pictures: Mapping[str, Path]
) -> None:
    """Through the gate: without the setting nobody is erased, under a purpose that is refused nobody either."""
    asking = app_house.asking("missing-person", "guardian-request:case-3")
    place = overdue(app_house, asking, pictures["obama.jpg"].read_bytes())
    said = {"sweep_purpose": "missing-person", "sweep_authority": "guardian-request:retention"}
    ways = [({}, 1), ({"sweep_purpose": "family-separation"}, 1), (said, 0)]
    for settings, left in ways:
        house = replace(app_house, settings=app_house.settings.model_copy(update=settings))
        keeping = Housekeeping(house, lambda: None, seconds=0.1 / RETENTION_ROUNDS)
        try:
            if left:
                time.sleep(0.5)
            assert until(lambda house=house, left=left: len(house.galleries.subjects(place)) == left)
        finally:
            keeping.close()


def test_kept_faces_end_and_an_error_ends_nothing_else(
    app_house: House, pictures: Mapping[str, Path], monkeypatch: Any
) -> None:
    """A task that fails is told, and the next round comes all the same."""
    asking = app_house.asking("missing-person", "guardian-request:case-3")
    keep_faces(app_house.rooms, asking, sample=Sample(pictures["obama.jpg"].read_bytes(), ""), owner="o", ttl=60)
    swept: list[int] = []
    faces = app_house.rooms.galleries.faces
    real = faces.sweep

    def later(now: int | None = None) -> int:
        swept.append(real(int(time.time()) + 61))
        raise RuntimeError("a defect")

    monkeypatch.setattr(faces, "sweep", later)
    keeping = Housekeeping(app_house, lambda: None, seconds=0.05)
    try:
        assert until(lambda: len(swept) >= 3)
    finally:
        keeping.close()
    assert swept[0] == 1
    assert set(swept[1:]) == {0}
