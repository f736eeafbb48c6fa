"""The command line; one file a verb."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the one place where an error becomes an exit code."""
    from countenance.cli.run import run

    run()
