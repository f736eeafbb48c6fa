"""The verifier as a stranger uses it: what it finds, what it says, and with which code it ends."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import shutil
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.ledger.keyring import TestKey
from tests.ledger.minilog import (
    LOG,
    ORIGIN,
    STATEMENTS,
    WITNESS,
    Story,
    busy_story,
    many_entries,
    take,
    write_checkpoint,
    write_log,
)
from tests.ledger.plain_commitment import field_leaves, fresh_salts, value_texts

from countenance.ledger import merkle, merkle_proofs
from countenance.ledger.checkpoint import Checkpoint
from countenance.ledger.commitment import commitment, opening_text
from countenance.ledger.entry import encode, entry_id
from countenance.ledger.note import note_bytes
from countenance.ledger.proof import Proof
from countenance.ledger.recount import Count
from countenance.ledger.sealed_detail import open_field
from countenance.ledger.tiles import Tile, pack_bundle
from countenance.ledger.verifier.__main__ import USAGE, main
from countenance.ledger.verifier.check import Asked, check_log
from countenance.ledger.verifier.failure import Failure
from countenance.ledger.verifier.source import open_source

KEY = str(LOG.key)


class Published:
    """A log of 320 entries and more with a statement about it, as it lies on a disk."""

    def __init__(self, directory: Path) -> None:
        self.story = busy_story(epochs=3)
        for _ in range(140):
            self.story.ask()
        self.story.close()
        self.size = len(self.story.entries)
        self.log = directory / "log"
        self.statement = self.story.statement(0, 4)
        self.paper = directory / "S"
        self.paper.write_bytes(self.story.sign(self.statement))
        write_log(self.log, self.story.entries[: self.size], witnesses=[WITNESS])

    def files(self) -> list[Path]:
        return sorted(p for p in self.log.rglob("*") if p.is_file())


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


def fast(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    code = main([*map(str, words), "--json", *([] if "--memory" in words else ["--no-memory"])])
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is (code == 0)
    assert code == found.get("code", 0)
    return code, found


def test_a_sound_log_and_a_true_statement(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 0; the figures are the log's."""
    code, found = run(capsys, published.paper, published.log, "--key", KEY)
    assert code == 0
    assert (found["size"], found["entries"]) == (published.size, published.size)
    root = merkle.root_of(merkle.leaf_hash(e) for e in published.story.entries[: published.size])
    assert found["root"] == base64.b64encode(root).decode()
    assert found["cosigned"] == []
    assert found["key_given"] is True
    assert found["counts"]["missing-person"] == Count(156, 0, 0, 156)._asdict()
    assert found["early"] == [3]
    assert found["unpaired"] == 1
    assert found["statement"] == {"first": 0, "last": 4, "zeros": ["protest-monitoring"]}


