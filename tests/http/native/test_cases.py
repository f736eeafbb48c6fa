"""Reviews, approvals, authorities and keys over REST: by role, within a tenant, and no secret lies anywhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.chartered import under

from countenance.assembly import House
from countenance.terms.key_role import DEFAULT, KeyRole

from .conftest import problem

pytestmark = pytest.mark.anyio
REGISTRARS = (
    'principals = ["owner", "os:ann", "os:bob", "os:cid"]\nregisters',
    'principals = ["owner", "key-role:examiner", "key-role:governor"]\nregisters',
)
TWO = ("approvals = 0\nreviewers = 1", "approvals = 1\nreviewers = 2")
WORDS = "guardian-request:case-3"
Ask = Callable[..., Any]


@pytest.fixture
def ask(app_client: httpx.AsyncClient, app_house: House, new_key: Callable[..., str]) -> Ask:
    """Ask with a key of the name ``who``, made at its first use with ``who``'s fields."""
    secrets: dict[str, str] = {}

    async def asked(who: str, verb: str, path: str, said: Any = None, fields: Any = None, **headers: str) -> Any:
        if who not in secrets:
            secrets[who] = new_key(name=who, **(fields or {}))
        sent = {"authorization": f"Bearer {secrets[who]}", **headers}
        return await app_client.request(verb, f"/v1{path}", json=said, headers=sent)

    return asked


def picture(pictures: Mapping[str, Path], name: str) -> str:
    return base64.b64encode(pictures[name].read_bytes()).decode()


async def test_a_case_is_judged_by_two_keys_of_its_own_tenant(
    ask: Ask, app_house: House, pictures: Mapping[str, Path]
) -> None:
    """Nobody else sees it, and nothing of them is written; nobody sees a verdict before having given one."""
    under(app_house, (TWO[0], "approvals = 0\nreviewers = 2"), REGISTRARS)
    await ask("ann", "POST", "/galleries", {"name": "registry"})
    said = {"image": picture(pictures, "obama.jpg"), "subject": "Ada"}
    assert (await ask("ann", "POST", "/galleries/registry/enrolments", said)).status_code == 201
    image = {"image": picture(pictures, "obama2.jpg")}
    found = (await ask("ann", "POST", "/galleries/registry/identify", image)).json()
    case = found["searched"][0]["case"]

    verdict = {"finding": "confirmed", "rank": 1, "reason": "the ears"}
    others: dict[str, dict[str, Any]] = {
        "another tenant's": {"tenant": "north"},
        "of another gallery": {"galleries": ("other",)},
        "of another purpose": {"purposes": ("access-control",)},
    }
    for who, fields in others.items():
        assert (await ask(who, "GET", "/reviews", fields=fields)).json()["reviews"] == []
        problem(await ask(who, "GET", f"/reviews/{case}"), 404, "unknown-name")
        problem(await ask(who, "POST", f"/reviews/{case}/verdicts", verdict), 404, "unknown-name")
    door = await ask("door", "POST", f"/reviews/{case}/verdicts", verdict, {"roles": {KeyRole.VERIFIER}})
    problem(door, 403, "role-required")
    assert app_house.rooms.reviews.get(case).verdicts == ()

    mine = (await ask("ann", "POST", f"/reviews/{case}/verdicts", verdict)).json()
    assert [(each["finding"], each["rank"], each["reason"]) for each in mine["verdicts"]] == [
        ("confirmed", 1, "the ears")
    ]
    seen = (await ask("bob", "GET", f"/reviews/{case}")).json()
    assert (seen["verdicts"], seen["given"], seen["candidates"][0]["subject"]) == ([], 1, "Ada")
    done = (await ask("bob", "POST", f"/reviews/{case}/verdicts", {"finding": "none"})).json()
    assert (done["result"], len(done["verdicts"])) == ("inconclusive", 2)
    assert app_house.ledger.has(done["review_entry"])
    problem(await ask("ann", "POST", f"/reviews/{case}/verdicts", verdict), 400, "bad-request")
    assert (await ask("ann", "GET", "/reviews")).json()["reviews"] == []
    assert [one["case"] for one in (await ask("ann", "GET", "/reviews?every=true")).json()["reviews"]] == [case]


