"""Many verifications of one face against many people are refused as the search that they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.founded import founded_house
from tests.service.chartered import asks, under

from countenance.assembly import House
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.settings import read_settings
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.sample import SampleRef

TWO = ("reviewers = 1", "reviewers = 1\nverifications = 2")
PROBE = SampleRef("aa" * 32)
REGISTRY = Gallery("1", "registry", "pseudonym-1", Keep.NONE, 1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with founded_house(tmp_path / "data") as made:
        under(made, TWO)
        yield made


def picture(number: int) -> SampleRef:
    return SampleRef(f"{number:064x}")


def verify(house: House, *samples: SampleRef, asking: Asking | None = None, subject: str = "") -> bool:
    """Ask for one verification; whether it was permitted."""
    made = house.rooms.gate.ask(
        asking or asks(house), Action.VERIFY, gallery=REGISTRY if subject else None, samples=samples, bound=1,
        subjects=(subject,) if subject else (),
    )  # fmt: skip
    if isinstance(made, Passage):
        made.conclude(OutcomeResult.NO_MATCH)
        return True
    assert isinstance(made, Refused)
    assert made.refusal.policies == ("gate-verifications",)
    assert "are a search" in made.refusal.sentence
    return False


def test_one_picture_is_compared_with_so_many_others_and_no_more(house: House) -> None:
    """Whichever way around; what was permitted before stays permitted; another picture and person count anew."""
    assert verify(house, PROBE, picture(1))
    assert verify(house, picture(2), PROBE)
    assert not verify(house, PROBE, picture(3))
    assert not verify(house, picture(3), PROBE)
    assert verify(house, PROBE, picture(1))
    assert verify(house, picture(4), picture(3))
    assert verify(house, PROBE, picture(3), asking=asks(house, "os:ann"))


def test_one_picture_is_compared_with_so_many_subjects_and_no_more(house: House) -> None:
    assert [verify(house, PROBE, subject=name) for name in ("Ada", "Ada", "Bea", "Cy", "Ada")] == [
        True, True, True, False, True
    ]  # fmt: skip


def test_many_pictures_are_compared_with_one_subject(house: House) -> None:
    """A door at which one person passes often is no search."""
    assert all(verify(house, picture(number), subject="Ada") for number in range(9))


def test_a_restart_forgets_nothing(house: House, tmp_path: Path) -> None:
    assert verify(house, PROBE, picture(1))
    assert verify(house, PROBE, picture(2))
    house.close()
    with House.open(read_settings(tmp_path / "data")) as again:
        assert not verify(again, PROBE, picture(3))
