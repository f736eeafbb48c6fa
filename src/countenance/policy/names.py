"""Find names in a policy that the charter does not have: a misspelt name would silently permit or forbid nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from cedarpy import pst

from countenance.policy.fields import listed

Register = Mapping[str, frozenset[str]]
"""What a policy may name: ``Purpose``, ``Role``, ``principle``, and ``class``, ``kind``, ``state`` of authorities."""

_AUTHORITY = pst.GetAttr(pst.Var("context"), "authority")


def unknown_names(policy: pst.Template, register: Register) -> list[str]:
    """One sentence for each name that means nothing here."""
    faults = []
    for node in sorted(set(_entities(policy)), key=str):
        kind = str(node.type)
        if kind == "Principal":
            faults.append(f"{node} names a principal; policies speak of roles: principal in Role::…")
        elif kind in ("Purpose", "Role") and node.id not in register[kind]:
            faults.append(f"{node} is not in the charter; known: {listed(register[kind])}")
    for attribute, text in sorted(set(_compared(policy))):
        if text not in register[attribute]:
            faults.append(f"context.authority.{attribute} is never {text!r}; known: {listed(register[attribute])}")
    return faults


def walk(node: object) -> Iterator[Any]:
    """The node and every node below it."""
    yield node
    if isinstance(node, Mapping):
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, tuple):
        for value in node:
            yield from walk(value)
    elif is_dataclass(node) and not isinstance(node, type):
        for each in fields(node):
            yield from walk(getattr(node, each.name))


def _entities(policy: pst.Template) -> Iterator[pst.EntityUid]:
    return (node for node in walk(policy) if isinstance(node, pst.EntityUid))


def _compared(policy: pst.Template) -> Iterator[tuple[str, str]]:
    """Attributes of ``context.authority`` with each text that they are compared with."""
    for node in walk(policy):
        if isinstance(node, pst.BinaryOp) and node.op in ("eq", "not_eq", "contains"):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                match one:
                    case pst.GetAttr(base, ("class" | "kind" | "state") as attribute) if base == _AUTHORITY:
                        texts = (each.value for each in walk(other) if isinstance(each, pst.StringLit))
                        yield from ((attribute, text) for text in texts)
