"""Our witness: every status, one row a log, nothing cosigned twice, nothing forgotten."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import multiprocessing
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.minilog import LOG, ORIGIN, WITNESS
from tests.ledger.submissions import (
    NODE,
    STATUSES,
    checkpoint_of,
    new_witness,
    post,
    run_witness,
    serving,
    submission,
)

from countenance.ledger.checkpoint import open_checkpoint
from countenance.ledger.trust_policy import parse_policy
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.__main__ import main
from countenance.ledger.witness.collect import Collector
from countenance.ledger.witness.place import KEY, LOGS, NAME, RECORD, make_witness, open_witness, read_policy
from countenance.ledger.witness.submission import MAX_BYTES, parse_submission
from countenance.terms.errors import Malformed, MissingPart, NameTaken

MONITORING = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"


@pytest.mark.parametrize("name", STATUSES)
def test_every_status_of_the_specification(name: str, tmp_path: Path) -> None:
    """In the specification's order: 400, 404, 403, 409, 422, 200."""
    witness = new_witness(tmp_path)
    for body, wanted in STATUSES[name]:
        answer = witness.add_checkpoint(body)
        assert answer.status == wanted, answer.body
        if wanted == 200:
            note = note_bytes_of(body) + answer.body
            assert [v.key for v in open_checkpoint(note, LOG.key, [witness.key]).witnesses] == [witness.key]
        elif wanted == 409:
            assert (answer.media_type, answer.body) == ("text/x.tlog.size", b"5\n")


def note_bytes_of(body: bytes) -> bytes:
    return body.partition(b"\n\n")[2]


def test_a_contradiction_is_kept_as_evidence(tmp_path: Path) -> None:
    """Two roots of one size, both signed by the log; whatever old size came with the second."""
    witness = new_witness(tmp_path)
    for body, _ in STATUSES["a fork of the same size"]:
        witness.add_checkpoint(body)
    stale = b"old 0\n\n" + checkpoint_of(5, fork=True)
    assert witness.add_checkpoint(stale).status == 409
    kept = sqlite3.connect(tmp_path / RECORD).execute("SELECT body FROM evidence ORDER BY rowid").fetchall()
    assert kept == [(STATUSES["a fork of the same size"][1][0],), (stale,)]


def test_it_remembers_across_restarts(tmp_path: Path) -> None:
    """A new process cosigns no fork of what the last one cosigned."""
    assert new_witness(tmp_path).add_checkpoint(submission(0, 8)).status == 200
    again = open_witness(tmp_path)
    assert again.add_checkpoint(submission(0, 5)).status == 409
    assert again.add_checkpoint(submission(8, 9)).status == 200


def test_a_lost_record_ends_the_witness(tmp_path: Path) -> None:
    """The key is never started again without it, nor with another's."""
    new_witness(tmp_path / "a")
    new_witness(tmp_path / "b")
    (tmp_path / "a" / RECORD).replace(tmp_path / "kept")
    with pytest.raises(MissingPart, match="record is gone"):
        open_witness(tmp_path / "a")
    (tmp_path / "b" / RECORD).replace(tmp_path / "a" / RECORD)
    with pytest.raises(Malformed, match="another witness key"):
        open_witness(tmp_path / "a")
    with pytest.raises(NameTaken):
        make_witness(tmp_path / "a", "again.example")


def test_a_directory_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    """A name of another key, no name, no key, a policy with an error in a line."""
    new_witness(tmp_path / "a")
    new_witness(tmp_path / "b")
    (tmp_path / "a" / NAME).write_text((tmp_path / "b" / NAME).read_text())
    with pytest.raises(Malformed, match="two witnesses"):
        open_witness(tmp_path / "a")
    (tmp_path / "a" / NAME).unlink()
    with pytest.raises(MissingPart, match="name is not here"):
        open_witness(tmp_path / "a")
    (tmp_path / "b" / LOGS).write_text("quorum none\nlog words\n")
    with pytest.raises(Malformed) as wrong:
        open_witness(tmp_path / "b")
    assert wrong.value.where.endswith("logs.policy, line 2")
    (tmp_path / "b" / KEY).unlink()
    with pytest.raises(MissingPart):
        open_witness(tmp_path / "b")
    with pytest.raises(MissingPart):
        read_policy(tmp_path / "nowhere")
    with pytest.raises(Malformed):
        make_witness(tmp_path / "c", "a name with spaces")


