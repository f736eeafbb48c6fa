"""Where use-cases run: a bounded pool of threads; inference and kernels release the interpreter's lock."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from starlette.requests import Request

from countenance.http.edge.refusals import Overloaded
from countenance.http.edge.visit import visit_of

P = ParamSpec("P")
R = TypeVar("R")
RETRY_AFTER = 1.0
WAITING_PER_THREAD = 8
"""A request that waits behind more than this many others a thread is better sent again than kept."""


class Workers:
    """``threads`` at work and at most ``waiting`` requests behind them; of one event loop."""

    def __init__(self, threads: int, waiting: int | None = None) -> None:
        self.threads = threads
        self.room = threads + (threads * WAITING_PER_THREAD if waiting is None else waiting)
        self.busy = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="use-case")

    def require_room(self) -> None:
        """Raises Overloaded (503) where a use-case would not be begun now: asked before a body is read."""
        if self.busy >= self.room:
            raise Overloaded(RETRY_AFTER, of_key=False)

    async def run(self, request: Request, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a use-case and give its answer; raises Overloaded (503) before any work.

        Whoever waits may be cancelled; a use-case that has begun runs to its end in its thread all the same, and what
        came of it is recorded. One that has not begun then never does.
        """
        self.require_room()
        visit, loop = visit_of(request), asyncio.get_running_loop()
        visit.hold()
        self.busy += 1

        def ended(_: Future[R]) -> None:
            loop.call_soon_threadsafe(self._ended, visit.let_go)

        context = contextvars.copy_context()
        future = self._pool.submit(context.run, partial(function, *args, **kwargs))
        future.add_done_callback(ended)
        return await asyncio.wrap_future(future, loop=loop)

    def _ended(self, let_go: Callable[[], None]) -> None:
        self.busy -= 1
        let_go()

    def close(self) -> None:
        """Wait for what runs and what was accepted; nothing new is taken."""
        self._pool.shutdown(wait=True)


async def run(request: Request, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a use-case on the server's pool, raising what it raises, or Overloaded (503)."""
    workers: Workers = request.app.state.edge.workers
    return await workers.run(request, function, *args, **kwargs)
