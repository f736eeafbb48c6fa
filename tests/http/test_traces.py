"""Traces: one span a request, by its declared route, and nothing of what was asked."""

from __future__ import annotations

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from countenance.assembly import House
from countenance.http.app import make_app, make_edge
from countenance.http.traces import traced

pytestmark = pytest.mark.anyio


async def test_a_request_is_a_span_of_its_declared_route(app_house: House) -> None:
    """The path's own words, the query and the headers stay out; the caller's trace is its parent."""
    seen, edge = InMemorySpanExporter(), make_edge(app_house)
    ends = []

    def around(app: object) -> object:
        made, end = traced(app, seen)  # type: ignore[arg-type]  # an ASGI application
        ends.append(end)
        return made

    transport = httpx.ASGITransport(make_app(app_house, edge, around=around))  # type: ignore[arg-type]  # as above
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
        asked = {"traceparent": parent, "baggage": "name=Zebediah", "authorization": "Bearer cnt_secret"}
        answer = await client.get("/face/v1.2/largepersongroups/zebediah?name=Zebediah", headers=asked)
        await client.get("/healthz")
    for end in ends:
        end()
    edge.workers.close()
    first, second = seen.get_finished_spans()
    assert first.context is not None
    assert f"{first.context.trace_id:032x}" == "a" * 32
    assert first.attributes is not None
    assert first.attributes["countenance.request_id"] == answer.headers["countenance-request-id"]
    assert first.attributes["http.response.status_code"] == answer.status_code == 401
    assert second.name == "GET /healthz"
    said = first.to_json() + second.to_json()
    assert not [word for word in ("zebediah", "cnt_", "127.0.0.1", "name=") if word in said.lower()]


async def test_traces_are_off_unless_a_collector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application is then the very same."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    app = object()
    assert traced(app)[0] is app  # type: ignore[arg-type]  # nothing is called
