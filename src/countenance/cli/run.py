"""Run one command: parse, do it, and turn whatever happened into an exit code and a message."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import NoReturn

from countenance.cli.app import app
from countenance.terms.errors import CountenanceError, Interrupted

EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "unexpected failure (a defect: please report it)",
    2: "the command line itself was wrong",
    10: "refused by the charter",
    11: "failure to acquire: the picture gave nothing to compare",
    12: "what was given cannot be used",
    13: "the machine cannot do it now",
    14: "something is not what it claims to be",
    130: "interrupted",
}
"""What each exit code means. ``log verify`` and ``check`` have their own: see docs/verify.md."""


def run() -> NoReturn:
    """Never returns: ends the process with an exit code of ``EXIT_CODES``."""
    logging.basicConfig(level=os.environ.get("COUNTENANCE_LOG", "ERROR").upper(), stream=sys.stderr)
    try:
        app(standalone_mode=True)
    except CountenanceError as error:
        _tell(error)
        _leave(error.exit_code)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as ended:
        if ended.code == Interrupted.exit_code:  # the parser turns Ctrl-C into this, without a word
            _interrupted()
        raise
    except BrokenPipeError:
        # The reader of our output has left; nothing more can be said to anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(0)
    _leave(0)


def _interrupted() -> NoReturn:
    _tell(Interrupted("interrupted", remedy="What was acknowledged is kept, nothing is half done: run it again."))
    _leave(Interrupted.exit_code)


def _tell(error: CountenanceError) -> None:
    if "--json" in sys.argv:
        body = {"what": error.what, "where": error.where, "remedy": error.remedy, "kind": type(error).__name__}
        sys.stdout.write(json.dumps({"version": 1, "error": body}) + "\n")
    sys.stderr.write(f"error: {error}\n")


def _leave(code: int) -> NoReturn:
    sys.exit(code)
