"""Statements of use and of non-use: numbers over closed epochs that anybody can count again, and what they do not say.

A statement is a signed note under ``<origin>/statements``, a key that the log itself introduces. Its first part is
for machines, its second, after an empty line, is for people and follows from the first word by word: a statement
with other words than these does not parse.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, NamedTuple

from countenance.ledger.entry import UNREGISTERED
from countenance.ledger.note import ED25519, VerifierKey
from countenance.ledger.recount import Count, Recount
from countenance.ledger.unreadable import Unreadable

HEADER = "countenance-statement/v1"
KEY_SUFFIX = "/statements"
MAX_BYTES = 1 << 20

WORDING = """\
Between {start} and {end} (epochs {first} to {last}) the log {log} recorded:

{table}
{claims}
Permitted requests by their authority: registered {registered}, standing {standing}, \
only declared by the caller {self_declared}, none {without}.
Permitted requests without a recorded outcome: {unpaired}. Uses of a gallery missing from the record: {missing}, \
recorded twice: {repeated}.
{governance}{early}{gaps}{witnesses}
The service that writes this log is built so that a comparison cannot start before its intent is in the log. \
Anybody can count these numbers again from the first {size} entries (tree root {root}).
This statement does not say that nobody compared faces otherwise: it does not cover copies of the software or of the \
galleries used elsewhere, people who gave a false purpose, periods listed as gaps, other systems of this \
organisation, or what was done with the results.
"""
NON_USE = "No comparison was recorded under the purpose {purpose} (0 permitted, {refused} refused).\n"
SINGLE = "The charter {digest}, in force from epoch {epoch}, was adopted by a single governor.\n"
SEVERAL = "The charter {digest}, in force from epoch {epoch}, was adopted under {governors} distinct keys.\n"
EARLY = "Closed early, below the charter's minimum of requests: epochs {epochs}.\n"
GAPS = "Gaps, in which the service may have run without this log: epochs {epochs}.\n"
UNWITNESSED = "UNWITNESSED: nobody else has countersigned this tree; the operator could show others another one.\n"
WITNESSED = "Countersigned by: {names}.\n"

_TEMPLATES = (WORDING, NON_USE, SINGLE, SEVERAL, EARLY, GAPS, UNWITNESSED, WITNESSED)
WORDING_SHA256 = hashlib.sha256("\0".join(_TEMPLATES).encode()).hexdigest()
"""Fixes the words: another wording is another version."""

_STATUS = ("registered", "forbidden", "partly", "outside")
_LINES = {
    "log": r"[^\s+]{1,200}",
    "epochs": r"(\d{1,15}) (\d{1,15})",
    "dates": r"(\d{4}-\d\d-\d\d) (\d{4}-\d\d-\d\d)",
    "tree": r"(\d{1,15}) ([A-Za-z0-9+/]{43}=)",
    "charter": r"([0-9a-f]{64}) from (\d{1,15}) governors (\d{1,3})",
    "count": rf"([a-z][a-z0-9-]{{0,62}}) ({'|'.join(_STATUS)})((?: \d{{1,15}}){{7}})",
    "zero": r"([a-z][a-z0-9-]{0,62})",
    "unpaired": r"(\d{1,15})",
    "uses": r"missing (\d{1,15}) repeated (\d{1,15})",
    "early": r"none|\d{1,15}(?: \d{1,15})*",
    "gaps": r"none|\d{1,15}-\d{1,15}(?: \d{1,15}-\d{1,15})*",
    "cosigned": r"none|[^\s+]+(?: [^\s+]+)*",
    "wording": WORDING_SHA256,
}


class Line(NamedTuple):
    """One purpose: ``status`` is registered, forbidden, partly (not the whole time), or outside (the register)."""

    status: str
    counted: Count


class Statement(NamedTuple):
    """What a statement says. ``charters`` are (digest, first epoch, governors); ``gaps`` are (first, last) epochs."""

    origin: str
    first: int
    last: int
    start: str
    end: str
    size: int
    root: bytes
    charters: tuple[tuple[str, int, int], ...]
    lines: dict[str, Line]
    unpaired: int
    uses_missing: int
    uses_repeated: int
    early: tuple[int, ...]
    gaps: tuple[tuple[int, int], ...]
    cosigned: tuple[str, ...]

    @property
    def zeros(self) -> list[str]:
        """The purposes of which non-use may be stated: known to the charter the whole time, and never permitted."""
        return [p for p, line in self.lines.items() if line.status in _STATUS[:2] and not line.counted.permitted]

    @property
    def counts(self) -> dict[str, Count]:
        """The counts of what was asked for at all: what ``recount.counts_digest`` takes."""
        return {purpose: line.counted for purpose, line in self.lines.items() if any(line.counted)}

    @property
    def text(self) -> str:
        """The whole statement, with its final line feed."""
        return f"{_machine(self)}\n{_people(self)}"


def statement_key(origin: str, public: bytes) -> VerifierKey:
    """The verifier key of the statements of log ``origin``, which the log introduces in a ``key`` entry."""
    return VerifierKey(origin + KEY_SUFFIX, ED25519, public)


def state(recount: Recount, first: int, last: int, root: bytes, cosigned: tuple[str, ...] = ()) -> Statement:
    """The statement over the closed epochs ``first`` to ``last``, as of the tree that ``recount`` has read.

    ``root`` is that tree's, ``cosigned`` the names of the witnesses on its checkpoint. Raises Unreadable where an
    epoch is not closed.
    """
    for epoch in (first, last):
        if epoch not in recount.closed:
            raise Unreadable(f"epoch {epoch} is not closed in the first {recount.size} entries")
    if first > last:
        raise Unreadable("the last epoch does not come before the first")
    charters = recount.register.between(first, last)
    counts = recount.counts(first, last)
    whole = charters and charters[0].start <= first
    names = {*counts, UNREGISTERED, *(p for c in charters for p in c.purposes)}
    lines = {}
    for purpose in sorted(names):
        said = {c.purposes.get(purpose) for c in charters}
        status = "outside" if purpose == UNREGISTERED else "partly"
        if whole and len(said) == 1 and None not in said:
            status = "forbidden" if said == {True} else "registered"
        lines[purpose] = Line(status, counts.get(purpose, Count()))
    return Statement(
        origin=recount.origin,
        first=first,
        last=last,
        start=recount.closed[first].start,
        end=recount.closed[last].end,
        size=recount.size,
        root=root,
        charters=tuple((c.digest, c.start, c.governors) for c in charters),
        lines=lines,
        unpaired=recount.unpaired(first, last),
        uses_missing=recount.uses_missing,
        uses_repeated=recount.uses_repeated,
        early=tuple(e for e in sorted(recount.closed) if first <= e <= last and recount.closed[e].early),
        gaps=tuple(sorted(g for g in recount.gaps if g[0] <= last and first <= g[1])),
        cosigned=tuple(sorted(cosigned)),
    )


def parse_statement(text: str) -> Statement:
    """Read a statement's text; raises Unreadable where it is not, word by word, what its numbers make it."""
    if not text.startswith(HEADER + "\n"):
        raise Unreadable(f"a statement starts with {HEADER}", "line 1")
    found: dict[str, list[Any]] = {name: [] for name in _LINES}
    head = text.partition("\n\n")[0].split("\n")
    for number, line in enumerate(head[1:], 2):
        name, _, rest = line.partition(" ")
        match = re.fullmatch(_LINES[name], rest, re.ASCII) if name in _LINES else None
        if match is None:
            raise Unreadable(f"no line of a statement: {line[:80]!r}", f"line {number}")
        found[name].append(match)
    for name, matches in found.items():
        if len(matches) != 1 and name not in {"charter", "count", "zero"}:
            raise Unreadable(f"a statement has one line {name}", "statement")
    statement = _from_lines(found)
    if statement.text != text:
        written = statement.text.split("\n")
        number = next((i for i, (a, b) in enumerate(zip(written, text.split("\n"))) if a != b), len(written))  # noqa: B905
        raise Unreadable("these are not the words that its numbers make", f"line {number + 1}")
    return statement


