"""The command: ``verify.pyz [PAPER] LOG --key KEY``; exit codes 0 to 5 as in ``failure.py``, 64 for a wrong call."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, NoReturn

from countenance.ledger.note import MAX_BYTES, VerifierKey, parse_vkey
from countenance.ledger.statement import MAX_BYTES as MAX_STATEMENT
from countenance.ledger.trust_policy import MAX_BYTES as MAX_POLICY
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.verifier.check import Asked, Say, check_log
from countenance.ledger.verifier.failure import Failure, Missing, Tampered
from countenance.ledger.verifier.memory import Memory, default_memory
from countenance.ledger.verifier.papers import check_paper, kind_of
from countenance.ledger.verifier.source import fetch, open_source

USAGE = 64
MAX_PAPER = 8 << 20


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit code."""
    parser = _parser()
    call = parser.parse_args(arguments)
    if len(call.what) > 2:
        parser.error("name a statement and a log, or one thing alone")
    lines: list[str] = []

    def say(step: str, finding: str) -> None:
        lines.append(f"{step:<12} {finding}")
        if not call.json:
            print(lines[-1], flush=True)  # noqa: T201 - this is the verifier's own command

    try:
        findings = _run(parser, call, say)
        code = 0
        if not call.json:
            print("OK")  # noqa: T201
    except Failure as failure:
        findings, code = {"code": failure.code, "error": failure.what, "where": failure.where}, failure.code
        if not call.json:
            print(f"FAILED ({type(failure).__name__}, exit {code}): {failure}")  # noqa: T201
    if call.json:
        print(json.dumps({"ok": code == 0, **findings, "steps": lines}))  # noqa: T201
    return code


def _run(parser: _Parser, call: argparse.Namespace, say: Say) -> dict[str, Any]:
    *papers, last = call.what
    if not papers and os.path.isfile(last):
        data = _file(last, MAX_PAPER)
        kind = kind_of(data)
        if kind == "statement":
            parser.error("a statement is verified against its log: name the log too")
        if kind and not call.key:
            parser.error("a proof and an opening are verified with the log's key: give --key")
        if kind:
            return check_paper(kind, data, _key(call.key), say)
    asked = Asked(
        key=call.key,
        policy=_file(call.policy, MAX_POLICY) if call.policy else None,
        statement=_file(papers[0], MAX_STATEMENT) if papers else None,
        seen=tuple((name, _file(name, MAX_BYTES)) for name in call.seen),
        memory=None if call.no_memory else Memory(call.memory or default_memory()),
        evidence=call.evidence,
        entries=not call.tree_only,
    )
    return check_log(open_source(last), asked, say)


def _parser() -> _Parser:
    parser = _Parser(prog="verify.pyz", description=__doc__, allow_abbrev=False)
    parser.add_argument("what", nargs="+", metavar="[PAPER] LOG", help="a statement and the log (directory, zip, URL), "
                        "the log alone, or a proof or opening alone")  # fmt: skip
    parser.add_argument("--key", help="the log's verifier key, from elsewhere than the log")
    parser.add_argument("--policy", metavar="FILE", help="a C2SP tlog-policy: the log, its witnesses, their quorum")
    parser.add_argument("--seen", action="append", default=[], metavar="CHECKPOINT",
                        help="a checkpoint seen elsewhere (file or URL, say a witness's); may be repeated")  # fmt: skip
    parser.add_argument("--memory", metavar="DIR", help="where checkpoints are remembered")
    parser.add_argument("--no-memory", action="store_true", help="remember nothing, compare with nothing remembered")
    parser.add_argument("--evidence", default=".", metavar="DIR", help="where evidence of a fork is written")
    parser.add_argument("--tree-only", action="store_true", help="verify the tree alone, whatever its entries are")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    return parser


def _key(text: str) -> VerifierKey:
    try:
        return parse_vkey(text.strip())
    except Unreadable as error:
        raise Tampered(error.what, "--key") from None


def _file(name: str, most: int) -> bytes:
    if name.startswith(("http://", "https://")):
        return fetch(name, name, most)
    try:
        with open(name, "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Missing(f"cannot be read: {error.strerror}", name) from None
    if len(data) > most:
        raise Tampered(f"has more than {most} bytes", name)
    return data


if __name__ == "__main__":
    sys.exit(main())
