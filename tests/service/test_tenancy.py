"""Tenants: each has its own names, and none can spell another's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.access.api_key import ApiKey
from countenance.service.tenancy import inside, outside
from countenance.terms.errors import Malformed, UnknownName

TENANTS = st.from_regex(r"(?:[a-z0-9][a-z0-9-]{0,8})?", fullmatch=True)
NAMES = st.text(min_size=1, max_size=12)


@given(TENANTS, TENANTS, NAMES)
def test_a_tenant_sees_its_own_galleries_under_its_own_names(mine: str, others: str, name: str) -> None:
    """What is formed is taken apart again by the same tenant, and is nothing to any other."""
    try:
        full = inside(mine, name)
    except UnknownName:
        assert "/" in name
        return
    assert outside(mine, full) == name
    assert (outside(others, full) is None) == (others != mine)


@given(TENANTS, TENANTS, NAMES, NAMES)
def test_no_two_galleries_share_a_full_name(one: str, other: str, first: str, second: str) -> None:
    """Different tenants or different names: different galleries."""
    try:
        same = inside(one, first) == inside(other, second)
    except UnknownName:
        return
    assert same == ((one, first) == (other, second))


@given(TENANTS, st.text(max_size=20))
def test_any_full_name_belongs_to_at_most_one_tenant(tenant: str, full: str) -> None:
    """Also one that the command line made; what a tenant sees, it can name."""
    seen = outside(tenant, full)
    if seen is not None:
        assert inside(tenant, seen) == full


@pytest.mark.parametrize("name", ["other/people", "/people", "people/", "../people", "/"])
def test_a_name_that_reaches_elsewhere_is_the_name_of_nothing(name: str) -> None:
    """The answer is that of a gallery that is not there; and no tenant's own name has a slash."""
    for tenant in ("", "mine"):
        with pytest.raises(UnknownName):
            inside(tenant, name)
    with pytest.raises(Malformed):
        ApiKey("1", "a", tenant=name)