def differences(said: Statement, found: Statement) -> list[str]:
    """What a statement says otherwise than the log; empty where they agree."""
    wrong = []
    for line in sorted({*_machine(said).split("\n")} - {*_machine(found).split("\n")}):
        wrong.append(f"the statement says:  {line}")
    for line in sorted({*_machine(found).split("\n")} - {*_machine(said).split("\n")}):
        wrong.append(f"the log gives:       {line}")
    return wrong


def _from_lines(found: dict[str, list[Any]]) -> Statement:
    def numbers(name: str) -> list[int]:
        return [int(n) for n in found[name][0].groups()]

    def words(name: str) -> list[str]:
        text = found[name][0].group()
        return [] if text == "none" else text.split(" ")

    first, last = numbers("epochs")
    missing, repeated = numbers("uses")
    return Statement(
        origin=found["log"][0].group(),
        first=first,
        last=last,
        start=found["dates"][0][1],
        end=found["dates"][0][2],
        size=int(found["tree"][0][1]),
        root=base64.b64decode(found["tree"][0][2]),
        charters=tuple((m[1], int(m[2]), int(m[3])) for m in found["charter"]),
        lines={m[1]: Line(m[2], Count(*map(int, m[3].split()))) for m in found["count"]},
        unpaired=numbers("unpaired")[0],
        uses_missing=missing,
        uses_repeated=repeated,
        early=tuple(map(int, words("early"))),
        gaps=tuple((int(a), int(b)) for a, _, b in (w.partition("-") for w in words("gaps"))),
        cosigned=tuple(words("cosigned")),
    )


