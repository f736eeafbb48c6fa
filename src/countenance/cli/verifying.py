"""The options of the verifier that two verbs pass on to it, word for word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

Policy = Annotated[str | None, typer.Option("--policy", metavar="FILE", help="A C2SP trust policy.")]
Seen = Annotated[
    list[str] | None,
    typer.Option(
        "--seen", metavar="CHECKPOINT", help="A checkpoint seen elsewhere (file or URL, say a witness's); repeatable."
    ),
]
MemoryPlace = Annotated[
    str | None, typer.Option("--memory", metavar="DIR", help="Where checkpoints are remembered; default: your own.")
]
NoMemory = Annotated[bool, typer.Option("--no-memory", help="Remember nothing, and compare with nothing remembered.")]


def verifier_words(
    key: str | None,
    policy: str | None,
    seen: Sequence[str] | None,
    memory: str | None,
    no_memory: bool,
    as_json: bool,
) -> list[str]:
    """The same options in the words of ``verify.pyz``."""
    named = [("--key", key), ("--policy", policy), *(("--seen", each) for each in seen or ()), ("--memory", memory)]
    flags = [("--no-memory", no_memory), ("--json", as_json)]
    return [
        *(word for option, value in named if value for word in (option, value)),
        *(flag for flag, given in flags if given),
    ]
