"""Where tenants part: the one place in which the full name of a gallery is formed and taken apart."""

from __future__ import annotations

from countenance.terms.errors import UnknownName

_SLASH = "/"


def inside(tenant: str, name: str) -> str:
    """The full name of what callers of ``tenant`` call ``name``: ``tenant/name``; of the default tenant ``name``.

    A slash would reach into another tenant, so that there is no gallery of such a name for anybody: raises
    UnknownName, as for whatever is not there. A gallery of the default tenant that was made with a slash on the
    command line is seen on the command line alone.
    """
    if _SLASH in name:
        raise UnknownName("there is no gallery of this name", where=name[:80])
    return f"{tenant}{_SLASH}{name}" if tenant else name


def outside(tenant: str, full: str) -> str | None:
    """What callers of ``tenant`` call the gallery of the full name ``full``; None where it is another tenant's."""
    name = full.removeprefix(f"{tenant}{_SLASH}") if tenant else full
    return name if tenant_of(full) == tenant and _SLASH not in name else None


def tenant_of(full: str) -> str:
    """Whose gallery this is."""
    whose, slash, _ = full.partition(_SLASH)
    return whose if slash else ""
