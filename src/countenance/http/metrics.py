"""``/metrics`` for Prometheus: counts by route and status, times, what is busy; no name in a label."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from countenance.http.edge.caller import key_of
from countenance.http.edge.entrance import route_of
from countenance.ledger.failure import failure_of
from countenance.terms.key_role import KeyRole

if TYPE_CHECKING:
    from countenance.gallery.galleries import Galleries
    from countenance.http.edge.edge import Edge
    from countenance.http.readiness import Readiness

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Metrics:
    """Of one server; ``watch`` is the entrance's."""

    def __init__(self, edge: Edge, readiness: Readiness) -> None:
        self.registry = CollectorRegistry()
        self._edge = edge
        self._requests = Counter(
            "countenance_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "countenance_request_seconds", "Time to answer.", ("route",), buckets=_BUCKETS, registry=self.registry
        )
        workers, log, galleries = edge.workers, readiness.house.ledger, readiness.house.galleries
        for name, text, value in (
            ("countenance_use_cases_busy", "Use-cases that run or wait for a thread.", lambda: workers.busy),
            ("countenance_use_case_threads", "Threads for use-cases.", lambda: workers.threads),
            ("countenance_log_epoch", "The running epoch of the log.", lambda: log.epoch),
            ("countenance_log_writable", "1 while the log promises.", lambda: float(failure_of(log) is None)),
        ):
            Gauge(name, text, registry=self.registry).set_function(value)
        self.registry.register(_Stages(galleries))
        ProcessCollector(registry=self.registry)

    def watch(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request, by its declared route."""
        route = route_of(scope) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def routes(self) -> list[Route]:
        """The one route."""
        return [Route("/metrics", self._show)]

    async def _show(self, request: Request) -> Response:
        if not self._may_see(request):
            return PlainTextResponse("metrics are shown on the loopback or to an operator's key\n", 403)
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE)

    def _may_see(self, request: Request) -> bool:
        """A neighbour on this machine that speaks for itself; behind a proxy, everybody seems to be one."""
        key = key_of(request, self._edge)
        if key is not None:
            return KeyRole.OPERATOR in key.roles
        proxied = bool(self._edge.public_url) or any(name in request.headers for name in _FORWARDED)
        return not proxied and _is_loopback(request)


class _Stages(Collector):
    """How many references searches by codes met, and how many each stage of the codes left."""

    def __init__(self, galleries: Galleries) -> None:
        self._galleries = galleries

    def collect(self) -> Iterator[Metric]:
        """Read when somebody looks."""
        found = CounterMetricFamily("countenance_references", "References met or left in searches.", labels=["stage"])
        stages = self._galleries.stages
        for name, value in (("scanned", stages.scanned), ("coarse", stages.coarse), ("fine", stages.fine)):
            found.add_metric([name], value)
        yield found


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
