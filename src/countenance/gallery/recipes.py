"""Recipes at rest: what made the templates, kept in full for ever."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from countenance.gallery.tables import recipe
from countenance.storage.among import among
from countenance.terms.recipe import Recipe


def write_recipes(connection: Connection, recipes: Iterable[Recipe]) -> None:
    """Keep those that are not there."""
    by_digest = {each.digest: each for each in recipes}
    known = {row.digest for row in among(connection, select(recipe.c.digest), recipe.c.digest, by_digest)}
    for digest, each in by_digest.items():
        if digest not in known:
            body = json.dumps(asdict(each), sort_keys=True, separators=(",", ":"))
            connection.execute(insert(recipe).values(digest=digest, space=each.space, body=body))


def read_recipes(connection: Connection, digests: Iterable[str]) -> dict[str, Recipe]:
    """The recipes of these digests."""
    rows = among(connection, select(recipe.c.digest, recipe.c.body), recipe.c.digest, digests)
    return {row.digest: Recipe(**json.loads(row.body)) for row in rows}
