"""countenance restore: put a backup in the data directory's place; who was erased since is erased again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json


def restore(
    context: typer.Context,
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `backup` made.")],
    published: Annotated[
        Path | None, typer.Option("--published", metavar="DIR", help="A newer publication of the log, a mirror's say.")
    ] = None,
    erasures_unknown: Annotated[
        bool, typer.Option("--erasures-unknown", help="Go on though nothing says who was erased since.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; sealed in the log.")] = "",
    as_json: Json = False,
) -> None:
    """Go on from a backup, openly: a new origin of the log, a gap, and every erasure since done again."""
    from countenance.assembly import House, restore_from
    from countenance.settings import read_settings

    placed = restore_from(
        read_settings(context.obj), backup, published=published, may_be_unknown=erasures_unknown, reason=reason
    )
    settings = read_settings(context.obj)  # as the backup has them
    with House.open(settings) as house:
        galleries = house.galleries.list()
        origin, key, epoch = house.ledger.shard_origin, house.ledger.verifier_key, house.ledger.epoch
        subjects = sum(each.subjects for each in galleries)
    aside = None if placed.aside is None else str(placed.aside)
    if as_json:
        log = {"origin": origin, "key": key, "epoch": epoch}
        counts = {"galleries": len(galleries), "subjects": subjects}
        emit({"restored": str(settings.data), "made": placed.backup.made, "aside": aside, "log": log, **counts})
        return
    out = console()
    out.print(f"Restored {settings.data}: {len(galleries)} galleries, {subjects} subjects.", markup=False)
    out.print(f"  The log goes on as {origin}, with a gap; its key: {key}", markup=False)
    if aside is not None:
        out.print(f"  What was there lies in {aside}. Remove it when nothing in it is needed.", markup=False)
    out.print("  What was revoked since the backup (API keys, authorities) holds again: revoke it again.", markup=False)
