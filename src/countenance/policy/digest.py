"""The digest of a charter: what governors sign, and what every entry of the log names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

ENGINE = "cedar/4 gate/1"
"""The engine and the version of what it means: Cedar's language, and the rules that Countenance adds (``gate.py``).

The patch release of the engine is not in here: it is pinned by the software's own lock, and a governor's signature
must outlive a security fix.
"""

DOMAIN = b"countenance-charter-files/v1\n"


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) over the engine and each file in the order of names: name, length and bytes.

    ``DOMAIN``, ``ENGINE`` and a newline, then for each file ``name NUL decimal-length NUL bytes``.
    """
    state = hashlib.sha256(DOMAIN + ENGINE.encode("ascii") + b"\n")
    for name in sorted(files):
        state.update(b"%s\0%d\0" % (name.encode("utf-8"), len(files[name])))
        state.update(files[name])
    return state.hexdigest()
