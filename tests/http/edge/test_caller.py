"""Who calls: a key in either header or a person's token, for a purpose that narrows and never widens."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from countenance.access.issuer import Group, Issuer
from countenance.assembly import House
from countenance.http.app import make_edge
from countenance.http.edge.caller import caller_of
from countenance.http.edge.entrance import Entrance
from countenance.http.edge.refusals import TurnedAway
from countenance.terms.key_role import KeyRole

pytestmark = pytest.mark.anyio
ISSUER = "https://login.example.org"
SIGNING = RSAKey.generate_key(2048, {"kid": "one"})


async def who(request: Request) -> JSONResponse:
    """Say who calls, as the edge knows it."""
    try:
        caller = await caller_of(request)
    except TurnedAway as refused:
        return JSONResponse({"kind": type(refused).__name__}, refused.status)
    if request.query_params.get("asking"):
        return JSONResponse(caller.asking().minor)
    return JSONResponse([caller.key.principal.id, caller.purpose, caller.authority])


@pytest.fixture
async def asked(app_house: House, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Callable[..., Any]]:
    """Ask the edge of a house with an issuer who it thinks is calling: status, and what ``who`` says."""
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(KeySet([SIGNING]).as_dict(private=False)))
    group = Group((KeyRole.EXAMINER,), ("missing-person", "evaluation"))
    issuer = Issuer(ISSUER, "countenance", {"examiners": group}, keys=str(keys))
    house = replace(app_house, settings=app_house.settings.model_copy(update={"oidc": issuer}))
    app = Starlette(routes=[Route("/who", who)])
    app.state.edge = edge = make_edge(house)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Entrance(app)), base_url="http://test") as client:

        async def ask(path: str = "/who", **headers: str) -> tuple[int, Any]:
            answer = await client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            return answer.status_code, answer.json()

        yield ask
    edge.workers.close()


def token(**changed: Any) -> str:
    claims = {"iss": ISSUER, "aud": "countenance", "sub": "ada", "exp": int(time.time()) + 60, "groups": ["examiners"]}
    return "Bearer " + jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, **changed}, SIGNING)


async def test_a_key_in_either_header_or_a_token(asked: Any, new_key: Any) -> None:
    """A key goes before a token that comes with it; two keys, or none, are nobody."""
    one, other = new_key(), new_key()
    mine = (200, [f"key:{one[4:20]}", "missing-person", "guardian-request:case-3"])
    assert await asked(Ocp_Apim_Subscription_Key=one) == mine
    assert await asked(Authorization=f"Bearer {one}") == mine
    assert await asked(Authorization=f"bearer {one}", Ocp_Apim_Subscription_Key=one) == mine
    assert await asked(Authorization=token(), Ocp_Apim_Subscription_Key=one) == mine
    assert await asked(Authorization=token()) == (200, ["oidc:ada", None, None])
    nobody = (401, {"kind": "NotAuthenticated"})
    assert await asked() == nobody
    assert await asked(Authorization=f"Bearer {one}", Ocp_Apim_Subscription_Key=other) == nobody
    assert await asked(Authorization=f"Basic {one}") == nobody
    assert await asked(Authorization=token(aud="another")) == nobody
    assert await asked(Authorization=token(exp=1)) == nobody
    assert await asked(Ocp_Apim_Subscription_Key=token().removeprefix("Bearer ")) == (200, ["oidc:ada", None, None])


async def test_a_revoked_key_is_nobody_at_the_next_request(asked: Any, new_key: Any, app_house: House) -> None:
    """Though it was somebody a moment ago."""
    secret = new_key()
    assert (await asked(Ocp_Apim_Subscription_Key=secret))[0] == 200
    app_house.api_keys.revoke(secret[4:20])
    assert (await asked(Ocp_Apim_Subscription_Key=secret))[0] == 401


async def test_a_purpose_is_narrowed_and_never_widened(asked: Any) -> None:
    """By prefix, header or query, for people as for keys; two that differ are refused."""
    ada = {"Authorization": token()}
    narrowed = (200, ["oidc:ada", "evaluation", "dataset:lfw"])
    assert await asked("/p/evaluation/who?authority=dataset:lfw", **ada) == narrowed
    assert await asked("/who?purpose=evaluation&authority=dataset:lfw", **ada) == narrowed
    assert await asked(Countenance_Purpose="evaluation", Countenance_Authority="dataset:lfw", **ada) == narrowed
    widened = (403, {"kind": "PurposeWidened"})
    assert await asked("/p/access-control/who", **ada) == widened
    assert await asked("/p/evaluation/who", Countenance_Purpose="missing-person", **ada) == widened


async def test_a_key_for_minors_declares_them_in_every_request(asked: Any, new_key: Any) -> None:
    """So that a client that knows nothing of minors cannot forget to."""
    for minors in (True, False):
        assert await asked("/who?asking=yes", Ocp_Apim_Subscription_Key=new_key(minors=minors)) == (200, minors)


async def test_a_key_waits_when_its_rate_is_spent(asked: Any, new_key: Any) -> None:
    """The others do not."""
    slow, quick = new_key(rate=0.01), new_key()
    assert (await asked(Ocp_Apim_Subscription_Key=slow))[0] == 200
    assert await asked(Ocp_Apim_Subscription_Key=slow) == (429, {"kind": "Overloaded"})
    assert (await asked(Ocp_Apim_Subscription_Key=quick))[0] == 200
