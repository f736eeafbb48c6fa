"""countenance check: verify a statement, a proof or an opening, as a stranger would."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli.options import Json


def check(
    paper: Annotated[str, typer.Argument(metavar="PAPER", help="A statement, a .tlog-proof or an opening.")],
    log: Annotated[
        str | None, typer.Argument(metavar="[LOG]", help="For a statement: the published log (directory, zip or URL).")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The log's verifier key, from elsewhere than the log.")
    ] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="FILE", help="A C2SP trust policy.")] = None,
    as_json: Json = False,
) -> None:
    """Check a paper with the very code of verify.pyz; exit codes are those of docs/verify.md."""
    from countenance.ledger.verifier.__main__ import main

    words = [
        paper,
        *([log] if log else []),
        *(["--key", key] if key else []),
        *(["--policy", policy] if policy else []),
    ]
    raise typer.Exit(main([*words, *(["--json"] if as_json else [])]))
