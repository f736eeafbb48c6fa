"""Build ``verify.pyz``: the verifier and the formats in one file, byte for byte the same from the same sources."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

LEDGER = Path(__file__).resolve().parents[1]
READING_ORDER = (
    "unreadable", "merkle", "tiles", "ed25519", "note", "checkpoint", "trust_policy", "band", "detail", "entry",
    "register", "uses", "recount", "statement", "commitment", "proof",
    "verifier/failure", "verifier/source", "verifier/walk", "verifier/counting", "verifier/memory", "verifier/check",
    "verifier/papers", "verifier/__init__", "verifier/__main__",
)  # fmt: skip
"""What is in it, the simple before the composed: read it in this order."""
MAIN = '''"""Verify a transparency log of Countenance, or a statement of its use."""
import sys

from countenance.ledger.verifier.__main__ import main

sys.exit(main())
'''
DOOR = '"""Only what verifies a log: unpack this file and read it in the order of countenance/ledger/ORDER."""\n'


def build() -> bytes:
    """The bytes of the file. Nothing is compressed: they depend on no compressor and can be read as they are."""
    packed = io.BytesIO()
    packed.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:

        def put(name: str, text: str) -> None:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, text.encode("utf-8"))

        put("__main__.py", MAIN)
        put("countenance/__init__.py", DOOR)
        put("countenance/ledger/__init__.py", DOOR)
        put("countenance/ledger/ORDER", "".join(f"{name}.py\n" for name in READING_ORDER))
        for name in READING_ORDER:
            put(f"countenance/ledger/{name}.py", (LEDGER / f"{name}.py").read_text(encoding="utf-8"))
    return packed.getvalue()


def main() -> None:
    """``python -m countenance.ledger.verifier.build OUT``."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m countenance.ledger.verifier.build OUT")
    out = Path(sys.argv[1])
    out.write_bytes(build())
    out.chmod(0o755)


if __name__ == "__main__":
    main()
