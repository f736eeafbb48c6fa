"""Find what is to be enrolled: one file, a folder per subject, or a CSV of path, subject and metadata."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from countenance.terms.errors import BrokenInput, Malformed

ENDINGS = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".png",
        ".bmp",
        ".dib",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".jp2",
        ".j2k",
        ".jpx",
        ".heic",
        ".heif",
        ".avif",
        ".pgm",
        ".ppm",
    ]
)


@dataclass(frozen=True, slots=True)
class Line:
    """One picture to enrol, not yet read."""

    path: Path
    subject: str
    metadata: dict[str, str]


def lines_of(source: Path, subject: str | None) -> list[Line]:
    """What ``source`` names; raises BrokenInput where it names nothing, Malformed with the CSV line that is wrong."""
    if source.is_dir():
        return _folder(source, subject)
    if source.suffix.lower() == ".csv":
        return list(_csv(source))
    if subject is None:
        subject = source.stem
    return [Line(source, subject, {})]


def _folder(source: Path, subject: str | None) -> list[Line]:
    found = [
        Line(path, subject or (path.parent.name if path.parent != source else path.stem), {})
        for path in sorted(_files(source))
        if path.suffix.lower() in ENDINGS and path.is_file()
    ]
    if not found:
        raise BrokenInput(
            "this folder holds no pictures",
            where=str(source),
            remedy="Put each subject's pictures in a folder named after the subject, or name a CSV file.",
        )
    return found


def _files(source: Path) -> Iterator[Path]:
    """Every file below ``source``; a folder that cannot be read is told and not passed over."""

    def stop(error: OSError) -> None:
        raise BrokenInput(
            f"this folder cannot be read: {error.strerror}",
            where=str(error.filename),
            remedy="Give the user who runs countenance permission to read and enter it.",
        ) from error

    for below, _, names in os.walk(source, onerror=stop):
        yield from (Path(below, name) for name in names)


def _csv(source: Path) -> Iterator[Line]:
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if not {"path", "subject"} <= set(reader.fieldnames or ()):
                raise Malformed(
                    f"the first line must name the columns path and subject; it names {reader.fieldnames}",
                    where=f"{source}:1",
                    remedy="Columns: path,subject and metadata (JSON), or a column for each metadata key.",
                )
            for row in reader:
                yield _row(source, reader.line_num, row)
    except UnicodeDecodeError as error:
        raise Malformed("the file is not UTF-8", where=str(source), remedy="Save it as UTF-8.") from error
    except csv.Error as error:
        raise Malformed(f"not a CSV file: {error}", where=str(source)) from error
    except OSError as error:
        raise BrokenInput(f"this file cannot be read: {error.strerror}", where=str(source)) from error


def _row(source: Path, number: int, row: dict[str, str]) -> Line:
    where = f"{source}:{number}"
    path, subject = row.pop("path", ""), row.pop("subject", "")
    if not path or not subject or None in row:
        raise Malformed("each line needs a path and a subject, and no more fields than columns", where=where)
    metadata = {key: value for key, value in row.items() if key != "metadata" and value}
    if text := row.get("metadata"):
        try:
            given = json.loads(text)
        except json.JSONDecodeError as error:
            raise Malformed(f"metadata is not JSON: {error}", where=where) from error
        if not isinstance(given, dict):
            raise Malformed("metadata is not a JSON object", where=where)
        metadata |= {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    return Line(source.parent / path, subject, metadata)
