"""Whether a charter lets an authority be put on file, and by whom."""

from __future__ import annotations

from countenance.policy.charter import Charter
from countenance.policy.fields import listed
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.permit import AuthorityKind
from countenance.terms.principal import Principal


def objections(charter: Charter, registrar: Principal, record: AuthorityRecord) -> tuple[str, ...]:
    """What stands against registering ``record``, in sentences; none means that it may be put on file."""
    found = []
    roles = charter.roles_of(registrar)
    if not any(charter.roles[role].registers_authorities for role in roles):
        wanted = [role.id for role in charter.roles.values() if role.registers_authorities]
        found.append(f"authorities are registered by principals with the role {listed(wanted)}")
    if record.registrar != registrar.id:
        found.append("an authority is registered in the registrar's own name")
    if record.kind not in charter.classes:
        known = listed(charter.classes)
        found.append(f"the class of authority is not in the charter's register; its classes are {known}")
        return tuple(found)
    takers = {purpose.id for purpose in charter.purposes.values() if record.kind in purpose.classes}
    for name in record.purposes:
        if name not in charter.purposes:
            found.append("a purpose of its scope is not in the charter's register")
        elif name not in takers:
            found.append(f"the purpose {name} takes no authority of the class {record.kind}")
        elif record.principal and AuthorityKind.STANDING not in charter.purposes[name].modes:
            found.append(f"the purpose {name} accepts no standing authority")
    if not takers:
        found.append(f"no purpose takes an authority of the class {record.kind}")
    return tuple(dict.fromkeys(found))
