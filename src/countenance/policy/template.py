"""Charter templates: written charters in which only the operator, the contact and the governors are open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from string import Template

from countenance.policy.engine import SCHEMA_FILE, schema_text

DEMO = "demo"
TEMPLATES: Mapping[str, str] = {
    "access-control": "a door that opens for people who asked for it (1:1, consent, no search)",
    "family-reunification": "find the family of a child, or a child for its family",
    "investigation-warrant": "search for one suspect under a warrant, approved and reviewed by two people",
    "humanitarian-registry": "one registration a person in a camp or a relief programme, and help for lost relatives",
    DEMO: "a first try by one operator alone; adopted by `countenance init`",
}
"""Names of the templates with what each is for."""

_DEMO_OPERATOR = "A first try of Countenance"
_DEMO_CONTACT = "whoever owns the data directory"


def charter_files(template: str, *, operator: str, contact: str, governors: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a charter from a template; ``governors`` are ids with 32-byte Ed25519 public keys.

    The answers are written as TOML strings: no answer can become a rule.
    """
    folder = files("countenance.policy").joinpath("templates", template)
    tables = (f"[governors.{name}]\nkey = {_toml(key.hex())}" for name, key in governors.items())
    words = {"operator": _toml(operator), "contact": _toml(contact), "governors": "\n\n".join(tables)}
    written = {SCHEMA_FILE: schema_text().encode("utf-8")}
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        filled = Template(text).substitute(words) if path.name.endswith(".toml") else text
        written[path.name] = filled.encode("utf-8")
    return dict(sorted(written.items()))


def demo_files(governor: bytes) -> dict[str, bytes]:
    """The demo's charter with its one governor (a 32-byte public key): the only one that a single key may adopt."""
    return charter_files(DEMO, operator=_DEMO_OPERATOR, contact=_DEMO_CONTACT, governors={"owner": governor})


def _toml(text: str) -> str:
    # A JSON string is a TOML basic string as long as no character beyond the basic plane is written as two escapes.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
