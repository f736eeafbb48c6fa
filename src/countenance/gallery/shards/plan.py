"""The plan: how many machines an exact search of so many references takes, by arithmetic alone.

A search reads the coarse codes of all references once, so it takes as long as memory takes to give them; the fine codes
and the templates of the few that are left do not count beside it. What the figures stand on is measured, and documented
in docs/search.md and docs/nodes.md: bytes a reference, and what an ordinary machine's memory gives to two cores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from countenance.terms.errors import Malformed

GATHER_MS = 2.0
"""What asking several machines and putting their answers together takes besides."""
BANDWIDTH = 25.0
"""GB a second that a search reads on two cores of an ordinary machine; a server with many channels has about 200."""
_OWNER, _IDS, _TAG = 4, 72, 16


@dataclass(frozen=True, slots=True)
class Plan:
    """``ms`` is what one search takes; bytes are those of all nodes together, ``node_bytes`` the memory of one.

    ``scanned_bytes`` are read by every search, ``resident_bytes`` lie in memory, ``disk_bytes`` on the nodes' disks,
    where the codes are kept behind the sealed templates.
    """

    references: int
    dimension: int
    nodes: int
    ms: float
    scanned_bytes: int
    resident_bytes: int
    disk_bytes: int
    node_bytes: int


def plan(
    references: int, dimension: int, latency_ms: float, *, bandwidth: float = BANDWIDTH, memory: float | None = None
) -> Plan:
    """The fewest nodes that answer in ``latency_ms``, each reading ``bandwidth`` GB a second.

    ``memory``: GB that a node has for this. Raises Malformed where no number of nodes does it, or senseless figures.
    """
    if references < 1 or not 1 <= dimension <= 4096 or bandwidth <= 0 or latency_ms <= 0:
        raise Malformed("a plan takes at least one reference, 1 to 4096 dimensions, a bandwidth and a latency")
    if memory is not None and memory <= 0:
        raise Malformed("a node needs some memory")
    coarse, fine = dimension // 2 + 1, dimension + 2
    scanned = references * coarse
    resident = references * (coarse + fine + _OWNER)
    alone = scanned / (bandwidth * 1e6)  # milliseconds on one node
    nodes = 1 if memory is None else math.ceil(resident / (memory * 1e9))
    if nodes > 1 or alone > latency_ms:
        if latency_ms <= GATHER_MS:
            raise Malformed(
                f"several nodes need {GATHER_MS:g} ms to put their answers together; one takes {alone:.1f} ms",
                remedy="Allow more time, or name a machine with more memory bandwidth.",
            )
        nodes = max(nodes, 2, math.ceil(alone / (latency_ms - GATHER_MS)))
    return Plan(
        references=references,
        dimension=dimension,
        nodes=nodes,
        ms=alone / nodes + (GATHER_MS if nodes > 1 else 0.0),
        scanned_bytes=scanned,
        resident_bytes=resident,
        disk_bytes=references * (4 * dimension + _IDS + _TAG) + resident,
        node_bytes=math.ceil(resident / nodes),
    )
