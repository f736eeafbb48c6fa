"""The root key: where it may come from, and what is said where it cannot be had."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from countenance.keys.root import RootKey, make_root_key, read_root_key
from countenance.terms.errors import CountenanceError, Malformed, MissingPart, NameTaken, Unwritable

KEY = bytes(range(32))


def same(a: RootKey, b: RootKey) -> bool:
    return a.derive("x") == b.derive("x")


def test_a_made_key_is_read_again(tmp_path: Path) -> None:
    """From a file of its owner alone, that is never overwritten; two keys are never the same."""
    made = make_root_key(tmp_path / "root.key")
    assert same(made, read_root_key(f"file:{tmp_path / 'root.key'}"))
    assert (tmp_path / "root.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(NameTaken):
        make_root_key(tmp_path / "root.key")
    assert not same(made, make_root_key(tmp_path / "other.key"))


@pytest.mark.parametrize(
    "content", [KEY, KEY.hex().encode(), KEY.hex().encode() + b"\n", b"countenance-root-key/v1 " + KEY.hex().encode()]
)
def test_a_key_may_be_raw_or_written_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """The same for a file, a systemd credential and a command's output."""
    path = tmp_path / "root.key"
    path.write_bytes(content)
    path.chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    cat = shlex.join(
        [sys.executable, "-c", "import sys; sys.stdout.buffer.write(open(sys.argv[1],'rb').read())", str(path)]
    )
    for source in (f"file:{path}", "credential:root.key", f"command:{cat}"):
        key = read_root_key(source)
        assert same(key, RootKey(KEY))
        assert key.source == source


def test_a_key_shows_itself_to_nobody() -> None:
    """Neither printed nor in an error's trace."""
    assert KEY.hex() not in repr(RootKey(KEY))
    assert repr(KEY) not in repr(RootKey(KEY))


def test_a_key_that_all_may_read_is_not_used(tmp_path: Path) -> None:
    """The error names the command that closes the file."""
    path = tmp_path / "root.key"
    make_root_key(path)
    path.chmod(0o644)
    with pytest.raises(MissingPart) as refused:
        read_root_key(f"file:{path}")
    assert "chmod 600" in refused.value.remedy
    path.chmod(0o640)  # a group that was given it on purpose
    read_root_key(f"file:{path}")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("", Malformed),
        ("root.key", Malformed),
        ("file:", Malformed),
        ("vault:x", Malformed),
        ("file:{dir}/missing", MissingPart),
        ("file:{dir}", Unwritable),
        ("file:{dir}/short", Malformed),
        ("file:{dir}/text", Malformed),
        ("credential:missing", MissingPart),
        ("credential:../short", Malformed),
        ("command:{dir}/missing", MissingPart),
        ("command:'", Malformed),
        ("command:false", MissingPart),
        ("command:echo hello", Malformed),
    ],
)
def test_what_cannot_be_had_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, error: type[CountenanceError]
) -> None:
    """What, where and what to do, for every source; and no key is made up."""
    for name, content in (("short", b"\x00" * 31), ("text", b"this is no key, but it has words\n\n")):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(error) as failed:
        read_root_key(source.format(dir=tmp_path))
    assert failed.value.what
    assert failed.value.where or failed.value.remedy or not source.partition(":")[2]


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by hand, outside the service manager."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(MissingPart, match="CREDENTIALS_DIRECTORY"):
        read_root_key("credential:root")


def test_what_a_command_says_is_passed_on() -> None:
    """Its last line, so that the operator sees why the key service refused."""
    command = shlex.join([sys.executable, "-c", "import sys; sys.exit('access denied')"])
    with pytest.raises(MissingPart, match="access denied"):
        read_root_key(f"command:{command}")
