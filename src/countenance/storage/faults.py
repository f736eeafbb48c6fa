"""What the machine's and the database's errors mean to a person."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from countenance.terms.errors import CountenanceError, InUse, Malformed, Unwritable

_FULL = "Make room on the disk, then try again; nothing was half-written."
_READ_ONLY = "Make the directory and its files writable for this user, then try again."
_WAIT = "Wait until the other process is done, or stop it."
_FAILING = "Look at the disk (dmesg, smartctl) and restart; what was acknowledged before is kept."
_NOT_OURS = "Name the server that is written to, and give its user the right to."
_UNREACHED = "See that the server runs and the URL is right, then try again; what it acknowledged is kept."
_DAMAGED = "Restore the newest backup, or let `countenance doctor` say what is damaged."

_BY_ERRNO = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("the disk quota is used up", _FULL),
    errno.EFBIG: ("the file would be larger than this process may write", "Raise the limit (ulimit -f)."),
    errno.EROFS: ("the file system is read-only", _READ_ONLY),
    errno.EACCES: ("permission denied", _READ_ONLY),
    errno.EPERM: ("permission denied", _READ_ONLY),
    errno.ENOENT: ("no such file or directory", "Make the directory first."),
    errno.ENOTDIR: ("a part of this path is not a directory", "Name a directory."),
    errno.EISDIR: ("this is a directory, not a file", "Name a file."),
}


def unwritable(error: OSError, path: Path, act: str = "written") -> Unwritable:
    """The Unwritable that an OSError on ``path`` stands for, where it was to be ``act`` (``written``, ``read``)."""
    what, remedy = _BY_ERRNO.get(error.errno or 0, (error.strerror or str(error), _FAILING))
    return Unwritable(f"{path.name} cannot be {act}: {what}", where=str(path), remedy=remedy)


def database_error(error: SQLAlchemyError, place: str) -> CountenanceError | None:
    """What a database error stands for; None where it is a mistake in a statement (then it stays as it is)."""
    if isinstance(error, PoolTimeout):
        return InUse("all connections to the database are busy", where=place, remedy=_WAIT)
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_error(getattr(error.orig, "sqlite_errorname", ""), str(error.orig), place)
    return _server_error(getattr(error.orig, "sqlstate", None) or "", error, place)


def is_failed_sync(error: SQLAlchemyError) -> bool:
    """Whether an fsync failed, after which nothing that this process wrote may be believed."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return name in {"SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"}


def _sqlite_error(name: str, message: str, place: str) -> CountenanceError | None:
    """By SQLite's extended result codes (sqlite.org/rescode.html)."""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return InUse("another process is writing to the database", where=place, remedy=_WAIT)
    if name == "SQLITE_FULL":
        return Unwritable("the database cannot grow: the disk is full", where=place, remedy=_FULL)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return Unwritable("the database is read-only", where=place, remedy=_READ_ONLY)
    if name.startswith("SQLITE_CANTOPEN"):
        return Unwritable("the database cannot be opened", where=place, remedy=_READ_ONLY)
    if name.startswith("SQLITE_IOERR"):
        return Unwritable(f"the database cannot be read or written: {message} ({name})", where=place, remedy=_FAILING)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Malformed(f"the database is damaged: {message}", where=place, remedy=_DAMAGED)
    return None


def _server_error(state: str, error: DBAPIError, place: str) -> CountenanceError | None:
    """By PostgreSQL's error codes (its manual, appendix A)."""
    said = str(error.orig).partition("\n")[0]
    if state == "53100":
        return Unwritable("the database cannot grow: the server's disk is full", where=place, remedy=_FULL)
    if state == "55P03":
        return InUse("another node is writing to the database", where=place, remedy=_WAIT)
    if state in {"40001", "40P01"} or state.startswith("53"):
        return InUse(f"the database is busy: {said}", where=place, remedy="Try again.")
    if state in {"25006", "42501"}:
        return Unwritable(f"the database may not be written: {said}", where=place, remedy=_NOT_OURS)
    if state.startswith("XX"):
        return Malformed(f"the database is damaged: {said}", where=place, remedy="Restore its newest backup.")
    if state.startswith("58"):
        return Unwritable(f"the database cannot be read or written: {said}", where=place, remedy=_FAILING)
    if state.startswith(("08", "57")) or error.connection_invalidated:
        return Unwritable("the connection to the database was lost", where=place, remedy=_UNREACHED)
    if not state and isinstance(error, OperationalError | InterfaceError):
        return Unwritable(f"the database cannot be reached: {said}", where=place, remedy=_UNREACHED)
    if isinstance(error, DataError):
        return Malformed(f"the database cannot keep this: {said}", where=place)
    return None
