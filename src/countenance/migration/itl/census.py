"""Count the transactions and Type-10 records of a file by how they begin, walking over nothing: the other account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO

_PIECE = 1 << 20
_CONTEXT = 4096
"""More bytes than a beginning has."""
# Behind a separator a tag is enough; behind a record without tags the first two are looked for.
_ONE_TAG = re.compile(rb"\x1c(?:\xef\xbb\xbf)?[\r\n\x00 ]{0,1024}(?:\xef\xbb\xbf)?(0?1|10)\.\d{1,9}:")
_SECOND_TAG = re.compile(rb"\x1d(0?1|10)\.0{0,8}2:")
_FIRST_TAG = re.compile(rb"(0?1|10)\.0{0,8}1:\d{1,9}\Z")


@dataclass(frozen=True, slots=True)
class Count:
    """What a file seems to hold."""

    transactions: int = 0
    images: int = 0


def count(file: IO[bytes]) -> Count:
    """Read a file in pieces of one mebibyte."""
    # The first record begins the file as if a separator stood before it.
    held, counted, transactions, images, more = b"\x1c", 0, 0, 0, True
    while more:
        piece = file.read(_PIECE)
        more = bool(piece)
        held += piece
        until = len(held) - _CONTEXT if more else len(held)
        for at, tag in _beginnings(held).items():
            if counted <= at < until:
                images += tag == b"10"
                transactions += tag != b"10"
        if until > counted:
            cut = max(0, until - _CONTEXT)
            held, counted = held[cut:], until - cut
    return Count(transactions, images)


def _beginnings(data: bytes) -> dict[int, bytes]:
    found = {each.start(1): each[1] for each in _ONE_TAG.finditer(data)}
    for second in _SECOND_TAG.finditer(data):
        before = max(0, second.start() - 32)
        first = _FIRST_TAG.search(data[before : second.start()])
        if first is not None and first[1] == second[1]:
            found[before + first.start()] = first[1]
    return found
