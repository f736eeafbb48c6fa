"""A client of the native REST dialect, ``Client`` and ``AsyncClient`` alike: an address, a key, and verbs.

Answers are dictionaries as docs/native.md and the OpenAPI document describe them. Whatever is no success is raised as
a ``Problem``. The extra ``client`` brings what it needs (httpx).
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

import httpx

from countenance.terms.errors import CountenanceError

Answer = dict[str, Any]
Image = bytes | str | os.PathLike[str]
"""The bytes of a picture, or the path of its file."""
R = TypeVar("R")

SECONDS = 60.0
TRIES = 3
"""A request that was not begun (429, 503) is sent again at most so often, after as long as the service says."""
_AGAIN = frozenset({429, 503})


class Problem(CountenanceError):
    """RFC 9457. ``kind`` is the type's last part: ``purpose-denied``, ``failure-to-acquire``, ``unknown-name``, …

    ``said`` is all of it: ``refusal`` with the principle that a refusal cites, ``failure`` with reason and advice,
    ``receipt`` where the log has an entry of it.
    """

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        self.status = status
        self.said = dict(said)
        self.kind = str(said.get("type", "")).rpartition(":")[2]
        what = str(said.get("detail") or said.get("title") or f"the service answered {status}")
        super().__init__(what, where=str(said.get("where", "")), remedy=str(said.get("remedy", "")))


@dataclass(frozen=True, slots=True)
class _Request:
    """What is to be sent."""

    verb: str
    path: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    pictures: Sequence[tuple[str, Image]] = ()

    def arguments(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """For ``httpx``; the same name makes the same request of what is sent again."""
        said = {name: value for name, value in self.fields.items() if value is not None}
        sent: dict[str, Any] = {"method": self.verb, "url": self.path, "headers": dict(headers)}
        if self.verb == "POST":
            sent["headers"]["idempotency-key"] = uuid.uuid4().hex
        if self.pictures:
            sent["files"] = [(name, _file(image, place)) for place, (name, image) in enumerate(self.pictures)]
            sent["data"] = {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()
            }
        elif self.verb in ("POST", "PATCH"):
            sent["json"] = said
        else:
            sent["params"] = said
        return sent


class _Verbs(ABC, Generic[R]):
    """Every verb; ``R`` is an answer, or what is awaited for one."""

    @abstractmethod
    def _send(self, request: _Request) -> R:
        """Send it, again where it was not begun; raises Problem."""

    def charter(self) -> R:
        """The principles and purposes in force."""
        return self._send(_Request("GET", "/charter"))

    def gallery(self, gallery: str) -> R:
        """One gallery."""
        return self._send(_Request("GET", _path("galleries", gallery)))

    def create_gallery(self, gallery: str, *, metadata: Mapping[str, str] | None = None, **more: Any) -> R:
        """Make a gallery; ``keep``, ``ages``."""
        return self._send(_Request("POST", "/galleries", {"name": gallery, "metadata": metadata or {}, **more}))

    def delete_gallery(self, gallery: str) -> R:
        """Erase a gallery with everybody in it."""
        return self._send(_Request("DELETE", _path("galleries", gallery)))

    def detect(self, image: Image) -> R:
        """Find the faces of a picture."""
        return self._send(_Request("POST", "/detect", pictures=[("image", image)]))

    def enrol(self, gallery: str, subject: str, image: Image, *, duplicates: bool = False, **more: Any) -> R:
        """Enrol a picture of a subject, who is made if need be; ``faces``, ``near``, ``metadata``, ``basis``, …"""
        fields = {"subject": subject, "duplicates": duplicates, **more}
        return self._send(_Request("POST", _path("galleries", gallery, "enrolments"), fields, [("image", image)]))

    def identify(self, gallery: str, image: Image, *, most: int = 5, faces: str = "one") -> R:
        """Search a gallery; candidates are leads for people to look at."""
        fields = {"most": most, "faces": faces}
        return self._send(_Request("POST", _path("galleries", gallery, "identify"), fields, [("image", image)]))

    def verify(self, first: Image, second: Image, *, faces: str = "one") -> R:
        """Do two pictures show the same subject?"""
        return self._send(_Request("POST", "/verify", {"faces": faces}, [("first", first), ("second", second)]))

    def verify_subject(self, gallery: str, subject: str, image: Image, *, faces: str = "one") -> R:
        """Does a picture show this subject?"""
        path = _path("galleries", gallery, "subjects", subject, "verify")
        return self._send(_Request("POST", path, {"faces": faces}, [("image", image)]))

    def find_similar(self, image: Image, among: Sequence[Image], *, most: int = 20, every: bool = False) -> R:
        """Rank other pictures by likeness to one."""
        pictures = [("image", image), *(("images", each) for each in among)]
        return self._send(_Request("POST", "/find-similar", {"most": most, "every": every}, pictures))

    def group(self, images: Sequence[Image]) -> R:
        """Sort pictures by who looks alike."""
        return self._send(_Request("POST", "/group", pictures=[("images", each) for each in images]))

    def subject(self, gallery: str, subject: str) -> R:
        """One subject, by id or name, with the references."""
        return self._send(_Request("GET", _path("galleries", gallery, "subjects", subject)))

    def erase(self, gallery: str, subject: str) -> R:
        """Erase a subject for good."""
        return self._send(_Request("DELETE", _path("galleries", gallery, "subjects", subject)))

    def withdraw(self, gallery: str, subject: str) -> R:
        """Erase a subject and keep them out."""
        return self._send(_Request("POST", _path("galleries", gallery, "subjects", subject, "withdrawal")))

    def report(self, gallery: str, subject: str, *, recipient: str = "") -> R:
        """Every entry of the log about a subject, with openings and proofs."""
        path = _path("galleries", gallery, "subjects", subject, "report")
        return self._send(_Request("POST", path, {"recipient": recipient}))

    def receipt(self, entry: str) -> R:
        """The proof of an entry once its epoch is published, ``pending`` before."""
        return self._send(_Request("GET", _path("receipts", entry)))


class Client(_Verbs[Answer]):
    """``Client("http://127.0.0.1:8000", "cnt_…")``; use it in a ``with`` block. Threads may share it."""

    def __init__(self, url: str, key: str, *, timeout: float = SECONDS, http: httpx.Client | None = None) -> None:
        self._headers = _headers(key)
        self._http = http or httpx.Client(base_url=_base(url), timeout=timeout)

    def about(
        self, *, purpose: str = "", authority: str = "", case: str = "", reason: str = "", minor: bool = False
    ) -> Client:
        """The same client, whose requests say this of themselves; it shares the connections."""
        made = Client("", "", http=self._http)
        made._headers = self._headers | _said(purpose, authority, case, reason, minor=minor)
        return made

    def galleries(self) -> Iterator[Answer]:
        """Every gallery that the key reaches, page by page."""
        return self._pages("/galleries", "galleries")

    def subjects(self, gallery: str) -> Iterator[Answer]:
        """Everybody in a gallery, page by page."""
        return self._pages(_path("galleries", gallery, "subjects"), "subjects")

    def _pages(self, path: str, noun: str) -> Iterator[Answer]:
        cursor: str | None = None
        while True:
            page = self._send(_Request("GET", path, {"cursor": cursor}))
            yield from page[noun]
            if (cursor := page["next"]) is None:
                return

    def _send(self, request: _Request) -> Answer:
        arguments = request.arguments(self._headers)
        for left in reversed(range(TRIES)):
            answer = self._http.request(**arguments)
            if answer.status_code not in _AGAIN or not left:
                break
            time.sleep(_wait(answer))
        return _read(answer)

    def close(self) -> None:
        """Close the connections, also of those that share them."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Verbs[Awaitable[Answer]]):
    """The same, awaited: ``async with AsyncClient(url, key) as client: await client.detect(image)``."""

    def __init__(self, url: str, key: str, *, timeout: float = SECONDS, http: httpx.AsyncClient | None = None) -> None:
        self._headers = _headers(key)
        self._http = http or httpx.AsyncClient(base_url=_base(url), timeout=timeout)

    def about(
        self, *, purpose: str = "", authority: str = "", case: str = "", reason: str = "", minor: bool = False
    ) -> AsyncClient:
        """The same client, whose requests say this of themselves; it shares the connections."""
        made = AsyncClient("", "", http=self._http)
        made._headers = self._headers | _said(purpose, authority, case, reason, minor=minor)
        return made

    def galleries(self) -> AsyncIterator[Answer]:
        """Every gallery that the key reaches, page by page."""
        return self._pages("/galleries", "galleries")

    def subjects(self, gallery: str) -> AsyncIterator[Answer]:
        """Everybody in a gallery, page by page."""
        return self._pages(_path("galleries", gallery, "subjects"), "subjects")

    async def _pages(self, path: str, noun: str) -> AsyncIterator[Answer]:
        cursor: str | None = None
        while True:
            page = await self._send(_Request("GET", path, {"cursor": cursor}))
            for each in page[noun]:
                yield each
            if (cursor := page["next"]) is None:
                return

    async def _send(self, request: _Request) -> Answer:
        arguments = await asyncio.to_thread(request.arguments, self._headers)
        for left in reversed(range(TRIES)):
            answer = await self._http.request(**arguments)
            if answer.status_code not in _AGAIN or not left:
                break
            await asyncio.sleep(_wait(answer))
        return _read(answer)

    async def close(self) -> None:
        """Close the connections, also of those that share them."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _base(url: str) -> str:
    return f"{url.rstrip('/')}/v1"


def _headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _said(purpose: str, authority: str, case: str, reason: str, *, minor: bool) -> dict[str, str]:
    words = {"purpose": purpose, "authority": authority, "case": quote(case), "reason": quote(reason)}
    words["minor"] = "true" if minor else ""
    return {f"countenance-{name}": value for name, value in words.items() if value}


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _file(image: Image, place: int) -> tuple[str, bytes]:
    return (str(place), image) if isinstance(image, bytes) else (Path(image).name, Path(image).read_bytes())


def _wait(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return min(float(said), SECONDS) if said.isdecimal() else 1.0


def _read(answer: httpx.Response) -> Answer:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    if answer.is_success and isinstance(said, dict):
        return said
    raise Problem(answer.status_code, said if isinstance(said, dict) else {})
