"""What a log sends to a witness, true and false; the same for our witness and for others'."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.ledger.keyring import TestKey
from tests.ledger.minilog import LOG, ORIGIN

from countenance.ledger import merkle, merkle_proofs
from countenance.ledger.checkpoint import Checkpoint
from countenance.ledger.note import note_bytes
from countenance.ledger.witness.place import LOGS, make_witness, open_witness
from countenance.ledger.witness.server import WitnessServer
from countenance.ledger.witness.submission import submission_bytes
from countenance.ledger.witness.witness import Witness

LEAVES = [merkle.leaf_hash(str(i).encode()) for i in range(40)]
NODE = merkle_proofs.node_in(LEAVES)
OTHER_LOG = TestKey("log.example/unknown", 21)
STRANGER = TestKey(ORIGIN, 22)


def checkpoint_of(size: int, *, fork: bool = False, log: TestKey = LOG, root: bytes | None = None) -> bytes:
    """A signed checkpoint of the first ``size`` leaves, or of others."""
    leaves = [merkle.node_hash(leaf, leaf) for leaf in LEAVES] if fork else LEAVES
    text = Checkpoint(log.key.name, size, root if root is not None else merkle.root_of(leaves[:size])).text
    return note_bytes(text, [log.line(text)])


def submission(old: int, size: int) -> bytes:
    """A true one."""
    return submission_bytes(old, merkle_proofs.consistency_proof(old, size, NODE), checkpoint_of(size))


_FORGED = checkpoint_of(8).replace(b"\n8\n", b"\n9\n")
_UNSIGNED = note_bytes(Checkpoint(ORIGIN, 8, merkle.root_of(LEAVES[:8])).text, [OTHER_LOG.line("x\n")])
_FIRST = (submission(0, 5), 200)

STATUSES: dict[str, list[tuple[bytes, int]]] = {
    "the first": [_FIRST],
    "growth": [_FIRST, (submission(5, 8), 200), (submission(8, 40), 200)],
    "the same again": [_FIRST, (submission_bytes(5, [], checkpoint_of(5)), 200)],
    "an empty tree": [(submission_bytes(0, [], checkpoint_of(0)), 200), (submission(0, 5), 200)],
    "a stale old size": [_FIRST, (submission(3, 8), 409)],
    "an old size of nothing": [_FIRST, (submission(0, 8), 409)],
    "no empty line": [(b"old 0\n" + checkpoint_of(5).replace(b"\n\n", b"\n"), 400)],
    "no old size": [(b"\n" + checkpoint_of(5), 400)],
    "an old size with zeros": [(b"old 00\n\n" + checkpoint_of(5), 400)],
    "a larger old size": [(submission_bytes(6, [], checkpoint_of(5)), 400)],
    "too many hashes": [(submission_bytes(0, [bytes(32)] * 64, checkpoint_of(5)), 400)],
    "no hash": [(b"old 0\nAAAA\n\n" + checkpoint_of(5), 400)],
    "no checkpoint": [(b"old 0\n\nwords\n", 400)],
    "an unknown log": [(submission_bytes(0, [], checkpoint_of(5, log=OTHER_LOG)), 404)],
    "an unknown key": [(submission_bytes(0, [], checkpoint_of(5, log=STRANGER)), 403)],
    "a false signature": [(submission_bytes(0, [], _FORGED), 403)],
    "no signature": [(submission_bytes(0, [], _UNSIGNED), 403)],
    "a false proof": [_FIRST, (submission_bytes(5, [bytes(32)] * 4, checkpoint_of(8)), 422)],
    "a proof from nothing": [(submission_bytes(0, [bytes(32)], checkpoint_of(8)), 422)],
    "a fork of the same size": [_FIRST, (submission_bytes(5, [], checkpoint_of(5, fork=True)), 422)],
    "a fork that grew": [
        _FIRST,
        (submission_bytes(5, merkle_proofs.consistency_proof(5, 8, NODE), checkpoint_of(8, fork=True)), 422),
    ],
    "a false empty tree": [(submission_bytes(0, [], checkpoint_of(0, root=bytes(32))), 422)],
}
"""By name: bodies sent one after the other to a new witness, with the status of each."""


def post(url: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, media type and body of the answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        connection.request("POST", f"{place.path.rstrip('/')}/add-checkpoint", body)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    finally:
        connection.close()


def new_witness(directory: Path, name: str = "our-witness.example") -> Witness:
    """A witness of its own that knows the log of the tests."""
    make_witness(directory, name)
    (directory / LOGS).write_text(f"log {LOG.key}\nquorum none\n")
    return open_witness(directory)


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    """It listens; gives the URL."""
    server = WitnessServer(("127.0.0.1", 0), witness)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def run_witness(directory: Path) -> Iterator[tuple[str, Witness]]:
    """A new witness, listening."""
    witness = new_witness(directory / "our-witness")
    with serving(witness) as url:
        yield url, witness
