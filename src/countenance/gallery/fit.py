"""Whether templates fit: each is what its recipe says, all are of one recipe space, a receipt's list names each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from countenance.gallery.admission import uncovered
from countenance.gallery.kernel import NORM_TOLERANCE
from countenance.terms.errors import Malformed, ReceiptRefused, RecipeMismatch
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template


def want_template(template: Template) -> None:
    """Raise Malformed unless the template has its recipe's dimension, finite numbers and length 1."""
    vector = template.vector
    if vector.dtype != np.float32 or vector.shape != (template.recipe.dimension,):
        raise Malformed(
            f"a template of this recipe is {template.recipe.dimension} float32 numbers; "
            f"got {vector.dtype}, shape {vector.shape}"
        )
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if not abs(length - 1) <= NORM_TOLERANCE:  # also where it is not a number
        raise Malformed(f"a template has length 1, this one {length:.6g}")


def want_space(template: Template, space: str | None) -> None:
    """Raise RecipeMismatch unless the template is of ``space`` (None: of any)."""
    if space is not None and template.recipe.space != space:
        raise RecipeMismatch(
            "templates of different recipes cannot be compared",
            where=f"recipe {template.recipe.name}",
            remedy="Make them by one recipe; a gallery's is that of its first enrolment, or of its last switch.",
        )


def want_one_space(templates: Sequence[Template]) -> None:
    """Raise Malformed or RecipeMismatch unless all may be compared with each other."""
    for template in templates:
        want_template(template)
        if template.recipe is not templates[0].recipe:
            want_space(template, templates[0].recipe.space)


def want_named(templates: Iterable[Template], samples: Sequence[SampleRef]) -> None:
    """Raise ReceiptRefused unless the list ``samples`` names the face of every template."""
    stray = uncovered((t.sample for t in templates), samples)
    if stray is not None:
        raise ReceiptRefused("this receipt does not name every sample that takes part", where=f"sample {stray.digest}")
