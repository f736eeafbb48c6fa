"""The one error tree.

Expected outcomes (a refusal, a failure to acquire, no candidate) are values, not exceptions.
What is raised is one of three things::

    CountenanceError
    ├── BrokenInput       what was given cannot be used           exit code 12
    │   ├── UnknownName       no such gallery, subject, model, entry
    │   ├── NameTaken         it exists already
    │   ├── Malformed         bytes, a file or a field that does not parse
    │   └── RecipeMismatch    templates of different recipes were to be compared
    ├── BrokenMachine     the machine cannot do it now            exit code 13
    │   ├── Unwritable        full disk, read-only, permissions
    │   ├── InUse             another process holds the data directory
    │   ├── MissingPart       an extra, a model or a key that is not there
    │   └── Interrupted       stopped by the user before it was done
    └── BrokenTrust       something is not what it claims to be   exit code 14
        ├── WrongDigest       a file does not have its pinned SHA-256
        ├── ReceiptRefused    a receipt does not permit this comparison
        ├── SealBroken        sealed bytes do not open under their key
        └── LogDamaged        the log is torn, forked or went backwards

Each carries what was wrong, where, and what to do.
"""

from __future__ import annotations


class CountenanceError(Exception):
    """What was wrong (``what``), where (``where``, may be empty), and what to do (``remedy``, may be empty)."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        remedy = f"\n{self.remedy}" if self.remedy else ""
        return f"{self.what}{place}{remedy}"


class BrokenInput(CountenanceError):
    """What was given cannot be used."""

    exit_code = 12


class UnknownName(BrokenInput):
    """No such gallery, subject, model or entry."""


class NameTaken(BrokenInput):
    """A gallery, subject or model of this name exists already."""


class Malformed(BrokenInput):
    """Bytes, a file or a field that does not parse."""


class RoleRequired(BrokenInput):
    """Whoever asks has no role for it."""


class RecipeMismatch(BrokenInput):
    """Templates of different recipes were to be compared; their scores would mean nothing."""


class BrokenMachine(CountenanceError):
    """The machine cannot do it now."""

    exit_code = 13


class Unwritable(BrokenMachine):
    """A full disk, a read-only place, or missing permissions."""


class InUse(BrokenMachine):
    """Another process holds the data directory."""


class MissingPart(BrokenMachine):
    """An optional package, a model or a key that is not there."""


class Interrupted(BrokenMachine):
    """Stopped by the user before it was done; what was acknowledged is kept, the rest never was."""

    exit_code = 130


class BrokenTrust(CountenanceError):
    """Something is not what it claims to be."""

    exit_code = 14


class WrongDigest(BrokenTrust):
    """A file does not have its pinned SHA-256."""


class ReceiptRefused(BrokenTrust):
    """A receipt does not permit this comparison."""


class SealBroken(BrokenTrust):
    """Sealed bytes do not open under their key."""


class LogDamaged(BrokenTrust):
    """The log is torn, forked, or went backwards."""
