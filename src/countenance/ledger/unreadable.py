"""The one error of the formats: bytes that do not follow theirs."""

from __future__ import annotations


class Unreadable(Exception):
    """``what`` is wrong and ``where``: a field, a line, a path. The writing side maps it to ``errors.Malformed``.

    It stands here and not in the terms because the formats are zipped into ``verify.pyz``, which holds nothing else.
    """

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.where = where
