"""What the tests of migrations share: a house, a folder of people to bring in, and one way to run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from PIL import Image
from tests.founded import founded_house

from countenance.assembly import House, load_vision
from countenance.migration.intake import Intake, name_of
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.run import Ran, run
from countenance.migration.source import Source
from countenance.migration.steering import FOLDER, Steering
from countenance.service.asking import Asking, Refused
from countenance.service.enrol import gallery_for
from countenance.settings import Settings
from countenance.terms.authority import Authority
from countenance.terms.gallery import Gallery
from countenance.vision.vision import Vision

ADA, BEA, CID = "Ada Lovelace", "Béa Ünal", "Cid"
UNTIL = 1_924_992_000
INTAKE = Intake("consent", UNTIL)


@pytest.fixture(scope="session")
def vision() -> Vision:
    return load_vision(Settings())


@pytest.fixture(scope="session")
def small(pictures: Mapping[str, Path]) -> Callable[[str, int], bytes]:
    """A picture of the demo, small, as JPEG of a quality: another quality is another file of the same face."""

    def made(name: str, quality: int = 90) -> bytes:
        out = io.BytesIO()
        with Image.open(pictures[name]) as image:
            image.thumbnail((400, 400))
            image.convert("RGB").save(out, "JPEG", quality=quality)
        return out.getvalue()

    return made


@pytest.fixture
def people(tmp_path: Path, small: Callable[[str, int], bytes]) -> Path:
    """A folder per subject: three people, four pictures, a picture without a face, a pickle and a text."""
    folder = tmp_path / "people"
    for name, files in {
        ADA: {"1.jpg": small("obama.jpg", 90), "2.jpg": small("obama2.jpg", 90)},
        BEA: {"1.jpg": small("biden.jpg", 90)},
        CID: {"1.jpg": small("astronaut.png", 90), "cat.jpg": small("chelsea.png", 90)},
    }.items():
        (folder / name).mkdir(parents=True)
        for file, data in files.items():
            (folder / name / file).write_bytes(data)
    (folder / "representations_vgg.pkl").write_bytes(b"\x80\x04.")
    (folder / CID / "notes.txt").write_text("seen in March")
    return folder


def whose(found: Iterable[LegacyRecord]) -> int:
    """How many persons the account tells of these records."""
    names = {name_of(each) if each.images else each.person for each in found}
    return len({normalize("NFC", each) for each in names if each})


@dataclass
class Mover:
    """Runs migrations into the gallery ``moved`` of one house."""

    house: House
    gallery: Gallery

    @property
    def asks(self) -> Asking:
        made = self.house.asking("missing-person", "guardian-request:case-3")
        return replace(made, authority=Authority.parse("guardian-request:case-3"))

    def run(self, path: Path, kind: str = "folder", intake: Intake = INTAKE, **more: Any) -> Ran:
        ran = self.try_run(path, kind, intake, **more)
        assert isinstance(ran, Ran)
        return ran

    def try_run(self, path: Path, kind: str = "folder", intake: Intake = INTAKE, **more: Any) -> Ran | Refused:
        return run(
            self.house.rooms,
            self.house.migrations,
            more.pop("asks", self.asks),
            gallery=self.gallery,
            source=Source(kind, path, table=more.pop("table", "")),
            intake=intake,
            steering=Steering(self.house.settings.data / FOLDER),
            **more,
        )

    def images(self, ran: Ran) -> dict[str, int]:
        """How many took each exit."""
        return {each.value: count for each, count in ran.account.images.exits.items()}

    def codes(self, ran: Ran) -> dict[str, int]:
        return self.house.migrations.counts(ran.run, "code")


@pytest.fixture
def mover(tmp_path: Path, vision: Vision) -> Iterator[Mover]:
    with founded_house(tmp_path / "data") as made:
        house = replace(made, rooms=replace(made.rooms, vision=lambda: vision))
        asks = house.asking("missing-person", "guardian-request:case-3")
        place = gallery_for(house.rooms, asks, "moved")
        assert isinstance(place, Gallery)
        yield Mover(house, place)
