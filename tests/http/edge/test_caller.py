"""Who calls, and for what: a request narrows what its key is bound to and never widens it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.http.edge.conftest import Probe

from countenance.assembly import House

pytestmark = pytest.mark.anyio
NewKey = Callable[..., str]


def sent(secret: str, **more: str) -> dict[str, str]:
    return {"Ocp-Apim-Subscription-Key": secret, **{name.replace("_", "-"): value for name, value in more.items()}}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Ocp-Apim-Subscription-Key": ""},
        {"Ocp-Apim-Subscription-Key": "cnt_" + "0" * 16 + "_" + "0" * 64},
        {"Ocp-Apim-Subscription-Key": "é"},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Bearer ey.not.ours"},
    ],
)
async def test_without_a_valid_key_nobody_is_anybody(probe: Probe, headers: dict[str, str]) -> None:
    """401 with how to ask, whatever was wrong."""
    answer = await probe.client.get("/who", headers={k: v.encode("utf-8") for k, v in headers.items()})  # type: ignore[misc]  # bytes are fine
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_both_headers_carry_a_key_and_two_keys_are_none(probe: Probe, new_key: NewKey) -> None:
    """Azure's header or a bearer token; two different ones are a riddle, and refused."""
    one, other = new_key(), new_key()
    assert (await probe.client.get("/who", headers=sent(one))).status_code == 200
    assert (await probe.client.get("/who", headers={"Authorization": f"bearer {one}"})).status_code == 200
    both = sent(one, Authorization=f"Bearer {other}")
    assert (await probe.client.get("/who", headers=both)).status_code == 401


async def test_a_revoked_key_is_none_at_once(probe: Probe, new_key: NewKey, app_house: House) -> None:
    """The next request already."""
    secret = new_key()
    assert (await probe.client.get("/who", headers=sent(secret))).status_code == 200
    (key,) = app_house.api_keys.list()
    app_house.api_keys.revoke(key.id)
    assert (await probe.client.get("/who", headers=sent(secret))).status_code == 401


async def test_a_key_of_one_purpose_needs_no_word(probe: Probe, new_key: NewKey) -> None:
    """An unmodified client asks for what its key is bound to, on its authority."""
    said = (await probe.client.get("/who", headers=sent(new_key()))).json()
    assert (said["purpose"], said["authority"]) == ("missing-person", "guardian-request:case-3")
    assert said["owner"].endswith("/missing-person")
    assert said["principal"].startswith("key:")


WAYS: list[tuple[str, dict[str, str]]] = [
    ("/p/two/who", {}),
    ("/p/two~door-7/who", {}),
    ("/who?purpose=two", {}),
    ("/who", {"Countenance-Purpose": "two"}),
    ("/who", {"X-Countenance-Purpose": "two"}),
    ("/p/two/who?purpose=two", {"Countenance-Purpose": "two"}),
]


@pytest.mark.parametrize(("path", "headers"), WAYS)
async def test_a_key_of_several_purposes_is_narrowed(
    probe: Probe, new_key: NewKey, path: str, headers: dict[str, str]
) -> None:
    """By prefix, query or header; without, 403 and nothing else."""
    secret = new_key(purposes=("one", "two"))
    said = await probe.client.get(path, headers=sent(secret) | headers)
    assert said.json()["purpose"] == "two"
    assert ("door-7" in said.json()["client"]) == ("door-7" in path)
    unsaid = await probe.client.get("/who", headers=sent(secret))
    assert (unsaid.status_code, unsaid.json()["kind"]) == (403, "PurposeRequired")


@pytest.mark.parametrize(("path", "headers"), WAYS)
async def test_a_key_is_not_widened(probe: Probe, new_key: NewKey, path: str, headers: dict[str, str]) -> None:
    """Another purpose than the key's is refused in every way it can be said, also beside one of its own."""
    said = await probe.client.get(path, headers=sent(new_key(purposes=("one",))) | headers)
    assert (said.status_code, said.json()["kind"]) == (403, "PurposeWidened")
    said = await probe.client.get(path, headers=sent(new_key(purposes=("one", "two"))) | headers | {"purpose": "x"})
    assert said.status_code == 200
    if "purpose=" not in path:
        beside = f"{path}?purpose=one"
        said = await probe.client.get(beside, headers=sent(new_key(purposes=("one", "two"))) | headers)
        assert (said.status_code, said.json()["kind"]) == (403, "PurposeRequired")


async def test_a_key_without_a_purpose_cannot_ask(probe: Probe, new_key: NewKey) -> None:
    """It is told how one is made that can."""
    said = (await probe.client.get("/who", headers=sent(new_key(purposes=())))).json()
    assert said["kind"] == "PurposeRequired"


@pytest.mark.parametrize(
    ("bound", "named", "kind"),
    [
        ({"authority": "warrant:1"}, "warrant:1", None),
        ({"authority": "warrant:1"}, "warrant:2", "PurposeWidened"),
        ({"authority": None}, "warrant:2", None),
        ({"authority": None}, "no authority", "Malformed"),
        ({"authority": None, "standing": True}, "warrant:2", "PurposeWidened"),
        ({"authority": None}, "warrant:" + "x" * 700, "BadRequest"),
    ],
)
async def test_an_authority_is_the_keys_or_the_requests(
    probe: Probe, new_key: NewKey, bound: dict[str, Any], named: str, kind: str | None
) -> None:
    """What a key is bound to stands; where it is bound to none, the charter judges what the request says."""
    headers = sent(new_key(**bound))
    for said in (
        await probe.client.get("/who", headers=headers | {"Countenance-Authority": named}),
        await probe.client.get("/who", headers=headers, params={"authority": named}),
    ):
        assert said.json().get("kind") == kind
        assert kind is not None or said.json()["authority"] == named


async def test_a_rate_and_a_number_at_once_are_kept(probe: Probe, new_key: NewKey) -> None:
    """429 with Retry-After, before any work."""
    slow = new_key(rate=1.0)
    answers = [await probe.client.get("/who", headers=sent(slow)) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 429, 429]
    assert int(answers[1].headers["retry-after"]) >= 1


async def test_galleries_are_the_keys_and_the_tenants(probe: Probe, new_key: NewKey) -> None:
    """What is not the key's is told like what is not there."""
    bound = sent(new_key(galleries=("mine",), tenant="acme"))
    assert (await probe.client.get("/gallery/mine", headers=bound)).json() == {"full": "acme/mine"}
    for name in ("theirs", "other%2Fmine", "acme%2Fmine"):
        assert (await probe.client.get(f"/gallery/{name}", headers=bound)).status_code == 404


async def test_an_address_is_what_the_client_used_or_what_the_operator_said(
    probe: Probe, new_key: NewKey, app_house: House
) -> None:
    """X-Forwarded headers and nonsense in Host are never believed; the purpose prefix is kept."""
    headers = sent(new_key(), X_Forwarded_Host="evil.example", X_Forwarded_Proto="https", Forwarded="host=evil.example")
    said = (await probe.client.get("/p/missing-person/who", headers=headers)).json()
    assert said["address"] == "http://test/p/missing-person/work"
    odd = (await probe.client.get("/who", headers=headers | {"Host": "a b<script>"})).json()
    assert "script" not in odd["address"]
