"""Signed notes, checkpoints and cosignatures: the vectors of C2SP and x/mod, and every way to spoil one."""

from __future__ import annotations

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.keyring import TestKey

from countenance.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from countenance.ledger.merkle import EMPTY_ROOT
from countenance.ledger.note import (
    COSIGNATURE,
    ED25519,
    MAX_BYTES,
    BadSignature,
    VerifierKey,
    check_note,
    note_bytes,
    parse_note,
    parse_vkey,
    sign,
)
from countenance.ledger.unreadable import Unreadable

# C2SP signed-note.md, its example.
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
# golang.org/x/mod sumdb/note, its example key.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
# The eight leaves of the reference set, signed with the seed 00 … 1f; the same seed twice is only for a vector.
CT_NOTE = (
    "example.org/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n"
    "— example.org/log mK8CO9kejJsKx8e73LyvE6171fQyZdBb3jS18WPAAFMZiU0G3Ev5GmvB99O4i6y5SuOMmImUe7Zq0TIGUAu0fSUnRg4=\n"
    "— example.org/w iAyx1gAAAABlU/EAMq0zAyTIGPH31w8FnVHS9Vy2lZBjaytZqF0ma7YabQL0QQSG5yrNrh3cHH672sdiV3jniQY0J4sSemWd"
    "GuhjDg==\n"
).encode()
CT_LOG = parse_vkey("example.org/log+98af023b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
CT_WITNESS = parse_vkey("example.org/w+880cb1d6+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")


def test_the_example_of_the_specification() -> None:
    """The key is read, written back the same, and verifies the note."""
    key = parse_vkey(C2SP_KEY)
    assert str(key) == C2SP_KEY
    assert [v.key for v in check_note(parse_note(C2SP_NOTE), [key])] == [key]
    assert str(parse_vkey(GO_KEY)) == GO_KEY


def test_our_own_vector_is_made_again_byte_by_byte() -> None:
    """Log signature and cosignature over the reference tree."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    text = Checkpoint("example.org/log", 8, parse_checkpoint(parse_note(CT_NOTE).text).root).text
    lines = [sign(text, CT_LOG, private.sign), sign(text, CT_WITNESS, private.sign, 1_700_000_000)]
    assert note_bytes(text, lines) == CT_NOTE
    signed = open_checkpoint(CT_NOTE, CT_LOG, [CT_WITNESS])
    assert [(v.key, v.time) for v in signed.signers] == [(CT_LOG, None), (CT_WITNESS, 1_700_000_000)]
    assert [v.key for v in signed.witnesses] == [CT_WITNESS]


@given(st.integers(0, len(CT_NOTE) * 8 - 1))
@settings(max_examples=150, deadline=None)
def test_no_bit_of_a_signed_note_changes_unseen(bit: int) -> None:
    """With both keys known, any flipped bit is refused, or only made a line belong to nobody that we know."""
    hurt = bytearray(CT_NOTE)
    hurt[bit // 8] ^= 1 << bit % 8
    try:
        signed = open_checkpoint(bytes(hurt), CT_LOG, [CT_WITNESS])
    except (Unreadable, BadSignature):
        return
    assert signed.note.text == parse_note(CT_NOTE).text
    assert not signed.witnesses


def test_unknown_lines_are_ignored_and_known_false_ones_are_not() -> None:
    """A stranger's signature costs nothing; a known key's false one spoils the note."""
    ours, other = TestKey("a.example/log", 1), TestKey("b.example/log", 2)
    text = "words\n"
    note = parse_note(note_bytes(text, [other.line(text), ours.line(text)]))
    assert [v.key for v in check_note(note, [ours.key])] == [ours.key]
    spoilt = parse_note(note_bytes(text, [ours.line(text), other.line("other words\n")]))
    assert [v.key for v in check_note(spoilt, [ours.key])] == [ours.key]
    with pytest.raises(BadSignature, match=r"b\.example/log"):
        check_note(spoilt, [ours.key, other.key])


def test_a_key_that_signed_twice_counts_once() -> None:
    """Or a quorum could be filled with copies."""
    witness = TestKey("w.example", 3, COSIGNATURE)
    text = "words\n"
    note = parse_note(note_bytes(text, [witness.line(text, 5), witness.line(text, 6)]))
    assert len(check_note(note, [witness.key])) == 1


def test_texts_may_hold_empty_lines() -> None:
    """The text ends at the last one."""
    key = TestKey("a.example", 1)
    text = "one\n\n— looks like a signature\n\ntwo\n"
    assert parse_note(note_bytes(text, [key.line(text)])).text == text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "a text, an empty line"),
        (b"text\n", "a text, an empty line"),
        (b"\n\n", "a text, an empty line"),
        (C2SP_NOTE[:-1], "a text, an empty line"),
        (C2SP_NOTE.replace(b"\n", b"\r\n"), "line 1: a note has no control characters"),
        (C2SP_NOTE.replace(b"is an", b"is\tan"), "line 1: a note has no control characters"),
        (C2SP_NOTE.replace(b"is an", b"\xff"), "byte 5: a note is UTF-8"),
        (C2SP_NOTE.replace("—".encode(), b"-"), "line 3: a signature starts with an em dash"),
        (C2SP_NOTE.replace(b"com/foo", b"com/f+o"), "line 3: a signature names its key"),
        (C2SP_NOTE.replace(b"com/foo", "com/f\u00a0o".encode()), "line 3: a signature names its key"),
        (C2SP_NOTE.replace(b"aQM=", b"aQN="), "line 3: is base64 in another than its one spelling"),
        (C2SP_NOTE.replace(b"aQM=", b"aQ-="), "line 3: is no base64"),
        ("words\n\n— a AAAA\n".encode(), "line 3: a signature has a key id"),
        (b"x" * (MAX_BYTES + 1), "at most"),
        (b"words\n\n" + "— a AAAAAAAA\n".encode() * 65, "at most 64 signatures"),
    ],
)
def test_a_spoilt_note_says_where(data: bytes, says: str) -> None:
    """Never anything but Unreadable."""
    with pytest.raises(Unreadable, match=says):
        parse_note(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        "a+00000000+AAAA",
        C2SP_KEY.replace("530d", "530e"),
        C2SP_KEY.replace("example", "ex ample"),
        C2SP_KEY + "=",
        "+".join(["x", "00000000", C2SP_KEY[-44:]]),
        C2SP_KEY.replace("+Aek", "+Auk"),
    ],
)
def test_a_spoilt_verifier_key_is_unreadable(text: str) -> None:
    """Wrong id, wrong type, wrong length, wrong name."""
    with pytest.raises(Unreadable):
        parse_vkey(text)


@given(st.binary(max_size=200), st.text(max_size=60))
def test_hostile_notes_and_keys_raise_nothing_else(data: bytes, text: str) -> None:
    """Fuzz: with and without a valid beginning."""
    for each in (data, b"words\n\n" + data, C2SP_NOTE[:60] + data):
        with contextlib.suppress(Unreadable):
            parse_note(each)
    for spelt in (text, "name+530d903a+" + text):
        with contextlib.suppress(Unreadable):
            parse_vkey(spelt)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a line each"),
        ("o\n1\n", "a line each"),
        ("\n1\n" + "A" * 43 + "=\n", "line 1"),
        ("o\n01\n" + "A" * 43 + "=\n", "line 2"),
        ("o\n-1\n" + "A" * 43 + "=\n", "line 2"),
        ("o\n9223372036854775808\n" + "A" * 43 + "=\n", "line 2"),
        ("o\n１\n" + "A" * 43 + "=\n", "line 2"),
        ("o\n1\n" + "A" * 42 + "B=\n", "line 3"),
        ("o\n1\nAAAA\n", "line 3"),
        ("o\n1\n" + "A" * 43 + "=\n\n", "line 4"),
        ("o\n1\n" + "A" * 43 + "=", "a line each"),
    ],
)
def test_a_spoilt_checkpoint_says_where(text: str, says: str) -> None:
    """Origin, size, root, extensions."""
    with pytest.raises(Unreadable, match=says):
        parse_checkpoint(text)


@given(st.text(max_size=100))
def test_hostile_checkpoints_raise_nothing_else(text: str) -> None:
    """Fuzz, also behind valid lines."""
    for each in (text, "o\n" + text, "o\n1\n" + text, "o\n1\n" + "A" * 43 + "=\n" + text):
        with contextlib.suppress(Unreadable):
            parse_checkpoint(each)


def test_a_key_signs_for_its_own_origin_alone() -> None:
    """A checkpoint of another log under the right key is refused, and so is one that the log did not sign."""
    log, witness = TestKey("a.example/log", 1), TestKey("w.example", 2, COSIGNATURE)
    other = Checkpoint("b.example/log", 0, EMPTY_ROOT).text
    with pytest.raises(BadSignature, match="the key is of"):
        open_checkpoint(note_bytes(other, [log.line(other)]), log.key)
    own = Checkpoint("a.example/log", 0, EMPTY_ROOT).text
    with pytest.raises(BadSignature, match="did not sign"):
        open_checkpoint(note_bytes(own, [witness.line(own, 7)]), log.key, [witness.key])
    false = Checkpoint("a.example/log", 0, bytes(32)).text
    with pytest.raises(Unreadable, match="line 3: the root of an empty tree"):
        open_checkpoint(note_bytes(false, [log.line(false)]), log.key)
    posing = VerifierKey("a.example/log", COSIGNATURE, log.key.public)
    with pytest.raises(BadSignature, match="did not sign"):
        open_checkpoint(note_bytes(own, [sign(own, posing, log.signer, 7)]), posing)


def test_a_cosignature_says_a_time_that_it_signs() -> None:
    """No time, no cosignature; times of 64 bits are refused."""
    witness = TestKey("w.example", 2, COSIGNATURE)
    with pytest.raises(ValueError, match="says its time"):
        witness.line("words\n")
    with pytest.raises(ValueError, match="says its time"):
        witness.line("words\n", 2**63)
    assert VerifierKey("w.example", ED25519, witness.key.public).key_id != witness.key.key_id
