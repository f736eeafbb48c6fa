"""OpenTelemetry traces (the extra ``otel``): one span a request, by its declared route; no name, no key, no address."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from countenance.http.edge.entrance import route_of
from countenance.http.edge.visit import SCOPE
from countenance.terms.errors import MissingPart

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

ASKED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Set to a collector's address, either of these turns traces on; the library reads them and all its other variables."""
SERVER_ERROR = 500


def traced(app: ASGIApp, exporter: SpanExporter | None = None) -> tuple[ASGIApp, Callable[[], None]]:
    """The application with traces where they are asked for, and what ends them; raises MissingPart without the extra.

    A span's parent is what the caller's ``traceparent`` says (W3C Trace Context); baggage is neither read nor sent.
    """
    if exporter is None and not any(os.environ.get(name) for name in ASKED_BY):
        return app, lambda: None
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            exporter = OTLPSpanExporter()
    except ModuleNotFoundError as error:
        raise MissingPart(
            f"traces need a package that is not installed: {error.name}", remedy="pip install 'countenance[otel]'"
        ) from error
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "countenance"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return _Traced(app, provider.get_tracer("countenance")), provider.shutdown


class _Traced:
    """Inside the entrance, which has given the request its id."""

    def __init__(self, app: ASGIApp, tracer: Any) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        self._app = app
        self._tracer = tracer
        self._kind = SpanKind.SERVER
        self._parents = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        parent = self._parents.extract({name: said[name] for name in ("traceparent", "tracestate") if name in said})
        status = SERVER_ERROR

        async def answer(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.start_as_current_span(
            scope["method"], context=parent, kind=self._kind, record_exception=False
        ) as span:
            span.set_attribute("countenance.request_id", scope[SCOPE].request_id)
            try:
                await self._app(scope, receive, answer)
            finally:
                span.update_name(f"{scope['method']} {route_of(scope)}".rstrip())
                span.set_attribute("http.request.method", scope["method"])
                span.set_attribute("http.route", route_of(scope))
                span.set_attribute("http.response.status_code", status)
