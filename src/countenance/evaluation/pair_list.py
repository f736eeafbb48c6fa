"""A pair list: which pictures are compared 1:1, and which of the pairs show one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from countenance.evaluation.pictures import (
    ENDINGS,
    Named,
    Picture,
    find_pictures,
    manifest_digest,
    want_one_person_each,
)
from countenance.evaluation.table import rows_of
from countenance.terms.errors import Malformed

YES, NO = frozenset({"1", "true", "yes", "same"}), frozenset({"0", "false", "no", "different"})
AGREEING = 0.95
"""Folders are taken for persons where they agree with at least this share of the pairs."""


@dataclass(frozen=True, slots=True)
class Pair:
    """``same`` is what the list says; ``fold`` is empty where the list has none."""

    a: str
    b: str
    same: bool
    fold: str
    where: str


@dataclass(frozen=True, slots=True)
class PairList:
    """``pictures`` by name; ``sha256`` of the whole input; ``persons_by``: how it is known who is who.

    ``doubtful``: pairs whose ``same`` contradicts who the pictures are said to show.
    """

    pairs: tuple[Pair, ...]
    pictures: dict[str, Picture] = field(repr=False)
    sha256: str
    persons_by: str
    doubtful: tuple[Pair, ...]


def read_pair_list(path: Path, root: Path | None) -> PairList:
    """Read ``fold,same,image_a,image_b`` (``fold``, ``person_a`` and ``person_b`` may be left out).

    Without person columns the folder of a picture names its person, where that agrees with nearly all pairs; else
    who is said to be the same is one person, and every other picture a person of its own. Raises BrokenInput, and
    Malformed for a list without pairs, a picture against itself, or a person or picture in two folds.
    """
    pairs, lines, said = [], [], {}
    for where, row in rows_of(path, ("same", "image_a", "image_b")):
        a, b, label = row["image_a"], row["image_b"], row["same"].lower()
        if label not in YES | NO:
            raise Malformed(f"same is 1 or 0, not {label!r}", where=where)
        if a == b:
            raise Malformed("a picture is compared with itself", where=where)
        pairs.append(Pair(a, b, label in YES, row.get("fold", ""), where))
        lines.append((row.get("fold", ""), str(int(label in YES)), a, b))
        for name, person in ((a, row.get("person_a")), (b, row.get("person_b"))):
            if person:
                said[name] = person
    if not pairs:
        raise Malformed("there is no pair in this list", where=str(path))
    persons, by = _persons(pairs, said)
    named = [Named(name, persons[name], p.where) for p in pairs for name in (p.a, p.b)]
    pictures = find_pictures(named, root or path.parent)
    want_one_person_each(pictures.values(), str(path))
    for pair in pairs:
        if pictures[pair.a].digest == pictures[pair.b].digest:
            raise Malformed("both names are of the same picture, byte for byte", where=pair.where)
    _want_folds_apart(pairs, pictures)
    doubtful = tuple(p for p in pairs if (persons[p.a] == persons[p.b]) != p.same)
    return PairList(tuple(pairs), pictures, manifest_digest("verification", lines, pictures), by, doubtful)


def read_picture_list(path: Path, root: Path | None) -> PairList:
    """A folder with a folder for each person, or a CSV of ``image,subject``; there are no pairs, all are compared.

    Raises BrokenInput, and Malformed for fewer than two persons or the same bytes under two of them.
    """
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix.lower() in ENDINGS and each.is_file())
        names = [str(each.relative_to(path)) for each in found]
        named = [Named(name, str(PurePosixPath(name).parent), str(path)) for name in names]
        root, by = path, "the folders"
    else:
        rows = list(rows_of(path, ("image", "subject")))
        named = [Named(row["image"], row["subject"], where) for where, row in rows]
        root, by = root or path.parent, "the list"
    pictures = find_pictures(named, root)
    if len({p.person for p in pictures.values()}) < 2:
        raise Malformed("pictures of at least two persons are compared", where=str(path))
    want_one_person_each(pictures.values(), str(path))
    lines = [(n.name, n.person) for n in named]
    return PairList((), pictures, manifest_digest("all comparisons", lines, pictures), by, ())


def _persons(pairs: list[Pair], said: dict[str, str]) -> tuple[dict[str, str], str]:
    names = {name for p in pairs for name in (p.a, p.b)}
    if names <= said.keys():
        return said, "the list"
    folders = {name: str(PurePosixPath(name).parent) for name in names}
    agreeing = sum((folders[p.a] == folders[p.b]) == p.same for p in pairs)
    if len(set(folders.values())) > 1 and agreeing >= AGREEING * len(pairs):
        return {name: PurePosixPath(folder).name for name, folder in folders.items()}, "the folders"
    return dict(_joined(pairs, names)), "the pairs"


def _joined(pairs: list[Pair], names: set[str]) -> Iterator[tuple[str, str]]:
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for pair in pairs:
        if pair.same:
            first, second = sorted((root(pair.a), root(pair.b)))
            parent[second] = first
    return ((name, root(name)) for name in sorted(names))


def _want_folds_apart(pairs: list[Pair], pictures: dict[str, Picture]) -> None:
    """Raise Malformed where a person or a picture is in two folds: one would tell about the other."""
    fold_of: dict[str, str] = {}
    for pair in pairs:
        for name in (pair.a, pair.b):
            for key, what in (
                (f"person {pictures[name].person}", f"the person {pictures[name].person}"),
                (f"picture {pictures[name].digest}", f"the picture {name}"),
            ):
                if fold_of.setdefault(key, pair.fold) != pair.fold:
                    raise Malformed(
                        f"{what} is in fold {fold_of[key]} and in fold {pair.fold}",
                        where=pair.where,
                        remedy="Split by person, so that what is tuned on one fold is tested on others.",
                    )
