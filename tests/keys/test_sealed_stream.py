"""A sealed stream opens whole, or not at all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest

from countenance.keys import sealed_stream
from countenance.keys.sealed_stream import CHUNK, check_stream, read_stream, write_stream
from countenance.keys.signing import SigningKey
from countenance.terms.errors import CountenanceError, Malformed, SealBroken

PASSPHRASE = "six words that nobody would guess"
KEY = SigningKey.generate()
TAG, SIGNATURE = 16, 64


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here does not hang from how long a try takes."""
    monkeypatch.setattr(sealed_stream, "_COST", 2**4)


def made(*lines: bytes, key: SigningKey = KEY) -> bytes:
    out = io.BytesIO()
    write_stream(out, {"origin": "here.example/log"}, [each + b"\n" for each in lines], PASSPHRASE, key)
    return out.getvalue()


def read(data: bytes, passphrase: str = PASSPHRASE) -> list[bytes]:
    file = io.BytesIO(data)
    return list(read_stream(file, check_stream(file), passphrase))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 2, CHUNK - 1, CHUNK, 2 * CHUNK - 1, 3 * CHUNK])
def test_what_was_written_is_read(size: int) -> None:
    """Whatever its size is, the ends of chunks among them; lines that end in other chunks than they begin in too."""
    lines = [b"a", bytes(size).replace(b"\0", b"x"), b"", b"z"]
    data = made(*lines)
    assert read(data) == lines
    head = check_stream(io.BytesIO(data))
    assert (head.said, head.key) == ({"origin": "here.example/log"}, KEY.public)
    assert head.digest == hashlib.sha256(data[:-SIGNATURE]).hexdigest()
    assert b"xxxx" not in data


def test_a_wrong_or_short_passphrase_opens_nothing() -> None:
    """Not the first line."""
    with pytest.raises(SealBroken, match="passphrase"):
        read(made(b"a"), PASSPHRASE + "s")
    with pytest.raises(Malformed, match="characters"):
        read(made(b"a"), "short")


def parts(data: bytes) -> tuple[bytes, list[bytes]]:
    """The head, and the sealed chunks."""
    line = data.index(b"\n") + 1
    body = data[line:-SIGNATURE]
    return data[:line], [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]


def signed_again(head: bytes, chunks: list[bytes], key: SigningKey = KEY) -> bytes:
    """As its own signer could have written it: only the seal is in the way then."""
    body = head + b"".join(chunks)
    return body + key.sign(b"countenance/sealed-stream/v1\n" + hashlib.sha256(body).digest())


CHANGES: dict[str, Callable[[bytes, list[bytes]], tuple[bytes, list[bytes]]]] = {
    "a chunk left out": lambda head, c: (head, [c[0], *c[2:]]),
    "the last chunk left out": lambda head, c: (head, c[:-1]),
    "two exchanged": lambda head, c: (head, [c[1], c[0], *c[2:]]),
    "one twice": lambda head, c: (head, [c[0], c[0], *c[1:]]),
    "one bit": lambda head, c: (head, [c[0], bytes([c[1][0] ^ 1]) + c[1][1:], *c[2:]]),
    "another origin": lambda head, c: (head.replace(b"here", b"hier"), c),
    "no chunk": lambda head, c: (head, []),
    "the end cut off": lambda head, c: (head, [*c[:-1], c[-1][:-1]]),
    "something after the end": lambda head, c: (head, [*c, c[-1]]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_does_not_open(name: str) -> None:
    """Neither under the old signature nor under a new one by the same key."""
    data = made(b"a" * CHUNK, b"b" * CHUNK, b"c" * CHUNK)
    head, chunks = CHANGES[name](*parts(data))
    with pytest.raises(SealBroken):
        check_stream(io.BytesIO(head + b"".join(chunks) + data[-SIGNATURE:]))
    with pytest.raises(SealBroken):
        read(signed_again(head, chunks))


@pytest.mark.parametrize("left", [0, 1, 200, -1, -64, -65])
def test_what_was_cut_short_is_refused(left: int) -> None:
    """Wherever it was cut."""
    data = made(b"a" * 1000)
    with pytest.raises(CountenanceError):
        check_stream(io.BytesIO(data[:left]))


def test_who_signed_is_sealed_too() -> None:
    """Somebody who cannot open it cannot pass it off as their own."""
    data, other = made(b"a"), SigningKey.generate()
    head, chunks = parts(data)
    forged = signed_again(head.replace(KEY.public.hex().encode(), other.public.hex().encode()), chunks, other)
    assert check_stream(io.BytesIO(forged)).key == other.public
    with pytest.raises(SealBroken):
        read(forged)
