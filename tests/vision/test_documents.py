"""docs/quality.md and docs/vision.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from tests.vision.assess.test_components import quality

from countenance.vision.assess import head_pose, inter_eye_distance, margins
from countenance.vision.choice import LEAST_INTER_EYE
from countenance.vision.decode import LIMITS, REDUCED_FROM
from countenance.vision.detect import MOST_FACES
from countenance.vision.scales import LARGEST_SEARCHED, SMALLEST_FACE

DOCS = Path(__file__).parents[2] / "docs"


def test_every_component_is_documented_in_the_order_of_the_answers() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "quality.md").read_text(), re.MULTILINE)
    assert rows == [component.name for component in quality().components]
    assert {head_pose.YAW, inter_eye_distance.NAME, margins.ABOVE} <= set(rows)


def test_the_limits_are_the_stated_ones() -> None:
    text = " ".join((DOCS / "vision.md").read_text().split())
    for said in (
        f"{LIMITS.bytes // 2**20} MiB",
        f"{LIMITS.pixels // 10**6} million pixels",
        f"face of {SMALLEST_FACE} pixels",
        f"up to {LARGEST_SEARCHED / 1e6:.1f} megapixels",
        f"{REDUCED_FROM / 1e6:.0f} megapixels or more",
        f"At most {MOST_FACES} faces",
        f"less than {LEAST_INTER_EYE:.0f} pixels apart",
    ):
        assert said in text, said