def _machine(s: Statement) -> str:
    root = base64.b64encode(s.root).decode("ascii")
    lines = [
        HEADER,
        f"log {s.origin}",
        f"epochs {s.first} {s.last}",
        f"dates {s.start} {s.end}",
        f"tree {s.size} {root}",
        *(f"charter {digest} from {epoch} governors {governors}" for digest, epoch, governors in s.charters),
        *(f"count {p} {line.status} {' '.join(map(str, line.counted))}" for p, line in s.lines.items()),
        *(f"zero {purpose}" for purpose in s.zeros),
        f"unpaired {s.unpaired}",
        f"uses missing {s.uses_missing} repeated {s.uses_repeated}",
        f"early {_list(map(str, s.early))}",
        f"gaps {_list(f'{a}-{b}' for a, b in s.gaps)}",
        f"cosigned {_list(s.cosigned)}",
        f"wording {WORDING_SHA256}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _people(s: Statement) -> str:
    total = Count()
    for line in s.lines.values():
        total = total.plus(line.counted)
    return WORDING.format(
        start=s.start,
        end=s.end,
        first=s.first,
        last=s.last,
        log=s.origin,
        table=_table(s.lines),
        claims="".join(NON_USE.format(purpose=p, refused=s.lines[p].counted.refused) for p in s.zeros),
        registered=total.registered,
        standing=total.standing,
        self_declared=total.self_declared,
        without=total.without,
        unpaired=s.unpaired,
        missing=s.uses_missing,
        repeated=s.uses_repeated,
        governance="".join(
            (SINGLE if n == 1 else SEVERAL).format(digest=d, epoch=e, governors=n) for d, e, n in s.charters
        ),
        early=EARLY.format(epochs=", ".join(map(str, s.early))) if s.early else "",
        gaps=GAPS.format(epochs=", ".join(f"{a} to {b}" for a, b in s.gaps)) if s.gaps else "",
        witnesses=WITNESSED.format(names=", ".join(s.cosigned)) if s.cosigned else UNWITNESSED,
        size=s.size,
        root=base64.b64encode(s.root).decode("ascii"),
    )


def _table(lines: dict[str, Line]) -> str:
    rows = [("purpose", "status", "comparisons", "other acts", "refused")]
    for purpose, (status, count) in lines.items():
        rows.append((purpose, status, str(count.comparing), str(count.other), str(count.refused)))
    wide = [max(len(row[i]) for row in rows) for i in range(5)]
    return "".join(
        "  ".join(cell.ljust(wide[i]) if i < 2 else cell.rjust(wide[i]) for i, cell in enumerate(row)) + "\n"
        for row in rows
    )


def _list(words: Any) -> str:
    return " ".join(words) or "none"
