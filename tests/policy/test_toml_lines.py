"""Lines of a TOML file: every key is found where it stands, whatever its values look like."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.policy.toml_lines import line_of, locate

TEXT = '''\
top = 1  # a comment with = and [brackets]
"quoted key" = "a # b = [c"
list = [
  "x = 1",  # ]
  "[not.a.table]",
]
text = """
[neither]
nor = "this"
"""
plain = \'\'\'
key = 1\'\'\'

[a.b]
c.d = 1
e = { f = 1, g = [1, 2] }

[[many]]
name = "one"

[[many]]
name = "two"
[many.inner]
deep = true

[ "odd" . name ]
last = "\\"]["
'''


def test_every_key_is_found_where_it_stands() -> None:
    """Comments, quotes, brackets, values of many lines, dotted keys, arrays of tables."""
    lines = locate(TEXT)
    written = TEXT.splitlines()
    expected = {
        ("top",): "top = 1",
        ("quoted key",): '"quoted key"',
        ("list",): "list = [",
        ("text",): 'text = """',
        ("plain",): "plain = ",
        ("a", "b"): "[a.b]",
        ("a", "b", "c", "d"): "c.d = 1",
        ("a", "b", "e"): "e = {",
        ("many", "0", "name"): 'name = "one"',
        ("many", "1"): "[[many]]",
        ("many", "1", "name"): 'name = "two"',
        ("many", "1", "inner", "deep"): "deep = true",
        ("odd", "name", "last"): 'last = "',
    }
    for path, start in expected.items():
        assert written[lines[path] - 1].startswith(start), path
    assert not {path for path in lines if {"neither", "nor", "not"} & set(path)}


def test_a_missing_key_is_told_at_the_table_around_it() -> None:
    lines = locate(TEXT)
    assert line_of(lines, ("a", "b", "e", "f")) == lines["a", "b", "e"]
    assert line_of(lines, ("many", "1", "inner", "missing")) == lines["many", "1", "inner"]
    assert line_of(lines, ("nowhere", "at", "all")) == 1


KEYS = st.sampled_from(["a", "b", "c-d", "e_f", "9"])
VALUES = st.sampled_from(
    [
        "1",
        '"x"',
        "'y'",
        '"#"',
        '"[["',
        "[1,\n 2]",
        '["]", [\n[]\n]\n]',
        '"""\nk = 1\n[t]\n"""',
        "'''\n\"'''",
        "{ a = 1 }",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, min_size=1), min_size=1))
def test_keys_are_found_after_every_kind_of_value(tables: dict[str, dict[str, str]]) -> None:
    """A document of tables: each key's line is the one on which it was written."""
    text, expected, number = "", {}, 1
    for table, keys in tables.items():
        expected[table,] = number
        text += f"[{table}]\n"
        number += 1
        for key, value in keys.items():
            expected[table, key] = number
            text += f"{key} = {value}\n"
            number += value.count("\n") + 1
    tomllib.loads(text)
    assert locate(text) == expected
