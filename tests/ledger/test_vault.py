"""The vault: one field can be shown, one can be forgotten, and what is forgotten is nowhere any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger import plain_commitment
from tests.ledger.loghouse import DAY, INTENT, LogHouse, closed, founded, kinds

from countenance.ledger import commitment
from countenance.ledger.detail import DETAIL
from countenance.ledger.disk import Disk
from countenance.ledger.draft import draft, new_id
from countenance.ledger.epochs import month_of
from countenance.ledger.sealed_detail import SealedDetail
from countenance.ledger.vault import Row, Vault
from countenance.terms.errors import Malformed, SealBroken, UnknownName

VALUES = st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3)
KINDS = st.sampled_from(sorted(DETAIL))


@st.composite
def details(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    kind = draw(KINDS)
    return kind, draw(st.dictionaries(st.sampled_from(sorted(DETAIL[kind])), VALUES))


@given(details())
def test_sealed_detail_is_what_the_formats_say(made: tuple[str, dict[str, object]]) -> None:
    """Leaves and commitment are those of ``commitment.py``, whatever the values; packing loses nothing."""
    kind, values = made
    detail = SealedDetail.make(kind, values)
    texts = plain_commitment.value_texts(kind, values)
    salts = {name: salt for name, (_, salt) in detail.fields.items()}
    assert {name: (value or b"").decode() for name, (value, _) in detail.fields.items()} == texts
    assert detail.leaves == plain_commitment.field_leaves(texts, salts)
    assert detail.commitment() == commitment.commitment(detail.leaves)
    assert SealedDetail.unpack(detail.pack()) == detail
    assert detail.values() == {name: values.get(name) for name in texts}


@given(details(), st.data())
def test_pruned_fields_leave_the_commitment_and_the_others(
    made: tuple[str, dict[str, object]], data: st.DataObject
) -> None:
    """Any fields may be forgotten: the commitment stays, the others still open, the forgotten ones never again."""
    kind, values = made
    detail = SealedDetail.make(kind, values)
    gone = data.draw(st.sets(st.sampled_from(sorted(DETAIL[kind]))))
    pruned = SealedDetail.unpack(detail.without(gone).pack())
    assert pruned.commitment() == detail.commitment()
    assert set(pruned.values()) == set(DETAIL[kind]) - gone
    for name in gone:
        salt = detail.fields[name][1]
        assert salt not in pruned.pack()
        with pytest.raises(UnknownName):
            pruned.opening(b"", name)


def test_salts_are_fresh(tmp_path: Path) -> None:
    """The same detail twice has no salt and no leaf in common."""
    one, two = (SealedDetail.make("intent", {"case": "4711"}) for _ in range(2))
    assert not {s for _, s in one.fields.values()} & {s for _, s in two.fields.values()}
    assert not set(one.leaves) & set(two.leaves)


@given(st.binary(max_size=200))
def test_broken_plain_forms_are_refused(data: bytes) -> None:
    """Whatever lies under a seal: it is read strictly."""
    with pytest.raises(SealBroken):
        SealedDetail.unpack(data)


class House:
    """A vault with one entry in it."""

    def __init__(self, directory: Path, key: bytes = bytes(32)) -> None:
        self.path = directory / "vault.sqlite"
        self.vault = Vault(self.path, key, Disk())
        self.month = month_of(1_764_000_000.0)

    def keep(self, number: int, word: str) -> str:
        entry = new_id()
        sealed = self.vault.seal(entry, self.month, SealedDetail.make("review", {"reason": word}))
        self.vault.store([Row(number, entry, sealed)])
        return entry


def test_rows_are_sealed_and_bound_to_their_entry(tmp_path: Path) -> None:
    """No value lies open in the file; a row that was moved to another entry, or a wrong key, does not open."""
    house = House(tmp_path)
    one, two = house.keep(0, "looked like her brother"), house.keep(1, "no")
    detail = house.vault.read(one)
    assert detail is not None
    assert detail.values()["reason"] == "looked like her brother"
    house.vault._connection.execute(
        "UPDATE detail SET sealed = (SELECT sealed FROM detail WHERE number = 0) WHERE number = 1"
    )
    with pytest.raises(SealBroken):
        house.vault.read(two)
    house.vault.close()
    assert b"brother" not in house.path.read_bytes()
    with pytest.raises(SealBroken):
        House(tmp_path, bytes(range(32))).vault.read(one)


def test_storing_again_does_not_bring_back_what_was_forgotten(tmp_path: Path) -> None:
    """The journal may be built in twice; an erased row stays erased."""
    house = House(tmp_path)
    entry = new_id()
    row = Row(0, entry, house.vault.seal(entry, house.month, SealedDetail.make("review", {"reason": "x"})))
    house.vault.store([row])
    house.vault.forget([entry], [], owed(house))
    house.vault.store([row])
    assert house.vault.read(entry) is None
    assert house.vault.number_of(entry) == 0
    house.vault.close()


def owed(house: House) -> object:
    from countenance.ledger.erasure import owed_entry

    made = draft("erasure", {"basis": "withdrawal", "n": "1"}, {"entries": []})
    return owed_entry(house.vault, made, house.month)


def test_a_months_key_can_be_destroyed(tmp_path: Path) -> None:
    """Without its month's key nothing of that month opens again, also from an older copy of the rows."""
    house = House(tmp_path)
    old = house.keep(0, "old")
    sealed = house.vault._row(old)[1]
    assert sealed is not None
    house.month += 1
    new = house.keep(1, "new")
    assert house.vault.sealed_before(house.month) == 1
    house.vault.forget_months_before(house.month, owed(house))  # type: ignore[arg-type]  # an Owed
    assert house.vault.read(old) is None
    assert house.vault.read(new) is not None
    with pytest.raises(SealBroken):
        house.vault.unseal(old, sealed)
    house.vault.close()


