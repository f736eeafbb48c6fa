"""Remarks on a charter that is sound but may not say what its writer means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cedarpy
from cedarpy import pst

from countenance.policy.charter import Charter, Policy, Role
from countenance.policy.fault import Fault
from countenance.policy.judge import Judge
from countenance.policy.matrix import Cell
from countenance.policy.names import walk
from countenance.policy.read import CHARTER_FILE
from countenance.policy.toml_lines import line_of, locate
from countenance.terms.action import Action
from countenance.terms.permit import AuthorityKind


def lint(judge: Judge, cells: Iterable[Cell]) -> tuple[Fault, ...]:
    """Every remark, by file and line; ``cells`` is the charter's matrix."""
    charter = judge.charter
    lines = locate(charter.files[CHARTER_FILE].decode("utf-8"))
    remarks = [
        Fault(CHARTER_FILE, line_of(lines, path), what)
        for path, what in (*_unused(charter), *_governed(charter), *_purposes(charter, cells))
    ]
    remarks += [Fault(policy.file, policy.line, what) for policy in charter.policies for what in _policy(policy)]
    return tuple(sorted(remarks))


Remark = tuple[tuple[str, ...], str]


def _names(policy: Policy) -> frozenset[tuple[str, str]]:
    """The entities that a policy names, as type and id, and the texts, as ``text`` and the text."""
    nodes = list(walk(cedarpy.policies_to_pst(policy.text)))
    entities = ((str(node.type), node.id) for node in nodes if isinstance(node, pst.EntityUid))
    return frozenset({*entities, *(("text", node.value) for node in nodes if isinstance(node, pst.StringLit))})


def _policy(policy: Policy) -> Iterator[str]:
    kinds = {kind for kind, _ in _names(policy)}
    if policy.effect == "permit":
        if "Purpose" not in kinds:
            yield f"{policy.id} permits for every registered purpose; name the purposes that are meant"
        if "Role" not in kinds:
            yield f"{policy.id} permits to everybody; name the roles that are meant"


def _unused(charter: Charter) -> Iterator[Remark]:
    named = frozenset[tuple[str, str]]().union(*map(_names, charter.policies))
    cited = {policy.principle for policy in charter.policies} | {each.principle for each in charter.forbidden.values()}
    cited |= {charter.cited.purpose, charter.cited.authority, charter.cited.review, charter.cited.minors}
    for name in charter.principles.keys() - cited:
        yield ("principles", name), f"no policy and no forbidden purpose rests on the principle {name}"
    for name in charter.classes:
        if not any(name in purpose.classes for purpose in charter.purposes.values()):
            yield ("authorities", name), f"no purpose takes an authority of the class {name}"
    for role in charter.roles.values():
        if not role.principals:
            yield ("roles", role.id, "principals"), f"nobody has the role {role.id}"
        if ("Role", role.id) not in named and not _has_a_task(role):
            yield ("roles", role.id), f"no policy names the role {role.id}"


def _governed(charter: Charter) -> Iterator[Remark]:
    if len(charter.governors) < 2:
        yield ("governors",), "fewer than two governors: only the demo's charter can be adopted so"
    if not charter.witnesses:
        yield ("witnesses",), "no witnesses: everything that is published will say unwitnessed"
    elif charter.quorum == 0:
        yield ("witnessing", "quorum"), "no witness need cosign: what is published may be unwitnessed"
    if charter.epochs.minimum < 20:
        yield ("epochs", "minimum"), "epochs of fewer than 20 requests may tell a stranger of a single case"
    if not any(role.registers_authorities for role in charter.roles.values()):
        yield ("roles",), "no role registers authorities, so only the caller's own word is left"


def _purposes(charter: Charter, cells: Iterable[Cell]) -> Iterator[Remark]:
    allowed = {(cell.purpose, cell.action) for cell in cells if cell.allowed}
    for purpose in charter.purposes.values():
        idle = [action for action in sorted(purpose.actions) if (purpose.id, action) not in allowed]
        if idle:
            acts = ", ".join(idle)
            yield ("purposes", purpose.id, "actions"), f"no policy permits {acts} for {purpose.id} to anybody"
        if AuthorityKind.SELF_DECLARED in purpose.modes and purpose.minors:
            yield ("purposes", purpose.id, "modes"), f"{purpose.id} reaches minors on the caller's own word"
        if Action.SEARCH in purpose.actions and purpose.reviewers == 0 and purpose.candidate_cap > 1:
            yield ("purposes", purpose.id, "reviewers"), f"{purpose.id}: nobody reviews what a search finds"
        if purpose.approvals and not any(role.approves for role in charter.roles.values()):
            yield ("purposes", purpose.id, "approvals"), f"{purpose.id} asks for approvals, and no role approves"
        if purpose.reviewers and not any(role.reviews for role in charter.roles.values()):
            yield ("purposes", purpose.id, "reviewers"), f"{purpose.id} asks for reviewers, and no role reviews"


def _has_a_task(role: Role) -> bool:
    return role.registers_authorities or role.governs or role.approves or role.reviews
