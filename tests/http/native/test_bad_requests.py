"""Bad requests of the native dialect: each gets its problem, and nothing comes of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.assembly import House
from countenance.http.edge.refusals import BadRequest
from countenance.http.native.cursor import cursor_after, start_of

from .conftest import problem

IDENTIFY = "/v1/galleries/registry/identify"
JSON = {"content-type": "application/json"}
BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def here(lasting_server: Any) -> Iterator[httpx.Client]:
    """Somebody at a real server, with a gallery to ask about."""
    head = {"authorization": f"Bearer {lasting_server.key()}"}
    with httpx.Client(base_url=lasting_server.url, headers=head) as client:
        assert client.post("/v1/galleries", json={"name": "registry"}).status_code == 201
        yield client


@pytest.fixture
async def asking(app_client: httpx.AsyncClient, new_key: Callable[..., str]) -> httpx.AsyncClient:
    """A client with a key, and a gallery to ask about."""
    app_client.headers["authorization"] = f"Bearer {new_key()}"
    assert (await app_client.post("/v1/galleries", json={"name": "registry"})).status_code == 201
    return app_client


def form(*parts: bytes, boundary: bytes = b"b") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


IMAGE = b'content-disposition: form-data; name="image"; filename="a"\r\n\r\nx'
FORM = {"content-type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("headers", "body", "status", "slug"),
    [
        (JSON, b"", 400, "bad-request"),
        (JSON, b"[]", 400, "bad-request"),
        (JSON, b"{", 400, "bad-request"),
        (JSON, b'{"image": "x", "image": "y"}', 400, "bad-request"),
        (JSON, b'{"image": NaN}', 400, "bad-request"),
        (JSON, b'{"image": 1}', 400, "bad-request"),
        (JSON, b'{"image": "\\u00e9"}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "most": "5"}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "most": true}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "most": 0}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "most": 1e400}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "most": 999999999999999999999999}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "faces": "everybody"}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "unknown": 1}', 400, "bad-request"),
        (JSON, b'{"image": "eA==", "case": "\\ud800"}', 400, "bad-request"),
        (JSON, b'{"image": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "bad-request"),
        (JSON, b'{"image": "eA==", "purpose": "access-control"}', 403, "purpose-widened"),
        (JSON, b'{"image": "eA==", "authority": "consent:1"}', 403, "purpose-widened"),
        (JSON, b'{"image": "eA=="}', 422, "failure-to-acquire"),
        (BYTES, b"", 422, "failure-to-acquire"),
        (BYTES, b"GIF89a", 422, "failure-to-acquire"),
        ({"content-type": "image/jpeg"}, b"x", 415, "unsupported-media-type"),
        ({}, b"x", 415, "unsupported-media-type"),
        ({"content-type": "multipart/form-data"}, form(IMAGE), 400, "bad-request"),
        ({"content-type": f"multipart/form-data; boundary={'b' * 71}"}, form(IMAGE), 400, "bad-request"),
        (FORM, form(IMAGE)[:-5], 400, "bad-request"),
        (FORM, b"nothing of a form", 400, "bad-request"),
        (FORM, form(IMAGE, IMAGE), 400, "bad-request"),
        (FORM, form(b'content-disposition: form-data; name="most"\r\n\r\n5'), 400, "bad-request"),
        (FORM, form(IMAGE, b'content-disposition: form-data; name="most"\r\n\r\nfive'), 400, "bad-request"),
        (FORM, form(IMAGE, b'content-disposition: form-data; name="case"\r\n\r\n\xff'), 400, "bad-request"),
        (FORM, form(IMAGE, b'content-disposition: form-data; name="\xff"\r\n\r\nx'), 400, "bad-request"),
        (FORM, form(b"content-disposition: form-data\r\n\r\nx"), 400, "bad-request"),
        (FORM, form(b"x-a: b\r\nx-a: c\r\n" + IMAGE), 400, "bad-request"),
        (FORM, form(b"content-transfer-encoding: base64\r\n" + IMAGE), 400, "bad-request"),
        (FORM, form(IMAGE), 422, "failure-to-acquire"),
        ({**BYTES, "countenance-minor": "maybe"}, b"x", 400, "bad-request"),
        ({**BYTES, "countenance-case": "%ff"}, b"x", 400, "bad-request"),
        ({**BYTES, "idempotency-key": "x" * 256}, b"x", 400, "bad-request"),
        ({**BYTES, "countenance-purpose": "evaluation"}, b"x", 403, "purpose-widened"),
        ({**BYTES, "authorization": "Bearer cnt_nothing"}, b"x", 401, "not-authenticated"),
    ],
    ids=lambda value: repr(value[:50]) if isinstance(value, bytes) else None,
)
def test_what_cannot_be_used_is_said(
    here: httpx.Client, headers: Mapping[str, str], body: bytes, status: int, slug: str
) -> None:
    """Every body and header that is not as documented has its own problem, told in one shape."""
    said = problem(here.post(IDENTIFY, content=body, headers=dict(headers)), status, slug)
    assert said["detail"]
    assert ("receipt" in said) == (status in (403, 422))


@pytest.mark.parametrize(
    "name",
    ["", " ", "a/b", "../x", "a\x00b", "a\nb", "\u202eb", "a" * 257, "\ud800", " a", "a ", None, 7, ["a"], {"a": 1}],
    ids=ascii,
)
def test_names_that_no_gallery_can_have(here: httpx.Client, name: object) -> None:
    """Nothing is made."""
    body = json.dumps({"name": name}).encode()
    problem(here.post("/v1/galleries", content=body, headers=JSON), 400, "bad-request")
    assert [each["name"] for each in here.get("/v1/galleries").json()["galleries"]] == ["registry"]


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v1/galleries/%2e%2e", 404),
        ("GET", "/v1/galleries/..%2f..%2froot.key", 404),
        ("GET", "/v1/galleries/a%00b", 404),
        ("GET", "/v1/galleries/%ff%fe", 404),
        ("GET", "/v1/galleries/a%0Ab", 404),
        ("GET", "/p/missing-person/v1/galleries/a%0Ab", 404),
        ("GET", "/v1/galleries/%F0%9F%98%80", 404),
        ("GET", "/v1/galleries/registry%20", 404),
        ("GET", "/v1/galleries/REGISTRY", 404),
        ("GET", "/v1/galleries/" + "a" * 4000, 404),
        ("GET", "/v1/galleries/registry/subjects/%27%20OR%201=1", 404),
        ("DELETE", "/v1/galleries/registry/subjects/nobody", 404),
        ("DELETE", "/v1/galleries/registry/references/nothing", 404),
        ("GET", "/v1/statements/..%2fcountenance", 404),
        ("GET", "/v1/statements/%2e%2e%5cx", 404),
        ("GET", "/v1/receipts/" + "a" * 2000, 404),
        ("GET", "/v1/receipts/.outcome", 404),
        ("GET", "/v1/galleries?limit=0", 400),
        ("GET", "/v1/galleries?limit=1001", 400),
        ("GET", "/v1/galleries?limit=1&limit=2", 400),
        ("GET", "/v1/galleries?cursor=%00", 400),
        ("GET", "/v1/galleries?cursor=AAAA", 400),
        ("GET", "/v1/galleries?unknown=1", 400),
        ("PATCH", "/v1/galleries", 405),
        ("GET", "/v1/galleries/registry/identify", 405),
        ("GET", "/v1/", 404),
    ],
)
def test_addresses_that_lead_nowhere(here: httpx.Client, verb: str, path: str, status: int) -> None:
    """Tricks with paths, ids and queries find nothing, and say so like everything else."""
    answer = here.request(verb, path)
    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), said
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.anyio
async def test_names_in_every_script_come_back_as_they_are(asking: httpx.AsyncClient) -> None:
    """In paths and in fields; and a body that is too large is too large, in the same shape."""
    large = await asking.post(IDENTIFY, content=b"x" * (6 * 1024 * 1024 + 1), headers=BYTES)
    problem(large, 413, "too-large")
    for name in ("Ærø 島", "a%2Fb", "x?y#z", "e\u0301", "😀"):
        made = await asking.post("/v1/galleries", json={"name": name})
        assert made.status_code == 201, made.text
        shown = await asking.get(httpx.URL(made.headers["location"]).raw_path.decode())
        assert shown.status_code == 200
    subject = await asking.post("/v1/galleries/registry/subjects", json={"name": "Zoë/../島"})
    assert subject.status_code == 201
    path = httpx.URL(subject.headers["location"]).raw_path.decode()
    assert (await asking.get(path)).json()["subject"]["name"] == "Zoë/../島"


@pytest.mark.anyio
async def test_pages_go_on_where_they_ended(asking: httpx.AsyncClient) -> None:
    """Each item once, whatever the size of a page; a cursor of one listing is none of another."""
    for n in range(7):
        assert (await asking.post("/v1/galleries/registry/subjects", json={"name": f"s{n}"})).status_code == 201
        assert (await asking.post("/v1/galleries", json={"name": f"g{n}"})).status_code == 201
    for path, noun in (("/v1/galleries", "galleries"), ("/v1/galleries/registry/subjects", "subjects")):
        for limit in (1, 3, 7, 8, 100):
            seen, cursor = list[str](), None
            while True:
                page = (
                    await asking.get(path, params={"limit": limit, **({"cursor": cursor} if cursor else {})})
                ).json()
                seen += [each["name"] for each in page[noun]]
                cursor = page["next"]
                if cursor is None:
                    break
            assert len(seen) == len(set(seen)) == (8 if noun == "galleries" else 7)
    one = (await asking.get("/v1/galleries", params={"limit": 1})).json()["next"]
    problem(await asking.get("/v1/galleries/registry/subjects", params={"cursor": one}), 400, "bad-request")


def test_a_cursor_is_bound_to_its_listing() -> None:
    """It holds any text, and is refused elsewhere."""
    for last in ("", "a", "Ærø 島", "x" * 256):
        cursor = cursor_after("one", last)
        assert start_of("one", cursor) == last
        with pytest.raises(BadRequest):
            start_of("two", cursor)


@pytest.mark.anyio
async def test_a_request_sent_again_is_done_once(
    asking: httpx.AsyncClient, app_house: House, pictures: Mapping[str, Path]
) -> None:
    """With an idempotency key the same answer comes back, also a refusal; without one an enrolment is known."""
    image = base64.b64encode(pictures["obama.jpg"].read_bytes()).decode()
    body = {"image": image, "subject": "Ada"}
    path = "/v1/galleries/registry/enrolments"
    before = sum(1 for _ in app_house.ledger.ids())
    first = await asking.post(path, json=body, headers={"idempotency-key": "1"})
    again = await asking.post(path, json=body, headers={"idempotency-key": "1"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["countenance-replayed"] == "true"
    assert sum(1 for _ in app_house.ledger.ids()) == before + 2
    known = await asking.post(path, json=body)
    assert (known.status_code, known.json()["reference"]) == (200, first.json()["reference"])
    assert (await asking.delete("/v1/galleries/registry/subjects/Ada")).status_code == 200
    afresh = await asking.post(path, json=body, headers={"idempotency-key": "1"})
    assert afresh.status_code == 201
    assert afresh.json()["reference"] != first.json()["reference"]


@pytest.mark.anyio
async def test_keys_do_what_they_are_for(
    app_client: httpx.AsyncClient, app_house: House, new_key: Callable[..., str]
) -> None:
    """Roles, galleries, tenants and purposes bound a key in every answer, lists too."""

    def head(**fields: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {new_key(**fields)}"}

    everybody = head()
    for name in ("one", "two"):
        assert (await app_client.post("/v1/galleries", json={"name": name}, headers=everybody)).status_code == 201
    other = head(tenant="other")
    assert (await app_client.post("/v1/galleries", json={"name": "one"}, headers=other)).status_code == 201

    async def names(who: dict[str, str]) -> list[str]:
        return [each["name"] for each in (await app_client.get("/v1/galleries", headers=who)).json()["galleries"]]

    assert await names(everybody) == ["one", "two"]
    assert await names(other) == ["one"]
    assert await names(head(galleries=("two",))) == ["two"]
    problem(await app_client.get("/v1/galleries/two", headers=other), 404, "unknown-name")
    problem(await app_client.get("/v1/galleries/one", headers=head(galleries=("two",))), 404, "unknown-name")
    problem(await app_client.get("/v1/galleries", headers=head(purposes=())), 403, "purpose-required")
    problem(await app_client.get("/v1/galleries", headers=head(roles={"auditor"})), 403, "role-required")
    problem(
        await app_client.post("/v1/detect", json={"image": ""}, headers=head(roles={"operator"})), 403, "role-required"
    )
    verifier = head(roles={"verifier"})
    problem(await app_client.post("/v1/galleries", json={"name": "x"}, headers=verifier), 403, "purpose-denied")
    both = head(purposes=("missing-person", "evaluation"))
    problem(await app_client.post("/v1/galleries", json={"name": "x"}, headers=both), 403, "purpose-required")
    said = {"name": "x", "purpose": "missing-person"}
    assert (await app_client.post("/v1/galleries", json=said, headers=both)).status_code == 201
    withdrawing = head(deletes_withdraw=True)
    assert (
        await app_client.post("/v1/galleries/one/subjects", json={"name": "Ada"}, headers=everybody)
    ).status_code == 201
    gone = await app_client.delete("/v1/galleries/one/subjects/Ada", headers=withdrawing)
    assert gone.json()["withdrawal"]["since"] > 0
    assert isinstance(app_house.galleries.withdrawals.find("one", "Ada").since, int)
