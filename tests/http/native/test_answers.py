"""What answers say beside the plain ones: minors, subjects without a face, purposes in the body, refusals explained."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.assembly import House
from countenance.http.native.operation import MANY_LIMIT
from countenance.terms.errors import Malformed
from countenance.terms.measured_point import RULE, SCHEMA, write_point
from countenance.terms.recipe import Recipe

from .conftest import problem

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


def picture(pictures: Mapping[str, Path], name: str = "obama.jpg") -> str:
    return base64.b64encode(pictures[name].read_bytes()).decode()


@pytest.fixture
async def asking(app_client: httpx.AsyncClient, new_key: Callable[..., str]) -> httpx.AsyncClient:
    """A client with a key for two purposes, and a gallery."""
    key = new_key(purposes=("missing-person", "access-control"), authority=None)
    app_client.headers["authorization"] = f"Bearer {key}"
    app_client.headers["countenance-authority"] = "guardian-request:case-3"
    said = {"name": "registry", "purpose": "missing-person"}
    assert (await app_client.post("/v1/galleries", json=said)).status_code == 201
    return app_client


async def test_the_body_may_say_the_purpose(
    asking: httpx.AsyncClient, app_house: House, pictures: Mapping[str, Path]
) -> None:
    """Like the headers, and not against them; case and reason are sealed in the log behind the entry."""
    path = "/v1/galleries/registry/identify"
    image = {"image": picture(pictures)}
    problem(await asking.post(path, json=image), 403, "purpose-required")
    against = {**image, "purpose": "access-control"}
    problem(
        await asking.post(path, json=against, headers={"countenance-purpose": "missing-person"}),
        403,
        "purpose-required",
    )
    said = {**image, "purpose": "missing-person", "case": "2026-113"}
    found = (await asking.post(path, json=said, headers={"countenance-reason": "M%C3%BCtterlich"})).json()
    sealed = app_house.ledger.detail(found["receipt"]["entry"])
    assert sealed is not None
    assert (sealed["case"], sealed["reason"], sealed["client"]) == ("2026-113", "Mütterlich", "native")
    assert sealed["purpose_text"] == "missing-person"


async def test_a_refusal_says_what_would_be_permitted(asking: httpx.AsyncClient, pictures: Mapping[str, Path]) -> None:
    """The sentence, the principle that it cites, and what the request lacks."""
    said = {"image": picture(pictures), "purpose": "access-control"}
    refused = problem(await asking.post("/v1/galleries/registry/identify", json=said), 403, "purpose-denied")
    assert refused["refusal"]["principles"][0]["sentence"]
    assert refused["remedy"] == refused["refusal"]["remedy"] != ""
    assert refused["detail"] == refused["refusal"]["sentence"]


async def test_minors_are_declared_and_bound(
    asking: httpx.AsyncClient, app_house: House, pictures: Mapping[str, Path]
) -> None:
    """Whoever is enrolled among minors is one, one of adults takes none; the answer says who is one."""
    asking.headers["countenance-purpose"] = "missing-person"
    made = await asking.post("/v1/galleries", json={"name": "children", "ages": "minors"})
    assert made.json()["gallery"]["ages"] == "minors"
    assert made.json()["gallery"]["metadata"] == {}
    said = {"image": picture(pictures), "subject": "Ada"}
    problem(await asking.post("/v1/galleries/registry/enrolments", json={**said, "minor": True}), 400, "bad-request")
    assert (await asking.post("/v1/galleries/children/enrolments", json=said)).status_code == 201
    shown = (await asking.get("/v1/galleries/children/subjects/Ada")).json()
    assert (shown["subject"]["minor"], shown["subject"]["metadata"]) == (True, {})
    reserved = await asking.patch("/v1/galleries/children/subjects/Ada", json={"metadata": {"countenance.minor": None}})
    problem(reserved, 400, "bad-request")
    assert app_house.galleries.find("children").subjects == 1


async def test_a_subject_grows_and_shrinks(asking: httpx.AsyncClient, pictures: Mapping[str, Path]) -> None:
    """Without a face nobody is verified; with references they are, until the last is gone."""
    asking.headers["countenance-purpose"] = "missing-person"
    place = "/v1/galleries/registry/subjects/Ada"
    made = await asking.post("/v1/galleries/registry/subjects", json={"name": "Ada", "metadata": {"unit": "north"}})
    assert made.status_code == 201
    probe = {"image": picture(pictures, "obama2.jpg")}
    none = (await asking.post(f"{place}/verify", json=probe)).json()
    assert (none["match"], none["score"]) == (False, None)
    whole = pictures["obama.jpg"].read_bytes()
    head = {"content-type": "application/octet-stream"}
    near = {"near": '{"left": 0, "top": 0, "width": 9000, "height": 9000}', "metadata": '{"taken": "1843"}'}
    added = await asking.post(f"{place}/references", content=whole, headers=head, params=near)
    assert added.status_code == 201, added.text
    reference = f"/v1/galleries/registry/references/{added.json()['reference']}"
    assert (await asking.get(reference)).json()["metadata"] == {"taken": "1843"}
    changed = await asking.patch(reference, json={"metadata": {"taken": None, "by": "Carpenter"}})
    assert changed.json()["reference"]["metadata"] == {"by": "Carpenter"}
    assert (await asking.post(f"{place}/verify", json=probe)).json()["match"] is True
    renamed = await asking.patch(place, json={"name": "Ada King", "metadata": {"unit": None}})
    assert (renamed.json()["subject"]["name"], renamed.json()["subject"]["metadata"]) == ("Ada King", {})
    assert (await asking.delete(reference)).status_code == 200
    problem(await asking.get(reference), 404, "unknown-name")
    listed = await asking.get("/v1/galleries/registry/subjects/Ada King/references")
    assert listed.json() == {"references": []}
    gallery = await asking.patch("/v1/galleries/registry", json={"metadata": {"unit": "north"}})
    assert gallery.json()["gallery"]["metadata"] == {"unit": "north"}
    assert (await asking.delete("/v1/galleries/registry")).status_code == 200


async def test_who_else_this_may_be(asking: httpx.AsyncClient, pictures: Mapping[str, Path]) -> None:
    """A search of its own beside an enrolment; where the charter refuses it, the enrolment goes on."""
    asking.headers["countenance-purpose"] = "missing-person"
    path = "/v1/galleries/registry/enrolments"
    assert (await asking.post(path, json={"image": picture(pictures), "subject": "Ada"})).status_code == 201
    other = {"image": picture(pictures, "obama2.jpg"), "subject": "Bea", "duplicates": True}
    made = (await asking.post(path, json=other)).json()
    assert [each["subject"] for each in made["duplicates"]["candidates"]] == ["Ada"]
    assert made["duplicates"]["reviewers"] == 1
    assert made["duplicates"]["receipt"]["entry"] != made["receipt"]["entry"]
    door = {"countenance-purpose": "access-control", "countenance-authority": "consent:1"}
    third = {"image": picture(pictures, "obama3.jpg"), "subject": "Cyd", "duplicates": True}
    refused = await asking.post(path, json=third, headers=door)
    assert refused.status_code == 201, refused.text
    assert refused.json()["duplicates"]["candidates"] == []
    assert refused.json()["duplicates"]["refusal"]["sentence"]


async def test_many_pictures_have_bounds(asking: httpx.AsyncClient) -> None:
    """A form may be larger than JSON; too many or two of one name are refused before anything is asked."""
    asking.headers["countenance-purpose"] = "missing-person"
    large = b'{"images": "' + b"x" * (6 * 1024 * 1024) + b'"}'
    problem(await asking.post("/v1/group", content=large, headers=JSON), 413, "too-large")
    files: list[Any] = [("images", ("one.jpg", b"x" * MANY_LIMIT))]
    problem(await asking.post("/v1/group", files=files), 413, "too-large")
    problem(await asking.post("/v1/group", files=[("images", ("one.jpg", b"x"))] * 2), 400, "bad-request")
    many: list[Any] = [("images", (f"{n}.jpg", b"x")) for n in range(201)]
    problem(await asking.post("/v1/group", files=many), 400, "bad-request")
    unnamed = {"items": '[{"image": "two.jpg", "subject": "Ada"}]'}
    batch = "/v1/galleries/registry/enrolments/batch"
    problem(await asking.post(batch, files=[("images", ("one.jpg", b"x"))], data=unnamed), 400, "bad-request")


async def test_a_score_has_its_measured_rate(
    asking: httpx.AsyncClient, app_house: House, pictures: Mapping[str, Path]
) -> None:
    """Null until a measured 1:1 point is adopted; a search is measured by the same curve; null beyond the data."""
    asking.headers["countenance-purpose"] = "missing-person"
    pair = {"first": picture(pictures), "second": picture(pictures, "obama2.jpg")}
    before = (await asking.post("/v1/verify", json=pair)).json()
    assert before["fmr"] is None
    score, recipe = before["score"], app_house.rooms.vision().recipe
    rows = [[score - 0.1, 1e-2, 9e-3, 2e-2], [score + 0.1, 1e-4, 0.0, 3e-4]]
    adopted = app_house.rooms.points.adopted
    assert adopted is not None
    for curve in ([[0.5, 0.1, 0.2, 0.3]], [[0.5, 0.1, 0, 1], [0.4, 0.1, 0, 1]], [[0.5, 0, 0, 1]], {}, [[1]]):
        with pytest.raises(Malformed, match="fmr_curve"):
            adopted.adopt(write_point(measured(recipe, curve)), recipe, principal="os:me")
    adopted.adopt(write_point(measured(recipe, rows)), recipe, principal="os:me")
    after = (await asking.post("/v1/verify", json=pair)).json()
    assert after["fmr"]["value"] == pytest.approx(1e-3, rel=1e-3)
    assert (after["fmr"]["low"], after["fmr"]["high"]) == (0.0, 2e-2)
    said = {"image": picture(pictures), "subject": "Ada"}
    assert (await asking.post("/v1/galleries/registry/enrolments", json=said)).status_code == 201
    path = "/v1/galleries/registry/identify"
    for name, known in (("obama2.jpg", True), ("obama.jpg", False)):
        found = (await asking.post(path, json={"image": picture(pictures, name)})).json()
        [lead] = found["searched"][0]["candidates"]
        assert (lead["fmr"] is not None) == known


def measured(recipe: Recipe, curve: object) -> dict[str, Any]:
    """An operating point with this curve."""
    return {
        "schema": SCHEMA,
        "task": "1:1",
        "recipe": recipe.line,
        "recipe_sha256": recipe.digest,
        "target": {"rate": "FMR", "value": 0.001, "rule": RULE},
        "threshold": 0.3,
        "calibration": {"dataset": "drawn", "fmr": 5e-4, "ci95": [3e-4, 8e-4]},
        "fmr_curve": curve,
        "created": "2026-11-24",
    }
