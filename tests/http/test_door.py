"""The command line beside a running server: through its door, with the same words, streams and exit codes."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.conftest import Countenance
from tests.founded import founded
from tests.http.conftest import PROGRAM, Server

from countenance.assembly import DATABASE
from countenance.cli import door

SEARCH = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
TODAY = datetime.now(UTC).date()


def without_what_differs(text: str) -> str:
    """Ids, digests, times and sizes of the log are of one run; all else must be alike."""
    text = re.sub(r"[0-9a-f-]{16,}|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])", "…", text)
    text = re.sub(r"countenance\.invalid/\w+", "…", text)
    text = re.sub(r"cnt_\w+", "…", text)
    return re.sub(r'("(?:seconds|created|enrolled|retain_until|epoch|use)": )[0-9.]+', r"\1…", text)


def story(pictures: Mapping[str, Path], place: Path) -> list[tuple[Any, ...]]:
    """Verbs that read, write, compare, refuse and fail, some for people and some for machines."""
    return [
        ("charter", "show"),
        ("galleries", "list"),
        ("enrol", pictures["obama.jpg"], "-g", "registry", "-s", "Ada", *SEARCH, "--json"),
        ("identify", pictures["obama2.jpg"], "-g", "registry", *SEARCH),
        ("identify", pictures["obama2.jpg"], "-g", "registry", *SEARCH, "--json"),
        ("identify", pictures["obama2.jpg"], "-g", "registry", "--purpose", "family-separation"),
        ("identify", pictures["chelsea.png"], "-g", "registry", *SEARCH),
        ("subjects", "list", "-g", "registry"),
        ("subjects", "list", "-g", "registry", "--json"),
        ("subjects", "list", "-g", "nobody's", "--json"),
        ("galleries", "list", "--json"),
        ("keys", "create", "--name", "n", "--purpose", "missing-person", "--json"),
        ("state", "--from", TODAY - timedelta(1), "--to", TODAY, "--out", place / "s", "--close-epoch", "--json"),
        ("subjects", "erase", "Ada", "-g", "registry", *SEARCH, "--yes"),
        ("identify", "no such picture.jpg", "-g", "registry", *SEARCH),
        ("identify",),
    ]


MANY = 500


def many(folder: Path, picture: Path) -> None:
    """A folder of subjects: a few bytes behind the picture's end make each another sample of the same face."""
    small = io.BytesIO()
    with Image.open(picture) as opened:
        opened.thumbnail((480, 480))
        opened.save(small, "JPEG")
    for n in range(MANY):
        (folder / f"s{n:03}").mkdir(parents=True)
        (folder / f"s{n:03}" / "face.jpg").write_bytes(small.getvalue() + n.to_bytes(2, "big"))


def test_every_verb_says_the_same_beside_a_server_as_alone(
    lasting_server: Server, data: Path, countenance: Countenance, pictures: Mapping[str, Path], tmp_path: Path
) -> None:
    """Exit code, standard output and standard error; the log verifies after both."""
    for words in story(pictures, tmp_path):
        mine, theirs = countenance("--data", data, *words), lasting_server.countenance(*words)
        assert mine.code == theirs.returncode, (words, theirs.stdout, theirs.stderr)
        assert without_what_differs(mine.out) == without_what_differs(theirs.stdout), words
        assert without_what_differs(mine.err) == without_what_differs(theirs.stderr), words
    assert (tmp_path / "s").exists()
    for each in (data, lasting_server.data):
        verified = countenance("--data", each, "log", "verify", "--json")
        assert verified.json["ok"], verified.out


