"""What an export says, record by record: believed no more than it parses, and handed on in blocks to be enrolled."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from countenance.gallery.sealing import ProofElsewhere
from countenance.gallery.tombstones import DIGEST, SHORT
from countenance.keys.erasure_list import NO_KEY, Withdrawn
from countenance.keys.seal import KEY_BYTES
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Keep
from countenance.terms.look import Look
from countenance.terms.quality import Quality, QualityComponent
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

BLOCK = 200
"""References that share a receipt: what a kill costs."""
BLOCK_BYTES = 64 << 20
"""Fewer where their pictures are larger."""


@dataclass(frozen=True, slots=True)
class Person:
    """A subject of the file."""

    name: str
    metadata: Mapping[str, str]
    minor: bool
    basis: str
    retain_until: int | None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Person:
        """Of its record; raises KeyError, TypeError, ValueError."""
        until, words = said["retain_until"], {str(key): str(value) for key, value in dict(said["metadata"]).items()}
        return cls(
            str(said["name"]), words, bool(said["minor"]), str(said["basis"]), None if until is None else int(until)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A reference of the file, and its subject."""

    id: str
    ref: SampleRef
    person: Person
    recipe: Recipe
    templates: Mapping[Recipe, bytes]
    quality: Quality
    metadata: Mapping[str, str]
    look: Look | None
    ids: tuple[str, ...]
    kept: Keep
    picture: bytes | None
    proofs: tuple[ProofElsewhere, ...]

    @classmethod
    def of(cls, said: Mapping[str, Any], person: Person, recipes: Mapping[str, Recipe]) -> Line:
        """Of its record; raises KeyError, TypeError, ValueError."""
        look, picture = said["look"], said["picture"]
        components = (QualityComponent(str(k), int(v), float(v), "") for k, v in said["quality"].items())
        return cls(
            str(said["id"]),
            SampleRef(str(said["sample"]), str(said["face"])),
            person,
            recipes[said["recipe"]],
            {recipes[digest]: base64.b64decode(text, validate=True) for digest, text in said["templates"].items()},
            Quality(tuple(components)),
            {str(key): str(value) for key, value in dict(said["metadata"]).items()},
            None if look is None else Look(str(look[0]), int(look[1], 16)),
            tuple(map(str, said["ids"])),
            Keep(said["kept"]),
            None if picture is None else base64.b64decode(picture, validate=True),
            tuple(ProofElsewhere(str(each["log"]), str(each["proof"])) for each in said["proofs"]),
        )

    def template(self, space: str) -> Template | None:
        """The one that can be compared in this space."""
        for recipe, data in self.templates.items():
            if recipe.space == space:
                return Template(np.frombuffer(data, dtype="<f4").astype(np.float32), recipe, self.ref)
        return None


@dataclass(frozen=True, slots=True)
class Left:
    """Who is kept out there: the keys of the digests, and what each withdrawal left."""

    keys: Sequence[bytes]
    withdrawals: Sequence[Withdrawn]


def records_of(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Each line's record; raises Malformed."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise Malformed("a record of this export does not parse")
        yield record


Block = list[Line] | Person | Left
"""References of whom all or none are of declared minors; or a subject without references; or who is kept out."""


def blocks_of(records: Iterator[dict[str, Any]]) -> Iterator[Block]:
    """What comes after the record of the gallery: who is kept out, then who is in it. Raises Malformed."""
    keys: list[bytes] = []
    withdrawals: list[Withdrawn] = []
    left: Left | None = Left(keys, withdrawals)
    recipes: dict[str, Recipe] = {}
    person: Person | None = None  # whose references come next
    alone, ended = False, False
    block: list[Line] = []
    size = 0
    try:
        for said in records:
            match said["record"]:
                case _ if ended:
                    raise Malformed("this export goes on after its end")
                case "withdrawal_key" if not recipes and person is None:
                    keys.append(_bytes(said["key"], KEY_BYTES))
                case "withdrawal" if not recipes and person is None:
                    withdrawals.append(_withdrawn(said))
                case "recipe":
                    recipes[said["digest"]] = Recipe(**said["recipe"])
                case "subject" | "end" as kind:
                    if left is not None and left.withdrawals:
                        yield left
                    left = None
                    if person is not None and alone:
                        yield person
                    alone, ended = kind == "subject", kind == "end"
                    person = None if ended else Person.of(said)
                case "reference" if person is not None:
                    alone = False
                    line = Line.of(said, person, recipes)
                    more = len(line.picture or b"")
                    full = len(block) >= BLOCK or size + more > BLOCK_BYTES
                    if block and (full or block[0].person.minor != person.minor):
                        yield block
                        block, size = [], 0
                    block.append(line)
                    size += more
                case other:
                    raise Malformed(f"a record of this export is out of its place, or unknown: {other}")
        if block:
            yield block
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"a record of this export does not parse: {error}") from error
    if not ended:
        raise Malformed("this export does not end as one does")


def _withdrawn(said: Mapping[str, Any]) -> Withdrawn:
    """Raises KeyError, TypeError, ValueError: what is taken in here goes on the list of erasures."""
    name, since = str(uuid.UUID(said["id"])), int(said["since"])
    digests = tuple(_bytes(each, SHORT, DIGEST) for each in said["digests"])
    if not digests or not 0 <= since < 1 << 62:
        raise ValueError("a withdrawal has a time and digests")
    return Withdrawn(name, since, NO_KEY, digests)


def _bytes(text: Any, *lengths: int) -> bytes:
    data = bytes.fromhex(text)
    if len(data) not in lengths:
        raise ValueError(f"{len(data)} bytes, where there are {' or '.join(map(str, lengths))}")
    return data
