"""Attack a busy day: the published bytes link to no person, case or officer but as docs/log.md tells."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.loghouse import INTENT, START, LogHouse

from countenance.ledger.commitment import field_leaf
from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import Entry, parse
from countenance.ledger.merkle import leaf_hash
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.ledger.tile_files import parse_path
from countenance.ledger.tiles import unpack_bundle
from countenance.terms.action import Action
from countenance.terms.sample import SampleRef

OFFICERS = [f"os:officer-{i}" for i in range(4)]
CASES = [f"case-{i}" for i in range(6)]
PICTURES = [hashlib.sha256(b"picture %d" % i).hexdigest() for i in range(5)]
REASONS = ["", "urgent", "a much longer reason " * 20]
TOLD = {"v", "k", "ep", "act", "pur", "auth", "ak", "gal", "band", "cap", "dec", "det", "pol", "res", "n", "ctr"}
"""Fields of requests and outcomes that the leak table lets a stranger read."""
ALONE = {"id", "of", "c"}
"""Fields that must be random: `of` is the id of its intent, and pairs the two."""


class Day:
    """Forty requests, what was secret about each, and the published files."""

    def __init__(self, directory: Path) -> None:
        seeded = random.Random(1)
        house = LogHouse(directory)
        self.secrets: dict[str, dict[str, Any]] = {}
        with house.open() as ledger:
            house.adopt(ledger)
            for use in range(1, 41):
                secret = {
                    "principal": seeded.choice(OFFICERS),
                    "case": seeded.choice(CASES),
                    "reason": seeded.choice(REASONS),
                    "started": int(START) + seeded.randrange(30_000),
                }
                picture = seeded.choice(PICTURES)
                intent = replace(INTENT, detail={**INTENT.detail, **secret}, samples=(SampleRef(picture),))
                receipt = ledger.intend(intent).result()
                found = seeded.sample(OFFICERS, seeded.randrange(3))
                result = OutcomeResult.CANDIDATES if found else OutcomeResult.NONE
                ledger.conclude(receipt, Outcome(result, len(found), use, {"candidates": [[s, 0.5] for s in found]}))
                self.secrets[receipt.entry] = {**secret, "picture": picture, "session": INTENT.session}
            self.early = [p for p in (directory / "log").rglob("*") if p.is_file()]
            house.now += 86_400
            ledger.close_epoch()
        log = directory / "log"
        self.files = {p.relative_to(log).as_posix(): p.read_bytes() for p in log.rglob("*") if p.is_file()}
        self.entries: list[Entry] = []
        for name, data in sorted(self.files.items()):
            if name.startswith("tile/entries/"):
                self.entries += [parse(e) for e in unpack_bundle(data, parse_path(name))]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return Day(tmp_path_factory.mktemp("day"))


def test_nothing_is_published_before_the_epoch_closes(day: Day) -> None:
    """Or the times of files would tell the times of requests."""
    assert day.early == []


def test_no_secret_stands_in_any_published_byte(day: Day) -> None:
    """Neither the words nor their digests in hex, base64, base64url or raw."""
    everything = b"\n".join(day.files.values())
    secrets = {str(value) for secret in day.secrets.values() for value in secret.values() if value != ""}
    secrets |= {str(INTENT.detail["authority_reference"]), "Shelter North", "os:grace", "subject-1"}
    for text in secrets:
        raw = text.encode()
        assert raw not in everything, text
        for digest in (hashlib.sha256(raw).digest(), hashlib.sha256(f'"{text}"'.encode()).digest(), leaf_hash(raw)):
            for spelt in (
                digest,
                digest.hex().encode(),
                base64.b64encode(digest).rstrip(b"="),
                base64.urlsafe_b64encode(digest).rstrip(b"="),
            ):
                assert spelt not in everything, text


def test_no_field_tells_a_time_of_day(day: Day) -> None:
    """Numbers are epochs, counters and sizes; the only dates are those of the epoch's close."""
    for entry in day.entries:
        for name, value in entry.fields.items():
            assert not isinstance(value, int) or value < START, (entry.kind, name)
            if name in {"start", "end"}:
                assert entry.kind == "epoch"


def test_two_requests_of_one_officer_look_like_two_of_two(day: Day) -> None:
    """Beside what the leak table tells, every value of a request occurs once (an id twice, in its outcome)."""
    seen: dict[str, list[str]] = {}
    for entry in day.entries:
        if entry.kind in {"intent", "outcome"}:
            assert set(entry.fields) <= TOLD | ALONE
            for name in ALONE & set(entry.fields):
                seen.setdefault(entry.fields[name], []).append(f"{entry.kind}.{name}")
    assert all(where in (["intent.id", "outcome.of"], ["intent.c"], ["outcome.c"]) for where in seen.values())
    intents = [e.fields for e in day.entries if e.kind == "intent"]
    told = {name: {str(fields[name]) for fields in intents} for name in TOLD & set(intents[0])}
    assert all(len(values) == 1 for values in told.values()), "these forty requests are alike in public"


def test_the_length_of_an_entry_tells_nothing_of_what_is_sealed(day: Day) -> None:
    """Short and long reasons, many and no candidates: the same public fields, the same length."""
    lengths = {len(str(sorted(e.fields.items()))) for e in day.entries if e.kind == "intent"}
    assert len(lengths) == 1


def test_guessing_does_not_open_a_commitment(day: Day) -> None:
    """Every officer, case and picture is known to the attacker, and so are all public values as salts; none fits."""
    guesses = [f'"{text}"' for text in (*OFFICERS, *CASES, *PICTURES)]
    commitments = {base64.urlsafe_b64decode(e.fields["c"] + "=") for e in day.entries if "c" in e.fields}
    published = commitments | {d[i : i + 32] for n, d in day.files.items() if n.startswith("tile/0/")
                               for i in range(0, len(d), 32)}  # fmt: skip
    salts = [bytes(32), *sorted(commitments), *(hashlib.sha256(e.fields["id"].encode()).digest()
             for e in day.entries if e.kind == "intent")]  # fmt: skip
    for name, guess in itertools.product(("principal", "case", "samples"), guesses):
        for salt in salts:
            assert field_leaf(name, guess, salt) not in published
            assert hmac.digest(salt, guess.encode(), "sha256") not in published


def test_the_actions_that_compare_are_the_ones_that_are_stated() -> None:
    """What a stranger counts as a comparison is what the house calls one."""
    from countenance.ledger.recount import COMPARING

    assert {a.value for a in (Action.SEARCH, Action.VERIFY, Action.GROUP, Action.WATCH)} == COMPARING
    assert set(DETAIL) >= {"intent", "outcome"}
