"""Confine this process for good: limits on what it takes, no connection, no other program, nothing written.

On Linux (x86-64 and arm64) the kernel refuses, by a seccomp filter that needs no privilege; everywhere Python itself
refuses too, by an audit hook, which holds for what Python code does and not for a library that was taken over.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
import sys

from countenance.migration.limits import Limits

_REFUSED = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.remove", "os.rename",
    "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.kill", "ctypes.",
    "pickle.", "shutil.",
)  # fmt: skip
"""Beginnings of the audit events of the Python Standard Library's "Audit events table"."""
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | getattr(os, "O_LARGEFILE", 0)

# Numbers of system calls: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. Refused
# are connections, new processes, other programs, signals, other processes' memory, and changes of files and limits.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (41, 42, 44, 49, 50, 53, 56, 57, 58, 59, 62, 76, 77, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 101, 129,
         133, 160, 165, 200, 234, 258, 259, 260, 263, 264, 265, 266, 268, 297, 302, 310, 311, 316, 321, 322, 424, 425,
         434, 435, 437),
        {2: 1, 257: 2},
    ),
    "aarch64": (
        0xC00000B7,
        (33, 34, 35, 36, 37, 38, 40, 45, 46, 52, 53, 54, 55, 117, 129, 130, 131, 138, 164, 198, 199, 200, 201, 203, 206,
         220, 221, 240, 261, 270, 271, 276, 280, 281, 424, 425, 434, 435, 437),
        {56: 2},
    ),
}  # fmt: skip
"""By machine: its AUDIT_ARCH, the refused calls, and the calls that open a file with the place of their flags."""
_LD, _JEQ, _JSET, _JGE, _RET = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_X32 = 0x40000000


def confine(limits: Limits) -> str:
    """Take away what reading does not need; what refuses from now on: ``seccomp`` or ``python``."""
    bounds = (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for what, bound in bounds:
        # Not every system has each of them, and a lower one that holds already may not be raised.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (bound, bound))
    by = "seccomp" if _filter() else "python"
    sys.addaudithook(_refuse)
    return by


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & ~_READING
    if writes or event.startswith(_REFUSED):
        raise PermissionError(errno.EPERM, "a reader does not do this", event)


def _filter() -> bool:
    """Install the filter; false where this kernel or machine has none."""
    known = _CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    program = _program(*known)
    code = ctypes.create_string_buffer(program)
    # struct sock_fprog: a count and a pointer.
    holder = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong)
    no_new_privileges, seccomp, mode_filter = 38, 22, 2
    return bool(prctl(no_new_privileges, 1, None, 0, 0) == 0 and prctl(seccomp, mode_filter, holder, 0, 0) == 0)


def _program(arch: int, refused: tuple[int, ...], opening: dict[int, int]) -> bytes:
    """The filter in classic BPF (Linux, Documentation/userspace-api/seccomp_filter.rst): 8 bytes an instruction.

    ``struct seccomp_data``: the call's number at 0, the machine at 4, its arguments of 8 bytes from 16.
    """
    after = [instruction for call, place in opening.items() for instruction in _opening(call, place)]
    # Each check jumps to the refusal, which stands last.
    checks = [(_JGE, _X32), *((_JEQ, call) for call in refused)]
    total = 4 + len(checks) + len(after) + 2
    code = [(_LD, 0, 0, 4), (_JEQ, 1, 0, arch), (_RET, 0, 0, _REFUSE), (_LD, 0, 0, 0)]
    code += [(kind, total - 1 - (4 + at) - 1, 0, value) for at, (kind, value) in enumerate(checks)]
    code += [*after, (_RET, 0, 0, _ALLOW), (_RET, 0, 0, _REFUSE)]
    return b"".join(struct.pack("HBBI", *each) for each in code)


def _opening(call: int, place: int) -> tuple[tuple[int, int, int, int], ...]:
    """Refuse a call that would open a file other than for reading."""
    changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    return (
        (_JEQ, 0, 4, call),
        (_LD, 0, 0, 16 + 8 * place),
        (_JSET, 0, 1, changing),
        (_RET, 0, 0, _REFUSE),
        (_LD, 0, 0, 0),
    )
