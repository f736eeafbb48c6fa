"""Run one command: parse, do it, and turn whatever happened into an exit code and a message."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

from countenance.cli.app import app
from countenance.cli.streams import answered
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
    15: "a rate that was required is not shown",
    130: "interrupted",
}
"""What each exit code means. ``log verify`` and ``check`` have their own: see docs/verify.md."""


def run() -> NoReturn:
    """Never returns: ends the process with an exit code of ``EXIT_CODES``."""
    logging.basicConfig(level=os.environ.get("COUNTENANCE_LOG", "ERROR").upper(), stream=sys.stderr)
    sys.exit(run_words(sys.argv[1:]))


def run_words(words: Sequence[str]) -> int:
    """Run one command line with the standard streams of whoever sent it; its exit code."""
    answered.set(0)
    try:
        app(args=list(words), prog_name="countenance", standalone_mode=True)
    except CountenanceError as error:
        return _told(error, words)
    except KeyboardInterrupt:
        return _interrupted(words)
    except SystemExit as ended:
        if ended.code == Interrupted.exit_code:  # the parser turns Ctrl-C into this, without a word
            return _interrupted(words)
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BrokenPipeError:
        _silence(sys.stdout)  # the reader of our output has left; nothing more can be said to anybody
    return 0


def _interrupted(words: Sequence[str]) -> int:
    error = Interrupted("interrupted", remedy="What was acknowledged is kept, nothing is half done: run it again.")
    return _told(error, words)


def _told(error: CountenanceError, words: Sequence[str]) -> int:
    if "--json" in words:
        body = {"what": error.what, "where": error.where, "remedy": error.remedy, "kind": type(error).__name__}
        sys.stdout.write(json.dumps({"version": 1, "error": body}) + "\n")
    try:
        sys.stderr.write(f"error: {error}\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)  # a file on the disk that is full, of which the code still tells
    return error.exit_code


def _silence(stream: TextIO) -> None:
    """What this stream still holds is dropped, so that writing it at the end does not change the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
