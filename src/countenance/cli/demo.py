"""countenance demo: the product's story on real pictures, told by running the verbs themselves."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import NOT_ACQUIRED, REFUSED, console
from countenance.terms.errors import BrokenMachine, BrokenTrust, CountenanceError, NameTaken

MARK = "countenance-demo"
"""The file that says a folder is a demo's, so that only such a folder is ever removed."""

SEARCH = ["--purpose", "missing-person", "--authority", "guardian-request:demo-1"]


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--in", metavar="DIR", help="Where to play; made anew.")] = Path("demo-data"),
) -> None:
    """Fetch published pictures, enrol two people, identify one, be refused, publish a statement, verify it."""
    from countenance.cli.demo_pictures import demo_pictures
    from countenance.cli.fetching import Fetching
    from countenance.settings import read_settings

    with Fetching() as progress:
        pictures = demo_pictures(read_settings(context.obj).models.parent / "demo-pictures", progress)
    _clear(folder)
    data = folder / "data"
    tell = console()
    tell.print("[bold]Countenance: a demonstration on published photographs[/]\n", markup=True)
    step = Stage(data)

    step.say("A data directory: keys, a sealed store, a transparency log, and the demo charter.")
    step.run("init")

    step.say("Two people are enrolled, each for a stated purpose and on a stated authority.")
    for name, picture in (("Barack Obama", "obama.jpg"), ("Joe Biden", "biden.jpg")):
        step.run("enrol", pictures[picture], "--gallery", "registry", *SEARCH, "--subject", name)

    step.say("Another photograph of one of them, years apart. Who may this be?")
    step.run("identify", pictures["obama2.jpg"], "--gallery", "registry", *SEARCH)
    step.say("The same photograph against the other man's: one comparison, and the score that two strangers get.")
    step.run("verify", pictures["obama2.jpg"], pictures["biden.jpg"], *SEARCH)

    step.say("A stranger, who is in no gallery. An empty list is an answer.")
    step.run("identify", pictures["astronaut.png"], "--gallery", "registry", *SEARCH)

    step.say("A cat.")
    step.run("identify", pictures["chelsea.png"], "--gallery", "registry", *SEARCH, ends=NOT_ACQUIRED)

    step.say("A picture of six; finding faces makes no template and needs no authority.")
    step.run("detect", pictures["t1.jpg"], "--draw", folder / "six.png")

    step.say("Now a purpose that this charter forbids for ever. No authority helps.")
    step.run(
        "identify", pictures["obama2.jpg"], "--gallery", "registry",
        "--purpose", "family-separation", "--authority", "guardian-request:demo-1", ends=REFUSED,
    )  # fmt: skip

    step.say("The operator states what was done, by purpose, zeros included, and signs it.")
    today = date.today()
    statement = folder / "statement"
    step.run("state", "--from", today - timedelta(days=1), "--to", today, "--close-epoch", "--out", statement)

    step.say("And a stranger checks it, with one file of plain Python and the log's public files.")
    _verify_outside(data, folder, statement)

    tell.print("\n[bold]Where things are[/]", markup=True)
    for what, where in (
        ("the public log", data / "log"),
        ("the statement, for people and for machines", statement),
        ("the six faces, drawn", folder / "six.png"),
        ("the verifier, one file", folder / "verify.pyz"),
    ):
        tell.print(f"  {where}   {what}", markup=False)
    tell.print("\n[bold]What to try next[/]", markup=True)
    mine = f"countenance --data {data}"
    for what in (
        f"{mine} identify YOUR.jpg --gallery registry {shlex.join(SEARCH)}",
        f"{mine} subjects list --gallery registry",
        f"{mine} log verify",
        "countenance charter new my-charter     write your own principles and purposes",
        "countenance doctor                     what is installed, what is slow and why",
    ):
        tell.print(f"  .venv/bin/{what}", markup=False)


class Stage:
    """Runs verbs as a user would, in this process, printing each command before it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._number = 0

    def say(self, sentence: str) -> None:
        """What comes now, and why."""
        self._number += 1
        console().print(f"\n[bold cyan]{self._number}.[/] [bold]{sentence}[/]", markup=True)

    def run(self, *words: object, ends: int = 0) -> None:
        """Run one verb; raises BrokenTrust where it does not end as the story says."""
        from countenance.cli.app import app

        line = [str(word) for word in words]
        console().print(f"[dim]$ countenance --data {self._data} {shlex.join(_short(line))}[/]", markup=True)
        code = app(["--data", str(self._data), *line], standalone_mode=False)
        if (code or 0) != ends:
            raise BrokenTrust(f"`{line[0]}` ended with exit code {code}, and the story says {ends}")


def _short(words: Sequence[str]) -> list[str]:
    return [Path(w).name if w.endswith((".jpg", ".png")) and Path(w).is_absolute() else w for w in words]


def _clear(folder: Path) -> None:
    """Begin anew, but remove only what an earlier demo made."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise NameTaken(
                "this folder was not made by a demo", where=str(folder), remedy="Name another with --in DIR."
            )
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("made by `countenance demo`; a later demo removes this folder\n")
    except OSError as error:
        raise BrokenMachine(f"the demo's folder cannot be made: {error.strerror}", where=str(folder)) from error


def _verify_outside(data: Path, folder: Path, statement: Path) -> None:
    """Run the one-file verifier as a stranger would: isolated from this environment, key given as an argument."""
    from countenance.assembly import log_key
    from countenance.ledger.verifier.build import build

    verifier = folder / "verify.pyz"
    verifier.write_bytes(build())
    key = log_key(data)
    # What the verifier remembers of this log stays here: the next demo's is another one.
    last = ["--memory", str(folder / "remembered")]
    command = [sys.executable, "-I", str(verifier), str(statement), str(data / "log"), "--key", key, *last]
    console().print(
        f"[dim]$ python3 -I {verifier} {statement} {data / 'log'} --key '{key}' {shlex.join(last)}[/]", markup=True
    )
    sys.stdout.flush()
    if subprocess.run(command, check=False).returncode != 0:
        raise CountenanceError("the statement did not verify; that must never happen here")