async def test_the_charter_decides_who_reviews_approves_and_registers(ask: Ask, app_house: House) -> None:
    """Under the demo's charter no key does: each is told that a role is wanted."""
    authority = {"authority": WORDS, "issuer": "Office"}
    for path, said in (("/approvals", {"authority": WORDS}), ("/authorities", authority)):
        refused = problem(await ask("ann", "POST", path, said, {"authority": None}), 403, "role-required")
        assert "The charter's roles with" in refused["remedy"]
        assert (await ask("ann", "GET", path)).json()[path[1:]] == []
    problem(await ask("ann", "POST", "/reviews/none/verdicts", {"finding": "none"}), 403, "role-required")


async def test_an_approval_lets_somebody_else_search(ask: Ask, app_house: House, pictures: Mapping[str, Path]) -> None:
    """Once; it is listed page by page, and one that was not used is taken back by who sees it."""
    under(app_house, TWO, REGISTRARS)
    await ask("ann", "POST", "/galleries", {"name": "registry"})
    search = "/galleries/registry/identify", {"image": picture(pictures, "obama2.jpg")}
    problem(await ask("bob", "POST", *search), 403, "purpose-denied")
    wanted = {"gallery": "registry", "reason": "seen by me"}
    given = await ask("ann", "POST", "/approvals", wanted)
    assert given.status_code == 201, given.text
    assert (await ask("bob", "POST", *search)).status_code == 200
    problem(await ask("bob", "POST", *search), 403, "purpose-denied")
    second = (await ask("ann", "POST", "/approvals", {**wanted, "sample": "ab" * 32})).json()
    first = (await ask("bob", "GET", "/approvals?limit=1")).json()
    rest = (await ask("bob", "GET", f"/approvals?limit=1&cursor={first['next']}")).json()
    used = {each["id"]: each["used"] is not None for each in (*first["approvals"], *rest["approvals"])}
    assert (used, rest["next"]) == ({given.json()["id"]: True, second["id"]: False}, None)
    elsewhere = await ask("cid", "DELETE", f"/approvals/{second['id']}", fields={"galleries": ("other",)})
    problem(elsewhere, 404, "unknown-name")
    assert app_house.approvals.get(second["id"]).revoked is None
    assert (await ask("bob", "DELETE", f"/approvals/{second['id']}")).json()["revoked"] is not None
    problem(await ask("ann", "POST", "/approvals", {"gallery": "nowhere"}), 404, "unknown-name")
    widened = await ask("ann", "POST", "/approvals", {**wanted, "purpose": "access-control"})
    problem(widened, 403, "purpose-widened")


async def test_an_authority_is_put_on_file_and_revoked(ask: Ask, app_house: House) -> None:
    """One reference means one authority at a time, in galleries that the key reaches; the log has its class."""
    under(app_house, REGISTRARS)
    free = {"authority": None}
    said = {"authority": WORDS, "issuer": "Office", "purposes": ["missing-person"], "galleries": ["registry"]}
    filed = await ask("ann", "POST", "/authorities", said, free)
    assert filed.status_code == 201, filed.text
    one = filed.json()
    assert (one["authority"], one["galleries"], one["used"]) == (WORDS, ["registry"], 0)
    problem(await ask("ann", "POST", "/authorities", said), 409, "name-taken")
    problem(await ask("ann", "POST", "/authorities", {**said, "galleries": ["north/people"]}), 404, "unknown-name")
    standing = {**said, "authority": "guardian-request:case-4", "bound_to": "key:00"}
    problem(await ask("ann", "POST", "/authorities", standing), 400, "bad-request")
    away = await ask("cid", "DELETE", f"/authorities/{one['id']}", fields={"galleries": ("other",)})
    problem(away, 404, "unknown-name")
    assert (await ask("cid", "GET", "/authorities")).json()["authorities"] == []
    assert [each["id"] for each in (await ask("ann", "GET", "/authorities")).json()["authorities"]] == [one["id"]]
    gone = (await ask("ann", "DELETE", f"/authorities/{one['id']}")).json()
    assert gone["revoked"] is not None
    kinds = [b'"k":"authority"' in data for _, data in app_house.ledger.entries()]
    assert sum(kinds) == 2


@pytest.mark.parametrize("path", ["/approvals", "/authorities"])
async def test_what_has_no_tenant_is_the_default_one_s(ask: Ask, app_house: House, path: str) -> None:
    """Another tenant's key neither sees nor touches it, whatever the charter lets its role do."""
    under(app_house, REGISTRARS)
    said = {"authority": WORDS, "issuer": "Office"} if path == "/authorities" else {}
    one = (await ask("ann", "POST", path, said)).json()["id"]
    for verb, where in (("GET", path), ("POST", path), ("DELETE", f"{path}/{one}")):
        body = said if verb == "POST" else None
        problem(await ask("north", verb, where, body, {"tenant": "north"}), 403, "role-required")
    [left] = (await ask("ann", "GET", path)).json()[path[1:]]
    assert left["revoked"] is None