def files(directory: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file())


def test_erasure_leaves_no_byte_of_the_sealed_detail(quick_place: Callable[[], Path]) -> None:
    """Neither in the vault, nor its write-ahead log, nor the journal; every proof stays valid."""
    house, ledger = founded(quick_place())
    receipts = house.act(ledger, 4)
    gone = receipts[1].entry
    ledger.flush()
    sealed = ledger._parts.vault._row(gone)[1]
    assert sealed is not None
    assert sealed in files(house.directory)
    ledger.erase([gone, f"{gone}.outcome"], basis="withdrawal", detail={"subject": "s-1", "principal": "os:alice"})
    assert sealed not in files(house.directory)
    assert ledger.detail(gone) is None
    assert ledger.detail(f"{gone}.outcome") is None
    assert kinds(ledger)[-1] == "erasure"
    with pytest.raises(UnknownName):
        ledger.open_fields(gone, ["case"])
    closed(ledger)
    assert str(ledger.proof(gone)).startswith("c2sp.org/tlog-proof@v1")
    house.check_receipts(ledger, receipts)
    ledger.close()
    house.check()


def test_an_erasures_entry_says_how_many_and_not_which(tmp_path: Path) -> None:
    """The ids would link the entries of one subject; they are sealed."""
    house, ledger = founded(tmp_path)
    gone = [r.entry for r in house.act(ledger, 3)]
    made = ledger.erase(gone, basis="withdrawal", detail={"subject": "s-1"})
    public = ledger.entry(made)
    assert b'"n":"2-5"' in public
    assert not any(entry.encode() in public for entry in gone)
    detail = ledger.detail(made)
    assert detail is not None
    assert detail["entries"] == sorted(gone)
    ledger.close()


def test_single_fields_can_be_erased(tmp_path: Path) -> None:
    """Candidates of somebody else's search are pruned; the rest of that search can still be shown to a court."""
    house, ledger = founded(tmp_path)
    (receipt,) = house.act(ledger)
    outcome = f"{receipt.entry}.outcome"
    ledger.erase([outcome], fields=["candidates"], basis="withdrawal", detail={})
    with pytest.raises(UnknownName):
        ledger.open_fields(outcome, ["candidates"])
    (opening,) = ledger.open_fields(outcome, ["compared"])
    assert commitment.check_opening(opening) == 13
    ledger.erase([outcome], fields=["compared"], basis="withdrawal", detail={})
    detail = ledger.detail(outcome)
    assert detail is not None
    assert not {"candidates", "compared"} & set(detail)
    ledger.close()


def test_a_legal_hold_beats_erasure(tmp_path: Path) -> None:
    """What is held is not erased, by nobody, until the hold is lifted; both are entries."""
    house, ledger = founded(tmp_path)
    (receipt,) = house.act(ledger)
    ledger.hold([receipt.entry], detail={"principal": "court", "reason": "case 5 K 17/25"})
    with pytest.raises(Malformed, match="hold"):
        ledger.erase([receipt.entry], basis="withdrawal", detail={})
    house.now += 100 * DAY
    ledger.expire(house.now, detail={})
    detail = ledger.detail(receipt.entry)
    assert detail is not None
    assert detail["case"] == "case-4711"
    assert ledger.detail(f"{receipt.entry}.outcome") is None
    ledger.close()
    with house.open() as again:
        with pytest.raises(Malformed, match="hold"):
            again.erase([receipt.entry], basis="withdrawal", detail={})
        again.hold([receipt.entry], lift=True, detail={})
        again.erase([receipt.entry], basis="withdrawal", detail={})
        assert kinds(again)[-2:] == ["hold", "erasure"]


def test_retention_ends_by_destroying_months(tmp_path: Path) -> None:
    """Everything older than a month is forgotten at once; what is younger stays."""
    house, ledger = founded(tmp_path)
    old = house.act(ledger, 2)
    house.now += 35 * DAY
    new = house.act(ledger, 2)
    ledger.expire(house.now, detail={"reason": "retention of 30 days"})
    assert ledger.detail(old[0].entry) is None
    assert ledger.detail(new[0].entry) is not None
    with pytest.raises(Malformed, match="are over"):
        ledger.expire(house.now + 40 * DAY, detail={})
    ledger.close()
    house.check()


def test_an_unknown_entry_cannot_be_erased(tmp_path: Path) -> None:
    """A wrong id is an error, not an erasure of nothing."""
    _, ledger = founded(tmp_path)
    before = kinds(ledger)
    with pytest.raises(UnknownName):
        ledger.erase([new_id()], basis="withdrawal", detail={})
    with pytest.raises(Malformed):
        ledger.erase([], basis="because", detail={})
    assert kinds(ledger) == before
    ledger.close()


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 3))
def test_what_is_erased_was_in_the_running_epoch_or_long_past(quick_place: Callable[[], Path], epochs: int) -> None:
    """It makes no difference how far an entry has got: journal, tree or publication."""
    house, ledger = founded(quick_place())
    (receipt,) = house.act(ledger)
    for _ in range(epochs):
        house.busy_day(ledger)
        closed(ledger)
    ledger.erase([receipt.entry], basis="order", detail={})
    assert ledger.detail(receipt.entry) is None
    ledger.close()
    house.check()


def test_the_house_is_not_empty() -> None:
    """The sample request has something to hide, or else these tests would prove nothing."""
    assert INTENT.detail["authority_reference"]
    assert LogHouse(Path()).vault_key
