"""What the data cannot tell, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def limits(report: Mapping[str, Any]) -> list[str]:
    """Sentences for whoever decides by the report."""
    data, told = report["data"], report["operating_point"]
    said = [
        f"These rates are of {data['images']} pictures of {data['persons']} persons, and of no other pictures.",
        "Other cameras, other light, other ages or other people give other rates.",
        "An interval says how much the rates would move with other persons of the same kind.",
        "It says nothing of wrong labels, of pictures that are too easy, or of people whom the recogniser learnt from.",
        "A score is a similarity and no probability. A rate is of many comparisons and not of the one before you.",
    ]
    if told.get("sentence"):
        said.append(told["sentence"][0].upper() + told["sentence"][1:] + ".")
    if told.get("why_not"):
        said.append(f"No operating point could be chosen: {told['why_not']}.")
    elif told.get("test") is None:
        said.append("There were too few persons to keep some for a test: the threshold was chosen on all of them.")
    if data.get("with_one_image"):
        said.append(f"{data['with_one_image']} persons have one picture: they tell of false matches alone.")
    if report["task"] == "1:N":
        said.append(
            f"The rates hold for this gallery of {data['subjects']} subjects; a larger one names strangers more often."
        )
    if not report["groups"]:
        said.append("No labels were supplied: whether some people are failed more often than others was not measured.")
    else:
        few = [g["by"] for g in report["groups"] if any(g[f"{name}_inequality"]["note"] for name in g["rates"])]
        if few:
            said.append(f"For {', '.join(few)} there are too few errors in some group to compare the groups.")
    if report["suspects"]:
        said.append("Some pairs look mislabelled; they are listed, and are counted as the list labels them.")
    return said
