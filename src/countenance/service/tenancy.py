"""The names of galleries, inside the house and as a tenant says them; the one place where the two are made."""

from __future__ import annotations

from countenance.terms.errors import UnknownName

DIVIDER = "/"


def inside(tenant: str, name: str) -> str:
    """The full name of a tenant's gallery; the default tenant is "". Raises UnknownName for a name that leads out."""
    if DIVIDER in name:
        raise UnknownName("there is no gallery of this name", where=name[:80])
    return f"{tenant}{DIVIDER}{name}" if tenant else name


def outside(tenant: str, full: str) -> str | None:
    """What the tenant calls the gallery ``full``; None where it is another's."""
    owner, divider, name = full.rpartition(DIVIDER)
    if owner != tenant:
        return None
    return name if divider or not tenant else None
