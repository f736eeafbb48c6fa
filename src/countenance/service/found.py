"""Found a log: its first entries are the release, the key that signs statements, and the demo charter."""

from __future__ import annotations

import hashlib
import time
from importlib.metadata import version
from pathlib import Path

from countenance.keys.signing import SigningKey
from countenance.ledger.ledger import open_ledger
from countenance.ledger.statement import statement_key
from countenance.policy.adopt import Adoption, NotAdopted, adopt_demo
from countenance.policy.fault import Faulty
from countenance.policy.read import read_charter
from countenance.policy.template import demo_files
from countenance.service.govern import Charters
from countenance.terms.errors import Malformed

PACKAGE = "countenance"


def found(
    data: Path,
    *,
    origin: str,
    signing: SigningKey,
    statements: SigningKey,
    governor: SigningKey,
    vault_key: bytes,
    charters: Path,
) -> None:
    """Found the log of ``data``, or finish what a killed run began; every step is done once."""
    with open_ledger(data, signing_key=signing, origin=origin, vault_key=vault_key) as ledger:
        if ledger.charter is None:
            ledger.record("build", {"ver": version(PACKAGE), "digest": digest_of_release()})
            ledger.record(
                "key",
                {
                    "ev": "added",
                    "use": "statements",
                    "vkey": str(statement_key(ledger.shard_origin, statements.public)),
                },
            )
            charter = read_charter(demo_files(governor.public))
            if isinstance(charter, Faulty):
                raise charter.malformed("the demo charter")
            match adopt_demo(charter, governor):
                case Adoption() as adoption:
                    Charters(charters, ledger).adopt(adoption, now=int(time.time()))
                case NotAdopted(reasons=reasons):
                    raise Malformed("; ".join(reasons))


def digest_of_release() -> str:
    """SHA-256 (hex) over the sorted names and digests of this release's source files."""
    root = Path(__file__).parents[1]
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}\n"
        for path in sorted(root.rglob("*.py"))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
