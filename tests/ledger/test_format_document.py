"""docs/log.md and docs/verify.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import ACTIONS, AUTHORITY_KINDS, KINDS, MAX_EPOCH_DAYS, RESULTS
from countenance.ledger.verifier import failure
from countenance.ledger.verifier.__main__ import USAGE, _parser

DOCS = Path(__file__).parents[2] / "docs"
LOG, VERIFY = (DOCS / "log.md").read_text(), (DOCS / "verify.md").read_text()


def test_every_kind_is_documented_with_its_fields() -> None:
    """The table has each kind once, with exactly its public and its sealed fields."""
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", LOG, re.MULTILINE)
    found = {kind: (re.findall("`([^`]+)`", said), re.findall("`([^`]+)`", sealed)) for kind, said, sealed in rows}
    assert found == {
        kind: ([n for n in shapes if n not in {"v", "k", "ep"}], list(DETAIL.get(kind, ())))
        for kind, shapes in KINDS.items()
    }
    assert len(rows) == len(KINDS)


def test_the_closed_lists_are_documented() -> None:
    """Actions, results and kinds of authority, word by word."""
    assert f"| `act` | {', '.join(ACTIONS)} |" in LOG
    assert f"| `res` | {', '.join(RESULTS)} |" in LOG
    assert f"how the authority is known: {', '.join(AUTHORITY_KINDS)} |" in LOG
    assert f"before {MAX_EPOCH_DAYS} days had passed" in LOG


def test_every_exit_code_is_documented() -> None:
    """And every option."""
    codes = {c.code for c in vars(failure).values() if isinstance(c, type) and issubclass(c, failure.Failure)}
    assert codes | {0, USAGE} == {int(code) for code in re.findall(r"^\| (\d+) \| ", VERIFY, re.MULTILINE)}
    for action in _parser()._actions:
        for option in action.option_strings:
            if option not in {"-h", "--help"}:
                assert f"`{option}" in VERIFY or f"{option} KEY" in VERIFY, option
