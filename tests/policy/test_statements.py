"""Cutting a Cedar file into policies: each whole, each with its line."""

from __future__ import annotations

import cedarpy
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.policy.statements import statements_of

POLICY = st.builds(
    '@id("{}")\n{} (principal, action, resource)\nwhen {{ "{}" == "x" }};'.format,
    st.sampled_from(["a", "b;b", "c // d", "e\\\\"]),
    st.sampled_from(["permit", "forbid"]),
    st.sampled_from(["", ";", "//", '\\"', '\\";\\"']),
)
BETWEEN = st.sampled_from(["", "\n", "  \n\n", '// a comment; "with marks\n', "\n// permit (principal);\n"])


@settings(deadline=None)
@given(st.lists(st.tuples(BETWEEN, POLICY), max_size=5), BETWEEN)
def test_every_policy_is_cut_out_whole_at_its_line(pieces: list[tuple[str, str]], end: str) -> None:
    """Semicolons in texts and comments do not cut; what is cut is what Cedar reads."""
    text, expected = "", []
    for between, policy in pieces:
        text += between
        expected.append((text.count("\n") + 1, policy))
        text += policy
    text += end
    found = statements_of(text)
    assert [(each.line, each.text) for each in found] == expected
    assert len(cedarpy.PolicySet.from_str(text)) == len(found)


def test_an_unfinished_policy_is_a_statement_too() -> None:
    """So that it is told as one, and not lost."""
    [one] = statements_of("\n\npermit (principal")
    assert (one.line, one.text) == (3, "permit (principal")


def test_nothing_is_found_in_nothing() -> None:
    assert statements_of("") == statements_of("  \n// only a comment") == ()
