"""What a verification may end in, and the exit code of each; a usage error exits with 64."""

from __future__ import annotations


class Failure(Exception):
    """``what`` was found, and ``where``: a path, an entry, a line, a field."""

    code = 2

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.where = where


class FalseStatement(Failure):
    """Authentic, and not true: a count that is another, or a log that breaks its own rules."""

    code = 1


class Tampered(Failure):
    """A signature, a hash, a path or a format that does not hold."""

    code = 2


class Forked(Failure):
    """Two signed checkpoints of one log that do not agree; the evidence was written to a file."""

    code = 3


class Missing(Failure):
    """Something that must be published is not there, or is less than was there before."""

    code = 4


class PolicyNotMet(Failure):
    """Too few of the reader's witnesses have cosigned."""

    code = 5