def test_the_door_is_its_owners_alone(lasting_server: Server) -> None:
    """Mode 0600 in a directory of mode 0700."""
    where = lasting_server.data / door.FILE_NAME
    assert stat.S_ISSOCK(where.stat().st_mode)
    assert stat.S_IMODE(where.stat().st_mode) == 0o600
    assert stat.S_IMODE(lasting_server.data.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_turned_away_even_where_the_file_lets_him(lasting_server: Server) -> None:
    """Who knocks is what the kernel says, not what the file's mode allows."""
    where = lasting_server.data / door.FILE_NAME
    lasting_server.data.chmod(0o755)
    where.chmod(0o777)
    script = (
        "import os, socket, sys\n"
        "os.seteuid(65534)\n"
        "line = socket.socket(socket.AF_UNIX)\n"
        "line.connect('door.sock')\n"
        "sys.stdout.write(line.recv(4096).decode('latin-1'))\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=lasting_server.data,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        where.chmod(0o600)
        lasting_server.data.chmod(0o700)
    assert "another user" in done.stdout, done.stderr


def test_a_look_at_everything_is_one_from_inside(lasting_server: Server) -> None:
    """`doctor` finds a data directory that a server holds as well as any other."""
    done = lasting_server.countenance("doctor", "--json")
    findings = json.loads(done.stdout.splitlines()[-1])["findings"]
    assert (done.returncode, [f for f in findings if f["level"] == "wrong"]) == (0, []), done.stdout
    assert any("epoch" in f["what"] for f in findings)


def test_relative_paths_are_those_of_whoever_typed_them(
    lasting_server: Server, pictures: Mapping[str, Path], tmp_path: Path
) -> None:
    """Each verb has the directory of its sender, also with others at the same time."""
    names = [f"place-{n}" for n in range(4)]
    running = []
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "face.jpg").write_bytes(pictures["obama.jpg"].read_bytes())
        words = ["--data", lasting_server.data, "enrol", "face.jpg", "-g", name, "-s", name, *SEARCH, "--json"]
        running.append(subprocess.Popen([PROGRAM, *words], cwd=tmp_path / name, stdout=subprocess.PIPE, text=True))
    for name, each in zip(names, running, strict=True):
        out, _ = each.communicate(timeout=60)
        assert each.returncode == 0, out
        (item,) = json.loads(out.splitlines()[-1])["items"]
        assert (item["path"], item["subject"], item["result"]) == ("face.jpg", name, "enrolled")


def test_what_was_confirmed_is_not_asked_again_and_a_no_is_a_no(lasting_server: Server, pictures: Any) -> None:
    """The question stands where the verb was typed, once."""
    words = ("subjects", "erase", "Eve", "-g", "asked", *SEARCH)
    done = lasting_server.countenance("enrol", pictures["obama.jpg"], "-g", "asked", "-s", "Eve", *SEARCH)
    assert done.returncode == 0, done.stderr
    refused = lasting_server.countenance(*words, input="n\n")
    assert refused.returncode != 0
    done = lasting_server.countenance(*words, input="y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("for good?") == 1


def test_a_terminal_is_seen_as_one(lasting_server: Server) -> None:
    """The sender's terminal is what the verb writes to."""
    ours, theirs = pty.openpty()
    words = [PROGRAM, "--data", lasting_server.data, "charter", "show"]
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, stdin=theirs) as running:
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:
                break
        assert running.wait(30) == 0
    os.close(ours)
    assert b"asked-first" in said


def test_a_verb_ends_where_its_sender_has_left(lasting_server: Server, pictures: Any, tmp_path: Path) -> None:
    """Between two items: what was acknowledged stays, the rest is not begun."""
    folder = tmp_path / "many"
    many(folder, pictures["obama.jpg"])
    words = [PROGRAM, "--data", lasting_server.data, "enrol", folder, "-g", "left", *SEARCH, "--json"]
    sender = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def enrolled() -> int:
        done = lasting_server.countenance("subjects", "list", "-g", "left", "--json")
        return len(json.loads(done.stdout.splitlines()[-1]).get("subjects", ()))

    def kept() -> int:  # a verb that asks takes as long as hundreds of enrolments
        with closing(sqlite3.connect(lasting_server.data / DATABASE)) as store:
            return int(store.execute("SELECT count(*) FROM reference").fetchone()[0])

    before, until = kept(), time.monotonic() + 30
    while kept() < before + 2 and time.monotonic() < until:
        time.sleep(0.05)
    sender.send_signal(signal.SIGKILL)
    sender.wait(10)
    time.sleep(1.0)
    first = enrolled()
    time.sleep(1.0)
    assert 2 <= first == enrolled() < MANY


def test_a_long_verb_ends_with_its_server_and_says_so(tmp_path: Path, pictures: Any) -> None:
    """SIGTERM: what was acknowledged stays, the sender is told 130, and the server ends in order."""
    server = Server(founded(tmp_path / "data")).start()
    folder = tmp_path / "many"
    many(folder, pictures["obama.jpg"])
    words = [PROGRAM, "enrol", folder, "-g", "long", *SEARCH, "--json"]
    environment = {**os.environ, "COUNTENANCE_DATA": str(server.data)}
    sender = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    until = time.monotonic() + 30
    while "long" not in server.countenance("galleries", "list", "--json").stdout and time.monotonic() < until:
        time.sleep(0.05)
    assert server.stop() == 0
    out, err = sender.communicate(timeout=30)
    assert sender.returncode == 130, out + err
    assert "interrupted" in err
    verified = server.countenance("log", "verify", "--json")
    assert json.loads(verified.stdout.splitlines()[-1])["ok"]


def test_closed_streams_and_another_environment_do_no_harm(lasting_server: Server) -> None:
    """A verb without a standard input, and one whose data directory only its own environment names."""
    script = 'exec 0<&-; exec "$@"'
    environment = {**os.environ, "COUNTENANCE_DATA": str(lasting_server.data)}
    words = ["sh", "-c", script, "sh", PROGRAM, "doctor", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_no_verb_of_ours_is_let_go(lasting_server: Server) -> None:
    """Silence, noise, endless frames and frames without descriptors end without a word, and the door stays open."""
    for noise in (b"", b"\x00\x00", b"\xff\xff\xff\xff" * 10, b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x02[["):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(lasting_server.data / door.FILE_NAME))
            line.sendall(noise)
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
    assert lasting_server.countenance("galleries", "list").returncode == 0


def test_a_killed_servers_door_is_no_door(tmp_path: Path) -> None:
    """After kill -9 the socket's file stays; verbs work alone, and the next server makes a new one."""
    server = Server(founded(tmp_path / "data")).start()
    server.stop(signal.SIGKILL)
    assert (server.data / door.FILE_NAME).exists()
    assert server.countenance("galleries", "list").returncode == 0
    server.start()
    assert server.countenance("galleries", "list").returncode == 0
    assert server.stop() == 0


def test_a_long_path_has_a_door_too(tmp_path: Path) -> None:
    """A socket's address has 108 bytes; a data directory's path may have more."""
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    deep.mkdir(parents=True)
    server = Server(founded(deep / "data")).start()
    assert server.countenance("galleries", "list", "--json").returncode == 0
    assert server.stop() == 0
    assert "door could not" not in server.said


def test_a_second_server_is_refused(lasting_server: Server) -> None:
    """One process writes the log of a data directory."""
    done = lasting_server.countenance("serve", "--port", "0", env={**os.environ, "COUNTENANCE_WAIT": "0.1"})
    assert done.returncode == 13
    assert f"pid {lasting_server.process.pid}" in done.stderr if lasting_server.process else False


def test_an_erasure_through_the_door_is_one_for_remembered_answers_too(lasting_server: Server) -> None:
    """Until then a request that is sent again gets the same answer; after it nobody is told of who is gone."""
    assert lasting_server.countenance("galleries", "create", "remembered", *SEARCH).returncode == 0
    made = lasting_server.countenance("keys", "create", "--name", "n", *SEARCH, "--json")
    headers = {"Authorization": f"Bearer {json.loads(made.stdout)['key']}", "Idempotency-Key": "once"}

    def adds() -> tuple[bool, str]:
        place = f"{lasting_server.url}/v1/galleries/remembered/subjects"
        answer = httpx.post(place, json={"name": "Ada"}, headers=headers)
        assert answer.status_code == 201, answer.text
        return "countenance-replayed" in answer.headers, answer.json()["subject"]["id"]

    first = adds()
    assert adds() == (True, first[1])
    erased = lasting_server.countenance("subjects", "erase", "Ada", "-g", "remembered", *SEARCH, "--yes")
    assert erased.returncode == 0, erased.stderr
    again = adds()
    assert not again[0]
    assert again[1] != first[1]
