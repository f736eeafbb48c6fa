"""XMP regions: in sidecars and in photographs, however they are written, each a rectangle of a person."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tests.migration.conftest import Mover
from tests.migration.written import HEIGHT, WIDTH, portrait
from tests.migration.written_dumps import with_xmp, xmp
from tests.vision.drawn import encoded

from countenance.migration.code import Code
from countenance.migration.legacy_record import Box, LegacyRecord
from countenance.migration.reader import FileReader, reader_of
from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox

ADA = portrait()
REGIONS = [("Ada Lovelace", "Face", (0.5, 0.25, 0.5, 0.25)), ("Béa", "Face", (0.25, 0.75, 0.5, 0.5))]
BOXES = [Box(30, 20, 60, 40), Box(0, 80, 60, 80)]


def read(folder: Path, **files: bytes) -> list[LegacyRecord]:
    """The records, after the census has agreed with them; ``__`` in a name stands for its dot."""
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    reader = reader_of("xmp")
    assert isinstance(reader, FileReader)
    found = list(reader.read(folder))
    told = reader.census(folder)
    assert told.units == len({each.unit for each in found}) == len(found)
    assert told.images == sum(len(each.images) for each in found)
    assert all((image.data is None) == (image.verdict is not None) for each in found for image in each.images)
    return found


def regions(found: list[LegacyRecord]) -> list[tuple[str | None, Box | None]]:
    return [(each.person, each.images[0].box) for each in found if each.images]


@pytest.mark.parametrize("elements", [False, True])
@pytest.mark.parametrize("place", ["a__jpg__xmp", "a__xmp", "a__XMP", ""])
def test_named_regions_become_rectangles_of_persons(place: str, elements: bool, tmp_path: Path) -> None:
    """In the photograph or in either kind of sidecar, as attributes or as elements."""
    packet = xmp(REGIONS, (WIDTH, HEIGHT), elements=elements)
    found = read(tmp_path, **({place: packet, "a__jpg": ADA} if place else {"a__jpg": with_xmp(ADA, packet)}))
    assert regions(found) == [("Ada Lovelace", BOXES[0]), ("Béa", BOXES[1])]
    assert [each.unit for each in found if each.images] == ["a.jpg", "a.jpg#2"]
    assert all(each.native_ids == (("path", each.unit.partition("#")[0]),) for each in found)
    assert [each.verdict for each in found if not each.images] == [Code.NOT_A_PICTURE] * bool(place)


def test_a_sidecar_with_regions_counts_before_the_photograph_s_own(tmp_path: Path) -> None:
    """One without does not."""
    own = with_xmp(ADA, xmp([("Old", "Face", REGIONS[0][2])]))
    assert regions(read(tmp_path, a__jpg=own, a__xmp=xmp(REGIONS[:1])))[0][0] == "Ada Lovelace"
    assert regions(read(tmp_path, a__jpg=own, a__xmp=xmp([])))[0][0] == "Old"


def test_other_types_and_faces_without_names_are_told(tmp_path: Path) -> None:
    """A pet is skipped, a face without a name is nobody's, and the same name twice stays two."""
    area = REGIONS[0][2]
    found = read(
        tmp_path,
        a__jpg=ADA,
        a__xmp=xmp([("Rex", "Pet", area), ("", "Face", area), ("A", "", area), ("A", "face", area)]),
    )
    images = [each.images[0] for each in found if each.images]
    assert [each.verdict for each in images] == [Code.NOT_FACE_MODALITY, Code.NO_NATIVE_ID, None, None]
    assert [each.native_id for each in images[2:]] == ["A", "A#2"]


def test_a_name_keeps_its_place_when_another_comes_before_it(tmp_path: Path) -> None:
    """What makes a second run know it again is the name, and not the order."""
    first = {each.images[0].native_id for each in read(tmp_path, a__jpg=ADA, a__xmp=xmp(REGIONS[1:])) if each.images}
    later = {each.images[0].native_id for each in read(tmp_path, a__xmp=xmp(REGIONS)) if each.images}
    assert first == {"Béa"}
    assert first < later


