"""Published: the entries of a published tree, hashed again to its root as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from countenance.ledger.disk import Disk
from countenance.ledger.entry import Entry, parse
from countenance.ledger.start import Places
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.failure import Failure
from countenance.ledger.verifier.source import open_source
from countenance.ledger.verifier.walk import Walk
from countenance.terms.errors import LogDamaged


def published(data: Path, origin: str, size: int, root: bytes) -> Iterator[tuple[bytes, Entry]]:
    """The first ``size`` entries of the shard ``origin`` of the log in the data directory ``data``, bytes and fields.

    Only what is public is read. Raises LogDamaged, at the end at the latest, where they do not hash to ``root``: what
    was made of them is worth something only once the last one was taken.
    """
    public = Places(data).shelf(origin, Disk()).public
    walk = Walk(open_source(str(public)), size)
    try:
        for bundle in walk.bundles():
            for entry in bundle:
                yield entry, parse(entry)
    except (Failure, Unreadable) as error:
        raise LogDamaged(f"the published log cannot be read: {error}", where=str(public)) from error
    if walk.roots[size] != root:
        raise LogDamaged("the published log does not give the root that was signed", where=str(public))
