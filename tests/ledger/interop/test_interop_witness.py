"""`aics-witness` cosigns our logs over HTTP with every status of the specification; its client asks our witness."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aics_tlog import parse_vkey
from aics_witness.config import LogConfig
from aics_witness.feeder import WitnessClient, WitnessRejected
from aics_witness.service import Witness as OtherWitness
from aics_witness.service import make_server
from aics_witness.store import WitnessStore
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.ledger.interop.conftest import Verdict
from tests.ledger.keyring import TestKey
from tests.ledger.minilog import LOG, ORIGIN, WITNESS
from tests.ledger.submissions import NODE, STATUSES, checkpoint_of, post, run_witness

from countenance.ledger import merkle, merkle_proofs
from countenance.ledger.checkpoint import open_checkpoint
from countenance.ledger.trust_policy import parse_policy
from countenance.ledger.witness.collect import Collector


@pytest.fixture
def other(tmp_path: Path) -> Iterator[str]:
    """aics-witness, listening."""
    private = Ed25519PrivateKey.from_private_bytes(WITNESS.seed)
    store = WitnessStore(tmp_path / "witness.db", create=True)
    witness = OtherWitness(WITNESS.key.name, private, store, [LogConfig(ORIGIN, (parse_vkey(str(LOG.key)),))])
    server = make_server(witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.url
    server.shutdown()
    server.server_close()
    store.close()


@pytest.mark.parametrize("name", STATUSES)
def test_every_status_of_another_witness(name: str, other: str, verdict: Verdict) -> None:
    """What our own witness answers is what this one answers."""
    status = 0
    for body, wanted in STATUSES[name]:
        status, media_type, answer = post(other, body)
        assert status == wanted, answer
        if status == 409:
            assert (media_type, answer) == ("text/x.tlog.size", b"5\n")
    verdict("aics-witness", f"{name}: {status}")


def test_we_collect_from_another_witness(other: str, verdict: Verdict) -> None:
    """From nothing, then from what it has seen, then the same again; and not a fork."""
    policy = parse_policy(f"log {LOG.key}\nwitness w {WITNESS.key} {other}\nquorum w\n".encode())
    collector = Collector(policy)
    for size in (5, 8, 8):
        note = collector(checkpoint_of(size), NODE)
        assert note is not None
        signed = open_checkpoint(note, LOG.key, [WITNESS.key])
        assert [w.key for w in signed.witnesses] == [WITNESS.key]
    assert Collector(policy)(checkpoint_of(11), NODE) is not None, "a new collector learns what the witness has seen"
    assert Collector(policy)(checkpoint_of(8), NODE) is None, "a witness does not go back"
    assert Collector(policy)(checkpoint_of(11, fork=True), NODE) is None
    verdict("aics-witness", "cosigned 5, 8, 8, 11; refused to go back and a fork")


def test_another_client_asks_our_witness(tmp_path: Path, verdict: Verdict) -> None:
    """The feeder of aics-witness finds ours sound: growth, repetition, and the refusal of a fork."""

    def proof(old: int, new: int) -> list[bytes]:
        return merkle_proofs.consistency_proof(old, new, NODE)

    with run_witness(tmp_path) as (url, witness), WitnessClient(url, str(witness.key)) as client:
        for size in (3, 8, 8, 11):
            lines = client.submit(checkpoint_of(size), proof)
            assert lines.startswith(f"— {witness.key.name} ")
        with pytest.raises(WitnessRejected, match="422"):
            client.submit(checkpoint_of(11, fork=True), proof)
        stranger = TestKey(ORIGIN, 90)
        with pytest.raises(WitnessRejected, match="403"):
            client.submit(checkpoint_of(12, log=stranger), proof)
    verdict("aics-witness", "its client took our witness's cosignatures, and its refusals")


def test_base64_is_what_both_mean() -> None:
    """The proof lines above are standard base64 with padding."""
    assert base64.b64encode(merkle.EMPTY_ROOT).decode() == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
