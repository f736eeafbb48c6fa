"""The four kinds of gallery that the Azure dialect knows: two sizes of person group, two of face list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """``path`` is the collection's in URLs, ``id_name`` its field in bodies, ``code`` the stem of its error codes.

    ``persons``: holds persons, who hold faces; else faces alone. ``trained``: has to be trained before it is searched.
    ``paged``: its list takes start and top. ``most`` faces of a list (a group's limit is a person's).
    """

    path: str
    id_name: str
    code: str
    words: str
    persons: bool
    trained: bool
    paged: bool
    most: int = 1_000_000


LARGE_PERSON_GROUP = Kind(
    "largepersongroups", "largePersonGroupId", "LargePersonGroup", "Large person group",
    persons=True, trained=True, paged=True,
)  # fmt: skip
PERSON_GROUP = Kind(
    "persongroups", "personGroupId", "PersonGroup", "Person group",
    persons=True, trained=True, paged=True,
)  # fmt: skip
LARGE_FACE_LIST = Kind(
    "largefacelists", "largeFaceListId", "LargeFaceList", "Large face list",
    persons=False, trained=True, paged=True,
)  # fmt: skip
FACE_LIST = Kind(
    "facelists", "faceListId", "FaceList", "Face list",
    persons=False, trained=False, paged=False, most=1000,
)  # fmt: skip

KINDS = (LARGE_PERSON_GROUP, PERSON_GROUP, LARGE_FACE_LIST, FACE_LIST)
GROUPS = (LARGE_PERSON_GROUP, PERSON_GROUP)
LISTS = (LARGE_FACE_LIST, FACE_LIST)
