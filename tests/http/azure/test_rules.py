"""What the contract leaves open and this service promises: nothing twice, nobody else's, gone is gone."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.assembly import House, load_vision
from countenance.http.app import make_app, make_edge
from countenance.http.azure import limits
from countenance.ledger.entry import parse
from countenance.settings import Settings
from countenance.terms.key_role import KeyRole
from countenance.vision.mesh import MODEL
from countenance.vision.models.store import ModelStore

pytestmark = pytest.mark.anyio
Pictures = Mapping[str, Path]
V = "/face/v1.2-preview.1"
GROUP = f"{V}/largepersongroups/g"
BYTES = {"content-type": "application/octet-stream"}


class Asker:
    """One key's requests to the application in this process."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._key = {"Ocp-Apim-Subscription-Key": key}

    async def __call__(
        self, verb: str, path: str, body: dict[str, Any] | bytes | None = None, **headers: str
    ) -> httpx.Response:
        said = self._key | headers
        if isinstance(body, bytes):
            return await self._client.request(verb, path, content=body, headers=BYTES | said)
        return await self._client.request(verb, path, json=body, headers=said)

    async def done(self, verb: str, path: str, body: dict[str, Any] | bytes | None = None) -> Any:
        answer = await self(verb, path, body)
        assert answer.status_code in (200, 202), answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def ask(app_client: httpx.AsyncClient, new_key: Callable[..., str], anyio_backend: str) -> Asker:
    """A key that may do everything, and a group."""
    made = Asker(app_client, new_key())
    await made.done("PUT", GROUP, {"name": "n"})
    return made


async def person(ask: Asker, name: str = "a") -> str:
    made: str = (await ask.done("POST", f"{GROUP}/persons", {"name": name}))["personId"]
    return made


async def code(answering: Any) -> tuple[int, str]:
    answer = await answering
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_post_that_is_sent_again_acts_once(ask: Asker) -> None:
    once = {"x-ms-client-request-id": "one"}
    first = await ask("POST", f"{GROUP}/persons", {"name": "a"}, **once)
    again = await ask("POST", f"{GROUP}/persons", {"name": "a"}, **once)
    assert first.json() == again.json()
    assert len(await ask.done("GET", f"{GROUP}/persons")) == 1


