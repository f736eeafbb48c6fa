"""Check a charter: every fault, or its matrix, the two promises, remarks, and what a new version newly allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from countenance.policy.charter import Charter
from countenance.policy.difference import Difference, difference
from countenance.policy.fault import Fault, Faulty
from countenance.policy.judge import Judge
from countenance.policy.lint import lint
from countenance.policy.matrix import Cell, matrix
from countenance.policy.properties import Promise, promises
from countenance.policy.read import read_charter


@dataclass(frozen=True, slots=True)
class Checked:
    """A sound charter with all that there is to say of it; ``difference`` where an earlier one was given."""

    charter: Charter
    cells: tuple[Cell, ...]
    promises: tuple[Promise, ...]
    remarks: tuple[Fault, ...]
    difference: Difference | None

    @property
    def kept(self) -> bool:
        """Whether both promises are kept."""
        return all(promise.kept for promise in self.promises)


def check(files: Mapping[str, bytes], earlier: Charter | None = None) -> Checked | Faulty:
    """Check the files of a charter, against the ``earlier`` one where there is one."""
    charter = read_charter(files)
    if isinstance(charter, Faulty):
        return charter
    judge = Judge(charter)
    cells = matrix(judge)
    return Checked(
        charter=charter,
        cells=cells,
        promises=promises(judge),
        remarks=lint(judge, cells),
        difference=None if earlier is None else difference(Judge(earlier), judge),
    )
