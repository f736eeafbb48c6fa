"""Memory for large arrays: of its own pages, large ones where the system has them, given back when the array goes."""

from __future__ import annotations

import contextlib
import mmap

import numpy as np
from numpy.typing import NDArray


def large(size: int) -> NDArray[np.uint8]:
    """So many zeros, uint8, which begin at a page.

    A scan reads hundreds of megabytes, and single rows all over them. With pages of 4 KiB the processor looks up where
    they lie so often that a search takes a third longer.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE"):  # Linux alone has them
        return np.frombuffer(mmap.mmap(-1, max(size, 1)), dtype=np.uint8)[:size]
    pages = mmap.mmap(-1, max(size, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel that was built without
        pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, dtype=np.uint8)[:size]
