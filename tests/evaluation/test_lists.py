"""The lists that a measurement starts from: whatever is wrong with one is told, with its line, before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.evaluation.groups import read_labels
from countenance.evaluation.open_set import read_open_set
from countenance.evaluation.pair_list import read_pair_list
from countenance.evaluation.pictures import read_samples, refs_of
from countenance.evaluation.split import calibrating
from countenance.terms.acquisition import FaceChoice
from countenance.terms.errors import BrokenInput, Malformed, WrongDigest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four persons with two files each; the evaluator looks into none of them."""
    for person in "abcd":
        (tmp_path / person).mkdir()
        for number in (1, 2):
            (tmp_path / person / f"{number}.jpg").write_bytes(f"{person}{number}".encode())
    (tmp_path / "a" / "copy.jpg").write_bytes(b"a1")
    (tmp_path / "b" / "copy.jpg").write_bytes(b"a1")
    return tmp_path


def pair_list(root: Path, *rows: str, head: str = "fold,same,image_a,image_b") -> Path:
    path = root / "pairs.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


GOOD = ("1,1,a/1.jpg,a/2.jpg", "1,0,a/1.jpg,b/1.jpg", "2,1,c/1.jpg,c/2.jpg", "2,0,c/1.jpg,d/1.jpg")


def test_a_list_names_pictures_persons_and_its_own_digest(root: Path) -> None:
    """Persons by folder; the digest changes with a label and with a picture, and not with the list's place."""
    read = read_pair_list(pair_list(root, *GOOD), None)
    assert {p.person for p in read.pictures.values()} == {"a", "b", "c", "d"}
    assert (len(read.pairs), read.persons_by, read.doubtful) == (4, "the folders", ())
    other = root / "elsewhere"
    other.mkdir()
    assert read_pair_list(pair_list(other, *GOOD), root).sha256 == read.sha256
    turned = read_pair_list(pair_list(root, GOOD[0].replace(",1,", ",0,", 1), *GOOD[1:]), None)
    assert turned.sha256 != read.sha256
    (root / "a" / "2.jpg").write_bytes(b"another picture")
    assert read_pair_list(pair_list(root, *GOOD), None).sha256 != read.sha256


def test_a_receipt_names_each_picture_once_in_an_order_of_its_own(root: Path) -> None:
    read = read_pair_list(pair_list(root, *GOOD), None)
    refs = refs_of(read.pictures.values(), FaceChoice.CENTRAL)
    assert list(refs) == sorted(set(refs))
    assert {r.face for r in refs} == {"*"}
    assert {r.face for r in refs_of(read.pictures.values(), FaceChoice.ONE)} == {"0"}


def test_persons_may_be_said_or_follow_from_the_pairs(root: Path) -> None:
    """Columns say it; else folders, where they agree; else whoever is said to be the same is one person."""
    head = "same,image_a,image_b,person_a,person_b"
    said = read_pair_list(pair_list(root, "1,a/1.jpg,b/1.jpg,x,x", "0,a/1.jpg,c/1.jpg,x,y", head=head), None)
    assert ({p.person for p in said.pictures.values()}, said.persons_by) == ({"x", "y"}, "the list")
    head = "same,image_a,image_b"
    found = read_pair_list(
        pair_list(root, "1,a/1.jpg,b/1.jpg", "1,b/1.jpg,c/1.jpg", "0,a/1.jpg,d/1.jpg", head=head), None
    )
    assert found.persons_by == "the pairs"
    assert len({p.person for p in found.pictures.values()}) == 2


def test_a_label_that_contradicts_the_folders_is_a_suspect(root: Path) -> None:
    rows = [
        f"1,0,{one}/{i}.jpg,{other}/{j}.jpg"
        for one, other in ("ab", "ac", "ad", "bc", "bd", "cd")
        for i in "12"
        for j in "12"
    ]
    read = read_pair_list(pair_list(root, *rows, "1,1,a/1.jpg,b/2.jpg"), None)
    assert [(p.a, p.b) for p in read.doubtful] == [("a/1.jpg", "b/2.jpg")]


BAD_PAIRS = {
    "no pair": ([], "no pair"),
    "a column is missing": (None, "same, image_a, image_b; same is missing"),
    "another label": (["1,perhaps,a/1.jpg,b/1.jpg"], "same is 1 or 0"),
    "a picture with itself": (["1,1,a/1.jpg,a/1.jpg"], "compared with itself"),
    "the same bytes": (["1,1,a/1.jpg,a/copy.jpg", "1,0,a/2.jpg,c/1.jpg"], "same picture, byte for byte"),
    "the same bytes of two persons": (["1,0,a/1.jpg,c/1.jpg", "1,0,b/copy.jpg,d/1.jpg"], "are the same picture"),
    "a person in two folds": ([*GOOD, "2,0,a/2.jpg,d/2.jpg"], "the person a is in fold 1 and in fold 2"),
    "too few fields": (["1,1,a/1.jpg"], "not as many fields"),
    "an empty field": (["1,1,,a/1.jpg"], "image_a is empty"),
}


