"""The packages of the extra ``evaluation``, asked for before any work is done."""

from __future__ import annotations

from importlib.util import find_spec

from countenance.terms.errors import MissingPart


def want_parts(*, plots: bool = False) -> None:
    """Raise MissingPart unless SciPy (and with ``plots`` Matplotlib) is installed."""
    for name in ("scipy", "matplotlib") if plots else ("scipy",):
        if find_spec(name) is None:
            raise MissingPart(
                f"measuring error rates needs the package {name}",
                remedy="Install it: pip install 'countenance[evaluation]'",
            )
