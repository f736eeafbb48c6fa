"""Mentions: in which entries a word stands that says whom they are about, so that nobody need read the whole vault.

The n-th entry of a month that says a word has its row under HMAC-SHA256(key, word || n), and its number is sealed in
the row; the key is one of the month's key and goes with it. So the rows are found by who knows the word and has the
key, in as many steps as there are. To anybody else they are random bytes: they tell neither which of them are of one
word, nor which of one entry (searchable encryption: Cash et al., NDSS 2014, section 3, scheme Π_bas).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import unicodedata
from collections.abc import Collection
from typing import Any

from countenance.keys.derive import derive
from countenance.keys.seal import Seal
from countenance.ledger.sealed_detail import SealedDetail

TABLES = """
CREATE TABLE IF NOT EXISTS mention (
    month INTEGER NOT NULL, token BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (month, token)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS indexed (until INTEGER NOT NULL);
"""
_TOKEN = 16
_NUMBER = 8
_REMEMBERED = 1 << 16


def spelled(word: str) -> bytes:
    """Words that look the same are the same (Unicode NFC)."""
    return unicodedata.normalize("NFC", word).encode("utf-8", "surrogatepass")


def words_of(detail: SealedDetail) -> frozenset[bytes]:
    """The subjects that sealed detail names, by name or id, and the samples (SHA-256, hex) that came with them."""
    named = {
        *_texts(detail, "subject"),
        *_texts(detail, "subjects"),
        *_texts(detail, "excluded"),
        *(row[0] for row in _list(detail, "candidates")),
    }
    if _texts(detail, "subject"):
        named |= {row[0] for row in _list(detail, "samples")}
    return frozenset(map(spelled, named))


class Mentions:
    """Those of one month. A word's rows are numbered without gaps, also after some were removed.

    It remembers how many there are of a word: whoever takes a transaction back takes another one of these.
    """

    def __init__(self, month: int, key: bytes) -> None:
        self._month = month
        self._counts: dict[bytes, int] = {}
        self._key = derive(key, "mentions")
        self._seal = Seal(derive(key, "mention-numbers"))

    def of(self, cursor: sqlite3.Cursor, word: bytes) -> list[int]:
        """The numbers of the entries that say ``word``, in the order in which they were added."""
        found: list[int] = []
        while (number := self._at(cursor, word, len(found))) is not None:
            found.append(number)
        return found

    def add(self, cursor: sqlite3.Cursor, word: bytes, numbers: Collection[int]) -> None:
        """The entries of these numbers say ``word``."""
        count = self._counts.get(word)
        if count is None:
            count = self._count(cursor, word)
        self._put(cursor, word, count, numbers)
        if len(self._counts) >= _REMEMBERED:
            self._counts.clear()
        self._counts[word] = count + len(numbers)

    def remove(self, cursor: sqlite3.Cursor, word: bytes, numbers: Collection[int]) -> None:
        """The entries of these numbers say ``word`` no more; those that never did are passed over."""
        self._counts.pop(word, None)
        before = self.of(cursor, word)
        kept = [number for number in before if number not in numbers]
        if len(kept) < len(before):
            gone = [(self._month, self._token(word, n)) for n in range(len(before))]
            cursor.executemany("DELETE FROM mention WHERE month = ? AND token = ?", gone)
            self._put(cursor, word, 0, kept)

    def _count(self, cursor: sqlite3.Cursor, word: bytes) -> int:
        """How many there are: looked for in doubling steps, then by halving."""
        some, none = 0, 1
        while self._row(cursor, word, none - 1) is not None:
            some, none = none, 2 * none
        while none - some > 1:
            middle = (some + none) // 2
            if self._row(cursor, word, middle - 1) is None:
                none = middle
            else:
                some = middle
        return some

    def _at(self, cursor: sqlite3.Cursor, word: bytes, n: int) -> int | None:
        sealed = self._row(cursor, word, n)
        return None if sealed is None else int.from_bytes(self._seal.open(sealed, self._token(word, n)), "big")

    def _put(self, cursor: sqlite3.Cursor, word: bytes, first: int, numbers: Collection[int]) -> None:
        rows = []
        for n, number in enumerate(numbers, first):
            token = self._token(word, n)
            rows.append((self._month, token, self._seal.close(number.to_bytes(_NUMBER, "big"), token)))
        cursor.executemany("INSERT INTO mention VALUES (?, ?, ?)", rows)

    def _row(self, cursor: sqlite3.Cursor, word: bytes, n: int) -> bytes | None:
        asked = (self._month, self._token(word, n))
        row = cursor.execute("SELECT sealed FROM mention WHERE month = ? AND token = ?", asked).fetchone()
        return None if row is None else row[0]

    def _token(self, word: bytes, n: int) -> bytes:
        return hmac.digest(self._key, word + n.to_bytes(_NUMBER, "big"), hashlib.sha256)[:_TOKEN]


def _list(detail: SealedDetail, name: str) -> list[Any]:
    value, _ = detail.fields.get(name, (None, b""))
    said = None if value in (None, b"null") else json.loads(value)
    return said if isinstance(said, list) else [] if said is None else [said]


def _texts(detail: SealedDetail, name: str) -> list[str]:
    return [each for each in _list(detail, name) if isinstance(each, str)]
