"""A folder per subject with their pictures; a picture beside the folders is its own subject's only one."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from countenance.migration.code import Code
from countenance.migration.legacy_record import LegacyImage, LegacyRecord, Note
from countenance.migration.limits import IMAGE_BYTES
from countenance.migration.reader import Census, total
from countenance.migration.source_files import files_of
from countenance.service.manifest import ENDINGS

CODE = frozenset(
    [
        ".pkl", ".pickle", ".clf", ".sav", ".joblib", ".npz", ".npy", ".pt", ".pth", ".ckpt", ".h5", ".keras", ".dat",
        ".index", ".faiss",
    ]
)  # fmt: skip
"""Files of other programs that run code when they are loaded the way those programs do, or hold templates only."""


class FolderReader:
    """A record for each file. The name of the folder is the subject's; a path is the record's own id."""

    kind = "folder"
    version = "1"

    def census(self, path: Path) -> Census:
        """All files, those of them that are named like pictures, and the folders that such lie in."""
        return total(part for _, part in self.census_files(path))

    def census_files(self, path: Path) -> Iterator[tuple[str, Census]]:
        """The same of each file, by names alone; a folder counts with the first picture in it."""
        folders: set[str] = set()
        for unit, file in files_of(path):
            whose = file.parent.name if "/" in unit else file.stem
            before = len(folders)
            if picture := file.suffix.lower() in ENDINGS:
                folders.add(unicodedata.normalize("NFC", whose) if _is_text(unit) else unit)
            yield unit, Census(1, len(folders) - before, int(picture))

    def read(self, path: Path) -> Iterator[LegacyRecord]:
        """Every file."""
        for unit, file in files_of(path):
            yield from self.read_file(file, unit)

    def read_file(self, file: Path, unit: str) -> Iterator[LegacyRecord]:
        """The one record of a file."""
        suffix, ids = PurePosixPath(unit).suffix.lower(), (("path", unit),)
        if suffix in CODE:
            detail = "never loaded: it may run code. Give the pictures that it was made of"
            yield LegacyRecord(self.kind, unit, ids, None, (), verdict=Code.PICKLE_REFUSED, detail=detail)
            return
        if suffix not in ENDINGS:
            yield LegacyRecord(self.kind, unit, ids, None, (), verdict=Code.NOT_A_PICTURE, detail=suffix[:16])
            return
        text = _is_text(unit)
        notes = () if text else (Note(Code.CHARACTER_SET, "the path is not UTF-8"),)
        image = image_in(file, PurePosixPath(unit).name)
        person = _person(unit) if text else None
        yield LegacyRecord(self.kind, unit, ids, person, (image,), length=image.length, notes=notes)


def image_in(file: Path, native_id: str) -> LegacyImage:
    """A picture that is a file of its own; a link, a device or what may not be read is an image without bytes."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return LegacyImage(native_id, None, verdict=Code.EXTERNAL_IMAGE_MISSING, detail="no regular file")
            data = stream.read(IMAGE_BYTES + 1)
    except OSError as error:
        return LegacyImage(native_id, None, verdict=Code.EXTERNAL_IMAGE_MISSING, detail=os.strerror(error.errno or 0))
    if not data:
        return LegacyImage(native_id, None, verdict=Code.IMAGE_UNDECODABLE, detail="an empty file")
    if len(data) > IMAGE_BYTES:
        return LegacyImage(native_id, None, length=len(data), verdict=Code.IMAGE_TOO_LARGE, detail="over 20 MiB")
    return LegacyImage(native_id, data, length=len(data))


def image_within(folder: Path, name: str) -> LegacyImage:
    """A picture by a path that a source names, of whatever system; it never leads out of the folder, by no link."""
    path = PurePosixPath(name.replace("\\", "/"))
    inside = bool(path.name) and not path.is_absolute() and ".." not in path.parts and "\0" not in name
    inside = inside and ":" not in path.parts[0]
    place = folder
    try:
        for part in path.parts[:-1] if inside else ():
            place /= part
            inside = inside and not place.is_symlink()
    except OSError as error:  # a name that is too long
        return LegacyImage(name, None, verdict=Code.EXTERNAL_IMAGE_MISSING, detail=type(error).__name__)
    if not inside:
        return LegacyImage(name, None, verdict=Code.EXTERNAL_IMAGE_MISSING, detail="the path leads out of the folder")
    return image_in(place / path.name, name)


def _person(unit: str) -> str:
    path = PurePosixPath(unit)
    return path.parent.name or path.stem


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
