"""Charter templates: written charters in which only the answers to a few questions are open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template

from countenance.policy.charter import OWNER
from countenance.policy.engine import SCHEMA_FILE, schema_text

DEMO = "demo"
TEMPLATES: Mapping[str, str] = {
    "access-control": "a door that opens for people who asked for it (one to one, with consent, no search)",
    "family-reunification": "find the family of a child, or a missing child for its family",
    "investigation-warrant": "search for one suspect under a warrant, approved and reviewed by two people",
    "humanitarian-registry": "register each person once, give aid to whom it is meant, find lost relatives",
    DEMO: "a first try by one operator alone; adopted by `countenance init`",
}
"""Names of the templates with what each is for."""

_NO_GOVERNORS = """\
# [governors.FIRST]
# key = "64 hexadecimal digits: the public key that `countenance charter key` prints"
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new charter needs to know.

    ``staff`` and ``registrars`` are principals (``os:NAME``, ``key:ID``); ``governors`` ids with 32-byte Ed25519
    public keys, at least two before the charter can be adopted.
    """

    template: str
    operator: str
    contact: str
    staff: tuple[str, ...] = ()
    registrars: tuple[str, ...] = ()
    retention_days: int = 365
    governors: Mapping[str, bytes] = field(default_factory=dict)


def charter_files(answers: Answers) -> dict[str, bytes]:
    """The files of a charter, by name. Answers are written as TOML values: no answer can become a rule."""
    keys = [f"[governors.{name}]\nkey = {_toml(key.hex())}" for name, key in answers.governors.items()]
    words = {
        "operator": _toml(answers.operator),
        "contact": _toml(answers.contact),
        "staff": f"[{', '.join(map(_toml, answers.staff))}]",
        "registrars": f"[{', '.join(map(_toml, answers.registrars))}]",
        "retention_days": str(answers.retention_days),
        "governors": "\n\n".join(keys) or _NO_GOVERNORS.rstrip(),
    }
    written = {SCHEMA_FILE: schema_text().encode("utf-8")}
    for path in files("countenance.policy").joinpath("templates", answers.template).iterdir():
        text = path.read_text(encoding="utf-8")
        filled = Template(text).substitute(words) if path.name.endswith(".toml") else text
        written[path.name] = filled.encode("utf-8")
    return dict(sorted(written.items()))


def demo_files(governor: bytes) -> dict[str, bytes]:
    """The demo's charter with its one governor (a 32-byte public key): the only one that a single key may adopt."""
    return charter_files(
        Answers(
            template=DEMO,
            operator="A first try of Countenance",
            contact="whoever owns the data directory",
            governors={OWNER: governor},
        )
    )


def _toml(text: str) -> str:
    # A JSON string of unescaped Unicode is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
