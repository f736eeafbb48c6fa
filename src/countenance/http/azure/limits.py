"""The limits of the Azure contract: ids, names, user data, numbers and counts, refused in its words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from countenance.http.azure.faults import Fault, bad_argument, invalid_id
from countenance.http.azure.kinds import Kind
from countenance.terms.face import Box

MIN_IMAGE, MAX_IMAGE = 1024, 6 * 1024 * 1024
"""Bytes of an encoded picture."""
MAX_JSON = 1024 * 1024
"""Bytes of a JSON body: a thousand ids are a twentieth of it."""
MAX_NAME = 128
MAX_USER_DATA = 16 * 1024
MAX_FACE_USER_DATA = 1024
MAX_START = 64
MAX_TOP = 1000
MIN_LIFE, MAX_LIFE, DEFAULT_LIFE = 60, 86_400, 86_400
"""Seconds that a faceId lives."""
MAX_FACES = 248
"""Faces of one person."""
MIN_TARGET, MAX_TARGET = 1, 65_535
"""Sides of a targetFace, in pixels."""

_ID = re.compile(r"[a-z0-9_-]{1,64}\Z")


def group_id(kind: Kind, said: object, *, managing: bool = True) -> str:
    """An id of a group or list: 1–64 of ``a-z 0-9 - _``."""
    if not isinstance(said, str) or not _ID.match(said):
        raise invalid_id(kind, managing=managing)
    return said


def uuid_of(said: object, fault: Fault) -> str:
    """A person's or face's id in its usual spelling; raises ``fault``."""
    if not isinstance(said, str) or len(said) != 36:
        raise fault
    try:
        return str(uuid.UUID(said))
    except ValueError:
        raise fault from None


def face_id(said: object) -> str:
    """An id that detect gave."""
    return uuid_of(said, bad_argument("Face ID is invalid."))


def face_ids(said: Sequence[object], least: int, most: int) -> tuple[str, ...]:
    """Ids that detect gave, ``least`` to ``most`` of them, each once, in the order given."""
    if not least <= len(said) <= most:
        raise bad_argument("The length of faceIds is not in a valid range.")
    return tuple(dict.fromkeys(face_id(one) for one in said))


def name(said: str) -> str:
    """A display name: 1–128 characters, need not be unique."""
    if not said.strip():
        raise bad_argument("'name' is empty.")
    if len(said) > MAX_NAME:
        raise bad_argument("'name' is too long.")
    return said


def user_data(said: str | None, most: int = MAX_USER_DATA) -> str | None:
    """Free text of at most ``most`` bytes in UTF-8."""
    if said is not None and len(said.encode("utf-8", "surrogatepass")) > most:
        raise bad_argument("'userData' is too long.")
    return said


def start(said: str | None) -> str:
    """The id after which a page begins; empty for the first."""
    if said is not None and len(said) > MAX_START:
        raise bad_argument("'start' is too long.")
    return said or ""


def top(said: str | None) -> int:
    """How many a page has, 1–1000."""
    number = whole(said, MAX_TOP)
    if number is None or not 1 <= number <= MAX_TOP:
        raise bad_argument("'top' is invalid.")
    return number


def life(said: str | None) -> int:
    """Seconds that a faceId is to live."""
    number = whole(said, DEFAULT_LIFE)
    if number is None or not MIN_LIFE <= number <= MAX_LIFE:
        raise bad_argument("'faceIdTimeToLive' is invalid. The valid range is between 60 and 86400 seconds.")
    return number


def most_candidates(said: int | None, default: int, largest: int) -> int:
    """How many candidates are wanted, 1 to ``largest``."""
    number = default if said is None else said
    if not 1 <= number <= largest:
        raise bad_argument("The argument maxNumOfCandidatesReturned is not valid.")
    return number


def flag(said: str | None, key: str, *, default: bool) -> bool:
    """``true`` or ``false``, in any case of letters."""
    if said is None:
        return default
    if said.lower() not in ("true", "false"):
        raise bad_argument(f"Invalid argument {key}.")
    return said.lower() == "true"


def target_face(said: str | None) -> Box | None:
    """``left,top,width,height`` in whole pixels of the upright picture."""
    if said is None:
        return None
    sides = [whole(part.strip(), None) for part in said.split(",")]
    if len(sides) != 4 or any(side is None for side in sides):
        raise bad_argument("Invalid argument targetFace.")
    left, above, width, height = (side or 0 for side in sides)
    if left < 0 or above < 0 or not all(MIN_TARGET <= side <= MAX_TARGET for side in (width, height)):
        raise bad_argument("Argument targetFace out of range.")
    return Box(left, above, width, height)


def whole(said: str | None, default: int | None) -> int | None:
    """A decimal number of at most nine digits, ``default`` where nothing was said, None where it is no number."""
    if said is None:
        return default
    return int(said) if re.fullmatch(r"-?[0-9]{1,9}", said, re.ASCII) else None
