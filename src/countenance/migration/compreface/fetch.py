"""Fetch what a running CompreFace service holds into a folder with a manifest: before reading, and outside of it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

from countenance.migration.limits import FILE_BYTES, IMAGE_BYTES
from countenance.storage.durable import write_durably
from countenance.terms.errors import BrokenInput

MANIFEST, PICTURES = "manifest.jsonl", "pictures"
PAGE = 500
"""Examples that are asked for at once."""
SECONDS = 60.0
_ID = re.compile(r"[0-9A-Fa-f-]{8,64}\Z")
_AGAIN = "Run it again: what is in the folder already is not fetched twice."


@dataclass(frozen=True, slots=True)
class Fetched:
    """``examples`` as the service counts them, and ``pictures`` it has of them."""

    examples: int
    pictures: int


def fetch(
    address: str, key: str, folder: Path, *, progress: Callable[[int, int], None] = lambda _, __: None
) -> Fetched:
    """Write every example's picture, and at the end the manifest, which names subject and id; go on where one ended.

    ``key`` is of the recognition service, and leaves only to ``address``: a redirection is refused. ``progress`` is
    told how many of how many are done. Raises BrokenInput where the service refuses, changes meanwhile, or is none.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise BrokenInput("an address of CompreFace begins with http:// or https://", where=address)
    base = f"{address.rstrip('/')}/api/v1/recognition/faces"
    (folder / PICTURES).mkdir(mode=0o700, parents=True, exist_ok=True)
    examples = dict(_examples(base, key))
    rows, pictures = [], 0
    for done, (name, subject) in enumerate(sorted(examples.items()), start=1):
        file = folder / PICTURES / name
        if not file.is_file():
            data = _get(f"{base}/{quote(name)}/img", key, IMAGE_BYTES)
            if data:  # empty where CompreFace kept the template alone
                write_durably(file, data, 0o600)
        row = {"id": name, "person": subject}
        if file.is_file():
            row["path"] = f"{PICTURES}/{name}"
            pictures += 1
        rows.append(json.dumps(row, ensure_ascii=False))
        progress(done, len(examples))
    write_durably(folder / MANIFEST, "".join(f"{row}\n" for row in rows).encode(), 0o600)
    return Fetched(len(examples), pictures)


def _examples(base: str, key: str) -> Iterator[tuple[str, str]]:
    """Id and subject of every example; their number is what the service says at the first page and at the last."""
    seen: set[str] = set()
    page, pages, told = 0, 1, 0
    while page < pages:
        found = _json(_get(f"{base}?page={page}&size={PAGE}", key, FILE_BYTES))
        faces, total, pages = found.get("faces"), found.get("total_elements"), found.get("total_pages", 0)
        if not isinstance(faces, list) or not isinstance(total, int) or not isinstance(pages, int):
            raise BrokenInput("this is no answer of CompreFace's to a list of examples", where=base)
        told = total if page == 0 else told
        for face in faces:
            said = face if isinstance(face, dict) else {}
            name, subject = str(said.get("image_id", "")), str(said.get("subject", ""))
            if not _ID.match(name):
                raise BrokenInput("an example has no id that could name a file", where=base)
            seen.add(name)
            yield name, subject
        page += 1
        if total != told or (page >= pages and len(seen) != total):
            raise BrokenInput("the service was written to while it was listed", where=base, remedy=_AGAIN)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """None: the key would go along."""


def _get(url: str, key: str, most: int) -> bytes:
    request = urllib.request.Request(url, headers={"x-api-key": key})  # noqa: S310 - of http or https
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            data: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        remedy = "Give the API key of a recognition service." if error.code in (401, 403, 404) else _AGAIN
        raise BrokenInput(f"CompreFace answered {error.code}", where=url, remedy=remedy) from None
    except (OSError, HTTPException) as error:
        raise BrokenInput(f"CompreFace does not answer: {type(error).__name__}", where=url, remedy=_AGAIN) from None
    if len(data) > most:
        raise BrokenInput(f"an answer of more than {most >> 20} MiB", where=url)
    return data


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}
