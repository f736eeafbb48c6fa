"""A witness's directory: its key, its record, and the logs that it knows; made once, opened ever after."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from countenance.keys.signing import SigningKey
from countenance.ledger.note import COSIGNATURE, VerifierKey, parse_vkey
from countenance.ledger.trust_policy import TrustPolicy, parse_policy
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.witness.record import Record
from countenance.ledger.witness.witness import Witness
from countenance.storage.durable import write_durably
from countenance.terms.errors import Malformed, MissingPart, NameTaken

KEY, RECORD, NAME, LOGS = "witness.key", "witness.db", "witness.vkey", "logs.policy"
_LOGS_HEAD = "# The logs that this witness cosigns: lines `log <verifier key>` (C2SP tlog-policy).\nquorum none\n"


def make_witness(directory: Path, name: str) -> VerifierKey:
    """Make a new witness called ``name`` (a URL without scheme that you control); its key, to give to others.

    Raises NameTaken where there is one already: a key without its record could cosign a fork.
    """
    if (directory / KEY).exists() or (directory / RECORD).exists():
        raise NameTaken("there is a witness here already", where=str(directory))
    directory.mkdir(parents=True, exist_ok=True)
    key = SigningKey.generate()
    vkey = VerifierKey(name, COSIGNATURE, key.public)
    _known(str(vkey), directory)
    key.save(directory / KEY)
    Record(directory / RECORD, str(vkey), create=True).close()
    write_durably(directory / LOGS, _LOGS_HEAD.encode())
    write_durably(directory / NAME, f"{vkey}\n".encode())
    return vkey


def open_witness(directory: Path, clock: Callable[[], float] = time.time) -> Witness:
    """The witness of a directory; raises MissingPart, Malformed."""
    key = SigningKey.load(directory / KEY)
    try:
        vkey = _known((directory / NAME).read_text("utf-8").strip(), directory)
    except FileNotFoundError as error:
        raise MissingPart("the witness's name is not here", where=str(directory / NAME)) from error
    if vkey.public != key.public:
        raise Malformed("the name and the key are of two witnesses", where=str(directory))
    return Witness(vkey.name, key, Record(directory / RECORD, str(vkey)), read_policy(directory / LOGS), clock)


def read_policy(path: Path) -> TrustPolicy:
    """A trust policy from a file; raises MissingPart or Malformed with the line."""
    try:
        return parse_policy(path.read_bytes())
    except OSError as error:
        raise MissingPart(f"the trust policy cannot be read: {error.strerror}", where=str(path)) from error
    except Unreadable as error:
        raise Malformed(error.what, where=f"{path}, {error.where}" if error.where else str(path)) from error


def _known(text: str, directory: Path) -> VerifierKey:
    try:
        return parse_vkey(text)
    except Unreadable as error:
        raise Malformed(str(error), where=str(directory / NAME)) from error
