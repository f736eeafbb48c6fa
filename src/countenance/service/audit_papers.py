"""Audit papers: a sample as files that an auditor can check, and compute again, without trusting the operator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from countenance.ledger.commitment import opening_text
from countenance.service.audit import FIELDS, Drawn, Opened


def audit_papers(drawn: Drawn, opened: Sequence[Opened]) -> dict[str, bytes]:
    """File names (``/`` between folder and file) and contents: ``sample.json``, ``checkpoint``, a folder an entry."""
    files = {"checkpoint": drawn.checkpoint.encode(), "sample.json": _sample(drawn, opened)}
    for each in opened:
        folder = f"{each.index}-{each.entry}"
        files[f"{folder}/entry.json"] = each.public
        files[f"{folder}/entry.tlog-proof"] = each.proof.encode()
        for opening in each.openings:
            files[f"{folder}/opening-{opening.field}.json"] = opening_text(opening).encode()
    return files


def _sample(drawn: Drawn, opened: Sequence[Opened]) -> bytes:
    states = Counter(each.state for each in opened)
    body = {
        "format": "countenance-audit-sample/v1",
        "epoch": drawn.epoch,
        "beacon": drawn.beacon,
        "value": drawn.value,
        "seed": drawn.seed.hex(),
        "population": drawn.population,
        "drawn": drawn.entry,
        "fields": list(FIELDS),
        "states": {state: states[state] for state in ("opened", "erased", "missing")},
        "entries": [
            {"index": e.index, "entry": e.entry, "state": e.state, "erasure": e.erased if e.state == "erased" else None}
            for e in opened
        ],
    }
    return (json.dumps(body, indent=2) + "\n").encode()