@pytest.mark.parametrize("name", BAD_PAIRS)
def test_a_pair_list_that_cannot_be_measured_is_refused(root: Path, name: str) -> None:
    rows, says = BAD_PAIRS[name]
    path = pair_list(root, head="image_a,image_b") if rows is None else pair_list(root, *rows)
    with pytest.raises(Malformed, match=says):
        read_pair_list(path, None)


def test_a_picture_that_is_not_there_is_told_with_its_line(root: Path) -> None:
    with pytest.raises(BrokenInput, match=r"cannot be read.*pairs.csv:2") as told:
        read_pair_list(pair_list(root, "1,1,a/1.jpg,a/9.jpg"), None)
    assert "--root" in told.value.remedy
    with pytest.raises(BrokenInput, match="cannot be read"):
        read_pair_list(root / "none.csv", None)
    (root / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Malformed, match="UTF-8"):
        read_pair_list(root / "bytes.csv", None)


def test_a_picture_that_changes_while_it_is_measured_is_refused(root: Path) -> None:
    read = read_pair_list(pair_list(root, *GOOD), None)
    pictures = tuple(read.pictures.values())
    assert [s.digest for s in read_samples(pictures)] == [p.digest for p in pictures]
    pictures[1].path.write_bytes(b"changed")
    with pytest.raises(WrongDigest, match="changed while"):
        list(read_samples(pictures))


OPEN = ("a/1.jpg,a,gallery", "a/2.jpg,a,probe-mated", "b/1.jpg,b,probe-nonmated")

BAD_OPEN = {
    "another role": ([*OPEN, "b/2.jpg,b,probe"], "a role is"),
    "a stranger who is enrolled": ([*OPEN, "b/2.jpg,b,gallery"], "probe-nonmated of b, who is in the gallery"),
    "a mate who is not": ([*OPEN, "c/1.jpg,c,probe-mated"], "probe-mated of c, who is not in the gallery"),
    "a role without a picture": (OPEN[:2], "no picture of the role probe-nonmated"),
    "a picture twice": ([*OPEN, OPEN[0]], "stands in the list already"),
    "a picture of the gallery as a probe": ([*OPEN, "a/copy.jpg,a,probe-mated"], "byte for byte"),
    "the same bytes of two persons": ([*OPEN, "b/copy.jpg,b,probe-nonmated"], "same picture"),
}


@pytest.mark.parametrize("name", BAD_OPEN)
def test_an_open_set_list_that_cannot_be_measured_is_refused(root: Path, name: str) -> None:
    rows, says = BAD_OPEN[name]
    path = root / "open.csv"
    path.write_text("\n".join(["image,subject,role", *rows]) + "\n")
    with pytest.raises(Malformed, match=says):
        read_open_set(path, None)


def test_a_gallery_is_filled_with_pictures_of_nobody_who_is_looked_for(root: Path) -> None:
    """Each is a subject of its own and part of the digest; a picture that a probe shows is no distractor."""
    path, fill = root / "open.csv", root / "fill"
    path.write_text("\n".join(["image,subject,role", *OPEN]) + "\n")
    with pytest.raises(Malformed, match="no pictures"):
        read_open_set(path, None, root / "none")
    fill.mkdir()
    for number in range(3):
        (fill / f"{number}.png").write_bytes(f"filler {number}".encode())
    plain, filled = read_open_set(path, None), read_open_set(path, None, fill)
    assert len({p.person for p in filled.by_role["gallery"]}) == 1 + 3
    assert filled.by_role["probe-mated"] == plain.by_role["probe-mated"]
    assert filled.sha256 != plain.sha256
    (fill / "again.png").write_bytes(b"b1")
    with pytest.raises(Malformed, match="same picture"):
        read_open_set(path, None, fill)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("subject\na\n", "no label"),
        ("subject,sex\na,\n", "no label"),
        ("person,sex\na,f\n", "subject is missing"),
        ("subject,sex\na,f\na,m\n", "two groups"),
        ("subject,sex\n" + "".join(f"p{i},g{i}\n" for i in range(30)), "more than 24 groups"),
    ],
)
def test_labels_that_are_missing_or_contradict_each_other_are_refused(root: Path, text: str, says: str) -> None:
    path = root / "labels.csv"
    path.write_text(text)
    with pytest.raises(Malformed, match=says):
        read_labels(path)


def test_a_person_stays_on_one_side_whoever_else_is_in_the_list() -> None:
    """The split depends on seed and name alone, and gives each side about a half."""
    names = [f"person {i}" for i in range(400)]
    side = dict(zip(names, calibrating(names, 1), strict=True))
    assert 160 < sum(side.values()) < 240
    few = names[100:7:-3]
    assert [side[n] for n in few] == list(calibrating(few, 1))
    assert list(calibrating(names, 1)) != list(calibrating(names, 2))
