"""Read a charter's hand-written Cedar policies, and judge each by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

import cedarpy

from countenance.policy.charter import Policy
from countenance.policy.fault import Fault
from countenance.policy.fields import ID, listed
from countenance.policy.gate import PREFIX
from countenance.policy.names import Register, unknown_names
from countenance.policy.statements import Statement, nesting_of, statements_of

MAX_POLICY_ID = 63
MAX_LENGTH = 8192
MAX_NESTING = 50


def read_policies(files: Mapping[str, str], schema: str, register: Register) -> tuple[tuple[Policy, ...], list[Fault]]:
    """Every sound policy of the ``.cedar`` files (names to texts), and every fault of the others."""
    handle = cedarpy.Schema.from_str(schema)
    policies: dict[str, Policy] = {}
    faults: list[Fault] = []
    for name in sorted(files):
        for statement in statements_of(files[name]):
            found = _read(name, statement, handle, register)
            if isinstance(found, list):
                faults.extend(Fault(name, statement.line, what) for what in found)
            elif other := policies.get(found.id):
                what = f'@id("{found.id}") stands at {other.file}:{other.line} already'
                faults.append(Fault(name, statement.line, what))
            else:
                policies[found.id] = found
    return tuple(policies.values()), faults


def _read(file: str, statement: Statement, schema: cedarpy.Schema, register: Register) -> Policy | list[str]:
    # The engine's parser recurses, and a policy that is too deep or too long would end the process.
    if len(statement.text) > MAX_LENGTH or nesting_of(statement.text) > MAX_NESTING:
        return [f"the policy is longer than {MAX_LENGTH} characters or its brackets are deeper than {MAX_NESTING}"]
    try:
        parsed = cedarpy.policies_to_pst(statement.text)
    except ValueError as error:
        return [f"the policy does not parse: {error}"]
    if parsed.templates:
        return ["the policy is a template (?principal, ?resource); write it out"]
    if len(parsed.static_policies) != 1:
        return ["this is not one policy"]
    [policy] = parsed.static_policies.values()
    faults = [*_annotation_faults(policy.annotations, register), *unknown_names(policy, register)]
    if faults := faults or _type_faults(statement.text, schema):
        return faults
    notes = policy.annotations
    return Policy(notes["id"], notes["principle"], policy.effect, statement.text, file, statement.line)


def _annotation_faults(notes: Mapping[str, str], register: Register) -> list[str]:
    faults = []
    own = notes.get("id", "")
    if not own:
        faults.append('the policy has no @id("…")')
    elif not ID.match(own) or len(own) > MAX_POLICY_ID:
        faults.append(f'@id("{own}") is not an id: small letters, digits, single hyphens, at most {MAX_POLICY_ID}')
    elif own.startswith(PREFIX):
        faults.append(f'@id("{own}"): ids that begin with {PREFIX} belong to the gate\'s own rules')
    principle = notes.get("principle", "")
    if not principle:
        faults.append('the policy has no @principle("…")')
    elif principle not in register["principle"]:
        faults.append(f'@principle("{principle}") is not in [principles]; known: {listed(register["principle"])}')
    return faults


def _type_faults(text: str, schema: cedarpy.Schema) -> list[str]:
    """What Cedar's own validation says, each mistake once and not once for every action it is made in."""
    errors = cedarpy.validate_policies(text, schema).errors
    words = (error.error.replace("for policy `policy0`, ", "") for error in errors)
    return list(dict.fromkeys(re.sub(r' for Action::"\w+"', "", each) for each in words))