async def test_a_refusal_that_is_sent_again_is_one_entry(
    app_house: House, app_client: httpx.AsyncClient, new_key: Callable[..., str], pictures: Pictures
) -> None:
    ask = Asker(app_client, new_key(purposes=("family-separation",)))
    picture = pictures["obama.jpg"].read_bytes()
    answers = [await ask("POST", f"{V}/detect", picture, **{"x-ms-client-request-id": "one"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["error"]["code"] == "PurposeDenied"


async def test_a_person_has_so_many_faces_and_no_more(
    ask: Asker, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_FACES", 2)
    path = f"{GROUP}/persons/{await person(ask)}/persistedfaces"
    for name in ("obama.jpg", "obama2.jpg"):
        await ask.done("POST", path, pictures[name].read_bytes())
    assert await code(ask("POST", path, pictures["obama3.jpg"].read_bytes())) == (403, "QuotaExceeded")


async def test_what_is_deleted_may_come_back_unless_it_was_withdrawn(
    ask: Asker, app_client: httpx.AsyncClient, new_key: Callable[..., str], pictures: Pictures
) -> None:
    picture = pictures["obama.jpg"].read_bytes()
    for _ in range(2):
        one = await person(ask)
        await ask.done("POST", f"{GROUP}/persons/{one}/persistedfaces", picture)
        await ask.done("DELETE", f"{GROUP}/persons/{one}")
    withdrawing = Asker(app_client, new_key(deletes_withdraw=True))
    one = await person(withdrawing)
    await withdrawing.done("POST", f"{GROUP}/persons/{one}/persistedfaces", picture)
    await withdrawing.done("DELETE", f"{GROUP}/persons/{one}")
    another = await person(ask)
    answer = await ask("POST", f"{GROUP}/persons/{another}/persistedfaces", picture)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "SubjectWithdrawn"), answer.text
    assert answer.json()["receipt"]["action"] == "enrol"


async def test_a_face_is_its_keys_alone(
    ask: Asker, app_client: httpx.AsyncClient, new_key: Callable[..., str], pictures: Pictures
) -> None:
    [face] = await ask.done("POST", f"{V}/detect", pictures["obama.jpg"].read_bytes())
    pair = {"faceId1": face["faceId"], "faceId2": face["faceId"]}
    assert (await ask.done("POST", f"{V}/verify", pair))["isIdentical"] is True
    other = Asker(app_client, new_key())
    assert await code(other("POST", f"{V}/verify", pair)) == (404, "FaceNotFound")


async def test_a_face_goes_with_the_person_whose_picture_it_was(ask: Asker, pictures: Pictures) -> None:
    picture = pictures["obama.jpg"].read_bytes()
    [face] = await ask.done("POST", f"{V}/detect", picture)
    one = await person(ask)
    await ask.done("POST", f"{GROUP}/persons/{one}/persistedfaces", picture)
    await ask.done("DELETE", f"{GROUP}/persons/{one}")
    pair = {"faceId1": face["faceId"], "faceId2": face["faceId"]}
    assert await code(ask("POST", f"{V}/verify", pair)) == (404, "FaceNotFound")


async def test_tenants_and_keys_of_other_galleries_see_nothing(
    ask: Asker, app_client: httpx.AsyncClient, new_key: Callable[..., str]
) -> None:
    stranger = Asker(app_client, new_key(tenant="other"))
    elsewhere = Asker(app_client, new_key(galleries=("h",)))
    for each in (stranger, elsewhere):
        assert await each.done("GET", f"{V}/largepersongroups") == []
        assert await code(each("GET", GROUP)) == (404, "LargePersonGroupNotFound")
        assert await code(each("DELETE", GROUP)) == (404, "LargePersonGroupNotFound")
    await stranger.done("PUT", GROUP, {"name": "theirs"})
    assert (await stranger.done("GET", GROUP))["name"] == "theirs"
    assert (await ask.done("GET", GROUP))["name"] == "n"
    assert [g["name"] for g in await stranger.done("GET", f"{V}/largepersongroups")] == ["theirs"]


async def test_a_key_that_neither_enrols_nor_compares_reads_no_names(
    ask: Asker, app_client: httpx.AsyncClient, new_key: Callable[..., str], pictures: Pictures
) -> None:
    auditor = Asker(app_client, new_key(roles={KeyRole.AUDITOR}))
    for path in (GROUP, f"{GROUP}/persons", f"{V}/largepersongroups"):
        assert await code(auditor("GET", path)) == (403, "PurposeDenied")
    picture = pictures["obama.jpg"].read_bytes()
    assert await code(auditor("POST", f"{V}/detect?returnFaceId=false", picture)) == (403, "PurposeDenied")


async def test_finding_boxes_makes_no_template_and_no_receipt(
    app_client: httpx.AsyncClient, new_key: Callable[..., str], pictures: Pictures
) -> None:
    """Nor does it need a purpose."""
    ask = Asker(app_client, new_key(purposes=()))
    answer = await ask("POST", f"{V}/detect?returnFaceId=false", pictures["t1.jpg"].read_bytes())
    assert (answer.status_code, len(answer.json())) == (200, 6)
    assert "countenance-receipt" not in answer.headers
    assert not any("faceId" in face for face in answer.json())


async def test_pages_have_every_group_once_and_only_of_their_kind(ask: Asker) -> None:
    for number in range(5):
        await ask.done("PUT", f"{V}/largepersongroups/l{number}", {"name": "n"})
        await ask.done("PUT", f"{V}/persongroups/p{number}", {"name": "n"})
    seen: list[str] = []
    while page := await ask.done("GET", f"{V}/largepersongroups?top=2&start={seen[-1] if seen else ''}"):
        assert len(page) <= 2
        seen += [each["largePersonGroupId"] for each in page]
    assert seen == ["g", "l0", "l1", "l2", "l3", "l4"]


async def test_a_gallery_made_in_another_way_is_a_large_person_group(
    ask: Asker, app_house: House, pictures: Pictures
) -> None:
    from countenance.service.enrol import EnrolRequest, enrol
    from countenance.service.manage import create_gallery
    from countenance.terms.authority import Authority
    from countenance.terms.sample import Sample

    asking = replace(app_house.asking("missing-person", None), authority=Authority("guardian-request", "case-3"))
    create_gallery(app_house.rooms, asking, name="native")
    gallery = app_house.galleries.find("native")
    enrol(app_house.rooms, asking, gallery=gallery, request=EnrolRequest(Sample.read(pictures["obama.jpg"]), "Barack"))
    made = await ask.done("GET", f"{V}/largepersongroups/native")
    assert made == {"largePersonGroupId": "native", "name": "native"}
    [one] = await ask.done("GET", f"{V}/largepersongroups/native/persons")
    assert one["name"] == "Barack"
    [face] = await ask.done("POST", f"{V}/detect", pictures["obama2.jpg"].read_bytes())
    body = {"faceIds": [face["faceId"]], "largePersonGroupId": "native"}
    [found] = await ask.done("POST", f"{V}/identify", body)
    assert [each["personId"] for each in found["candidates"]] == [one["personId"]]


async def test_a_body_that_is_no_picture_and_no_address(ask: Asker) -> None:
    for headers in ({"content-type": "multipart/form-data"}, {"content-type": "text/plain"}):
        assert await code(ask("POST", f"{V}/detect", b"x" * 2000, **headers)) == (400, "BadArgument")
    deep = b'{"url":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for body in (b"{", b'{"url": NaN}', b'{"url": "a", "url": "b"}', b"\xff", deep, b'"text"', b""):
        answer = await ask("POST", f"{V}/detect", body, **{"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadArgument"), body[:40]


async def test_chunks_without_a_length_are_bounded(ask: Asker) -> None:
    async def endless() -> Any:
        for _ in range(200):
            yield b"x" * 65536

    headers = ask._key | BYTES
    answer = await ask._client.post(f"{V}/detect", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidImageSize")


async def test_an_address_is_fetched_where_its_host_is_listed(
    app_house: House, new_key: Callable[..., str], pictures: Pictures
) -> None:
    picture = pictures["obama.jpg"].read_bytes()

    class Giving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(picture)))
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Giving) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        settings = app_house.settings.model_copy(update={"url_hosts": (host,), "url_networks": ("127.0.0.0/8",)})
        house = replace(app_house, settings=settings)
        edge = make_edge(house)
        transport = httpx.ASGITransport(make_app(house, edge))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            ask = Asker(client, new_key())
            [face] = await ask.done("POST", f"{V}/detect", {"url": f"http://{host}/obama.jpg"})
            assert face["faceRectangle"]["width"] > 36
            assert await code(ask("POST", f"{V}/detect", {"url": "http://localhost:1/"})) == (400, "InvalidURL")
        edge.workers.close()
        server.shutdown()


async def test_too_often_is_code_429_with_a_time_to_wait(
    app_client: httpx.AsyncClient, new_key: Callable[..., str]
) -> None:
    ask = Asker(app_client, new_key(rate=0.01))
    answers = [await ask("GET", f"{V}/largepersongroups") for _ in range(30)]
    last = answers[-1]
    assert (answers[0].status_code, last.status_code) == (200, 429)
    assert (last.json()["error"]["code"], last.headers["x-ms-error-code"]) == ("429", "429")
    assert int(last.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("bound", "code", "text"),
    [
        ({"purposes": ()}, "PurposeRequired", "countenance keys create"),
        ({"purposes": ("family-separation",)}, "PurposeDenied",
         "Principle families-stay-together: This system parts no family."),
        ({"authority": None}, "PurposeDenied", "Principle asked-first"),
    ],
)  # fmt: skip
async def test_no_purpose_and_a_refused_one(
    app_client: httpx.AsyncClient,
    app_house: House,
    new_key: Callable[..., str],
    pictures: Pictures,
    bound: Any,
    code: str,
    text: str,
) -> None:
    """Reason, principle and what to do stand in the message; the refusal is in the log, under its receipt."""
    ask = Asker(app_client, new_key(**bound))
    before = set(app_house.ledger.ids())
    answer = await ask("POST", f"{V}/detect", pictures["obama.jpg"].read_bytes())
    said = answer.json()
    assert (answer.status_code, said["error"]["code"], answer.headers["x-ms-error-code"]) == (403, code, code)
    assert text in said["error"]["message"]
    assert json.loads(answer.headers["countenance-receipt"]) == said["receipt"]
    assert (said["receipt"]["action"], said["receipt"]["bound"]) == ("acquire", 0)
    [entry] = set(app_house.ledger.ids()) - before
    assert entry == said["receipt"]["entry"]


@pytest.mark.parametrize(
    ("bound", "named", "code", "public"),
    [
        ({"purposes": ()}, None, "PurposeRequired", "unregistered"),
        ({"purposes": ("missing-person", "evaluation")}, None, "PurposeRequired", "unregistered"),
        ({}, "evaluation", "PurposeDenied", "evaluation"),
        ({}, "spying", "PurposeDenied", "unregistered"),
    ],
)
async def test_what_a_key_is_not_bound_to_is_refused_by_the_gate_and_recorded(
    app_client: httpx.AsyncClient, app_house: House, new_key: Callable[..., str], bound: Any, named: str, code: str,
    public: str,
) -> None:  # fmt: skip
    """Faces that are nobody's are not looked for first: the refusal is an entry, under the registered id if any."""
    ask = Asker(app_client, new_key(**bound))
    body = {"faceId1": str(uuid.uuid4()), "faceId2": str(uuid.uuid4())}
    answer = await ask("POST", f"{V}/verify", body, **({"Countenance-Purpose": named} if named else {}))
    said = answer.json()
    assert (answer.status_code, said["error"]["code"]) == (403, code)
    entry = parse(app_house.ledger.entry(said["receipt"]["entry"])).fields
    assert (entry["act"], entry["pur"], entry["dec"]) == ("verify", public, "deny")
    sealed = app_house.ledger.detail(said["receipt"]["entry"])
    assert sealed is not None
    assert sealed["purpose_text"] == named


async def test_a_prefix_narrows_and_never_widens(app_client: httpx.AsyncClient, new_key: Callable[..., str]) -> None:
    ask = Asker(app_client, new_key(purposes=("missing-person", "evaluation")))
    path = f"{V}/largepersongroups"
    assert await code(ask("GET", path)) == (403, "PurposeRequired")
    assert await ask.done("GET", f"/p/missing-person{path}") == []
    assert await ask.done("GET", f"/p/missing-person~front-door{path}") == []
    assert await ask.done("GET", f"{path}?purpose=missing-person") == []
    assert (await ask("GET", path, **{"Countenance-Purpose": "missing-person"})).status_code == 200
    assert await code(ask("GET", f"/p/access-control{path}")) == (403, "PurposeDenied")


async def test_with_the_landmark_model_all_27_are_measured(
    app_house: House, new_key: Callable[..., str], pictures: Pictures
) -> None:
    ModelStore(Settings().models).fetch([MODEL])
    sighted = load_vision(Settings())
    house = replace(app_house, rooms=replace(app_house.rooms, vision=lambda: sighted))
    edge = make_edge(house)
    transport = httpx.ASGITransport(make_app(house, edge))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        path = f"{V}/detect?returnFaceLandmarks=true&returnFaceId=false"
        [face] = await Asker(client, new_key()).done("POST", path, pictures["biden.jpg"].read_bytes())
    edge.workers.close()
    points = face["faceLandmarks"]
    assert len(points) == 27
    across = (
        "eyebrowLeftOuter",
        "eyeLeftInner",
        "noseRootRight",
        "eyeRightInner",
        "eyeRightOuter",
        "eyebrowRightOuter",
    )
    down = ("eyebrowLeftInner", "eyeLeftTop", "eyeLeftBottom", "noseTip", "upperLipTop", "underLipBottom")
    for names, axis in ((across, "x"), (down, "y")):
        assert [points[name][axis] for name in names] == sorted(points[name][axis] for name in names)


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "\x00",
    "\ud800",
    "é" * 200,
    [],
    [None],
    [[]],
    {},
    {"a": {}},
    ["\ud800"],
)
IDS = ("%00", "%ED%A0%80", "..", "%2e%2e%2fg", "a%0a", "G", "g" * 65, "%F0%9F%98%80")


async def test_odd_values_are_the_callers_fault(ask: Asker) -> None:
    """Whatever a field or an id is, the answer is Azure's error (or it is taken); never a defect of the service."""
    fields = {
        "identify": ("faceIds", "largePersonGroupId", "personIds", "maxNumOfCandidatesReturned", "confidenceThreshold"),
        "verify": ("faceId1", "faceId", "personId", "largePersonGroupId"),
        "findsimilars": ("faceId", "faceIds", "faceListId", "mode", "maxNumOfCandidatesReturned"),
        "group": ("faceIds",),
        "detect": ("url", "sessionImageId"),
        "largepersongroups/g/persons": ("name", "userData"),
    }
    for operation, names in fields.items():
        for name in names:
            for value in ODD:
                body = json.dumps({"name": "n", name: value}).encode()
                answer = await ask("POST", f"{V}/{operation}", body, **{"content-type": "application/json"})
                assert answer.status_code < 500, (operation, name, value, answer.text)
                assert answer.status_code == 200 or answer.headers["x-ms-error-code"]
    places = (
        ("GET", "largepersongroups/{}"),
        ("PUT", "facelists/{}"),
        ("DELETE", "facelists/{}"),
        ("GET", "largepersongroups/g/persons/{}"),
        ("GET", "largepersongroups?start={}"),
        ("GET", "largepersongroups?top={}"),
    )
    for odd in IDS:
        for verb, place in places:
            path = place.format(odd)
            answer = await ask(verb, f"{V}/{path}", {"name": "n"} if verb == "PUT" else None)
            assert answer.status_code < 500, (verb, path, answer.text)
    assert [each["largePersonGroupId"] for each in await ask.done("GET", f"{V}/largepersongroups")] == ["g"]
