"""The operating point that a measurement leaves behind, as the file that a service adopts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from countenance.terms.measured_point import ONE_TO_MANY, ONE_TO_ONE, RATES, RULE, SCHEMA, write_point
from countenance.terms.recipe import Recipe


def point_file(
    report: Mapping[str, Any],
    recipe: Recipe,
    *,
    dataset: str,
    created: str,
    seed: int,
    gallery_size: int | None = None,
) -> bytes | None:
    """The bytes of ``operating-point.json``; None where no threshold could be chosen."""
    told = report["operating_point"]
    if "threshold" not in told:
        return None
    task = ONE_TO_ONE if gallery_size is None else ONE_TO_MANY
    rate, miss = RATES[task].lower(), "fnmr" if task == ONE_TO_ONE else "fnir"
    data, persons = report["data"], told["persons"]
    return write_point(
        {
            "schema": SCHEMA,
            "task": task,
            "recipe": recipe.line,
            "recipe_sha256": recipe.digest,
            "target": {"rate": RATES[task], "value": told["target"], "requested": told["requested"], "rule": RULE},
            "threshold": told["threshold"],
            **({} if gallery_size is None else {"gallery_size": gallery_size}),
            "calibration": {
                "dataset": dataset,
                "sha256": data["sha256"],
                "persons": persons["calibration"],
                **_side(told["calibration"], rate, miss),
            },
            "test": None
            if told["test"] is None
            else {
                "dataset": dataset,
                "sha256": data["sha256"],
                "persons": persons["test"],
                "fta": report["acquisition"]["fta"]["value"],
                **_side(told["test"], rate, miss),
            },
            "groups": [
                {"by": each["by"], "g": row["group"], **{name: row[name] for name in (*each["rates"], "fta")}}
                for each in report["groups"]
                for row in each["groups"]
            ],
            "fmr_curve": report.get("curve", []),
            "created": created,
            "expires_when": ["recipe changes", "data set superseded"],
            "seed": seed,
        }
    )


def _side(rates: Mapping[str, Any], rate: str, miss: str) -> dict[str, Any]:
    first, second = rates[rate], rates[miss]
    return {
        rate: first["value"],
        "ci95": first["ci95"],
        "k": first["k"],
        "trials": first["n"],
        "n_eff": first["n_eff"],
        "method": first["method"],
        miss: second["value"],
        f"ci95_{miss}": second["ci95"],
    }
