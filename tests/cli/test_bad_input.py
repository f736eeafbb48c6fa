"""Whatever is wrong with what a command is given or stands on: a clear error, and nothing lost or half-written."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cli.conftest import PROGRAM, SEARCH, ordinary_user, program, told

CLI = Callable[..., Any]
Pictures = Mapping[str, Path]


# -- pictures that are none


def _png(width: int, height: int, rows: bytes, *, depth: int = 8) -> bytes:
    """A grey PNG whose header says what it is told to say."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 50).save(out, "JPEG")
    return out.getvalue()


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "empty"),
    "truncated.jpg": (lambda: _jpeg()[:4000], "truncated"),
    "wrong-type.jpg": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "unsupported-format"),
    "bomb.png": (lambda: _png(20_000, 20_000, bytes(2501 * 20_000), depth=1), "too-many-pixels"),
    "huge-header.png": (lambda: _png(30_000, 30_000, bytes(30_001)), "too-many-pixels"),
    "lying-header.png": (lambda: _png(1_000, 1_000, bytes(1_001 * 5)), "truncated"),  # five rows of a thousand
    "damaged.png": (
        lambda: _png(100, 100, bytes(10_100)).replace(zlib.compress(bytes(10_100), 9), b"\xff" * 30),
        "undecodable",
    ),
    "video.jpg": (
        lambda: b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + bytes(500),
        "unsupported-format",
    ),
    "text.png": (lambda: b"This is a letter, and no picture.\n" * 20, "unsupported-format"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_is_a_failure_to_acquire_and_costs_no_memory(
    countenance: CLI, unharmed: Path, tmp_path: Path, name: str
) -> None:
    """Its reason is from the closed list, in every verb that takes a picture; a header's claim allocates nothing."""
    make, reason = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(make())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    identified = told(countenance("--data", unharmed, "identify", path, "-g", "registry", *SEARCH, "--json"), 11)
    enrolled = countenance("--data", unharmed, "enrol", path, "-g", "registry", *SEARCH, "--json")
    detected = countenance("detect", path, "--json")
    assert identified["reason"] == reason
    assert detected.json["faces"] == []
    if reason != "no-face":  # finding no face is an answer where nothing was to be acquired
        assert told(detected, 11)["reason"] == reason
    assert (enrolled.code, enrolled.json["counts"]) == (11, {"not acquired": 1})
    assert enrolled.json["items"][0]["reason"].startswith(reason)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "kilobytes"


def test_people_are_told_what_is_wrong_in_words(countenance: CLI, unharmed: Path, tmp_path: Path) -> None:
    """Without --json the same is said in a sentence, with what to do."""
    path = tmp_path / "video.jpg"
    path.write_bytes(BROKEN["video.jpg"][0]())
    done = countenance("--data", unharmed, "identify", path, "-g", "registry", *SEARCH)
    assert done.code == 11
    assert "Failure to acquire" in done.out
    assert "Give a JPEG" in done.out


# -- paths that cannot be read


@pytest.mark.parametrize("verb", ["detect", "identify", "enrol", "verify", "find-similar", "group"])
def test_a_missing_file_and_a_directory_are_told_by_name(
    countenance: CLI, unharmed: Path, tmp_path: Path, pictures: Pictures, verb: str
) -> None:
    """The path stands in the error, whichever verb it was given to; nothing was asked for it in vain."""
    good = pictures["obama2.jpg"]
    place = ("-g", "registry") if verb in {"identify", "enrol"} else ()
    pair = (good,) if verb in {"verify", "find-similar", "group"} else ()
    asked = () if verb == "detect" else SEARCH
    missing = tmp_path / "missing.jpg"
    done = countenance("--data", unharmed, verb, missing, *pair, *place, *asked, "--json")
    if verb == "enrol":
        assert (done.code, done.json["items"][0]["result"]) == (12, "unreadable")
        assert str(missing) in done.json["items"][0]["path"]
        return
    error = told(done, 12)
    assert (error["what"], error["where"]) == ("there is no such file", str(missing))
    assert error["remedy"]
    if verb != "group":  # which takes folders
        folder = told(countenance("--data", unharmed, verb, tmp_path, *pair, *place, *asked, "--json"), 12)
        assert "directory" in folder["what"]
        assert folder["where"] == str(tmp_path)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every user may enter, as pytest's own is not."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def test_a_file_that_may_not_be_read_says_so(countenance: CLI, open_place: Path) -> None:
    """Permissions are told apart from a missing file."""
    path = open_place / "secret.jpg"
    path.write_bytes(_jpeg())
    for verb in (("detect", path), ("verify", path, path), ("find-similar", path, path), ("group", path)):
        path.chmod(0o644)
        countenance(*verb, "--json")  # whatever it imports is imported
        path.chmod(0)
        with ordinary_user():
            error = told(countenance(*verb, "--json"), 12)
        assert (error["what"], error["where"]) == ("this file may not be read", str(path))
        assert "read permission" in error["remedy"]


def test_a_folder_that_may_not_be_entered_is_told_and_not_passed_over(
    countenance: CLI, unharmed: Path, open_place: Path
) -> None:
    """Nobody is left out in silence: the run ends before anything is enrolled."""
    (open_place / "Ada").mkdir()
    (open_place / "Ada" / "ada.jpg").write_bytes(_jpeg())
    (open_place / "Bo").mkdir(mode=0)
    with ordinary_user():
        error = told(countenance("--data", unharmed, "enrol", open_place, "-g", "registry", *SEARCH, "--json"), 12)
    assert error["where"] == str(open_place / "Bo")
    assert "permission" in error["remedy"]


def test_names_that_are_not_utf8_are_shown_escaped(
    countenance: CLI, data: Path, tmp_path: Path, pictures: Pictures
) -> None:
    """Bytes of a path that are no text reach neither the store nor the output as such, and stop nothing."""
    person = tmp_path / "people" / os.fsdecode(b"J\xe9r\xf4me")
    person.mkdir(parents=True)
    shutil.copy(pictures["obama.jpg"], person / os.fsdecode(b"ann\xe9e.jpg"))
    shutil.copy(pictures["chelsea.png"], person / os.fsdecode(b"ch\xe2t.png"))
    shutil.copytree(person, tmp_path / "people" / "Barack")
    for ending in (("--json",), ()):
        done = countenance("--data", data, "enrol", tmp_path / "people", "-g", "people", *SEARCH, *ending)
        assert done.code == 0, done.out + done.err
        if ending:
            assert done.json["counts"] == {"enrolled": 1, "not acquired": 2, "unreadable": 1}
            (unnamed,) = [i for i in done.json["items"] if i["result"] == "unreadable"]
            assert unnamed["path"].endswith(r"J\xe9r\xf4me/ann\xe9e.jpg")
            assert "name" in unnamed["reason"]
    listed = countenance("--data", data, "subjects", "list", "-g", "people", "--json")
    assert [s["subject"] for s in listed.json["subjects"]] == ["Barack"]
    missing = told(countenance("detect", tmp_path / os.fsdecode(b"fehlt\xfc.jpg"), "--json"), 12)
    assert missing["where"].endswith(r"fehlt\xfc.jpg")
    assert countenance("--data", data, "log", "verify", "--json").json["ok"] is True


@pytest.mark.parametrize("words", [("-g", os.fsdecode(b"g\xe4")), ("-g", "registry", "-s", os.fsdecode(b"s\xe4"))])
def test_names_given_as_bytes_that_are_no_text_are_refused_or_escaped(
    countenance: CLI, unharmed: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A name from the command line that is not UTF-8 never ends in a defect."""
    path = tmp_path / "empty.jpg"
    path.touch()
    done = countenance("--data", unharmed, "enrol", path, *words, *SEARCH, "--json")
    assert done.code in {11, 12}, done.err


# -- lists and settings that do not parse


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must name the columns"),
        (b"name,file\nAda,ada.jpg\n", "must name the columns"),
        (b"path,subject\nada.jpg\n", "path and a subject"),
        (b"path,subject\nada.jpg,Ada,extra,more\n", "no more fields than columns"),
        (b"path,subject,metadata\nada.jpg,Ada,{born\n", "metadata is not JSON"),
        (b"path,subject,metadata\nada.jpg,Ada,[1]\n", "not a JSON object"),
        (b"path,subject\nada.jpg,\xe9\n", "not UTF-8"),
        (b'path,subject\nada.jpg,"' + b"x" * 200_000 + b"\n", "not a CSV file"),
        (b"\x00\x01\x02\x03", "CSV"),
    ],
)
def test_a_broken_list_is_refused_whole_with_its_line(
    countenance: CLI, unharmed: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    """Nothing is enrolled from a list of which any line is wrong."""
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    error = told(countenance("--data", unharmed, "enrol", path, "-g", "registry", *SEARCH, "--json"), 12, "Malformed")
    assert says in error["what"] or says == "CSV"
    assert error["where"].startswith(str(path))


def test_a_list_that_is_not_there_and_an_empty_folder(countenance: CLI, unharmed: Path, tmp_path: Path) -> None:
    """Neither is taken for nothing to do."""
    for source in (tmp_path / "none.csv", tmp_path):
        error = told(countenance("--data", unharmed, "enrol", source, "-g", "registry", *SEARCH, "--json"), 12)
        assert str(source) in error["where"]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"origin = \n", ""),
        (b'origin = "x"\nno_such_setting = 1\n', "no_such_setting"),
        (b'origin = "x"\nthreads = "many"\nwait = -1\n', "threads"),
        (b'origin = "\xff"\n', ""),
    ],
)
def test_broken_settings_are_told_all_at_once(countenance: CLI, tmp_path: Path, content: bytes, names: str) -> None:
    """Every wrong field is named, with the file; nothing is opened on a guess."""
    (tmp_path / "countenance.toml").write_bytes(content)
    for verb in (("subjects", "list", "-g", "x"), ("log", "verify"), ("doctor",), ("init",)):
        error = told(countenance("--data", tmp_path, *verb, "--json"), 12, "Malformed")
        assert names in error["what"]
        assert error["where"] == str(tmp_path / "countenance.toml")
    assert [p.name for p in tmp_path.iterdir()] == ["countenance.toml"]


def test_a_broken_variable_is_told_like_a_broken_file(
    countenance: CLI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment is checked as the file is."""
    monkeypatch.setenv("COUNTENANCE_THREADS", "several")
    error = told(countenance("--data", tmp_path, "galleries", "list", "--json"), 12, "Malformed")
    assert "threads" in error["what"]


# -- data directories that are none, or broken


def test_a_data_directory_that_is_none(countenance: CLI, tmp_path: Path, pictures: Pictures) -> None:
    """Missing, empty, or a file: each verb says how to make one, and none is made in passing."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("not a directory")
    verbs = (
        ("identify", pictures["obama.jpg"], "-g", "r", *SEARCH),
        ("subjects", "list", "-g", "r"),
        ("galleries", "list"),
        ("log", "verify"),
        ("authority", "list"),
    )
    for name in ("missing", "empty", "file"):
        for verb in verbs:
            error = told(countenance("--data", tmp_path / name, *verb, "--json"), 13, "MissingPart")
            assert error["where"] == str(tmp_path / name)
            assert "init" in error["remedy"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file"]
    assert list((tmp_path / "empty").iterdir()) == []
    assert told(countenance("--data", tmp_path / "file", "init", "--json"), 13, "Unwritable")["where"]


def test_a_second_init_changes_nothing(countenance: CLI, unharmed: Path) -> None:
    """What is there is never made anew."""
    told(countenance("--data", unharmed, "init", "--json"), 12, "NameTaken")


BROKEN_PARTS: dict[str, tuple[Callable[[Path], object], int]] = {
    "no root key": (lambda d: (d / "root.key").unlink(), 13),
    "a root key of another": (lambda d: (d / "root.key").write_bytes(os.urandom(32)), 14),
    "a short root key": (lambda d: (d / "root.key").write_bytes(b"x"), 12),
    "no log key": (lambda d: (d / "log.key").unlink(), 13),
    "a log key that is text": (lambda d: (d / "log.key").write_bytes(b"key\n"), 12),
    "a store that is text": (lambda d: (d / "galleries.db").write_bytes(b"not a database\n" * 300), 12),
    "a key store that is text": (lambda d: (d / "subject-keys.db").write_bytes(b"not a database\n" * 300), 12),
    "no writer's files": (lambda d: shutil.rmtree(d / "ledger" / "journal"), 14),
    "a journal of zeros": (
        lambda d: next((d / "ledger" / "journal").iterdir()).write_bytes(bytes(5000)),
        14,
    ),
    "no charter": (lambda d: [shutil.rmtree(p) for p in (d / "charters").iterdir() if p.is_dir()], 12),
    "a changed charter": (
        lambda d: next((d / "charters").glob("*/demo.cedar")).write_text("permit(principal, action, resource);"),
        14,
    ),
    "an index of charters that is text": (lambda d: (d / "charters" / "adopted.json").write_text("{"), 14),
}


@pytest.mark.parametrize("part", BROKEN_PARTS)
def test_a_broken_part_of_the_data_directory_is_named(countenance: CLI, data: Path, part: str) -> None:
    """A damaged or missing file ends in an error that says where, never in a defect and never in going on."""
    harm, code = BROKEN_PARTS[part]
    harm(data)
    done = countenance("--data", data, "galleries", "create", "x", *SEARCH, "--json")
    error = told(done, done.code if done.code in {12, 13, 14} else code)
    assert error["where"], error
    assert done.code == code, error


def test_a_read_only_data_directory(countenance: CLI, open_place: Path) -> None:
    """It says that it is, and stays byte for byte what it was."""
    data = open_place / "data"
    assert countenance("--data", data, "init", "--json").code == 0
    for path in (data, *data.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    try:
        with ordinary_user(data):
            error = told(countenance("--data", data, "galleries", "create", "x", *SEARCH, "--json"), 13, "Unwritable")
            made = told(countenance("--data", data / "new", "init", "--json"), 13, "Unwritable")
    finally:
        for path in (data, *data.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
    assert error["where"].startswith(str(data))
    assert "writable" in error["remedy"]
    assert made["where"] == str(data / "new")
    assert {p: p.read_bytes() for p in data.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("kilobytes", [0, 4, 40, 1028])
def test_a_full_disk_is_told_and_loses_nothing(
    lasting: Path, unharmed: Path, kilobytes: int, pictures: Pictures
) -> None:
    """With no room for a file to grow beyond ``kilobytes``, a command either finishes or says that it could not."""
    words = [PROGRAM, "--data", unharmed, "galleries", "create", f"g{kilobytes}", *SEARCH, "--json"]

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    done = subprocess.run(
        [str(w) for w in words], capture_output=True, text=True, preexec_fn=small, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in ((13,) if kilobytes <= 4 else (0, 13)), done.stdout + done.stderr
    if done.returncode == 13:
        error = json.loads(done.stdout.splitlines()[-1])["error"]
        assert error["kind"] == "Unwritable"
        assert error["remedy"]


# -- two processes


def test_a_second_process_waits_and_then_says_who_is_there(
    countenance: CLI, unharmed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder is named by its process id; what only reads the log goes on beside it."""
    script = "import sys, countenance\nwith countenance.open_house(sys.argv[1]):\n  print('in', flush=True)\n  input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(unharmed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
        monkeypatch.setenv("COUNTENANCE_WAIT", "0.2")
        error = told(countenance("--data", unharmed, "subjects", "list", "-g", "registry", "--json"), 13, "InUse")
        verified = countenance("--data", unharmed, "log", "verify", "--json")
        key = countenance("--data", unharmed, "log", "key")
        holder.communicate("\n")
    assert f"pid {holder.pid}" in error["what"]
    assert str(unharmed) in error["where"]
    assert error["remedy"]
    assert (verified.code, key.code) == (0, 0)


def test_two_commands_at_once_both_end_well(data: Path) -> None:
    """The second waits for the first; neither loses its part."""
    words = [str(PROGRAM), "--data", str(data), "galleries", "create"]
    running = [
        subprocess.Popen([*words, name, *SEARCH, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name in ("one", "two")
    ]
    for each in running:
        out, err = each.communicate(timeout=60)
        assert each.returncode == 0, out + err
    listed = program("--data", data, "galleries", "list", "--json")
    assert [g["name"] for g in json.loads(listed.stdout)["galleries"]] == ["one", "two"]


# -- who is asking


def test_the_user_is_who_the_system_says_and_not_who_a_variable_says(
    countenance: CLI, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller cannot take another's roles by setting a variable."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    made = countenance("--data", data, "galleries", "create", "x", *SEARCH, "--json")
    assert made.code == 0
    opened = countenance("--data", data, "log", "open", made.json["receipt"]["entry"], "principal")
    assert "somebody-else" not in opened.out
    assert "os:" in opened.out
