"""The OpenAPI document: valid, current, and what the service does, as schemathesis finds out by asking."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from countenance.http.native.examples import EXAMPLES
from countenance.http.native.form import validated
from countenance.http.native.openapi import openapi
from countenance.http.native.operations import OPERATIONS
from countenance.http.native.problems import Kind
from countenance.terms.key_role import KeyRole

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"
WORDS = Path(__file__).parents[3] / "docs" / "native.md"
DESCRIBED = openapi(OPERATIONS)
REJECTED = [400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 422, 429]
schema = schemathesis.openapi.from_dict(
    DESCRIBED,
    config=schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REJECTED}}}),
)
load_all_checks()
# Not asked: whether every valid request succeeds (a charter may refuse it, a picture may show nobody).
ASKED = [
    each
    for name, each in zip(CHECKS.get_all_names(), CHECKS.get_all(), strict=True)
    if name not in ("positive_data_acceptance", "ignored_auth", "use_after_free", "ensure_resource_availability")
]


@pytest.fixture(scope="module")
def asked(lasting_server: Any) -> tuple[str, str, str]:
    """A server with somebody in it, a key, and an operator's key."""
    key = lasting_server.key()
    with httpx.Client(base_url=f"{lasting_server.url}/v1", headers={"authorization": f"Bearer {key}"}) as client:
        assert client.post("/galleries", json={"name": "registry"}).status_code == 201
        assert client.post("/galleries/registry/subjects", json={"name": "Ada"}).status_code == 201
    return f"{lasting_server.url}/v1", key, lasting_server.key(roles=(KeyRole.OPERATOR,))


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_service_does_what_the_document_says(case: Any, asked: tuple[str, str, str]) -> None:
    """Whatever fits the document, and whatever does not, is answered with a status and a shape that stands in it."""
    url, key, operator = asked
    key = operator if case.path.startswith("/keys") else key
    case.call_and_validate(base_url=url, headers={"authorization": f"Bearer {key}"}, checks=ASKED)


def test_the_committed_document_is_current() -> None:
    """docs/openapi.json is what the code says; write it anew with `python -m countenance.http.native.describe`."""
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == json.loads(json.dumps(DESCRIBED))


def test_every_problem_is_documented() -> None:
    """Each kind has its row in docs/native.md with type and status, and there is no row of another."""
    rows = dict(re.findall(r"^\| `urn:countenance:problem:([a-z-]+)` \| (\d{3}) \|", WORDS.read_text(), re.MULTILINE))
    assert rows == {kind.slug: str(kind.status) for kind in Kind}


def test_every_route_is_documented() -> None:
    """Each operation has its row in docs/native.md."""
    rows = set(re.findall(r"^\| `(GET|POST|PATCH|DELETE) ([^`]+)` \|", WORDS.read_text(), re.MULTILINE))
    assert rows == {(each.verb, each.path) for each in OPERATIONS}


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.name in EXAMPLES], ids=lambda o: o.name)
def test_examples_are_what_the_service_takes(operation: Any) -> None:
    """Each example passes the model that reads it."""
    pictures = {picture.name for picture in operation.pictures}
    said: Mapping[str, Any] = EXAMPLES[operation.name]
    assert pictures <= said.keys()
    validated(operation.asks, {name: value for name, value in said.items() if name not in pictures})


def test_no_example_is_left_over() -> None:
    """Each belongs to an operation, and each operation that needs a body has one."""
    needing = {o.name for o in OPERATIONS if o.verb in ("POST", "PATCH") and (o.pictures or "required" in str(o.asks))}
    assert needing <= EXAMPLES.keys() <= {o.name for o in OPERATIONS}