def test_a_clock_that_went_back_cosigns_nothing(tmp_path: Path) -> None:
    """503, and the record stays as it was."""
    new_witness(tmp_path)
    now = [1_000_000.0]
    witness = open_witness(tmp_path, lambda: now[0])
    assert witness.add_checkpoint(submission(0, 5)).status == 200
    now[0] -= 1
    assert witness.add_checkpoint(submission(5, 8)).status == 503
    now[0] += 1
    assert witness.add_checkpoint(submission(5, 8)).status == 200


def test_parallel_submissions_never_roll_back(tmp_path: Path) -> None:
    """The race of the specification: of many submissions from one size exactly one wins, whatever the order."""
    witness = new_witness(tmp_path)
    other = open_witness(tmp_path)
    witness.add_checkpoint(submission(0, 5))
    bodies = [submission(5, size) for size in range(6, 30)]
    start = threading.Barrier(len(bodies))
    statuses: list[int] = []

    def send(number: int, body: bytes) -> None:
        start.wait()
        statuses.append((witness, other)[number % 2].add_checkpoint(body).status)

    threads = [threading.Thread(target=send, args=each) for each in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * (len(bodies) - 1)


def _send(directory: str, size: int, answers: object) -> None:
    answers.put((size, open_witness(Path(directory)).add_checkpoint(submission(5, size)).status))  # type: ignore[attr-defined]


def test_parallel_processes_never_roll_back(tmp_path: Path) -> None:
    """Two servers by mistake on one record are still one witness."""
    new_witness(tmp_path).add_checkpoint(submission(0, 5))
    spawn = multiprocessing.get_context("fork")
    answers = spawn.Queue()
    processes = [spawn.Process(target=_send, args=(str(tmp_path), size, answers)) for size in (8, 12, 20)]
    for process in processes:
        process.start()
    found = dict(answers.get(timeout=30) for _ in processes)
    for process in processes:
        process.join()
    assert sorted(found.values()) == [200, 409, 409]
    (winner,) = [size for size, status in found.items() if status == 200]
    assert open_witness(tmp_path).add_checkpoint(submission(0, 30)).body == b"%d\n" % winner


def test_over_http(tmp_path: Path) -> None:
    """Submission, monitoring, keep-alive, wrong places, wrong lengths."""
    with run_witness(tmp_path) as (url, witness):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)

        def ask(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

        assert ask("GET", MONITORING)[0] == 404
        status, line = ask("POST", "/add-checkpoint", submission(0, 5))
        assert status == 200
        status, note = ask("GET", MONITORING)
        assert status == 200
        assert note == checkpoint_of(5) + line
        assert [v.key for v in open_checkpoint(note, LOG.key, [witness.key]).witnesses] == [witness.key]
        assert ask("GET", "/" + "0" * 64 + "/checkpoint")[0] == 404
        assert ask("GET", "/")[0] == 404
        assert ask("POST", "/elsewhere", b"")[0] == 404
        assert ask("POST", "/add-checkpoint", b"x" * (MAX_BYTES + 1))[0] == 413
        assert ask("POST", "/add-checkpoint", **{"Content-Length": "-1"})[0] == 411
        assert ask("PUT", "/add-checkpoint", b"")[0] == 501


def test_a_reader_compares_with_what_the_witness_has_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--seen` takes the witness's monitoring address: a log shown to you alone does not pass."""
    from tests.ledger.minilog import Story, write_log

    shown, hidden = Story(minimum=0), Story(minimum=0)
    shown.ask()
    hidden.ask("access-control")
    for name, story in (("shown", shown), ("hidden", hidden)):
        story.close()
        write_log(tmp_path / name, story.entries)
    with run_witness(tmp_path) as (url, witness):
        body = b"old 0\n\n" + (tmp_path / "shown" / "checkpoint").read_bytes()
        assert witness.add_checkpoint(body).status == 200
        words = ["--key", str(LOG.key), "--no-memory", "--seen", url + MONITORING, "--evidence", str(tmp_path)]
        assert main([str(tmp_path / "shown"), *words]) == 0
        assert main([str(tmp_path / "hidden"), *words]) == 3
    assert "Forked" in capsys.readouterr().out


def test_a_silent_client_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs one place for a while, and the witness goes on."""
    from countenance.ledger.witness import server

    monkeypatch.setattr(server._Handler, "timeout", 0.2)
    with run_witness(tmp_path) as (url, _):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as silent:
            silent.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold")
            silent.settimeout(5)
            assert silent.recv(1000) == b""
        assert post(url, submission(0, 5))[0] == 200


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    """The command's door: it says where it listens, answers, and ends quietly at an interrupt."""
    new_witness(tmp_path)
    program = (  # what runs in a shell's background is started deaf to interrupts
        "import pathlib, signal, sys; from countenance.ledger.witness import place, server; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "witness = place.open_witness(pathlib.Path(sys.argv[1])); "
        "server.serve(witness, '127.0.0.1', 0, lambda url: print(url, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert post(process.stdout.readline().strip(), submission(0, 5))[0] == 200
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_publication_waits_for_the_quorum(tmp_path: Path) -> None:
    """Two of three: one that is not there does no harm, two do; what comes back verifies under the policy."""
    first, second = new_witness(tmp_path / "1", "w1.example"), new_witness(tmp_path / "2", "w2.example")
    with serving(first) as one, serving(second) as two:
        lines = (
            f"witness a {first.key} {one}\nwitness b {second.key} {two}/\n"
            f"witness c {WITNESS.key} http://127.0.0.1:1\ngroup g 2 a b c\nquorum g\n"
        )
        collector = Collector(parse_policy(lines.encode()), timeout=5)
        for size in (5, 5, 8, 40):
            note = collector(checkpoint_of(size), NODE)
            assert note is not None
            signed = open_checkpoint(note, LOG.key, [first.key, second.key])
            assert [v.key for v in signed.witnesses] == [first.key, second.key]
    assert collector(checkpoint_of(40), NODE) is None


def test_a_witness_that_saw_more_or_another_tree_is_not_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that went back gets no line, and its operator is told."""
    with run_witness(tmp_path) as (url, witness):
        policy = parse_policy(f"witness w {witness.key} {url}\nquorum w\n".encode())
        assert Collector(policy)(checkpoint_of(20), NODE) is not None
        assert Collector(policy)(checkpoint_of(8), NODE) is None
        assert "did this log go back?" in caplog.text
        assert Collector(policy)(checkpoint_of(20, fork=True), NODE) is None
        assert "refused size 20 with status 422" in caplog.text


def test_lines_of_another_key_or_of_the_future_are_not_taken(tmp_path: Path) -> None:
    """The policy's key must have signed, now."""
    with run_witness(tmp_path) as (url, witness):
        posing = parse_policy(f"witness w {WITNESS.key} {url}\nquorum w\n".encode())
        assert Collector(posing)(checkpoint_of(5), NODE) is None
        policy = parse_policy(f"witness w {witness.key} {url}\nquorum w\n".encode())
        assert Collector(policy, clock=lambda: 1_000_000.0)(checkpoint_of(5), NODE) is None
        assert Collector(policy)(checkpoint_of(5), NODE) is not None


def test_without_witnesses_the_quorum_none_is_met_at_once() -> None:
    """And a quorum that nobody can be asked for never is."""
    note = checkpoint_of(5)
    assert Collector(parse_policy(b"quorum none\n"))(note, NODE) == note
    deaf = parse_policy(f"witness w {WITNESS.key}\nquorum w\n".encode())
    assert Collector(deaf)(note, NODE) is None
    elsewhere = parse_policy(f"witness w {WITNESS.key} file:///etc/passwd\nquorum w\n".encode())
    assert Collector(elsewhere)(note, NODE) is None


@given(st.binary(max_size=300), st.integers(0, 200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_hostile_bodies_get_an_answer(tmp_path: Path, data: bytes, at: int) -> None:
    """Fuzz: never anything but a status, and never a cosignature over what the log did not sign."""
    if not (tmp_path / KEY).exists():
        new_witness(tmp_path)
    true = submission(0, 5)
    witness = open_witness(tmp_path)
    for body in (data, b"old 0\n\n" + data, true[:at] + data + true[at:]):
        answer = witness.add_checkpoint(body)
        assert answer.status in {200, 400, 403, 404, 409, 422}
        if answer.status == 200:
            open_checkpoint(checkpoint_of(5) + answer.body, LOG.key, [witness.key])
        with contextlib.suppress(Unreadable):
            parse_submission(body)
