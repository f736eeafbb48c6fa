"""A confined process can read files and nothing else, whether it asks through Python or asks the kernel itself."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, json, os, socket, subprocess, sys, threading
from countenance.migration.confine import confine
from countenance.migration.limits import Limits

here = sys.argv[1].encode()
libc = ctypes.CDLL(None)
if sys.platform == "linux":
    libc.__errno_location.restype = ctypes.POINTER(ctypes.c_int)
    number = libc.__errno_location()
calls = {name: getattr(libc, name) for name in (
    "socket", "socketpair", "fork", "execv", "open", "unlink", "rename", "mkdir", "chmod", "truncate", "kill",
    "setrlimit")}
pair = (ctypes.c_int * 2)()
path = here + b"/victim"
asked = {
    "socket": (2, 1, 0), "socketpair": (1, 1, 0, pair), "fork": (), "execv": (b"/bin/true", None), "unlink": (path,),
    "open": (here + b"/new", os.O_WRONLY | os.O_CREAT, 0o600), "rename": (path, here + b"/moved"), "kill": (1, 0),
    "setrlimit": (4, (ctypes.c_long * 2)()),
    "mkdir": (here + b"/made", 0o700), "chmod": (path, 0o777), "truncate": (path, ctypes.c_long(0)),
}
attempts = {
    "connection": lambda: socket.create_connection(("127.0.0.1", 9)),
    "name": lambda: socket.getaddrinfo("localhost", 80),
    "program": lambda: subprocess.run(["true"]),
    "writing": lambda: open(here + b"/new", "wb"),
    "appending": lambda: open(path, "ab"),
    "removing": lambda: os.remove(path),
    "pickle": lambda: __import__("pickle").loads(b"cos\\nsystem\\n(S'true'\\ntR."),
    "memory": lambda: bytearray(1 << 30),
}
said = {"by": confine(Limits(memory=512 << 20))}
for name, attempt in attempts.items():
    try:
        attempt()
        said[name] = "done"
    except BaseException as error:
        said[name] = type(error).__name__
if said["by"] == "seccomp":
    for name, arguments in asked.items():
        if calls[name](*arguments) == 0:
            said["kernel " + name] = "done"
            if name == "fork":
                os._exit(0)
        else:
            said["kernel " + name] = os.strerror(number[0])
said["reading"] = open(path, "rb").read().decode()
said["listing"] = sorted(os.listdir(here.decode()))
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    here = tmp_path_factory.mktemp("confined")
    (here / "victim").write_text("whole")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, os.fspath(here)], capture_output=True, text=True, check=True, timeout=60
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_what_python_code_tries_is_refused(said: dict[str, object]) -> None:
    tried = ("connection", "name", "program", "writing", "appending", "removing", "pickle")
    assert {each: said[each] for each in tried} == dict.fromkeys(tried, "PermissionError")


def test_memory_beyond_the_limit_is_refused(said: dict[str, object]) -> None:
    assert said["memory"] == "MemoryError"


def test_reading_still_works_and_nothing_was_changed(said: dict[str, object]) -> None:
    assert (said["reading"], said["listing"]) == ("whole", ["victim"])


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="seccomp by its call numbers"
)
def test_the_kernel_refuses_where_python_is_passed_by(said: dict[str, object]) -> None:
    asked = {each: answer for each, answer in said.items() if each.startswith("kernel ")}
    assert said["by"] == "seccomp"
    assert asked == dict.fromkeys(asked, "Operation not permitted")
    assert len(asked) == 12
