"""`aics-tlog` audits our logs, and our verifier accepts the ones that it writes."""

from __future__ import annotations

from pathlib import Path

import aics_tlog
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.ledger.interop.conftest import Verdict, ours
from tests.ledger.interop.test_interop_go import SIZES
from tests.ledger.minilog import LOG, WITNESS, many_entries, take, write_log


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    return take(many_entries(max(SIZES)), max(SIZES))


@pytest.mark.parametrize("size", SIZES)
def test_aics_tlog_audits_our_logs(size: int, entries: list[bytes], tmp_path: Path, verdict: Verdict) -> None:
    """Checkpoint, cosignature, every tile and every entry; and not with one bit flipped."""
    write_log(tmp_path, entries[:size], witnesses=[WITNESS])
    note = aics_tlog.parse_note((tmp_path / "checkpoint").read_bytes())
    found = aics_tlog.verify_checkpoint(
        note, aics_tlog.parse_vkey(str(LOG.key)), [aics_tlog.parse_vkey(str(WITNESS.key))], 1
    )
    assert found.ok, found
    checkpoint = aics_tlog.parse_checkpoint(note.text)
    reader = aics_tlog.FileSystemTileReader(tmp_path)
    report = aics_tlog.audit_tiles(reader, size, checkpoint.root)
    verdict("aics-tlog", f"our log of {size}: {report.tiles} tiles and {report.bundles} bundles audited")
    assert report.size == size
    if 0 < size < 1000:
        hurt = sorted(p for p in tmp_path.rglob("tile/0/**/*") if p.is_file())[0]
        data = hurt.read_bytes()
        hurt.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        with pytest.raises(aics_tlog.TileVerificationError):
            aics_tlog.audit_tiles(aics_tlog.FileSystemTileReader(tmp_path), size, checkpoint.root)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 65_537])
def test_our_verifier_accepts_what_aics_tlog_writes(
    size: int, entries: list[bytes], tmp_path: Path, verdict: Verdict
) -> None:
    """A full build, and one that grew in two steps; its entries are even lawful ones of ours."""
    private = Ed25519PrivateKey.from_private_bytes(LOG.seed)
    if size % 2:
        writer = aics_tlog.IncrementalTileWriter(aics_tlog.DirectoryTileStore(tmp_path, fsync=False))
        writer.append(entries[: size // 2])
        writer.append(entries[size // 2 : size])
        root = writer.root()
    else:
        aics_tlog.TileWriter(entries[:size]).write_to(tmp_path)
        root = aics_tlog.tree_root_from_tiles(aics_tlog.FileSystemTileReader(tmp_path), size)
    made = aics_tlog.Checkpoint(origin=LOG.key.name, size=size, root=root)
    (tmp_path / "checkpoint").write_bytes(aics_tlog.sign_checkpoint(made, private, LOG.key.name).to_bytes())
    code = ours(tmp_path, "--key", LOG.key)
    verdict("countenance", f"aics-tlog's log of {size}: exit {code}")
    assert code == 0
