"""Verify one's own log, the running epoch too: every entry is read, hashed and counted again."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from countenance.ledger.entry import parse
from countenance.ledger.ledger import Ledger
from countenance.ledger.merkle import Frontier, leaf_hash
from countenance.ledger.note import parse_note
from countenance.ledger.recount import Recount
from countenance.ledger.unreadable import Unreadable
from countenance.terms.errors import LogDamaged


@dataclass(frozen=True, slots=True)
class Verified:
    """``root`` in base64 over ``size`` entries; ``cosigned`` names the witnesses of the newest published tree."""

    origin: str
    size: int
    root: str
    published: int
    epoch: int
    unpaired: int
    cosigned: tuple[str, ...]


def verify_log(ledger: Ledger) -> Verified:
    """Raises LogDamaged, which says at which entry."""
    point = ledger.flush()
    recount, tree = Recount(point.origin), Frontier()
    for index, data in ledger.entries():
        if index >= point.size:
            break
        tree.append(leaf_hash(data))
        try:
            recount.add(parse(data))
        except Unreadable as error:
            raise LogDamaged(f"this entry breaks a rule of the log: {error}", where=f"entry {index}") from error
    if tree.size != point.size or tree.root() != point.root:
        raise LogDamaged(
            f"{tree.size} entries hash to another root than the one that was committed", where=point.origin
        )
    kept = [k for k in ledger.checkpoints() if k.origin == point.origin and k.published is not None]
    names = parse_note((kept[-1].published or "").encode()).signatures if kept else ()
    return Verified(
        origin=point.origin,
        size=point.size,
        root=base64.b64encode(point.root).decode("ascii"),
        published=kept[-1].size if kept else 0,
        epoch=ledger.epoch,
        unpaired=len(recount.open),
        cosigned=tuple(s.name for s in names if s.name != point.origin),
    )
