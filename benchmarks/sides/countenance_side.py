"""Countenance: python -m sides.countenance_side CORES PRECISION."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sides.loop import pin, serve

CORES = pin(sys.argv[1])

from countenance.settings import read_settings  # noqa: E402 - after the process is pinned
from countenance.terms.acquisition import FaceChoice, FailureToAcquire  # noqa: E402
from countenance.terms.sample import Sample, SampleRef  # noqa: E402
from countenance.vision.models.store import ModelStore  # noqa: E402
from countenance.vision.vision import open_vision  # noqa: E402
from sides.measured import Measured  # noqa: E402


def main() -> None:
    store = ModelStore(read_settings(None).models)
    vision = open_vision(store, recipe="default", runtime="auto", precision=sys.argv[2], threads=CORES)

    def many(pictures: Sequence[bytes]) -> list[list[float] | None]:
        samples = [Sample(data) for data in pictures]
        refs = [SampleRef(s.digest, "*") for s in samples]
        answers = vision.acquire_many(samples, Measured(refs), FaceChoice.CENTRAL, among=refs)
        return [None if isinstance(a, FailureToAcquire) else a.probe.template.vector.tolist() for _, a in answers]

    serve(many, vision.recipe.line)


if __name__ == "__main__":
    main()
