"""The published log of a busy day, attacked: what links entries to people, cases, officers or hours is not in it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.founded import founded
from tests.ledger.plain_commitment import field_leaves, value_texts

from countenance.assembly import House
from countenance.ledger.commitment import check_opening, commitment, field_leaf
from countenance.ledger.detail import DETAIL
from countenance.ledger.entry import KINDS
from countenance.ledger.ledger import Closed
from countenance.policy.gate import rules_of
from countenance.policy.template import demo_files
from countenance.service.asking import Asking, Refused
from countenance.service.authorities import register_authority
from countenance.service.enrol import EnrolRequest, enrol, gallery_for
from countenance.service.erase import erase
from countenance.service.identify import identify
from countenance.service.verify import verify
from countenance.settings import read_settings
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.principal import Principal
from countenance.terms.sample import Sample
from countenance.vision.vision import Vision

MORNING = 1_773_472_662  # 2026-03-14 07:17:42 UTC
OFFICERS = ("os:okonkwo", "os:lindqvist")
CASES = ("2026-0117", "2026-0118", "2026-0119")
PEOPLE = ("Barack Hussein", "Joseph Robinette")
GALLERIES = ("north-wing-registry", "harbour-registry")
REASONS = ("mother reported the child missing", "second sighting at the harbour")
SPOKEN = ("find-protesters-now", "hunch")
DOCUMENT = hashlib.sha256(b"the guardian's letter").hexdigest()


@dataclass(frozen=True)
class Day:
    """What was done, as only the inside knows it, and what was published."""

    data: Path
    receipts: dict[str, tuple[str, str]]
    digests: tuple[str, ...]
    ended: int
    house: House

    def files(self) -> Iterator[bytes]:
        yield from (path.read_bytes() for path in sorted((self.data / "log").rglob("*")) if path.is_file())

    def names(self) -> str:
        return "\n".join(str(path.relative_to(self.data / "log")) for path in (self.data / "log").rglob("*"))

    def entries(self) -> list[bytes]:
        """Every entry, out of the bundles by their own format (C2SP tlog-tiles): a 16-bit length before each."""
        found = []
        for path in sorted((self.data / "log" / "tile" / "entries").rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                while data:
                    (length,) = struct.unpack_from(">H", data)
                    found.append(data[2 : 2 + length])
                    data = data[2 + length :]
        return found


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, vision: Vision, samples: Mapping[str, Sample]) -> Iterator[Day]:
    """A busy day: two officers, three cases, two people, two galleries, free words, refusals, an erasure."""
    data = tmp_path_factory.mktemp("busy") / "data"
    ticks = itertools.count(MORNING, 61)
    founded(data)
    with House.open(read_settings(data), clock=lambda: float(next(ticks))) as opened:
        house = replace(opened, rooms=replace(opened.rooms, vision=lambda: vision))
        charter = house.charters.judge().charter

        def asks(officer: str, case: str, purpose: str = "missing-person", reason: str = "") -> Asking:
            who = charter.principal(officer, owner=True)
            authority = Authority.parse(f"guardian-request:{case}")
            return Asking(who, purpose, authority, client="desk 7", case=case, reason=reason)

        record = AuthorityRecord(
            "", "guardian-request", CASES[0], "Guardian Adeyemi", DOCUMENT, MORNING, MORNING + 90_000_000, OFFICERS[0],
            MORNING, None, ("missing-person",), (), (), None,
        )  # fmt: skip
        who = Principal(OFFICERS[0], asks(OFFICERS[0], CASES[0]).principal.roles)
        register_authority(house.rooms, house.authorities, house.charters, who, record)
        receipts: dict[str, tuple[str, str]] = {}
        for gallery, (person, picture) in itertools.product(
            GALLERIES, zip(PEOPLE, ("obama.jpg", "biden.jpg"), strict=True)
        ):
            asking = asks(OFFICERS[0], CASES[2])
            place = gallery_for(house.rooms, asking, gallery)
            assert not isinstance(place, Refused)
            metadata = {"note": "blue school bag"}
            enrol(house.rooms, asking, gallery=place, request=EnrolRequest(samples[picture], person, metadata))
        for officer, case, picture in itertools.product(OFFICERS, CASES[1:], ("obama2.jpg", "obama3.jpg")):
            asking = asks(officer, case, reason=REASONS[0])
            answer = identify(house.rooms, asking, gallery=GALLERIES[0], sample=samples[picture])
            receipts[answer.receipt.entry] = (officer, picture)
        verify(
            house.rooms, asks(OFFICERS[1], CASES[0], reason=REASONS[1]), first=samples["obama.jpg"],
            second=samples["obama2.jpg"],
        )  # fmt: skip
        for purpose in ("family-separation", SPOKEN[0]):
            refused = identify(
                house.rooms, asks(OFFICERS[1], CASES[0], purpose), gallery=GALLERIES[0], sample=samples["obama.jpg"]
            )
            assert isinstance(refused, Refused)
        odd = replace(asks(OFFICERS[1], CASES[0]), authority=Authority.parse(f"{SPOKEN[1]}:{CASES[1]}"))
        assert isinstance(identify(house.rooms, odd, gallery=GALLERIES[1], sample=samples["obama.jpg"]), Refused)
        erase(house.rooms, asks(OFFICERS[0], CASES[1]), gallery=GALLERIES[1], subject=PEOPLE[1])
        closed = house.ledger.close_epoch(early=True, principal=OFFICERS[0], reason=REASONS[1])
        assert isinstance(closed, Closed)
        assert closed.published
        yield Day(data, receipts, tuple(s.digest for s in samples.values()), next(ticks), house)


def test_the_day_was_busy_and_is_published(day: Day) -> None:
    """The attack has something to attack: every entry of the day lies in the bundles."""
    kinds = Counter(json.loads(entry)["k"] for entry in day.entries())
    assert kinds["intent"] >= 18
    assert kinds["outcome"] >= 14
    assert {"authority", "gallery", "erasure", "charter", "epoch"} <= set(kinds)


def spellings(secret: bytes) -> Iterator[bytes]:
    """The ways in which bytes may hide in a file: themselves, other case, hex, base64 at any alignment, reversed."""
    yield from (secret, secret.lower(), secret.upper(), secret.hex().encode(), secret[::-1])
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + secret).decode()
        core = text[(0, 2, 3)[shift] : (len(secret) + shift) * 8 // 6 - 1]
        if len(core) >= 6:
            yield core.encode()
            yield core.replace("+", "-").replace("/", "_").encode()


def hashes(secret: bytes) -> Iterator[bytes]:
    """What somebody would find who hashes a guess, alone, as JSON, or with a likely prefix."""
    quoted = json.dumps(secret.decode("utf-8", "replace")).encode()
    for text in (secret, quoted, b"\x00" + secret, b"\x00" + quoted, b"authority_reference\x00" + quoted):
        for name in ("sha256", "sha1", "md5", "sha512"):
            yield hashlib.new(name, text).digest()


def hidden(secret: bytes, everything: bytes) -> bool:
    return any(form in everything for form in spellings(secret))


def test_the_attack_would_find_what_is_there(day: Day) -> None:
    """Control: a secret written in any of these ways into the public files is found."""
    everything = b"\0".join(day.files())
    digest = bytes.fromhex(day.digests[0])
    for leak in (digest, digest.hex().encode(), base64.b64encode(b"x" + digest), base64.urlsafe_b64encode(digest)):
        assert hidden(digest, everything + leak), leak
    assert hidden(b"missing-person", everything)


@pytest.mark.parametrize("what", ["people", "cases", "officers", "galleries", "words"])
def test_no_name_case_officer_gallery_or_word_is_published(day: Day, what: str) -> None:
    """Neither as text in any spelling, nor as a hash that a guess would reproduce, in files or their names."""
    secrets = {
        "people": (*PEOPLE, "Hussein", "Robinette", "Adeyemi", "blue school bag"),
        "cases": (*CASES, *(f"guardian-request:{case}" for case in CASES)),
        "officers": (*OFFICERS, *(o.removeprefix("os:") for o in OFFICERS)),
        "galleries": GALLERIES,
        "words": (*REASONS, *SPOKEN, "desk 7", "mother", "harbour"),
    }[what]
    everything = b"\0".join((*day.files(), day.names().encode()))
    for secret in secrets:
        assert not hidden(secret.encode(), everything), secret
        for digest in hashes(secret.encode()):
            assert not hidden(digest, everything), f"a hash of {secret}"


def test_no_picture_and_no_document_is_published_by_its_digest(day: Day) -> None:
    """Who holds a photograph cannot find out whether it was searched for."""
    everything = b"\0".join(day.files())
    for digest in (*day.digests, DOCUMENT):
        assert not hidden(bytes.fromhex(digest), everything)
        for deeper in hashes(digest.encode()):
            assert not hidden(deeper, everything)
        for lines in (f"{digest}:0\n", f"{digest}:*\n"):
            assert not hidden(hashlib.sha256(lines.encode()).digest(), everything), "the digest that a receipt carries"


def test_no_hour_is_published(day: Day) -> None:
    """The day stands in the log, and no second of it: neither as a number in any form nor as a time."""
    entries = b"\n".join(day.entries())
    rest = b"\0".join(day.files())
    for second in range(MORNING - 5, day.ended + 5):
        assert str(second).encode() not in rest
        assert struct.pack(">Q", second) not in rest
        assert struct.pack("<Q", second) not in rest
    assert not re.search(rb"\d\d:\d\d", entries)
    numbers = {int(n) for n in re.findall(rb":(\d+)[,}]", entries)}
    assert max(numbers) < MORNING // 1000, "every number is a small count"


def test_guessable_cases_do_not_open_commitments(day: Day) -> None:
    """All cases of a year, hashed with salts that a stranger knows, meet no commitment; with the real one it opens."""
    intents = [json.loads(e) for e in day.entries() if json.loads(e)["k"] == "intent"]
    committed = {i["c"] for i in intents}
    known_salts = [bytes(32), *(hashlib.sha256(i["id"].encode()).digest() for i in intents[:3])]
    published = b"".join(day.files())
    for number, salt in itertools.product(range(400), known_salts):
        guess = json.dumps(f"2026-{number:04d}")
        leaf = field_leaf("case", guess, salt)
        assert commitment([leaf]) not in committed
        assert leaf not in published
    entry = next(iter(day.receipts))
    values = dict(day.house.ledger.detail(entry) or {})
    texts = value_texts("intent", values)
    assert commitment(field_leaves(texts, dict.fromkeys(texts, bytes(32)))) not in committed, "without the salts"
    (opening,) = day.house.ledger.open_fields(entry, ["case"])
    assert check_opening(opening) == values["case"], "with its salt the same value opens it"
    wrong = opening._replace(value=json.dumps("2026-0001"))
    with pytest.raises(Exception, match="do not lead to the entry's commitment"):
        check_opening(wrong)


def test_the_same_officer_or_picture_makes_nothing_equal(day: Day) -> None:
    """Eight searches, two officers, two pictures: but for ids, salts and the use counter they are the same bytes."""
    said = {json.loads(e).get("id", ""): json.loads(e) for e in day.entries()}
    came = {json.loads(e)["of"]: json.loads(e) for e in day.entries() if json.loads(e)["k"] == "outcome"}
    searches = [said[entry] for entry in day.receipts]
    assert len({s["c"] for s in searches}) == len({s["id"] for s in searches}) == len(searches) == 8
    assert len({json.dumps({**s, "id": "", "c": ""}) for s in searches}) == 1
    outcomes = [came[entry] for entry in day.receipts]
    assert len({o["c"] for o in outcomes}) == 8
    assert len({json.dumps({**o, "of": "", "c": "", "ctr": 0}) for o in outcomes}) == 1
    uses = [o["ctr"] for o in outcomes]
    assert uses == list(range(uses[0], uses[0] + 8)), "the counter tells the order, which the log tells anyway"
    everything = day.entries()
    commitments = [json.loads(e)["c"] for e in everything if "c" in json.loads(e)]
    assert len(set(commitments)) == len(commitments)


def test_entries_say_what_the_document_lists_and_nothing_else(day: Day) -> None:
    """Each public field is in docs/log.md, each word in it is of the charter's register or of a closed list."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|$", _document("log.md"), flags=re.M)
    public = {kind: set(re.findall(r"`(\w+)`", fields)) for kind, fields, _ in rows}
    sealed = {kind: set(re.findall(r"`(\w+)`", fields)) for kind, _, fields in rows}
    charter = b"\n".join(demo_files(bytes(32)).values()).decode() + day.house.charters.judge().charter.digest
    closed = set(re.findall(r"[\w-]+", _document("log.md"))) | {"unregistered", "none"}
    closed |= {rule.id for rule in rules_of(day.house.charters.judge().charter)}
    random = re.compile(r"[A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86}|[0-9a-f]{64}|\d{4}-\d\d-\d\d")
    for entry in map(json.loads, day.entries()):
        kind = entry.pop("k")
        assert set(entry) - {"v", "ep"} == public[kind], kind
        assert sealed[kind] == set(DETAIL.get(kind, ())), kind
        for name, value in entry.items():
            if kind in {"build", "key"} or name in {"text", "gal"}:
                continue
            for word in value if isinstance(value, list) else [value]:
                words = closed | set(re.findall(r"[\w-]+", KINDS[kind][name].says))
                known = not isinstance(word, str) or not word or word in charter or word in words
                assert known or random.fullmatch(word), f"{kind}.{name}: {word}"


def test_erasing_is_not_linked_to_what_it_erased(day: Day) -> None:
    """The erasure's entries name no other entry, and the proofs of what was erased still hold."""
    entries = [json.loads(e) for e in day.entries()]
    ids = {e["id"] for e in entries if "id" in e}
    for erasure in (e for e in entries if e["k"] == "erasure"):
        assert not {str(v) for k, v in erasure.items() if k != "id"} & ids


def _document(name: str) -> str:
    return (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
