"""Operating points: what was adopted decides, with its error rate in the answer; what does not fit never decides."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.service.conftest import asks

from countenance.assembly import House
from countenance.ledger.entry import parse
from countenance.service.adopted_points import LIST, AdoptedPoints
from countenance.service.enrol import EnrolRequest, enrol, gallery_for
from countenance.service.identify import Identification, identify
from countenance.service.verify import Verification, verify
from countenance.settings import read_settings
from countenance.terms.errors import Malformed, MissingPart, RecipeMismatch, SealBroken, UnknownName, WrongDigest
from countenance.terms.measured_point import read_point, write_point
from countenance.terms.recipe import Recipe
from countenance.terms.sample import Sample

Samples = Mapping[str, Sample]


def content(recipe: Recipe, task: str = "1:1", size: int | None = None, threshold: float = 0.9) -> dict[str, Any]:
    rate = {"1:1": "FMR", "1:N": "FPIR"}[task]
    return {
        "schema": "countenance.operating-point/1",
        "task": task,
        "recipe": recipe.line,
        "recipe_sha256": recipe.digest,
        "target": {"rate": rate, "value": 0.001, "rule": "upper95<=target"},
        "threshold": threshold,
        **({} if size is None else {"gallery_size": size}),
        "calibration": {"dataset": "drawn", rate.lower(): 5e-4, "ci95": [3e-4, 8e-4]},
        "created": "2026-11-24",
    }


def adopt(house: House, **more: Any) -> Any:
    adopted = house.rooms.points.adopted
    assert adopted is not None
    recipe = house.rooms.vision().recipe
    return adopted.adopt(write_point(content(recipe, **more)), recipe, principal="os:me", reason="measured")


def test_what_was_adopted_decides_and_stands_in_every_answer(house: House, samples: Samples) -> None:
    """Two pictures of one person match at the provisional point, and not at the stricter one that was adopted."""
    words = {"first": samples["obama.jpg"], "second": samples["obama2.jpg"]}
    before = verify(house.rooms, asks(house), **words)
    assert isinstance(before, Verification)
    assert (before.match, before.operating_point.provisional) == (True, True)
    made = adopt(house, threshold=0.99)
    after = verify(house.rooms, asks(house), **words)
    assert isinstance(after, Verification)
    point = after.operating_point
    assert (after.match, point.id, point.provisional, point.target) == (False, made.point.id, False, 0.001)
    assert "measured FMR 0.0005 [0.0003, 0.0008]" in point.source
    assert house.rooms.points.for_identify(house.rooms.vision().recipe, 3).provisional, "1:N has none yet"


def test_adoption_is_an_entry_in_the_log(house: House) -> None:
    """By digest and rate; who and why are sealed."""
    made = adopt(house)
    entry = parse(house.ledger.entry(made.entry))
    assert entry.kind == "point"
    assert (entry.fields["ev"], entry.fields["of"], entry.fields["sha"]) == ("adopted", "fmr", made.point.sha256)
    assert b"measured" not in house.ledger.entry(made.entry)


def test_a_recipe_that_does_not_fit_decides_nothing(house: House, samples: Samples) -> None:
    """A point of another recipe is not adopted; where the recipe changes afterwards, nothing is compared."""
    recipe = house.rooms.vision().recipe
    adopted = house.rooms.points.adopted
    assert adopted is not None
    with pytest.raises(RecipeMismatch, match="another recipe"):
        adopted.adopt(write_point(content(replace(recipe, precision="f16"))), recipe, principal="os:me")
    assert adopted.all == ()
    adopt(house, task="1:N", size=10)
    with pytest.raises(MissingPart, match="measured with another recipe"):
        house.rooms.points.for_identify(replace(recipe, precision="f16"), 10)
    asking = asks(house)
    registry = gallery_for(house.rooms, asking, "registry")
    enrol(house.rooms, asking, gallery=registry, request=EnrolRequest(samples["obama.jpg"], "obama"))  # type: ignore[arg-type]
    other = _running(house, replace(recipe, preparation="changed"))
    counted = house.ledger.last_use(registry.pseudonym)  # type: ignore[union-attr]
    with pytest.raises(MissingPart):
        identify(other.rooms, asking, gallery="registry", sample=samples["obama2.jpg"])
    assert house.ledger.last_use(registry.pseudonym) == counted  # type: ignore[union-attr]


def _running(house: House, recipe: Recipe) -> House:
    vision = house.rooms.vision()

    class Changed:
        def __init__(self) -> None:
            self.recipe = recipe

        def __getattr__(self, name: str) -> Any:
            return getattr(vision, name)

    return replace(house, rooms=replace(house.rooms, vision=Changed))  # type: ignore[arg-type]


def test_a_gallery_that_outgrew_the_point_is_told(house: House, samples: Samples, caplog: Any) -> None:
    """Up to twice the measured size nothing is said; beyond, the answer and the log of the program say so."""
    recipe = house.rooms.vision().recipe
    adopt(house, task="1:N", size=2, threshold=0.4)
    adopt(house, task="1:N", size=8, threshold=0.5)
    points = house.rooms.points
    assert points.for_identify(recipe, 1).threshold == 0.4
    assert points.for_identify(recipe, 3).threshold == 0.5
    at = {n: points.for_identify(recipe, n) for n in (8, 16, 17)}
    assert {p.threshold for p in at.values()} == {0.5}
    assert (at[16].note, at[16].resolved) == ("", True)
    with caplog.at_level(logging.WARNING):
        outgrown = points.for_identify(recipe, 17)
    assert "17 subjects" in outgrown.note
    assert not outgrown.resolved
    assert "17 subjects" in caplog.text
    asking = asks(house)
    registry = gallery_for(house.rooms, asking, "registry")
    enrol(house.rooms, asking, gallery=registry, request=EnrolRequest(samples["obama.jpg"], "obama"))  # type: ignore[arg-type]
    found = identify(house.rooms, asking, gallery="registry", sample=samples["obama2.jpg"])
    assert isinstance(found, Identification)
    assert found.operating_point.threshold == 0.4


def test_the_newest_of_a_kind_is_in_force_and_survives_a_restart(house: House) -> None:
    first, second = adopt(house, threshold=0.5), adopt(house, threshold=0.6)
    adopted = house.rooms.points.adopted
    assert adopted is not None
    assert [a.point.threshold for a in adopted.in_force("1:1")] == [0.6]
    house.close()
    with House.open(read_settings(house.settings.data)) as again:
        known = again.rooms.points.adopted
        assert known is not None
        assert [a.entry for a in known.all] == [first.entry, second.entry]
        assert known.find(second.point.id).point.threshold == 0.6
        with pytest.raises(UnknownName):
            known.find("fmr-no-such")


@pytest.mark.parametrize("damage", ["list", "file", "gone", "forged"])
def test_nobody_else_puts_a_threshold_in_force(house: House, damage: str) -> None:
    """A changed list, a changed or missing file, a list without the key: the house does not open."""
    made = adopt(house)
    house.close()
    place = house.settings.data / "operating-points"
    file, listed = place / f"{made.point.sha256}.json", place / LIST
    match damage:
        case "list":
            listed.write_text(listed.read_text().replace(made.entry, "A" * 22))
        case "file":
            file.write_bytes(file.read_bytes().replace(b"0.9", b"0.1"))
        case "gone":
            file.unlink()
        case _:
            listed.write_text(json.dumps({"adopted": [], "mac": "0" * 64}))
    wrong = {"file": WrongDigest, "gone": MissingPart}.get(damage, SealBroken)
    with pytest.raises(wrong), House.open(read_settings(house.settings.data)):
        pass


BROKEN: dict[str, Any] = {
    "not json": b"{",
    "another schema": {"schema": "x"},
    "no threshold": {"threshold": None},
    "a threshold that is no number": {"threshold": "0.4"},
    "a threshold beyond a cosine": {"threshold": 1.5},
    "the upper bound above the target": {"calibration": {"dataset": "d", "fmr": 5e-4, "ci95": [3e-4, 2e-3]}},
    "a rate outside its interval": {"calibration": {"dataset": "d", "fmr": 9e-4, "ci95": [3e-4, 8e-4]}},
    "another rule": {"target": {"rate": "FMR", "value": 0.001, "rule": "nearest"}},
    "another rate": {"target": {"rate": "FPIR", "value": 0.001, "rule": "upper95<=target"}},
    "no data set": {"calibration": {"fmr": 5e-4, "ci95": [3e-4, 8e-4]}},
    "a digest that is none": {"recipe_sha256": "zz"},
    "1:N without a size": {"task": "1:N", "target": {"rate": "FPIR", "value": 0.001, "rule": "upper95<=target"}},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_does_not_keep_its_rule_is_not_adopted(house: House, name: str) -> None:
    """Every way in which a file can be wrong is told, and nothing is written."""
    adopted = house.rooms.points.adopted
    assert isinstance(adopted, AdoptedPoints)
    recipe = house.rooms.vision().recipe
    wrong = BROKEN[name]
    data = wrong if isinstance(wrong, bytes) else write_point({**content(recipe), **wrong})
    with pytest.raises(Malformed):
        adopted.adopt(data, recipe, principal="os:me")
    assert not (house.settings.data / "operating-points").exists()


def test_a_file_is_read_as_it_was_written(tmp_path: Path, vision: Any) -> None:
    """Equal content has one digest, whatever the order of its keys."""
    said = content(vision.recipe, task="1:N", size=847)
    data = write_point(said)
    assert data == write_point(dict(reversed(said.items())))
    point = read_point(data)
    assert (point.threshold, point.gallery_size, point.low, point.high) == (0.9, 847, 3e-4, 8e-4)
    assert point.id == f"fpir-n847-1e-03-{point.sha256[:8]}"
