"""How long the charter takes to answer: remembered, evaluated afresh, refused; and to be read and checked."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

from countenance.policy.charter import Charter
from countenance.policy.check import check
from countenance.policy.judge import Judge
from countenance.policy.read import read_charter
from countenance.policy.request import Request
from countenance.policy.template import TEMPLATES, Answers, charter_files
from countenance.terms.action import Action
from countenance.terms.authority import Authority

NOW = 1_800_000_000


def microseconds(act: Callable[[int], object], times: int) -> float:
    """The median of ``times`` runs; each is given its number."""
    taken = []
    for number in range(times):
        begun = time.perf_counter_ns()
        act(number)
        taken.append(time.perf_counter_ns() - begun)
    return round(median(taken) / 1000, 1)


def measure() -> dict[str, float]:
    """Every figure in microseconds, but for the checks, in milliseconds."""
    keys = {"first": bytes(32), "second": bytes(range(32))}
    files = {name: charter_files(Answers(name, "o", "c", ("os:alice",), ("os:rita",), 365, keys)) for name in TEMPLATES}
    charter = read_charter(files["demo"])
    assert isinstance(charter, Charter)
    judge = Judge(charter)
    who = charter.principal("os:alice", owner=True)

    def ask(purpose: str, number: int) -> Request:
        words = Authority("guardian-request", "case-3")
        return Request(
            who, Action.SEARCH, purpose, words, None, f"gallery {number}", 10, 0, minor=False, now=NOW + number
        )

    question = judge.question(ask("missing-person", 0))
    figures = {
        "decision_remembered_us": microseconds(lambda n: judge.permit(ask("missing-person", n)), 5000),
        "decision_afresh_us": microseconds(
            lambda n: judge.answer(question, judge.engine.ask_afresh(judge.question(ask("missing-person", n)))), 3000
        ),
        "refusal_remembered_us": microseconds(lambda n: judge.permit(ask("family-separation", n)), 3000),
        "read_us": microseconds(lambda _: read_charter(files["demo"]), 50),
        "judge_us": microseconds(lambda _: Judge(charter), 50),
    }
    for name in TEMPLATES:
        figures[f"check_{name}_ms"] = round(microseconds(lambda _, name=name: check(files[name]), 1) / 1000, 1)
    return figures


def main() -> None:
    """Print the figures; with ``--json`` as the last line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    figures = measure()
    for name, value in figures.items():
        print(f"{name:34}{value:>12,.1f}")
    if arguments.parse_args().json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