OPERATOR = {"roles": {KeyRole.OPERATOR}, "purposes": (), "authority": None}


async def test_a_secret_is_shown_once(ask: Ask, app_house: House) -> None:
    """The same request sent again makes no second key and shows no secret; the key works until it is revoked."""
    said = {"name": "desk", "purposes": ["missing-person", "unheard-of"], "acts_on": WORDS, "rate": 100}
    made = await ask("op", "POST", "/keys", said, OPERATOR, **{"idempotency-key": "7"})
    assert made.status_code == 201, made.text
    secret, about = made.json()["key"], made.json()["about"]
    assert about["roles"] == ["enroller", "examiner", "verifier"]
    assert "unheard-of" in made.json()["notes"][0]
    again = await ask("op", "POST", "/keys", said, **{"idempotency-key": "7"})
    assert problem(again, 409, "shown-once")["where"] == about["id"]
    assert secret not in again.text
    assert sorted(each["name"] for each in (await ask("op", "GET", "/keys")).json()["keys"]) == ["desk", "op"]
    rotate = "op", "POST", f"/keys/{about['id']}/rotation", {"overlap": 0}
    fresh = (await ask(*rotate, **{"idempotency-key": "8"})).json()["key"]
    problem(await ask(*rotate, **{"idempotency-key": "8"}), 409, "shown-once")
    assert app_house.api_keys.find(secret) is None
    assert app_house.api_keys.find(fresh) is not None
    assert (await ask("op", "DELETE", f"/keys/{about['id']}")).json()["state"] == "revoked"
    assert app_house.api_keys.find(fresh) is None
    assert (await ask("op", "GET", f"/keys/{about['id']}")).json()["acts_on"] == WORDS


async def test_an_operator_gives_nobody_its_own_power_or_more(ask: Ask, app_house: House) -> None:
    """Governors, auditors and operators are made and rotated on the command line; who watches does not act."""
    for role in ("governor", "auditor", "operator"):
        problem(await ask("op", "POST", "/keys", {"name": "x", "roles": [role]}, OPERATOR), 403, "role-required")
        kept, _ = app_house.api_keys.create(name=role, roles={KeyRole(role)})
        problem(await ask("op", "POST", f"/keys/{kept.id}/rotation", {}), 403, "role-required")
        problem(await ask("op", "DELETE", f"/keys/{kept.id}"), 403, "role-required")
        assert app_house.api_keys.get(kept.id) == kept
    problem(await ask("op", "POST", "/keys", {"name": "x", "roles": ["auditor", "examiner"]}), 403, "role-required")
    for who, roles in (("gov", {KeyRole.GOVERNOR}), ("aud", {KeyRole.AUDITOR}), ("all", DEFAULT)):
        fields = {"roles": roles}
        problem(await ask(who, "GET", "/keys", fields=fields), 403, "role-required")
        problem(await ask(who, "POST", "/keys", {"name": "x"}), 403, "role-required")


async def test_keys_are_a_tenant_s_own(ask: Ask, app_house: House) -> None:
    """What an operator makes is of its tenant and of its galleries; another's key is not there for it."""
    north = {**OPERATOR, "tenant": "north", "galleries": ("people",)}
    foreign, _ = app_house.api_keys.create(name="foreign")
    unbound, _ = app_house.api_keys.create(name="unbound", tenant="north")
    problem(await ask("north", "POST", "/keys", {"name": "x"}, north), 403, "role-required")
    problem(await ask("north", "POST", "/keys", {"name": "x", "tenant": ""}), 400, "bad-request")
    made = await ask("north", "POST", "/keys", {"name": "x", "galleries": ["people"]})
    assert app_house.api_keys.get(made.json()["about"]["id"]).tenant == "north"
    for other in (foreign.id, unbound.id):
        for verb, path in (("GET", ""), ("POST", "/rotation"), ("DELETE", "")):
            body = {} if verb == "POST" else None
            problem(await ask("north", verb, f"/keys/{other}{path}", body), 404, "unknown-name")
    assert {each["name"] for each in (await ask("north", "GET", "/keys")).json()["keys"]} == {"north", "x"}
