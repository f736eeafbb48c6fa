"""Proofs of inclusion in a file: made, read, verified, and refused when hurt."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.keyring import TestKey

from countenance.ledger import merkle, merkle_proofs
from countenance.ledger.checkpoint import Checkpoint
from countenance.ledger.note import BadSignature, note_bytes
from countenance.ledger.proof import Proof, check_proof, parse_proof
from countenance.ledger.unreadable import Unreadable

LOG = TestKey("log.example/fr", 1)
ENTRIES = [f"entry {i}".encode() for i in range(11)]
LEAVES = [merkle.leaf_hash(e) for e in ENTRIES]
TEXT = Checkpoint(LOG.key.name, 11, merkle.root_of(LEAVES)).text
CHECKPOINT = note_bytes(TEXT, [LOG.line(TEXT)])
PROOF = Proof(6, tuple(merkle_proofs.inclusion_proof(6, 11, merkle_proofs.node_in(LEAVES))), CHECKPOINT)


@pytest.mark.parametrize("extra", [None, b"", b"anything"])
def test_a_proof_is_read_back_and_holds(extra: bytes | None) -> None:
    """With and without extra data, which nobody trusts."""
    proof = PROOF._replace(extra=extra)
    assert parse_proof(str(proof).encode()) == proof
    assert check_proof(proof, ENTRIES[6], LOG.key).checkpoint.size == 11


def test_a_proof_fits_one_entry_at_one_place() -> None:
    """Another entry, another place, a shorter path: refused."""
    for wrong in (PROOF._replace(position=5), PROOF._replace(position=99), PROOF._replace(hashes=PROOF.hashes[:-1])):
        with pytest.raises(BadSignature, match="does not lead"):
            check_proof(wrong, ENTRIES[6], LOG.key)
    with pytest.raises(BadSignature, match="does not lead"):
        check_proof(PROOF, ENTRIES[5], LOG.key)


@given(st.integers(0, len(str(PROOF).encode()) * 8 - 1))
@settings(max_examples=200, deadline=None)
def test_no_bit_of_a_proof_changes_unseen(bit: int) -> None:
    """Header, index, path, checkpoint."""
    hurt = bytearray(str(PROOF).encode())
    hurt[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Unreadable, BadSignature)):
        check_proof(parse_proof(bytes(hurt)), ENTRIES[6], LOG.key)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("@v1", "@v2"), "line 1"),
        (lambda t: t.replace("index 6", "index 06"), "index"),
        (lambda t: t.replace("index 6\n", ""), "index"),
        (lambda t: t.replace("index 6\n", "index 6\nAAAA\n"), "path"),
        (lambda t: t.replace("index 6\n", "index 6\n" + ("A" * 43 + "=\n") * 64), "more than 63"),
        (lambda t: t.replace("index 6\n", "extra !\nindex 6\n"), "extra"),
        (lambda t: t[:40], "line 1"),
        (lambda t: t + "x" * 100_000, "at most"),
    ],
)
def test_a_spoilt_proof_says_where(change: object, says: str) -> None:
    """Never anything but Unreadable."""
    assert callable(change)
    with pytest.raises(Unreadable, match=says):
        parse_proof(change(str(PROOF)).encode())


@given(st.binary(max_size=200))
def test_hostile_proofs_raise_nothing_else(data: bytes) -> None:
    """Fuzz, also behind a valid head."""
    for each in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 6\n" + data):
        with contextlib.suppress(Unreadable, BadSignature):
            check_proof(parse_proof(each), b"", LOG.key)
