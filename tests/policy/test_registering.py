"""Whether the charter lets an authority be put on file."""

from __future__ import annotations

import pytest
from tests.policy.charters import judge_of, record_of

from countenance.policy.registering import objections
from countenance.terms.principal import Principal

COURT = judge_of("investigation-warrant").charter
DOORS = judge_of("access-control").charter
RITA = Principal("os:rita")

CASES = [
    (COURT, RITA, record_of("warrant:1"), ""),
    (COURT, Principal("os:alice"), record_of("warrant:1", registrar="os:alice"), "with the role registrar"),
    (COURT, Principal("os:alice"), record_of("warrant:1"), "with the role registrar"),
    (COURT, Principal("os:eve", frozenset({"registrar"})), record_of("warrant:1", registrar="os:eve"), "with the role"),
    (COURT, RITA, record_of("warrant:1", registrar="os:alice"), "in the registrar's own name"),
    (COURT, RITA, record_of("hunch:1"), "its classes are dataset, emergency, guardian-request, statute, warrant"),
    (COURT, RITA, record_of("warrant:1", purposes=("unheard-of",)), "is not in the charter's register"),
    (
        COURT,
        RITA,
        record_of("warrant:1", purposes=("missing-person",)),
        "missing-person takes no authority of the class",
    ),
    (
        COURT,
        RITA,
        record_of("warrant:1", purposes=("criminal-investigation",), principal="key:1"),
        "criminal-investigation accepts no standing authority",
    ),
    (DOORS, RITA, record_of("consent:1", purposes=("access-control",), principal="key:1"), ""),
]


@pytest.mark.parametrize(("charter", "who", "record", "says"), CASES)
def test_what_stands_against_registering_is_said(charter, who, record, says: str) -> None:  # type: ignore[no-untyped-def]
    """Role, own name, class, purposes of the scope, standing; nothing where nothing does."""
    found = objections(charter, who, record)
    assert bool(found) == bool(says)
    assert any(says in each for each in found) or not says
