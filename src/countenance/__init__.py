"""Face recognition that does only what its owner countenances, and can prove it to a stranger."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from countenance.assembly import open_house
    from countenance.service.asking import Asking, NotAcquired, Refused
    from countenance.service.enrol import Enrolled, EnrolRequest, enrol, gallery_for
    from countenance.service.identify import Identification, identify
    from countenance.service.verify import Verification, verify
    from countenance.terms.errors import CountenanceError
    from countenance.terms.sample import Sample

_DOOR = {
    "Asking": "service.asking",
    "CountenanceError": "terms.errors",
    "EnrolRequest": "service.enrol",
    "Enrolled": "service.enrol",
    "Identification": "service.identify",
    "NotAcquired": "service.asking",
    "Refused": "service.asking",
    "Sample": "terms.sample",
    "Verification": "service.verify",
    "enrol": "service.enrol",
    "gallery_for": "service.enrol",
    "identify": "service.identify",
    "open_house": "assembly",
    "verify": "service.verify",
}

__all__ = [
    "Asking",
    "CountenanceError",
    "EnrolRequest",
    "Enrolled",
    "Identification",
    "NotAcquired",
    "Refused",
    "Sample",
    "Verification",
    "enrol",
    "gallery_for",
    "identify",
    "open_house",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a name of the door when it is first asked for: the command line starts in a tenth of the time."""
    if name not in _DOOR:
        raise AttributeError(f"module 'countenance' has no attribute {name!r}")
    return getattr(import_module(f"countenance.{_DOOR[name]}"), name)
