"""countenance check: verify a statement, a proof or an opening, as a stranger would."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli.options import Json
from countenance.cli.verifying import MemoryPlace, NoMemory, Policy, Seen, verifier_words


def check(
    paper: Annotated[str, typer.Argument(metavar="PAPER", help="A statement, a .tlog-proof or an opening.")],
    log: Annotated[
        str | None, typer.Argument(metavar="[LOG]", help="For a statement: the published log (directory, zip or URL).")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The log's verifier key, from elsewhere than the log.")
    ] = None,
    policy: Policy = None,
    seen: Seen = None,
    memory: MemoryPlace = None,
    no_memory: NoMemory = False,
    as_json: Json = False,
) -> None:
    """Check a paper with the very code of verify.pyz; exit codes are those of docs/verify.md."""
    from countenance.ledger.verifier.__main__ import main

    words = verifier_words(key, policy, seen, memory, no_memory, as_json)
    raise typer.Exit(main([paper, *([log] if log else []), *words]))
