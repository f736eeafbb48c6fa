"""What a receipt names of a sample before it is decoded: its digest and which face is meant."""

from __future__ import annotations

from countenance.terms.acquisition import Choice, FaceChoice
from countenance.terms.sample import Sample, SampleRef

MAX_FACES = 100
"""Most faces that one picture may give; the bound of a set receipt for all of them."""


def ref_of(sample: Sample, faces: Choice) -> SampleRef:
    """Faces are counted from the largest, so the only one and the largest are face 0; others are not known yet."""
    return SampleRef.of(sample.digest, 0 if faces in (FaceChoice.ONE, FaceChoice.LARGEST) else "*")


def bound_of(faces: Choice) -> int:
    """How many faces of one picture may be compared."""
    return MAX_FACES if faces is FaceChoice.ALL else 1
