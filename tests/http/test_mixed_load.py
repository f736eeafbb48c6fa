"""Under a mixed load the server does not grow, answers rightly, and its log counts what clients made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import pytest
from tests.http.azure.story import comparing
from tests.http.conftest import Server
from tests.http.mixed import GALLERY, Measure, Mixed, draw, small

BUILD = Path(__file__).parents[2] / "build"
MORE = 8
"""Descriptors and threads that come and go with the connections of the moment."""
SEARCH = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")


def thirds(measures: list[Measure], name: str) -> tuple[float, float]:
    """The medians of the middle and of the last third; the first warms up."""
    third = len(measures) // 3
    middle, last = measures[third : 2 * third], measures[2 * third :]
    return median(getattr(each, name) for each in middle), median(getattr(each, name) for each in last)


@pytest.mark.parametrize(
    ("seconds", "every", "growth", "slower"),
    [
        pytest.param(24, 0.5, 1.10, 2.0, id="short"),
        pytest.param(1800, 5, 1.05, 1.25, id="long", marks=pytest.mark.soak),
    ],
)
def test_nothing_grows_under_a_mixed_load(
    server: Server, pictures: Mapping[str, Path], seconds: float, every: float, growth: float, slower: float
) -> None:
    """Neither memory nor descriptors nor latency; entries of comparing acts equal the comparisons that clients made."""
    secret = server.key()
    assert server.countenance("galleries", "create", GALLERY, *SEARCH).returncode == 0
    made = {name: small(pictures[f"{name}.jpg"]) for name in ("obama", "obama2", "obama3", "biden")}
    made |= {name: small(pictures[f"{name}.png"]) for name in ("astronaut", "chelsea")}
    before = comparing(server)
    load = Mixed(server, secret, made)
    load.run(seconds, every)
    draw(load.measures, BUILD / f"mixed-load-{seconds}s.svg")
    assert load.wrong == []
    grown = {name: thirds(load.measures, name) for name in ("resident", "descriptors", "threads", "identify")}
    said = {"seconds": seconds, "made": load.made, "middle and last third": grown}
    (BUILD / f"mixed-load-{seconds}s.json").write_text(json.dumps(said), encoding="utf-8")
    assert grown["resident"][1] <= grown["resident"][0] * growth, said
    assert grown["descriptors"][1] <= grown["descriptors"][0] + MORE, said
    assert grown["threads"][1] <= grown["threads"][0] + MORE, said
    assert grown["identify"][1] <= grown["identify"][0] * slower, said
    compared = load.made["identify"] + load.made["verify"] + load.made["failure"]
    entries = comparing(server) - before
    assert compared <= entries <= compared + load.made["cancelled"], load.made
    verified = server.countenance("log", "verify", "--json")
    assert json.loads(verified.stdout.splitlines()[-1])["ok"], verified.stdout
