"""Compiled code: whether numba is here, which kernel this processor runs, and where its machine code is kept."""

from __future__ import annotations

import hashlib
import importlib
import logging
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from platformdirs import user_cache_path

_log = logging.getLogger(__name__)


class Kind(StrEnum):
    """By which instructions the kernel multiplies; all give the same integers."""

    VNNI = "vnni"
    AVX2 = "avx2"
    PORTABLE = "portable"


@cache
def available() -> bool:
    """Whether the extra ``countenance[search]`` is here and works; imports it, and says so where it is missing."""
    try:
        importlib.import_module("numba")
    except ImportError as error:
        _log.warning("big galleries are searched much faster with: pip install 'countenance[search]' (%s)", error)
        return False
    return True


@cache
def kinds() -> tuple[Kind, ...]:
    """The kernels that this processor can run, the fastest first."""
    from llvmlite import binding  # noqa: PLC0415  numba's parts are imported where a gallery is big enough

    features = binding.get_host_cpu_features()
    x86 = binding.get_process_triple().startswith("x86_64")
    found = [Kind.PORTABLE]
    if x86 and features.get("avx2"):
        found.insert(0, Kind.AVX2)
    if x86 and all(features.get(name) for name in ("avx512vnni", "avx512bw", "avx512vl")):
        found.insert(0, Kind.VNNI)
    return tuple(found)


def compiled(function: Any, name: str = "", **names: object) -> Callable[..., Any]:
    """``function`` as machine code that runs without the interpreter lock and is kept for the next process.

    ``names`` stand in for globals of its module; ``name`` tells apart what is made of one function with different
    ones. numba would keep its files beside the source; ours lie in the user's cache, in a folder named after all that
    the code depends on, so that a newer version never runs an older one's code.
    """
    import numba  # noqa: PLC0415

    suffix = f"_{name}" if name else ""
    made = FunctionType(function.__code__, function.__globals__ | names, function.__name__ + suffix)
    made.__qualname__ = function.__qualname__ + suffix
    made.__module__ = function.__module__
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(made)
    config: Any = numba.config
    before = config.CACHE_DIR
    try:
        config.CACHE_DIR = str(_folder())
        dispatcher.enable_caching()
    except (OSError, RuntimeError) as error:  # no home, or one that cannot be written
        _log.warning("compiled code is not kept, each start compiles anew: %s", error)
    finally:
        config.CACHE_DIR = before
    code: Callable[..., Any] = dispatcher
    return code


@cache
def _folder() -> Path:
    import llvmlite  # noqa: PLC0415
    import numba  # noqa: PLC0415

    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    folder = user_cache_path("countenance") / "compiled" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
