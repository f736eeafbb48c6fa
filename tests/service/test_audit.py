"""Random audits: a stranger computes the sample again, and what it opens can be checked."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.assembly import open_house
from countenance.ledger.entry import parse
from countenance.service.manage import create_gallery
from countenance.service.sampling import HmacDrbg, sample

BEACON = "drand quicknet, the first round after 2026-12-01T12:00Z, its randomness in hex"
VALUE = "9f0e1d2c3b4a59687786950413223140"


def strangers_sample(log: Path, epoch: int, value: str, number: int) -> tuple[str, list[int]]:
    """docs/audit.md programmed again, from the published files alone."""
    note = (log / "checkpoint").read_text()
    text = note[: note.index("\n\n") + 1]
    entries: list[bytes] = []
    for tile in sorted((log / "tile" / "entries").rglob("*.p/*"), key=lambda p: int(p.name))[-1:]:
        data = tile.read_bytes()
        while data:
            size = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + size])
            data = data[2 + size :]
    said = [json.loads(entry) for entry in entries]
    population = [i for i, e in enumerate(said) if e["k"] == "intent" and e["ep"] == epoch]
    seed = hashlib.sha256(b"countenance/audit/v1" + text.encode() + value.encode()).digest()

    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, hashlib.sha256).digest()

    key, v = b"\0" * 32, b"\1" * 32
    key = mac(key, v + b"\0" + seed)
    v = mac(key, v)
    key = mac(key, v + b"\1" + seed)
    v = mac(key, v)
    chosen: list[int] = []
    while len(chosen) < min(number, len(population)):
        v = mac(key, v)
        drawn = int.from_bytes(v[:8], "big")
        key = mac(key, v + b"\0")
        v = mac(key, v)
        if drawn < 2**64 - 2**64 % len(population) and population[drawn % len(population)] not in chosen:
            chosen.append(population[drawn % len(population)])
    return seed.hex(), chosen


@pytest.fixture
def busy(data: Path, countenance: Any) -> Path:
    """An epoch with an announced beacon and twelve requests, most of them refused; published."""
    assert countenance("--data", data, "audit", "announce", 1, "--beacon", BEACON, "-n", 7, "--json").code == 0
    with open_house(data) as house:
        for number in range(12):
            purpose = "family-separation" if number % 4 else "missing-person"
            create_gallery(house.rooms, house.asking(purpose, f"consent:form-{number}"), name=f"g{number}")
        house.ledger.close_epoch(early=True)
    return data


def test_a_stranger_computes_the_same_sample(busy: Path, countenance: Any) -> None:
    """Seed and indices follow from the published log and the beacon; a second draw is refused."""
    drawn = countenance("--data", busy, "audit", "draw", 1, "--value", VALUE, "--json")
    assert drawn.code == 0, drawn.err
    seed, indices = strangers_sample(busy / "log", 1, VALUE, 7)
    assert drawn.json["seed"] == seed
    assert [each["index"] for each in drawn.json["sampled"]] == indices
    assert (len(set(indices)), drawn.json["population"]) == (7, 12)
    assert countenance("--data", busy, "audit", "draw", 1, "--value", "another", "--json").code == 12
    with open_house(busy) as house:
        said = parse(house.ledger.entry(drawn.json["entry"])).fields
    assert (said["ev"], said["of"], said["sha"], said["n"]) == ("drawn", 1, seed, 7)


def test_the_sample_is_opened_with_proofs_and_the_result_is_an_entry(
    busy: Path, tmp_path: Path, countenance: Any
) -> None:
    """Five fields an entry, each checks; one erased before the draw is lawfully so, one erased after is missing."""
    _, indices = strangers_sample(busy / "log", 1, VALUE, 7)
    with open_house(busy) as house:
        intents = {i: parse(e).fields["id"] for i, e in house.ledger.entries() if parse(e).kind == "intent"}
        house.ledger.erase([intents[indices[0]]], fields=["case"], basis="withdrawal", detail={})
    assert countenance("--data", busy, "audit", "draw", 1, "--value", VALUE, "--json").code == 0
    with open_house(busy) as house:
        house.ledger.erase([intents[indices[1]]], basis="withdrawal", detail={})
        key = house.ledger.verifier_key
    out = tmp_path / "papers"
    opened = countenance("--data", busy, "audit", "open", 1, "--out", out, "--json")
    assert opened.json["states"] == {"opened": 5, "erased": 1, "missing": 1}
    papers = [*out.rglob("opening-*.json"), *out.rglob("*.tlog-proof")]
    assert len(papers) == 5 * 5 + 4 + 7
    for paper in papers:
        assert countenance("check", paper, "--key", key, "--json").code == 0
    told = json.loads((out / "sample.json").read_text())
    assert (told["beacon"], told["value"]) == (BEACON, VALUE)
    assert [e["index"] for e in told["entries"]] == indices
    report = tmp_path / "report.txt"
    report.write_text("All in order but one.\n")
    words = ("audit", "record", 1, "--report", report, "--auditor", "Office for Audits", "--wrong", 1)
    assert countenance("--data", busy, *words, "--opened", 7, "--missing", 1, "--json").code == 12
    done = countenance("--data", busy, *words, "--opened", 5, "--erased", 1, "--missing", 1, "--json")
    with open_house(busy) as house:
        said = parse(house.ledger.entry(done.json["entry"])).fields
    assert said["sha"] == hashlib.sha256(report.read_bytes()).hexdigest()
    assert [said[name] for name in ("n", "opened", "erased", "missing", "wrong")] == [7, 5, 1, 1, 1]


def test_a_beacon_is_announced_before_the_epoch_ends_and_once(busy: Path, countenance: Any) -> None:
    """Afterwards somebody could choose one that spares an entry."""
    for epoch in (0, 1):
        done = countenance("--data", busy, "audit", "announce", epoch, "--beacon", BEACON, "--json")
        assert (done.code, "is over" in done.json["error"]["what"]) == (12, True)
    assert countenance("--data", busy, "audit", "announce", 2, "--beacon", BEACON, "--json").code == 0
    assert countenance("--data", busy, "audit", "announce", 2, "--beacon", "another", "--json").code == 12
    assert countenance("--data", busy, "audit", "draw", 2, "--value", VALUE).code == 13
    assert countenance("--data", busy, "audit", "draw", 3, "--value", VALUE).code == 12


def test_the_generator_is_nist_s() -> None:
    """RFC 6979 A.2.5 uses the same HMAC_DRBG: its k for P-256, SHA-256 and the message "sample"."""
    private = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    message = hashlib.sha256(b"sample").digest()
    k = "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60"
    assert HmacDrbg(private + message).generate(32).hex() == k


@given(st.binary(min_size=32, max_size=32), st.integers(0, 300), st.integers(0, 300))
def test_a_sample_has_no_entry_twice_and_grows_from_its_beginning(seed: bytes, population: int, number: int) -> None:
    """Without replacement, within the population, and a larger sample starts with the smaller one."""
    drawn = sample(seed, population, number)
    assert len(drawn) == len(set(drawn)) == min(number, population)
    assert set(drawn) <= set(range(population))
    assert sample(seed, population, number + 5)[: len(drawn)] == drawn


def test_each_entry_is_as_likely_as_another() -> None:
    """Of 4,000 seeds each of ten entries leads about 400 times (six standard deviations are 114)."""
    leads = [sample(hashlib.sha256(str(n).encode()).digest(), 10, 1)[0] for n in range(4000)]
    assert all(286 <= leads.count(entry) <= 514 for entry in range(10))
