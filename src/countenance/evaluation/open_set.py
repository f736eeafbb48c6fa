"""An open-set list: who is enrolled, who is searched for and is there, who is searched for and is not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

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

Role = Literal["gallery", "probe-mated", "probe-nonmated"]
ROLES: tuple[Role, ...] = ("gallery", "probe-mated", "probe-nonmated")


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Pictures by role, in the order of the list; ``sha256`` of the whole input."""

    by_role: dict[Role, tuple[Picture, ...]] = field(repr=False)
    sha256: str

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture: the gallery's, then the probes."""
        return tuple(p for role in ROLES for p in self.by_role[role])


def read_open_set(path: Path, root: Path | None, distractors: Path | None = None) -> OpenSet:
    """Read ``image,subject,role``; raises BrokenInput, and Malformed where it cannot be an open-set protocol.

    Every picture below the folder ``distractors`` is enrolled too, as a subject of its own whom nobody looks for.

    That is: an empty role, a picture in two roles, a mated probe of somebody who is not in the gallery, a non-mated
    probe of somebody who is, the same bytes under two names.
    """
    named, role_of, lines = [], {}, []
    for where, row in rows_of(path, ("image", "subject", "role")):
        if row["role"] not in ROLES:
            raise Malformed(f"a role is {', '.join(ROLES)}; not {row['role']!r}", where=where)
        if row["image"] in role_of:
            raise Malformed("this picture stands in the list already", where=where)
        role_of[row["image"]] = row["role"]
        named.append(Named(row["image"], row["subject"], where))
        lines.append((row["image"], row["subject"], row["role"]))
    fillers = [] if distractors is None else _fillers(distractors)
    enrolled = {n.person for n in named if role_of[n.name] == "gallery"}
    for each in named:
        role = role_of[each.name]
        if (role == "probe-mated" and each.person not in enrolled) or (
            role == "probe-nonmated" and each.person in enrolled
        ):
            there = "is" if each.person in enrolled else "is not"
            raise Malformed(f"a {role} of {each.person}, who {there} in the gallery", where=each.where)
    for role in ROLES:
        if role not in role_of.values():
            raise Malformed(f"there is no picture of the role {role}", where=str(path))
    pictures = find_pictures(named, root or path.parent)
    filled = find_pictures(fillers, distractors or path.parent)
    pictures |= {f"distractor:{name}": replace(found, name=f"distractor:{name}") for name, found in filled.items()}
    named += [Named(name, found.person, str(distractors)) for name, found in pictures.items() if name not in role_of]
    role_of |= dict.fromkeys(pictures.keys() - role_of.keys(), "gallery")
    want_one_person_each(pictures.values(), str(path))
    digests: dict[str, str] = {}
    for each in named:
        other = digests.setdefault(pictures[each.name].digest, each.name)
        if other != each.name:
            raise Malformed(f"this is the same picture as {other}, byte for byte", where=each.where)
    by_role = {role: tuple(pictures[n.name] for n in named if role_of[n.name] == role) for role in ROLES}
    return OpenSet(by_role, manifest_digest("identification", lines, pictures))


def _fillers(folder: Path) -> list[Named]:
    """Every picture below a folder, each of a person of its own; raises Malformed where there is none."""
    found = sorted(each for each in folder.rglob("*") if each.suffix.lower() in ENDINGS and each.is_file())
    if not found:
        raise Malformed("this folder holds no pictures to fill the gallery with", where=str(folder))
    names = [str(each.relative_to(folder)) for each in found]
    return [Named(name, f"distractor:{name}", str(folder)) for name in names]
