"""Record-keeping: what a law asks to be on record over a period, with the statement that its totals are held to."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from countenance.gallery.galleries import Galleries
from countenance.ledger.issue import Issued
from countenance.ledger.ledger import Ledger
from countenance.ledger.statement import Statement
from countenance.policy.charter import Charter
from countenance.service import records
from countenance.service.published import published
from countenance.service.records.recorded import Matter, Recorded, Shape
from countenance.service.state import governs
from countenance.terms.errors import BrokenInput, LogDamaged, UnknownName
from countenance.terms.principal import Principal

_NOT_A_DUTY = frozenset({"recorded"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A duty's export over the epochs of ``issued``, the statement beside which its totals can be checked."""

    law: str
    shape: Shape
    issued: Issued


def laws() -> list[str]:
    """The duties there are, as they are named: one file of ``service/records`` each."""
    names = [module.name for module in pkgutil.iter_modules(records.__path__)]
    return sorted(name.replace("_", "-") for name in names if name not in _NOT_A_DUTY)


def duty_of(law: str) -> Callable[[Matter], Shape]:
    """How the duty shapes its export; raises UnknownName."""
    if law not in laws():
        raise UnknownName(f"there is no duty named {law[:80]!r}", remedy=f"There are: {', '.join(laws())}.")
    module = importlib.import_module(f"{records.__name__}.{law.replace('-', '_')}")
    return cast(Callable[[Matter], Shape], module.shape)


def keep_record(
    ledger: Ledger, galleries: Galleries, charter: Charter, who: Principal, data: Path, *, law: str, issued: Issued
) -> Kept:
    """The export of ``law`` over the epochs of a statement; only for who governs, since it opens the vault.

    Raises LogDamaged where the requests do not add up to the statement.
    """
    duty = duty_of(law)
    want_governor(charter, who)
    names = {gallery.pseudonym: gallery.name for gallery in galleries.list()}
    requests = list(_recorded(ledger, data, issued.statement, names))
    counted = Counter((each.said["pur"], each.permitted) for each in requests)
    stated = {
        (purpose, permitted): number
        for purpose, count in issued.statement.counts.items()
        for permitted, number in ((True, count.permitted), (False, count.refused))
        if number
    }
    if counted != stated:
        raise LogDamaged("the requests on record do not add up to the statement")
    return Kept(law, duty(Matter(requests, charter)), issued)


def want_governor(charter: Charter, who: Principal) -> None:
    """Raise BrokenInput where ``who`` has no role that governs."""
    if not governs(charter, who):
        raise BrokenInput(f"{who.id} has no role that governs", remedy="The charter's roles with governs = true may.")


def _recorded(ledger: Ledger, data: Path, said: Statement, names: Mapping[str, str]) -> Iterator[Recorded]:
    intents: list[dict[str, Any]] = []
    outcomes: dict[str, dict[str, Any]] = {}
    reviews: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, (kind, fields) in published(data, said.origin, said.size, said.root):
        if kind == "intent" and said.first <= fields["ep"] <= said.last:
            intents.append(fields)
        elif kind == "outcome":
            outcomes[fields["of"]] = fields
        elif kind == "review":
            reviews[fields["of"]].append(fields)
    for intent in intents:
        entry = intent["id"]
        outcome = outcomes.get(entry, {})
        yield Recorded(
            intent,
            ledger.detail(entry) or {},
            outcome,
            (ledger.detail(f"{entry}.outcome") or {}) if outcome else {},
            names.get(intent["gal"], intent["gal"]),
            tuple((review, ledger.detail(review["id"]) or {}) for review in reviews[entry]),
        )
