"""Choose a runtime and a precision from the settings, once, and say what to install where one is missing."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from countenance.terms.errors import Malformed, MissingPart
from countenance.vision.runtime.session import Precision, Runtime

RUNTIMES = ("openvino", "onnxruntime")
"""In the order of preference."""


def choose_runtime(name: str, cache: Path | None = None) -> Runtime:
    """``name`` is ``auto`` or one of RUNTIMES. Only the chosen one is imported: the other may be missing.

    Raises MissingPart where it is not installed, Malformed where the name is unknown.
    """
    if name != "auto" and name not in RUNTIMES:
        raise Malformed(f"no runtime is called {name!r}; there are auto, {', '.join(RUNTIMES)}", where="runtime")
    for candidate in RUNTIMES if name == "auto" else (name,):
        if find_spec(candidate) is not None:
            return _open(candidate, cache)
    package = "openvino" if name == "auto" else name
    raise MissingPart(
        "no runtime for models is installed" if name == "auto" else f"the runtime {name} is not installed",
        where="runtime",
        remedy=f"Install it: pip install {package}",
    )


def choose_precision(name: str, runtime: Runtime) -> Precision:
    """``name`` is ``auto``, ``f32`` or ``bf16``; ``auto`` is what the processor computes natively.

    Raises MissingPart where bfloat16 is asked of a runtime or a processor that has none: it would be emulated slowly,
    or silently computed in float32 under a wrong name.
    """
    natural = runtime.natural_precision()
    if name == "auto":
        return natural
    if name not in (Precision.FLOAT32, Precision.BFLOAT16):
        raise Malformed(f"no precision is called {name!r}; there are auto, f32, bf16", where="precision")
    wanted = Precision(name)
    if wanted is Precision.BFLOAT16 and natural is not Precision.BFLOAT16:
        raise MissingPart(
            f"{runtime.name} does not compute bfloat16 natively on this processor",
            where="precision",
            remedy="Set the precision to auto or f32.",
        )
    return wanted


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _open(name: str, cache: Path | None) -> Runtime:
    # Imported here, not above: either runtime takes a fifth of a second to import and may be missing.
    if name == "openvino":
        from countenance.vision.runtime.openvino import OpenVino  # noqa: PLC0415

        return OpenVino(cache)
    from countenance.vision.runtime.onnxruntime import OnnxRuntime  # noqa: PLC0415

    return OnnxRuntime()
