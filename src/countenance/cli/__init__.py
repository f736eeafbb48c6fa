"""The command line; one file a verb."""

from __future__ import annotations

import os


def main() -> None:
    """Run the command line; the one place where an error becomes an exit code."""
    # Read when numpy is first imported. Our products are small, and after each one OpenBLAS's threads spin for
    # milliseconds on the cores that the models need: a server answered a third fewer requests.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from countenance.cli.run import run

    run()
