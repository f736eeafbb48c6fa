"""The log as the ledger itself writes it, witnessed, read by Go, by aics-tlog and by our verifier."""

from __future__ import annotations

from pathlib import Path

import aics_tlog
from tests.ledger.interop.conftest import Verdict, go_says, ours
from tests.ledger.loghouse import LogHouse
from tests.ledger.submissions import serving

from countenance.ledger.trust_policy import parse_policy
from countenance.ledger.witness.collect import Collector
from countenance.ledger.witness.place import LOGS, make_witness, open_witness


def test_a_witnessed_log_of_the_ledger(tmp_path: Path, go: Path, verdict: Verdict) -> None:
    """Three epochs over a tile's border: published with a cosignature, audited three times, proofs checked by Go."""
    house = LogHouse(tmp_path / "data")
    with house.open() as ledger:
        key = ledger.verifier_key
    vkey = make_witness(tmp_path / "witness", "witness.example/ours")
    (tmp_path / "witness" / LOGS).write_text(f"log {key}\nquorum none\n")
    log = tmp_path / "data" / "log"
    with serving(open_witness(tmp_path / "witness")) as url:
        policy = f"log {key}\nwitness ours {vkey} {url}\nquorum ours\n"
        with house.open(collect=Collector(parse_policy(policy.encode()))) as ledger:
            house.adopt(ledger)
            receipts = house.busy_day(ledger, 4)
            ledger.close_epoch()
            ledger.record_many([("review", {"of": receipts[0].entry, "res": "inconclusive", "by": 1}, {})] * 240)
            receipts += house.busy_day(ledger, 4)
            ledger.close_epoch()
            receipts += house.busy_day(ledger, 2)
            closed = ledger.close_epoch()
            proof = ledger.proof(receipts[7].entry)
            entry = ledger.entry(receipts[7].entry)
    assert isinstance(proof, str)
    content, said = go_says(go, "verify", key, log, vkey)
    verdict("x/mod", f"a witnessed log of the ledger: {said}")
    assert content, said
    checkpoint = aics_tlog.parse_checkpoint(aics_tlog.parse_note((log / "checkpoint").read_bytes()).text)
    report = aics_tlog.audit_tiles(aics_tlog.FileSystemTileReader(log), checkpoint.size, checkpoint.root)
    verdict("aics-tlog", f"the same: {report.tiles} tiles and {report.bundles} bundles audited")
    assert getattr(closed, "size", None) == report.size > 256
    (tmp_path / "policy").write_text(policy)
    code = ours(log, "--policy", tmp_path / "policy")
    verdict("countenance", f"the same: exit {code}")
    assert code == 0
    (tmp_path / "proof").write_text(proof)
    (tmp_path / "entry").write_bytes(entry)
    content, said = go_says(go, "proof", key, tmp_path / "proof", tmp_path / "entry")
    verdict("x/mod", f"a receipt's proof: {said}")
    assert content, said
