"""Go's golang.org/x/mod verifies our logs, and our verifier accepts what Go writes."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.ledger.interop.conftest import Verdict, go_says, ours
from tests.ledger.minilog import LOG, WITNESS, many_entries, take, write_checkpoint, write_log

from countenance.ledger import merkle, merkle_proofs
from countenance.ledger.checkpoint import Checkpoint
from countenance.ledger.proof import Proof

SIZES = (0, 1, 2, 3, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000)


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    return take(many_entries(max(SIZES)), max(SIZES))


@pytest.mark.parametrize("size", SIZES)
def test_go_verifies_our_logs(size: int, entries: list[bytes], tmp_path: Path, go: Path, verdict: Verdict) -> None:
    """Every entry, every tile, log signature and cosignature; and not with one bit flipped."""
    write_log(tmp_path, entries[:size], witnesses=[WITNESS])
    content, said = go_says(go, "verify", LOG.key, tmp_path, WITNESS.key)
    verdict("x/mod", f"our log of {size}: {said}")
    assert content, said
    if 0 < size < 1000:
        bundle = next((tmp_path / "tile/entries").rglob("*[0-9]"))
        if bundle.is_dir():
            bundle = next(bundle.iterdir())
        data = bundle.read_bytes()
        bundle.write_bytes(data[:30] + bytes([data[30] ^ 4]) + data[31:])
        content, said = go_says(go, "verify", LOG.key, tmp_path, WITNESS.key)
        assert not content
        assert "hash mismatch" in said


@pytest.mark.parametrize("size", SIZES)
def test_our_verifier_accepts_what_go_writes(size: int, tmp_path: Path, go: Path, verdict: Verdict) -> None:
    """Whatever its entries are, with --tree-only and the key that Go printed."""
    content, key = go_says(go, "write", "go.example/log", tmp_path, size)
    assert content, key
    code = ours(tmp_path, "--key", key, "--tree-only")
    verdict("countenance", f"Go's log of {size}: exit {code}")
    assert code == 0


@pytest.mark.parametrize(("position", "size"), [(0, 1), (5, 8), (255, 256), (256, 257), (65_536, 70_000)])
def test_go_accepts_our_proofs_of_inclusion(
    position: int, size: int, entries: list[bytes], tmp_path: Path, go: Path
) -> None:
    """A .tlog-proof with its entry; and not with another entry."""
    leaves = [merkle.leaf_hash(e) for e in entries[:size]]
    write_checkpoint(tmp_path, Checkpoint(LOG.key.name, size, merkle.root_of(leaves)))
    path = tuple(merkle_proofs.inclusion_proof(position, size, merkle_proofs.node_in(leaves)))
    proof, entry = tmp_path / "proof", tmp_path / "entry"
    proof.write_text(str(Proof(position, path, (tmp_path / "checkpoint").read_bytes(), b"extra")))
    entry.write_bytes(entries[position])
    content, said = go_says(go, "proof", LOG.key, proof, entry)
    assert content, said
    entry.write_bytes(entries[position] + b" ")
    assert not go_says(go, "proof", LOG.key, proof, entry)[0]


@pytest.mark.parametrize(("old", "new"), [(1, 2), (6, 8), (255, 257), (256, 511), (65_535, 70_000)])
def test_go_accepts_our_proofs_of_consistency(
    old: int, new: int, entries: list[bytes], tmp_path: Path, go: Path
) -> None:
    """And not the other way round."""
    leaves = [merkle.leaf_hash(e) for e in entries[:new]]
    for size in (old, new):
        write_checkpoint(tmp_path / str(size), Checkpoint(LOG.key.name, size, merkle.root_of(leaves[:size])))
    path = merkle_proofs.consistency_proof(old, new, merkle_proofs.node_in(leaves))
    (tmp_path / "proof").write_text("".join(f"{base64.b64encode(h).decode()}\n" for h in path))
    words = [tmp_path / str(old) / "checkpoint", tmp_path / str(new) / "checkpoint", tmp_path / "proof"]
    content, said = go_says(go, "consistent", LOG.key, *words)
    assert content, said
    assert not go_says(go, "consistent", LOG.key, words[1], words[0], words[2])[0]


def test_go_refuses_another_key(tmp_path: Path, go: Path, entries: list[bytes]) -> None:
    """So that a green result means something."""
    write_log(tmp_path, entries[:3])
    content, said = go_says(go, "verify", LOG.key, tmp_path, WITNESS.key)
    assert not content
    assert "1 of 2 known keys" in said
