"""A process to be killed: enrols a folder through the Python door and acknowledges each picture on its own line."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from countenance.assembly import open_house
from countenance.service.enrol import EnrolRequest, gallery_for
from countenance.service.enrol_many import Pending, enrol_many
from countenance.service.manifest import lines_of
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample


def main(data: str, folder: str) -> None:
    """Print ``ready`` once the models are loaded, then the digest of each sample whose enrolment was acknowledged."""
    with open_house(data) as house:
        asking = house.asking("missing-person", "guardian-request:case-3")
        house.rooms.vision()
        say("ready")
        gallery = gallery_for(house.rooms, asking, "people")
        assert isinstance(gallery, Gallery)
        pending = [
            Pending(str(line.path), line.subject, partial(_read, line.path, line.subject))
            for line in lines_of(Path(folder), None)
        ]
        for item in enrol_many(house.rooms, asking, gallery=gallery, pending=pending):
            say(f"{type(item.answer).__name__} {item.name}")


def say(line: str) -> None:
    """A whole line, out of this process before anything else is done."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _read(path: Path, subject: str) -> EnrolRequest:
    return EnrolRequest(Sample.read(path), subject)


if __name__ == "__main__":
    main(*sys.argv[1:])