@pytest.mark.parametrize(
    ("orientation", "box"), [(1, Box(8, 4, 16, 10)), (6, Box(26, 8, 10, 16)), (3, Box(56, 26, 16, 10))]
)
@pytest.mark.parametrize("seen", [False, True])
def test_regions_follow_the_orientation(orientation: int, box: Box, seen: bool, tmp_path: Path) -> None:
    """They are drawn on the picture as it is stored, unless the size that they go by is the one that is seen."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.new("RGB", (80, 40)), "JPEG", exif=exif)
    areas = [(0.2, 0.225, 0.2, 0.25)]
    applied = (80, 40)
    if seen and orientation == 6:
        applied, areas = (40, 80), [((26 + 5) / 40, (8 + 8) / 80, 10 / 40, 16 / 80)]
    found = read(tmp_path, a__jpg=data, a__xmp=xmp([("A", "Face", areas[0])], applied))
    assert regions(found) == [("A", box)]
    assert not found[0].notes


def test_pixels_and_a_picture_of_another_shape(tmp_path: Path) -> None:
    """Areas in pixels of the size that is told; a picture that was cut since is noted."""
    pixels = xmp([("A", "Face", (60.0, 40.0, 60.0, 40.0))], (WIDTH, HEIGHT), unit="pixel")
    assert regions(read(tmp_path, a__jpg=ADA, a__xmp=pixels)) == [("A", BOXES[0])]
    cut = read(tmp_path, a__xmp=xmp(REGIONS[:1], (WIDTH, 2 * HEIGHT)))
    assert [each.code for each in cut[0].notes] == [Code.SIZE_DECLARED_WRONG]


@pytest.mark.parametrize(
    "area", [(2.0, 0.5, 0.1, 0.1), (0.5, 0.5, 0.0, 0.1), (float("nan"), 0.5, 0.1, 0.1), (0.5, 0.5, -1, 0.1)]
)
def test_a_rectangle_that_is_none_enrols_nobody(area: tuple[float, ...], tmp_path: Path) -> None:
    """Without one the wrong face of the picture might come in under the name."""
    found = read(tmp_path, a__jpg=ADA, a__xmp=xmp([("A", "Face", area)]))
    assert found[0].images[0].verdict is Code.CONTAINER_UNREADABLE


def test_what_has_no_region_or_no_photograph_is_told(tmp_path: Path) -> None:
    found = {each.unit: each for each in read(tmp_path, a__jpg=ADA, b__xmp=xmp(REGIONS[:1]), c__txt=b"x", d__xmp=b"<")}
    assert not found["a.jpg"].images
    assert found["a.jpg"].verdict is None
    assert found["b.xmp"].images[0].verdict is Code.EXTERNAL_IMAGE_MISSING
    assert found["c.txt"].verdict is Code.NOT_A_PICTURE
    assert not found["d.xmp"].images
    broken = read(tmp_path, e__jpg=ADA, e__xmp=xmp(REGIONS)[:-40])
    assert [each.images[0].verdict for each in broken if each.unit.startswith("e.jpg")] == [
        Code.CONTAINER_UNREADABLE
    ] * 2


def test_so_many_regions_that_no_photograph_has_them_are_refused(tmp_path: Path) -> None:
    """Each would hand the photograph over once more; all are accounted for. Names may be as long as names can be."""
    found = read(tmp_path, a__jpg=ADA, a__xmp=xmp(REGIONS[:1] * 1001), **{"n" * 251 + "__xmp": b""})
    assert {each.images[0].verdict for each in found if each.images} == {Code.CONTAINER_UNREADABLE}
    assert sum(len(each.images) for each in found) == 1001


def test_it_is_read_in_the_sandbox(tmp_path: Path) -> None:
    read(tmp_path, a__jpg=with_xmp(ADA, xmp(REGIONS)))
    assert census_in_sandbox("xmp", tmp_path).images == 2
    assert [each.person for each in read_in_sandbox("xmp", tmp_path)] == ["Ada Lovelace", "Béa"]


def test_two_people_of_one_photograph_come_in_each_by_their_rectangle(
    mover: Mover, small: Callable[[str, int], bytes], tmp_path: Path
) -> None:
    """The account balances, the same photograph is no duplicate of itself, and again all is unchanged."""
    parts = [Image.open(io.BytesIO(small(name, 95))) for name in ("obama.jpg", "astronaut.png")]
    side = min(each.height for each in parts)
    halves = [each.crop((0, 0, min(each.width, side), side)).resize((side, side)) for each in parts]
    both = Image.new("RGB", (2 * side, side))
    for number, half in enumerate(halves):
        both.paste(half, (number * side, 0))
    packet = xmp(
        [
            ("Left", "Face", (0.25, 0.4, 0.3, 0.6)),
            ("Right", "Face", (0.75, 0.4, 0.3, 0.6)),
            ("", "Face", (0.5, 0.5, 0.1, 0.1)),
        ]
    )
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "both.jpg").write_bytes(with_xmp(encoded(both, "JPEG", quality=95), packet))
    ran = mover.run(folder, "xmp")
    assert mover.images(ran) == {"enrolled": 2, "rejected": 1}
    assert ran.account.balanced
    assert mover.codes(ran) == {"no_native_id": 1}
    assert set(mover.images(mover.run(folder, "xmp"))) == {"unchanged"}