def test_plain_sight(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a key it says that nobody checked it; without a policy, that nobody whom you trust has seen the log."""
    assert main([str(published.log), "--no-memory"]) == 0
    said = capsys.readouterr().out
    assert f"key          {KEY}\n" in said
    assert "KEY NOT CHECKED BY YOU" in said
    assert "UNWITNESSED" in said
    assert "lines of witness.example are not checked" in said
    assert "not shown    copies of the software" in said
    assert said.endswith("OK\n")
    single = Story(governors=1, minimum=0)
    single.close()
    write_log(published.log.parent / "single", single.entries)
    assert main([str(published.log.parent / "single"), "--no-memory"]) == 0
    assert "SINGLE GOVERNOR" in capsys.readouterr().out


def test_witnesses_of_the_readers_policy(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Named where they cosigned; code 5 where they are too few, or one is missing."""
    policy = published.log.parent / "policy"
    policy.write_text(f"log {KEY}\nwitness w {WITNESS.key}\nquorum w\n")
    code, found = run(capsys, published.log, "--policy", policy)
    assert (code, found["cosigned"], found["key_given"]) == (0, ["witness.example"], True)
    other = TestKey("other.example", 9, WITNESS.key.kind)
    policy.write_text(f"log {KEY}\nwitness w {WITNESS.key}\nwitness o {other.key}\ngroup g all w o\nquorum g\n")
    code, found = run(capsys, published.log, "--policy", policy)
    assert (code, found["where"]) == (5, "checkpoint")
    text = (published.log / "checkpoint").read_text().partition("\n\n")[0] + "\n"
    (published.log / "checkpoint").write_bytes(note_bytes(text, [LOG.line(text), WITNESS.line(text, 2**40)]))
    policy.write_text(f"log {KEY}\nwitness w {WITNESS.key}\nquorum w\n")
    assert run(capsys, published.log, "--policy", policy)[0] == 5, "a cosignature from the future does not count"
    policy.write_text("quorum nobody\n")
    code, found = run(capsys, published.log, "--policy", policy)
    assert (code, found["where"]) == (2, "policy, line 1")


def test_a_count_changed_and_signed_again_with_the_true_key(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 1: it must have recounted."""
    said = published.statement
    line = said.lines["protest-monitoring"]
    lie = said._replace(lines={**said.lines, "protest-monitoring": line._replace(counted=Count(refused=0))})
    published.paper.write_bytes(published.story.sign(lie))
    code, found = run(capsys, published.paper, published.log, "--key", KEY)
    assert code == 1
    assert "the statement says:  count protest-monitoring forbidden 0 0 0 0 0 0 0" in found["error"]
    assert "the log gives:       count protest-monitoring forbidden 0 0 3 0 0 0 0" in found["error"]


@pytest.mark.parametrize(
    "lie",
    [
        {"unpaired": 0},
        {"early": ()},
        {"uses_repeated": 1},
        {"end": "2026-12-31"},
        {"charters": ()},
        {"root": bytes(32)},
        {"cosigned": ("somebody.example",)},
        {"last": 5},
    ],
)
def test_every_line_of_a_statement_is_checked(
    lie: dict[str, Any], published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 1 for each of them, though the true key signed."""
    published.paper.write_bytes(published.story.sign(published.statement._replace(**lie)))
    assert run(capsys, published.paper, published.log, "--key", KEY)[0] == 1


def test_the_whole_log_signed_again_with_another_key(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 2 with the true key given; without one it verifies, and says that the key was not checked."""
    forger = TestKey(ORIGIN, 77)
    story = Story(log=forger, minimum=0)
    story.ask()
    story.close()
    write_log(published.log.parent / "forged", story.entries, log=forger)
    forged = published.log.parent / "forged"
    code, found = run(capsys, forged, "--key", KEY)
    assert (code, found["where"]) == (2, "checkpoint")
    code, found = run(capsys, forged)
    assert (code, found["key_given"], found["key"]) == (0, False, str(forger.key))


def test_a_statement_signed_by_a_stranger(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 2: the log introduces no such key; a hurt signature of the true one the same."""
    stranger = TestKey(STATEMENTS.key.name, 78)
    published.story.statements = stranger
    published.paper.write_bytes(published.story.sign(published.statement))
    code, found = run(capsys, published.paper, published.log, "--key", KEY)
    assert (code, found["where"]) == (2, "statement")


def test_statements_of_other_logs_and_of_more_than_is_published(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Codes 2 and 4."""
    published.paper.write_bytes(published.story.sign(published.statement._replace(origin="log.example/other")))
    assert run(capsys, published.paper, published.log, "--key", KEY)[0] == 2
    published.paper.write_bytes(published.story.sign(published.statement._replace(size=published.size + 1)))
    assert run(capsys, published.paper, published.log, "--key", KEY)[0] == 4
    published.paper.write_bytes(b"countenance-statement/v1\nnonsense\n")
    assert run(capsys, published.paper, published.log, "--key", KEY)[0] == 2


def test_a_statement_still_holds_when_the_log_has_grown(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """It speaks of an earlier tree of the same log."""
    published.story.close(early=True)
    shutil.rmtree(published.log)
    write_log(published.log, published.story.entries)
    code, found = run(capsys, published.paper, published.log, "--key", KEY)
    assert code == 0
    assert any("1 earlier statements" in step for step in found["steps"])


def test_one_flipped_bit_anywhere_is_found_and_placed(published: Published) -> None:
    """In every file, older partial tiles too; the message names the file, or the entry within it."""
    older = Tile(0, 1, 20), Tile(None, 1, 20)
    leaves = [merkle.leaf_hash(e) for e in published.story.entries[256:276]]
    for tile, data in zip(older, (b"".join(leaves), pack_bundle(published.story.entries[256:276])), strict=True):
        (published.log / tile.path).write_bytes(data)
    seeded = random.Random(5)
    asked = Asked(key=KEY, check=fast)
    check_log(open_source(str(published.log)), asked, lambda *_: None)
    for path in published.files():
        data = path.read_bytes()
        name = path.relative_to(published.log).as_posix()
        for bit in {0, len(data) * 8 - 1, *(seeded.randrange(len(data) * 8) for _ in range(25))}:
            hurt = bytearray(data)
            hurt[bit // 8] ^= 1 << bit % 8
            path.write_bytes(hurt)
            if name == "checkpoint" and bit // 8 >= data.index(b"witness.example") - 5:
                continue  # a line of a key that this reader does not know
            with pytest.raises(Failure) as failure:
                check_log(open_source(str(published.log)), asked, lambda *_: None)
            assert failure.value.code == 2, (name, bit)
            assert name in str(failure.value), bit
        path.write_bytes(data)


def test_a_flipped_bit_in_a_statement_is_found(published: Published) -> None:
    """Code 1 or 2, for each of a hundred bits."""
    seeded = random.Random(6)
    data = published.paper.read_bytes()
    for _ in range(100):
        bit = seeded.randrange(len(data) * 8)
        hurt = bytearray(data)
        hurt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Failure) as failure:
            check_log(
                open_source(str(published.log)), Asked(key=KEY, check=fast, statement=bytes(hurt)), lambda *_: None
            )
        assert failure.value.code in (1, 2)
        assert "statement" in str(failure.value)


def test_an_entry_is_blamed_where_the_tile_above_knows_better(tmp_path: Path) -> None:
    """In a full bundle the verifier says which of the two files was changed."""
    write_log(tmp_path, take(many_entries(600), 600))
    bundle, tile = tmp_path / "tile/entries/000", tmp_path / "tile/0/000"
    for path, name in ((bundle, "tile/entries/000 was changed"), (tile, "tile/0/000 was changed")):
        data = path.read_bytes()
        path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
        with pytest.raises(Failure, match=name):
            check_log(open_source(str(tmp_path)), Asked(key=KEY, check=fast), lambda *_: None)
        path.write_bytes(data)


def test_missing_and_cut_files(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file that is gone is named with code 4, every one cut short with code 2."""
    for path in published.files():
        name = path.relative_to(published.log).as_posix()
        data = path.read_bytes()
        path.unlink()
        code, found = run(capsys, published.log, "--key", KEY)
        assert (code, found["where"]) == (4, name)
        path.write_bytes(data[:-1])
        code, found = run(capsys, published.log, "--key", KEY)
        assert code == 2
        assert name.removesuffix("/64") in f"{found['where']} {found['error']}"
        path.write_bytes(data)
    assert run(capsys, published.log.parent / "nowhere")[0] == 4


def test_a_log_that_breaks_its_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 1 with the entry, its bundle and its field: signed by the true key, and not lawful."""
    story = Story(minimum=0)
    story.intent("protest-monitoring")
    write_log(tmp_path, story.entries)
    code, found = run(capsys, tmp_path, "--key", KEY)
    assert (code, found["where"]) == (1, "entry 6 (tile/entries/000, field pur)")
    write_log(tmp_path / "b", [*story.entries[:-1], b'{"k":"intent"}'])
    code, found = run(capsys, tmp_path / "b", "--key", KEY)
    assert (code, found["where"]) == (1, "entry 6 (tile/entries/000, field act)")


def test_a_change_is_graver_than_a_broken_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tiles made anew around a changed entry still do not lead to the signed root: code 2, not 1."""
    story = Story(minimum=0)
    story.ask()
    signed = write_log(tmp_path, story.entries)
    write_log(tmp_path, [*story.entries[:-1], b"{}"])
    write_checkpoint(tmp_path, signed)
    code, found = run(capsys, tmp_path, "--key", KEY)
    assert (code, found["where"]) == (2, "tile/entries")


def test_a_fork_is_shown_and_written_down(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 3: the last checkpoint is remembered, and one that does not continue it becomes evidence."""
    memory, evidence = published.log.parent / "memory", published.log.parent / "evidence"
    evidence.mkdir()
    words = ("--key", KEY, "--memory", memory, "--evidence", evidence)
    assert run(capsys, published.log, *words)[0] == 0
    code, found = run(capsys, published.log, *words)
    assert code == 0
    assert any("consistent" in step for step in found["steps"])
    fork = busy_story(epochs=4)
    while len(fork.entries) < published.size + 5:
        fork.ask()
    write_log(published.log.parent / "fork", fork.entries)
    code, found = run(capsys, published.log.parent / "fork", *words)
    assert code == 3
    (written,) = evidence.iterdir()
    assert found["where"] == str(written)
    text = written.read_text()
    assert text.count("\n— log.example/fr ") == 2
    assert f"the first {published.size} entries are not those that were seen" in text


def test_a_log_that_went_backwards_is_missing_something(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 4: fewer entries than were seen the last time, or elsewhere."""
    memory = published.log.parent / "memory"
    assert run(capsys, published.log, "--key", KEY, "--memory", memory)[0] == 0
    shorter = published.log.parent / "shorter"
    write_log(shorter, published.story.entries[:40])
    code, found = run(capsys, shorter, "--key", KEY, "--memory", memory)
    assert code == 4
    assert f"{published.size} were seen, the last time" in found["error"]
    assert run(capsys, shorter, "--key", KEY, "--seen", published.log / "checkpoint")[0] == 4
    code, found = run(capsys, published.log, "--key", KEY, "--seen", shorter / "checkpoint")
    assert code == 0
    assert any(f"size 40 seen {shorter}" in step for step in found["steps"])
    (shorter / "checkpoint").write_bytes(b"words")
    assert run(capsys, published.log, "--key", KEY, "--seen", shorter / "checkpoint")[0] == 2


def test_it_goes_on_where_nothing_can_be_remembered(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so."""
    file = published.log.parent / "file"
    file.write_text("")
    code, found = run(capsys, published.log, "--key", KEY, "--memory", file / "inside")
    assert code == 0
    assert any("cannot be kept" in step for step in found["steps"])


@pytest.mark.parametrize("folder", ["", "a-folder/"])
def test_a_zip_works_offline(folder: str, published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """With or without a folder around it; a hurt one is code 2, and one that is none code 4."""
    place = published.log.parent / "log.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in published.files():
            archive.write(path, folder + path.relative_to(published.log).as_posix())
    assert run(capsys, published.paper, place, "--key", KEY)[0] == 0
    data = bytearray(place.read_bytes())
    at = data.index(b"tile/entries/000") + 60
    data[at] ^= 0xFF
    place.write_bytes(data)
    assert run(capsys, place, "--key", KEY)[0] == 2
    place.write_bytes(b"PK no zip")
    assert run(capsys, place, "--key", KEY)[0] == 4


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class Zipped(Quiet):
    """Serves gzip without being asked, as the specification allows."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Endless(BaseHTTPRequestHandler):
    """Serves far more than asked for."""

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.startswith("/bomb"):
            data = gzip.compress(bytes(50_000_000))
            self.send_header("Content-Encoding", "gzip")
        else:
            data = bytes(200_000)
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def serve() -> Iterator[Any]:
    servers = []

    def start(handler: Any) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_url_works_too(published: Published, serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain GETs; gzip that was not asked for; a file that is not there is code 4."""
    for handler in (Quiet, Zipped):
        url = serve(partial(handler, directory=str(published.log)))
        assert run(capsys, published.paper, f"{url}/", "--key", KEY)[0] == 0
    (published.log / "tile/0/000").unlink()
    code, found = run(capsys, url, "--key", KEY)
    assert (code, found["where"]) == (4, "tile/0/000")
    assert run(capsys, "http://127.0.0.1:1/", "--key", KEY)[0] == 4


def test_hostile_sizes_are_cut_off(published: Published, serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A server, a gzip, a file and a pipe that never end."""
    url = serve(Endless)
    assert run(capsys, f"{url}/plain", "--key", KEY)[0] == 2
    assert run(capsys, f"{url}/bomb", "--key", KEY)[0] == 2
    bundle = published.log / "tile/entries/000"
    with bundle.open("wb") as file:
        file.truncate(1 << 33)
    code, found = run(capsys, published.log, "--key", KEY)
    assert (code, found["where"]) == (2, "tile/entries/000")
    bundle.unlink()
    os.mkfifo(bundle)
    code, found = run(capsys, published.log, "--key", KEY)
    assert (code, found["error"]) == (2, "is no regular file")


def test_a_checkpoint_of_a_giant_tree_costs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first bundle that is not there ends it."""
    write_checkpoint(tmp_path, Checkpoint(ORIGIN, 2**62, bytes(32)))
    code, found = run(capsys, tmp_path, "--key", KEY)
    assert (code, found["where"]) == (4, "tile/entries/000")


def test_a_full_tile_serves_for_a_partial_one(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """As the specification lets logs do once they have grown."""
    grown = published.log.parent / "grown"
    while len(published.story.entries) < 600:
        published.story.ask()
    write_log(grown, published.story.entries)
    shutil.copy(published.log / "checkpoint", grown)
    shutil.copytree(published.log / "tile/1", grown / "tile/1", dirs_exist_ok=True)
    assert run(capsys, published.paper, grown, "--key", KEY)[0] == 0
    path = grown / "tile/entries/001"
    data = path.read_bytes()
    path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
    assert run(capsys, grown, "--key", KEY)[0] == 2


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 65_537])
def test_logs_of_all_awkward_sizes(size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the edge of the tree looks like."""
    write_log(tmp_path, take(many_entries(size), size))
    code, found = run(capsys, tmp_path, "--key", KEY)
    assert (code, found["size"]) == (0, size)
    if size == 0:
        code, found = run(capsys, tmp_path)
        assert (code, found["error"]) == (4, "the log does not say its key: give it with --key")


def test_a_log_of_others_is_verified_as_a_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Entries of any schema and up to 65,535 bytes with --tree-only; code 1 without."""
    write_log(tmp_path, [b"", b"words", bytes(65_535)])
    assert run(capsys, tmp_path, "--key", KEY, "--tree-only")[0] == 0
    write_log(tmp_path / "b", [b"words"])
    assert run(capsys, tmp_path / "b", "--key", KEY)[0] == 1


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Five times the entries, the same peak within a quarter."""
    peaks = []
    for size in (4_000, 20_000):
        write_log(tmp_path / str(size), take(many_entries(size), size))
        tracemalloc.start()
        check_log(open_source(str(tmp_path / str(size))), Asked(key=KEY, check=fast), lambda *_: None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.25


def test_a_proof_and_an_opening_are_papers_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A court needs the paper and the log's key, and not the log."""
    values = value_texts("hold", {"reason": "an appeal"})
    salts = fresh_salts("hold", os.urandom)
    leaves = field_leaves(values, salts)
    entry = encode("hold", {"id": entry_id(bytes(16)), "ep": 0, "ev": "set", "c": commitment(leaves)})
    story = Story()
    entries = [*story.entries, entry]
    write_log(tmp_path / "log", entries)
    node = merkle_proofs.node_in([merkle.leaf_hash(e) for e in entries])
    position = len(entries) - 1
    path = tuple(merkle_proofs.inclusion_proof(position, len(entries), node))
    proof = Proof(position, path, (tmp_path / "log/checkpoint").read_bytes(), entry)
    paper = tmp_path / "paper"
    paper.write_text(str(proof))
    code, found = run(capsys, paper, "--key", KEY)
    assert (code, found["entry"]) == (0, entry.decode())
    opening = open_field(entry, "reason", values["reason"], salts["reason"], leaves)
    paper.write_text(opening_text(opening))
    code, found = run(capsys, paper, "--key", KEY)
    assert (code, found["value"], found["proven"]) == (0, "an appeal", False)
    paper.write_text(opening_text(opening._replace(proof=str(proof))))
    code, found = run(capsys, paper, "--key", KEY)
    assert (code, found["value"], found["proven"]) == (0, "an appeal", True)
    paper.write_text(opening_text(opening._replace(value='"another"', proof=str(proof))))
    assert run(capsys, paper, "--key", KEY)[0] == 2
    paper.write_text(str(proof._replace(position=0)))
    assert run(capsys, paper, "--key", KEY)[0] == 2
    paper.write_text(str(proof._replace(extra=None)))
    assert run(capsys, paper, "--key", KEY)[0] == 4
    assert run(capsys, paper, "--key", "nonsense")[0] == 2


@pytest.mark.parametrize("words", [(), ("a", "b", "c"), ("log", "--kee", "x"), ("S",), ("P",)])
def test_a_wrong_call_is_no_finding(words: tuple[str, ...], published: Published) -> None:
    """Code 64, so that nobody takes it for tampering."""
    places = {"S": published.paper, "P": published.log.parent / "P", "log": published.log}
    places["P"].write_text("c2sp.org/tlog-proof@v1\n")
    with pytest.raises(SystemExit) as stopped:
        main([str(places.get(word, word)) for word in words])
    assert stopped.value.code == USAGE
