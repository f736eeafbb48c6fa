"""Person groups, large and small, from one definition: the routes of groups, persons and persons' faces."""

from __future__ import annotations

from countenance.http.azure import galleries, persisted_faces, persons, training
from countenance.http.azure.kinds import Kind
from countenance.http.azure.operation import Operation, over


def operations(kind: Kind) -> tuple[Operation, ...]:
    """Verb, path, and what answers."""
    group, person, face = "/{group}", "/{group}/persons/{person}", "/{group}/persons/{person}/persistedfaces/{face}"
    return over(
        kind,
        ("GET", "", galleries.listed),
        ("PUT", group, galleries.create),
        ("GET", group, galleries.get),
        ("PATCH", group, galleries.update),
        ("DELETE", group, galleries.delete),
        ("POST", "/{group}/train", training.train),
        ("GET", "/{group}/training", training.training),
        ("POST", "/{group}/persons", persons.create),
        ("GET", "/{group}/persons", persons.listed),
        ("GET", person, persons.get),
        ("PATCH", person, persons.update),
        ("DELETE", person, persons.delete),
        ("POST", "/{group}/persons/{person}/persistedfaces", persisted_faces.add),
        ("GET", face, persisted_faces.get),
        ("PATCH", face, persisted_faces.update),
        ("DELETE", face, persisted_faces.delete),
    )
