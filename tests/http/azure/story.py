"""What the stories of Azure's clients share: a table of steps, who takes them, and what the log counted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

Call = Callable[[Any], Any]
PURPOSE = "missing-person"


@dataclass(frozen=True)
class Step:
    """``call`` talks to the service, ``check`` must be true of what came back, ``keep`` names it for later steps.

    ``compares``: how many comparing requests the call makes.
    """

    name: str
    call: Call
    check: Callable[[Any, Any], bool] = field(default=lambda _, __: True)
    keep: str = ""
    compares: int = 0


def scene(client: Any, pictures: Mapping[str, Path], **more: Any) -> SimpleNamespace:
    """What the steps see: the client, ``picture(name)`` as bytes, and what earlier steps kept."""
    return SimpleNamespace(client=client, picture=lambda name: pictures[f"{name}"].read_bytes(), **more)


def tell(steps: tuple[Step, ...], seen: Any) -> int:
    """Take each step with a client that answers; the number of comparing requests."""
    for step in steps:
        _judge(step, seen, _done(step.call(seen)))
    return sum(step.compares for step in steps)


async def tell_async(steps: tuple[Step, ...], seen: Any) -> int:
    """The same with a client whose answers are awaited."""
    for step in steps:
        _judge(step, seen, await _awaited(step.call(seen)))
    return sum(step.compares for step in steps)


def _judge(step: Step, seen: Any, answer: Any) -> None:
    assert step.check(answer, seen), f"{step.name}: {_plain(answer)!r}"
    if step.keep:
        setattr(seen, step.keep, answer)


def _plain(answer: Any) -> Any:
    """An answer to be read in a failure: the old client's models do not show what they hold."""
    if isinstance(answer, list):
        return [_plain(each) for each in answer]
    return answer.as_dict() if hasattr(answer, "as_dict") else answer


def _done(answer: Any) -> Any:
    return answer.result() if hasattr(answer, "polling_method") else answer


async def _awaited(answer: Any) -> Any:
    if hasattr(answer, "__aiter__"):
        return [each async for each in answer]
    if isawaitable(answer):
        answer = await answer
    if hasattr(answer, "polling_method"):
        finished: Awaitable[Any] = answer.result()
        return await finished
    return answer


def comparing(server: Any) -> int:
    """How many permitted comparing requests the server's whole log holds, once it verifies."""
    done = server.countenance("log", "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["ok"], found
    years = [found, *found.get("past", ())]
    return sum(year["counts"].get(PURPOSE, {}).get("comparing", 0) for year in years)
