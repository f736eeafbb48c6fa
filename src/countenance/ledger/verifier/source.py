"""Where a published log lies: a directory, a zip, or a URL. Sizes are capped before anything is read."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from typing import IO

from countenance.ledger.tiles import WIDTH, Tile
from countenance.ledger.verifier.failure import Missing, Tampered

TIMEOUT_SECONDS = 30


class Source(ABC):
    """``read(path, most)`` gives a published file of at most ``most`` bytes; raises Missing or Tampered."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def read(self, path: str, most: int) -> bytes:
        """The bytes of one file."""

    def others(self, _tile: Tile) -> list[int]:
        """Widths of older partial versions of a tile, where the place can list them."""
        return []

    def read_tile(self, tile: Tile, most: int) -> tuple[bytes, Tile]:
        """A tile as wide as asked, or the full one that has replaced it; and which of them it is."""
        try:
            return self.read(tile.path, most), tile
        except Missing:
            if tile.width == WIDTH:
                raise
            full = tile._replace(width=WIDTH)
            try:
                return self.read(full.path, most), full
            except Missing:
                raise Missing("is not there", tile.path) from None


class Directory(Source):
    """A directory with ``checkpoint`` and ``tile/`` at its root."""

    def read(self, path: str, most: int) -> bytes:
        """One regular file."""
        place = os.path.join(self.name, *path.split("/"))
        try:
            if not stat.S_ISREG(os.stat(place).st_mode):
                raise Tampered("is no regular file", path)
            with open(place, "rb") as file:
                return _capped(file, path, most)
        except (FileNotFoundError, NotADirectoryError):
            raise Missing("is not there", path) from None
        except OSError as error:
            raise Missing(f"cannot be read: {error.strerror}", path) from None

    def others(self, tile: Tile) -> list[int]:
        """What stands beside it in its ``.p`` directory."""
        full = tile._replace(width=WIDTH).path
        try:
            names = os.listdir(os.path.join(self.name, *full.split("/")) + ".p")
        except OSError:
            return []
        return _widths(names, tile)


class Zip(Source):
    """A zip of such a directory, with or without one folder around it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        try:
            self._zip = zipfile.ZipFile(name)
        except (OSError, zipfile.BadZipFile) as error:
            raise Missing(f"is no zip that can be read: {error}", name) from None
        self._sizes = {info.filename: info.file_size for info in self._zip.infolist()}
        roots = [name[: -len("checkpoint")] for name in self._sizes if name.rpartition("/")[2] == "checkpoint"]
        self._root = min(roots, key=len, default="")

    def read(self, path: str, most: int) -> bytes:
        """One member."""
        member = self._root + path
        if member not in self._sizes:
            raise Missing("is not there", path)
        try:
            with self._zip.open(member) as file:
                return _capped(file, path, most)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise Tampered(f"the zip is hurt here: {error}", path) from None

    def others(self, tile: Tile) -> list[int]:
        """What stands beside it in the zip."""
        start = f"{self._root}{tile._replace(width=WIDTH).path}.p/"
        return [width for width in range(1, WIDTH) if width != tile.width and f"{start}{width}" in self._sizes]


class Url(Source):
    """A URL prefix, read with plain GETs (C2SP tlog-tiles)."""

    def read(self, path: str, most: int) -> bytes:
        """One resource."""
        return fetch(f"{self.name}/{path}", path, most)


def fetch(url: str, path: str, most: int) -> bytes:
    """GET a URL; raises Missing or Tampered, which name it ``path``."""
    from urllib import error, request  # noqa: PLC0415 - offline nobody waits for it

    if not url.startswith(("http://", "https://")):
        raise Missing("only http and https are asked", url)
    asked = request.Request(url, headers={"Accept-Encoding": "gzip, identity", "User-Agent": "countenance-verify"})  # noqa: S310
    try:
        with request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            if answer.headers.get("Content-Encoding") != "gzip":
                return _capped(answer, path, most)
            packed = _capped(answer, path, most + 4096)
            data = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(packed, most + 1)
            if len(data) > most:
                raise Tampered(f"has more than {most} bytes", path)
            return data
    except zlib.error as wrong:
        raise Tampered(f"is no gzip: {wrong}", path) from None
    except (error.URLError, OSError, ValueError) as wrong:
        raise Missing(f"cannot be fetched: {wrong}", path) from None


def open_source(name: str) -> Source:
    """The source that ``name`` means."""
    if name.startswith(("http://", "https://")):
        return Url(name.rstrip("/"))
    if os.path.isdir(name):
        return Directory(name)
    if os.path.isfile(name):
        return Zip(name)
    raise Missing("there is no such directory, zip or URL", name)


def _capped(file: IO[bytes], path: str, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise Tampered(f"has more than {most} bytes", path)
    return data


def _widths(names: list[str], tile: Tile) -> list[int]:
    found = [int(name) for name in names if name.isascii() and name.isdigit() and len(name) <= 3]
    return sorted(width for width in found if 0 < width < WIDTH and width != tile.width)
