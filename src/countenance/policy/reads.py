"""What the hand-written policies look at: nothing else can change their answer."""

from __future__ import annotations

from collections.abc import Iterable

import cedarpy
from cedarpy import pst

from countenance.policy.charter import Policy
from countenance.policy.names import walk


def numbers_named(policies: Iterable[Policy]) -> frozenset[int]:
    """Every whole number in the policies: their answers change at these."""
    return frozenset(node.value for each in policies for node in walk(_parsed(each)) if isinstance(node, pst.LongLit))


def attributes_read(policies: Iterable[Policy]) -> frozenset[str]:
    """Every attribute that the policies read (``cap``, ``minor``, …), by its own name."""
    return frozenset(node.attr for each in policies for node in walk(_parsed(each)) if isinstance(node, pst.GetAttr))


def _parsed(policy: Policy) -> pst.PolicySet:
    return cedarpy.policies_to_pst(policy.text)
