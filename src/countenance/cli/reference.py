"""Write the reference of every verb as Markdown: ``python -m countenance.cli.reference``."""

from __future__ import annotations

import sys
from typing import Any

import typer.main

from countenance.cli.app import app
from countenance.cli.run import EXIT_CODES


def reference() -> str:
    """The reference, from the verbs themselves."""
    root = typer.main.get_command(app)
    lines = [
        "# The command line",
        "",
        "Written by `make docs` from the verbs themselves; a test holds it to them.",
        "",
        'Every verb takes `--json`: one line on standard output, `{"version": 1, …}`, described in [json.md](json.md).',
        "Messages for people about errors go to standard error.",
        "",
        "| exit code | meaning |",
        "| --- | --- |",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
        "",
        "`log verify` and `check` have exit codes of their own: see [verify.md](verify.md).",
        "",
        "`--data DIR` stands before the verb: `countenance --data DIR identify …`.",
    ]
    lines += _verbs(root, ("countenance",))
    return "\n".join(lines) + "\n"


def _verbs(command: Any, path: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    for name, sub in sorted(getattr(command, "commands", {}).items()):
        if sub.hidden:
            continue
        if hasattr(sub, "commands"):
            lines += _verbs(sub, (*path, name))
        else:
            lines += _verb(sub, (*path, name))
    return lines


def _verb(command: Any, path: tuple[str, ...]) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join(
        [" ".join(path), *(p.metavar or str(p.name).upper() for p in arguments), *(["[OPTIONS]"] if options else [])]
    )
    lines = [
        "",
        f"## {' '.join(path[1:])}",
        "",
        (command.help or "").split("\n\n")[0].replace("\n", " "),
        "",
        f"    {usage}",
    ]
    if options:
        lines += ["", "| option | meaning |", "| --- | --- |"]
    for option in options:
        names = ", ".join(f"`{o}`" for o in option.opts)
        lines.append(f"| {names} | {getattr(option, 'help', None) or ''} |".replace("  ", " "))
    return lines


if __name__ == "__main__":
    sys.stdout.write(reference())
