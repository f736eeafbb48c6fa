"""The root key, from which every other key hangs: from a file, a systemd credential, or a command."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from countenance.keys.derive import derive
from countenance.keys.seal import KEY_BYTES, new_key
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.errors import Malformed, MissingPart, NameTaken

_HEADER = "countenance-root-key/v1"
COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RootKey:
    """Trusted with everything that is sealed. It is held in memory only, and never itself seals bytes at rest."""

    _key: bytes = field(repr=False)
    source: str = ""

    def __post_init__(self) -> None:
        if len(self._key) != KEY_BYTES:
            raise Malformed(f"a root key has {KEY_BYTES} bytes, this one {len(self._key)}", where=self.source)

    def derive(self, purpose: str) -> bytes:
        """The 32-byte key for ``purpose``; another purpose gives an unrelated one."""
        return derive(self._key, purpose)


def make_root_key(path: Path) -> RootKey:
    """Make a new root key in a new file of mode 0600; durable when it returns. Raises NameTaken, Unwritable."""
    key = new_key()
    try:
        write_durably(path, f"{_HEADER} {key.hex()}\n".encode("ascii"), 0o600, replace=False)
    except FileExistsError:
        raise NameTaken(
            "there is a file of this name already", where=str(path), remedy="A root key is never overwritten."
        ) from None
    return RootKey(key, f"file:{path}")


def read_root_key(source: str) -> RootKey:
    """Read the root key from ``file:PATH``, ``credential:NAME`` or ``command:COMMAND``.

    Raises MissingPart where it cannot be had, Malformed where what was had is no root key.
    """
    kind, colon, rest = source.partition(":")
    if not colon or not rest:
        raise Malformed(f"a root key's source is file:PATH, credential:NAME or command:COMMAND; got {source[:80]!r}")
    match kind:
        case "file":
            return _from_file(Path(rest), source)
        case "credential":
            return _from_credential(rest, source)
        case "command":
            return _from_command(rest, source)
    raise Malformed(f"no such source of a root key: {kind!r}", remedy="Use file:, credential: or command:.")


def holds_root_key(path: Path) -> bool:
    """Whether this file is a root key as ``make_root_key`` writes it, wherever somebody has put it."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER.encode("ascii")


def _from_file(path: Path, source: str) -> RootKey:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IRWXO:
                raise MissingPart(
                    "everybody on this machine may read the root key, so it is not used",
                    where=str(path),
                    remedy=f"chmod 600 {shlex.quote(str(path))}; think about whether somebody has read it.",
                )
            data = file.read(4096)
    except FileNotFoundError:
        raise MissingPart(
            "there is no root key",
            where=str(path),
            remedy="Put the key file back where it was. Without it nothing that was sealed opens again.",
        ) from None
    except OSError as error:
        raise unwritable(error, path, "read") from error
    return _parse(data, source, str(path))


def _from_credential(name: str, source: str) -> RootKey:
    """systemd.exec(5): ``LoadCredential=`` and ``LoadCredentialEncrypted=`` put files under one directory."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory is None:
        raise MissingPart(
            "there is no $CREDENTIALS_DIRECTORY: the service manager gave this process no credentials",
            where=source,
            remedy=f"Add LoadCredentialEncrypted={name} to the unit, or name another source of the root key.",
        )
    path = Path(directory) / name
    if path.parent != Path(directory):
        raise Malformed("a credential's name has no slash", where=source)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingPart(f"this credential cannot be read: {error.strerror}", where=str(path)) from error
    return _parse(data, source, str(path))


def _from_command(command: str, source: str) -> RootKey:
    """What the command writes to its standard output; no shell reads it, and its words are not logged."""
    try:
        words = shlex.split(command)
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
        )
    except ValueError as error:
        raise Malformed(f"this command does not parse: {error}", where=source) from error
    except subprocess.TimeoutExpired:
        raise MissingPart(f"the command gave no root key in {COMMAND_SECONDS:g} s", where=source) from None
    except OSError as error:
        raise MissingPart(f"the command cannot be run: {error.strerror}", where=source) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MissingPart(
            f"the command ended with {done.returncode}{': ' + said[-1][:200] if said else ''}",
            where=source,
            remedy="Run it by hand as this user; it must write the root key to its standard output.",
        )
    return _parse(done.stdout, source, source)


def _parse(data: bytes, source: str, where: str) -> RootKey:
    """Our own line, 64 hexadecimal digits, or 32 raw bytes."""
    if len(data) == KEY_BYTES:
        return RootKey(data, source)
    words = data.decode("ascii", "replace").split()
    if words[:1] == [_HEADER]:
        words = words[1:]
    try:
        (digits,) = words
        return RootKey(bytes.fromhex(digits), source)
    except ValueError:
        raise Malformed(
            "this is no root key",
            where=where,
            remedy=f"It is {KEY_BYTES} raw bytes, {KEY_BYTES * 2} hexadecimal digits, or a file that init made.",
        ) from None
