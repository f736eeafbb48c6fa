"""The versions of the Azure interface that are answered, and everything in which they differ here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """``name`` stands in the path. ``nests``: its 403s wrap the code in an ``innererror``. ``liveness``: the paths
    of its sessions, which are answered with a refusal.
    """

    name: str
    nests: bool
    liveness: tuple[str, ...]


V1_0 = Version("v1.0", nests=True, liveness=())
V1_2_PREVIEW = Version(
    "v1.2-preview.1",
    nests=False,
    liveness=("/detectLiveness/singleModal/sessions", "/detectLivenessWithVerify/singleModal/sessions", "/session"),
)
V1_2 = Version(
    "v1.2",
    nests=False,
    liveness=("/detectLiveness-sessions", "/detectLivenessWithVerify-sessions", "/sessionImages"),
)
VERSIONS = (V1_0, V1_2_PREVIEW, V1_2)
