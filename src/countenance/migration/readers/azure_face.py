"""Azure Face: pages of persons and of persisted faces, joined with photographs. Azure keeps no images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyRecord
from countenance.migration.listing import Join, Listing, Page, Photographs, json_of, looked_at, text_in
from countenance.terms.errors import Malformed

_PERSON = re.compile(rb'(?<!\\)"personId"\s*:')
_PERSON_ID = re.compile(rb'(?<!\\)"personId"\s*:\s*"([^"]+)"')
_FACES = re.compile(rb'(?<!\\)"persistedFaceIds"\s*:\s*\[([^\[\]{}]*)\]')
_FACE = re.compile(rb'(?<!\\)"persistedFaceId"\s*:\s*"([^"]*)"')
_ID = re.compile(rb'"([^"]*)"')


class AzureFaceReader(Listing):
    """A record for each face of each person, for each person without one, and for each face of a face list.

    Pages of a person group's persisted faces only add what the customer wrote there.
    """

    kind = "azure-face"
    version = "1"

    def __init__(self, join: Join | None = None) -> None:
        super().__init__(join)
        self._data: dict[str, str] = {}
        self._owned: set[str] = set()
        self._listed: set[str] = set()

    def counted(self, pages: Sequence[tuple[str, Path]]) -> list[Page]:
        """By how persons, their faces and faces by themselves are written."""
        looks = []
        for name, file in pages:
            data = looked_at(file)
            lists = [_ID.findall(each) for each in _FACES.findall(data)]
            empty = len(_PERSON.findall(data)) - sum(map(bool, lists))
            looks.append((name, file, [id_ for ids in lists for id_ in ids], max(0, empty), _FACE.findall(data)))
        seen = {id_ for *_, owned, _, _ in looks for id_ in owned}
        made = []
        for name, file, owned, empty, faces in looks:
            alone = set(faces) - seen
            seen |= alone
            images = len(owned) + len(alone)
            made.append(Page(name, file, images + empty or int(not faces), images))
        return made

    def persons(self, pages: Iterable[bytes]) -> int | None:
        """By the ids of persons, and of faces that are nobody's; None where the join says who is whom."""
        if self.join.table or self.join.person:
            return None
        persons, owned, faces = set[bytes](), set[bytes](), set[bytes]()
        for data in pages:
            persons.update(_PERSON_ID.findall(data))
            owned.update(face for each in _FACES.findall(data) for face in _ID.findall(each))
            faces.update(_FACE.findall(data))
        return len(persons) + len(faces - owned)

    def entries(self, data: bytes) -> list[Any]:
        """Persons or faces: one, an array of them, or a face list."""
        found = json_of(data)
        if isinstance(found, dict) and isinstance(found.get("persistedFaces"), list):  # a face list with its head
            found = found["persistedFaces"]
        some = found if isinstance(found, list) else [found]
        if not all(isinstance(each, dict) and ("personId" in each or "persistedFaceId" in each) for each in some):
            raise Malformed("neither persons nor persisted faces")
        return some

    def prepare(self, pages: Iterable[list[Any]]) -> None:
        """Which face is whose, and what the customer wrote to each."""
        for entry in (entry for page in pages for entry in page):
            self._owned.update(_faces_of(entry))
            if face := text_in(entry, "persistedFaceId"):
                self._data[face] = text_in(entry, "userData")

    def records(self, page: Page, entries: list[Any], photographs: Photographs) -> Iterator[LegacyRecord]:
        """Every face. A person is named by id: names come twice, and are kept beside."""
        for number, entry in enumerate(entries, start=1):
            unit, person = f"{page.name}:{number}", text_in(entry, "personId") or None
            if "personId" not in entry:
                face = text_in(entry, "persistedFaceId")
                if face not in self._owned and face not in self._listed:
                    self._listed.add(face)
                    yield self._record(unit, face, (), None, {}, photographs)
                continue
            ids = _faces_of(entry)
            said = {name: text_in(entry, name) for name in ("name", "userData") if text_in(entry, name)}
            if not ids:
                yield LegacyRecord(
                    self.kind,
                    unit,
                    (("person", person),) if person else (),
                    person,
                    (),
                    verdict=Code.TEMPLATE_ONLY_NO_IMAGE,
                    detail="a person without a face",
                )
            # What is written to a person leads to a photograph only where there is one to be led to.
            keys = (said.get("userData", ""), person or "") if len(ids) == 1 else ()
            for place, face in enumerate(ids, start=1):
                yield self._record(f"{unit}.{place}", face, keys, person, said, photographs)

    def _record(
        self,
        unit: str,
        face: str,
        keys: tuple[str, ...],
        person: str | None,
        said: dict[str, str],
        photographs: Photographs,
    ) -> LegacyRecord:
        found = photographs.find(face, (face, self._data.get(face, ""), *keys))
        ids = [("face", face)] + ([("person", person)] if person else [])
        image = replace(found.image, box=found.box)
        named = found.named or person or face
        return LegacyRecord(self.kind, unit, tuple(ids), named, (image,), metadata={**said, **found.metadata})


def _faces_of(entry: dict[str, Any]) -> list[str]:
    found = entry.get("persistedFaceIds")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
