"""The command line leaves the processor's cores to the models."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COUNT = """
import atexit, os
atexit.register(lambda: print(len(os.listdir("/proc/self/task"))))
from countenance.cli import main
main()
"""


@pytest.mark.parametrize(("said", "threads"), [(None, 1), ("2", 2)])
def test_products_have_one_thread_unless_somebody_said_otherwise(said: str | None, threads: int) -> None:
    """OpenBLAS starts its threads when numpy is imported: then there are none but the main one."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if said is not None:
        environment["OPENBLAS_NUM_THREADS"] = said
    done = subprocess.run(
        [sys.executable, "-c", COUNT, "keys", "--help"], capture_output=True, text=True, check=True, env=environment
    )
    assert int(done.stdout.splitlines()[-1]) == min(threads, os.cpu_count() or 1)
