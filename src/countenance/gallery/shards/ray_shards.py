"""The shards as actors of a Ray cluster, which places them on machines and starts them anew where one dies.

Nothing is asked twice by itself: an answer that does not come in time is missing, and a search with a part missing is
an error, for "not found" in three quarters of a gallery means nothing.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.gallery.shards.question import Answer, Question
from countenance.gallery.shards.shard import Means, Shard
from countenance.terms.errors import CountenanceError, MissingPart

NAMESPACE = "countenance"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one part is: where it runs; ``node`` is empty where it does not answer."""

    part: int
    node: str
    pid: int


class RayShards:
    """``parts`` actors, named after the log whose receipts they take. Threads may share it."""

    def __init__(self, address: str, origin: str, parts: int, seconds: float) -> None:
        """``address``: of the Ray cluster, ``auto`` for the one of this machine. Connects when it is first used."""
        self._address, self._origin, self._parts, self._seconds = address, origin, parts, seconds
        self._handles: dict[int, Any] = {}
        self._lock = threading.Lock()

    def up(self, means: Means) -> tuple[Standing, ...]:
        """Start the actors that are not there; how they all are. Raises MissingPart where there is no cluster."""
        ray = self._connected()
        for part in range(self._parts):
            actor = ray.remote(_Actor).options(
                name=self._name(part),
                namespace=NAMESPACE,
                get_if_exists=True,
                lifetime="detached",  # they stay when whoever started them ends
                max_restarts=-1,
                max_task_retries=0,  # a lost answer is told, not asked for again unasked
                max_concurrency=8,
                num_cpus=0,
                scheduling_strategy="SPREAD",
            )
            self._handles[part] = actor.remote(means, part, self._parts)
        return self.status(patience=120.0)

    def down(self) -> None:
        """End the actors."""
        ray = self._connected()
        for part in range(self._parts):
            ray.kill(self._handle(part), no_restart=True)
        self._handles.clear()

    def status(self, patience: float = 5.0) -> tuple[Standing, ...]:
        """How each part is."""
        ray = self._connected()
        asked = {self._handle(part).standing.remote(): part for part in range(self._parts)}
        done, _ = ray.wait(list(asked), num_returns=len(asked), timeout=patience)
        found = {part: Standing(part, "", 0) for part in range(self._parts)}
        for ref in done:
            try:
                found[asked[ref]] = ray.get(ref)
            except ray.exceptions.RayError:
                self._handles.pop(asked[ref], None)
        return tuple(found.values())

    def ask(self, question: Question, *, partial: bool = False) -> Mapping[int, Answer]:
        """The answers of all parts by number; of those that come in time where ``partial``, and that is the flag.

        Raises MissingPart where one does not come, and what a part raised.
        """
        ray = self._connected()
        asked = {self._handle(part).answer.remote(question): part for part in range(self._parts)}
        until = time.monotonic() + self._seconds
        answers: dict[int, Answer] = {}
        try:  # all in one go, which is usual and takes a millisecond less
            heard = ray.get(list(asked), timeout=self._seconds)
        except (ray.exceptions.RayError, TimeoutError):
            heard = self._heard(asked, until - time.monotonic())
        for part, answer in zip(asked.values(), heard, strict=True):
            if answer is not None and (answer.part, answer.parts) == (part, self._parts):
                answers[part] = answer
        missing = sorted(set(range(self._parts)) - answers.keys())
        if missing and not partial:
            raise MissingPart(
                f"{len(missing)} of {self._parts} parts of the galleries do not answer",
                where=f"parts {', '.join(map(str, missing))}",
                remedy="Try again in some seconds: a part that died is started anew. countenance cluster status.",
            )
        return answers

    def _heard(self, asked: Mapping[Any, int], patience: float) -> list[Answer | None]:
        """The answer of each that comes in time; raises what a part raised."""
        ray = self._connected()
        done, late = ray.wait(list(asked), num_returns=len(asked), timeout=max(0.0, patience))
        for ref in late:
            ray.cancel(ref)
        heard: dict[Any, Answer] = {}
        for ref in done:
            try:
                heard[ref] = ray.get(ref)
            except ray.exceptions.RayTaskError as error:
                raise (error.cause if isinstance(error.cause, CountenanceError) else error) from None
            except ray.exceptions.RayError:  # it died, and is being started anew
                self._handles.pop(asked[ref], None)
        return [heard.get(ref) for ref in asked]

    def close(self) -> None:
        """Leave the cluster; the actors stay."""
        self._handles.clear()

    def _name(self, part: int) -> str:
        return f"{self._origin}/{part}-of-{self._parts}"

    def _handle(self, part: int) -> Any:
        known = self._handles.get(part)
        if known is None:
            try:
                known = self._connected().get_actor(self._name(part), namespace=NAMESPACE)
            except ValueError as error:
                raise MissingPart(
                    f"part {part} of {self._parts} of the galleries is not up",
                    where=self._name(part),
                    remedy="Start them: countenance cluster up.",
                ) from error
            self._handles[part] = known
        return known

    def _connected(self) -> Any:
        try:
            import ray  # noqa: PLC0415  heavy, and an extra
            import ray.exceptions  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise MissingPart("Ray is not installed", remedy="pip install 'countenance[cluster]'") from error
        with self._lock:
            if not ray.is_initialized():
                try:
                    ray.init(
                        address=self._address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR
                    )
                except (ConnectionError, ValueError) as error:
                    raise MissingPart(
                        "no Ray cluster answers",
                        where=self._address,
                        remedy="Start one: ray start --head, and ray start --address=… on the other machines.",
                    ) from error
        return ray


class _Actor:
    """A shard in a process of its own."""

    def __init__(self, means: Means, part: int, parts: int) -> None:
        self._shard = Shard(means, part, parts, spool=Path(tempfile.gettempdir()))

    def answer(self, question: Question) -> Answer:
        return self._shard.answer(question)

    def standing(self) -> Standing:
        import os  # noqa: PLC0415
        import socket  # noqa: PLC0415

        return Standing(self._shard.part, socket.gethostname(), os.getpid())
