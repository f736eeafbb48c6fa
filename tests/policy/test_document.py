"""The document on charters is true: its examples are sound, its table of rules complete, its matrix the demo's."""

from __future__ import annotations

import re
from pathlib import Path

from tests.policy.charters import GOVERNORS, changed, files_of, judge_of, sound

from countenance.policy.fault import Faulty
from countenance.policy.matrix import matrix
from countenance.policy.read import CHARTER_FILE, read_charter
from countenance.policy.table import NOBODY, headings, rows
from countenance.policy.template import TEMPLATES

DOCUMENT = Path(__file__).parents[2] / "docs" / "charter.md"
TEXT = DOCUMENT.read_text()


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def demo_with(tables: str) -> dict[str, bytes]:
    """The demo with the tables of an example in place of its own of the same name."""
    files = files_of("demo")
    text = files[CHARTER_FILE].decode()
    for name in re.findall(r"^\[([a-z.-]+)\]", tables, re.MULTILINE):
        text = re.sub(rf"^\[{re.escape(name)}\]\n(?:(?!\[)[^\n]*\n?)*", "", text, flags=re.MULTILINE)
    return {**files, CHARTER_FILE: f"{text}\n{tables}".encode()}


def test_every_toml_example_is_sound() -> None:
    """Put in the place of the demo's own tables."""
    examples = blocks("toml")
    assert len(examples) >= 4
    for example in examples:
        sound(demo_with(example))


def test_every_policy_of_the_document_is_one_of_the_demo() -> None:
    [policy] = blocks("cedar")
    assert policy.strip() in files_of("demo")["demo.cedar"].decode()


def test_the_errors_shown_are_what_is_said() -> None:
    files = changed(files_of("demo"), CHARTER_FILE, "candidate_cap = 20", "candidate_cap = 99")
    found = read_charter(changed(files, "demo.cedar", 'class == "dataset"', 'class == "datset"'))
    assert isinstance(found, Faulty)
    [shown] = blocks("text")
    assert shown.splitlines() == [str(fault) for fault in found.faults]


def test_every_rule_of_the_gate_is_in_the_table() -> None:
    for rule in judge_of("demo").rules:
        name = "gate-forbidden-…" if rule.startswith("gate-forbidden-") else rule
        assert f"`{name}`" in TEXT, rule


def test_every_template_is_in_the_table() -> None:
    assert all(f"| `{name}` |" in TEXT for name in TEMPLATES)
    assert GOVERNORS


def markdown_matrix() -> str:
    judge = judge_of("demo")
    told = [row for row in rows(judge.charter, matrix(judge)) if set(row[2:]) != {NOBODY}]
    heads = headings(judge.charter)
    lines = [heads, ["---"] * len(heads), *told]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_the_matrix_shown_is_the_demo_s() -> None:
    shown = TEXT.partition("<!-- matrix of the demo -->\n")[2].partition("\n\n")[0] + "\n"
    assert shown == markdown_matrix()
