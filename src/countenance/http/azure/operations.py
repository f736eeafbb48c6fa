"""The table of all operations that a version of the Azure contract has here."""

from __future__ import annotations

from countenance.http.azure import face_lists, person_groups
from countenance.http.azure.detect import detect
from countenance.http.azure.find_similar import find_similar
from countenance.http.azure.group import group
from countenance.http.azure.identify import identify
from countenance.http.azure.kinds import GROUPS, LISTS
from countenance.http.azure.liveness import refuse
from countenance.http.azure.operation import Operation
from countenance.http.azure.verify import verify
from countenance.http.azure.versions import Version

RECOGNITION = (
    Operation("POST", "/detect", detect),
    Operation("POST", "/verify", verify),
    Operation("POST", "/identify", identify),
    Operation("POST", "/findsimilars", find_similar),
    Operation("POST", "/group", group),
)


def operations(version: Version) -> tuple[Operation, ...]:
    """The same in every version but for the paths of liveness."""
    liveness = (
        Operation(verb, f"{path}{rest}", refuse)
        for path in version.liveness
        for verb, rest in (("POST", ""), ("GET", ""), ("GET", "/{rest:path}"), ("DELETE", "/{rest:path}"))
    )
    groups = (each for kind in GROUPS for each in person_groups.operations(kind))
    lists = (each for kind in LISTS for each in face_lists.operations(kind))
    return (*RECOGNITION, *groups, *lists, *liveness)
