"""Examples of requests, one an operation that has a JSON body; each is valid by its own schema, which a test holds."""

from __future__ import annotations

from typing import Any

from countenance.http.native.operation import Operation

JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQ=="
"""The beginning of a photograph."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "make_gallery": {"name": "registry", "keep": "none", "metadata": {"unit": "tracing"}},
    "update_gallery": {"metadata": {"unit": "tracing", "old": None}},
    "make_subject": {"name": "Ada", "metadata": {"born": "1815"}},
    "update_subject": {"name": "Ada King", "metadata": {"born": None}},
    "report_subject": {"recipient": "Ada King, in person"},
    "add_reference": {"image": JPEG, "faces": "largest"},
    "update_reference": {"metadata": {"taken": "1843"}},
    "enrol_picture": {"image": JPEG, "subject": "Ada", "metadata": {"born": "1815"}, "duplicates": True},
    "enrol_batch": {
        "images": [{"name": "ada.jpg", "image": JPEG}],
        "items": [{"image": "ada.jpg", "subject": "Ada"}],
    },
    "detect": {"image": JPEG},
    "verify_pictures": {"first": JPEG, "second": JPEG},
    "verify_enrolled": {"image": JPEG},
    "identify_picture": {"image": JPEG, "most": 5, "case": "2026-113", "reason": "Request of the mother"},
    "find_similar_pictures": {"image": JPEG, "images": [{"name": "one.jpg", "image": JPEG}], "every": True},
    "group_pictures": {"images": [{"name": "one.jpg", "image": JPEG}, {"name": "two.jpg", "image": JPEG}]},
    "judge_case": {"finding": "confirmed", "rank": 1, "reason": "The scar above the left brow"},
    "approve": {"purpose": "missing-person", "authority": "guardian-request:case-3", "gallery": "registry"},
    "put_on_file": {
        "authority": "guardian-request:case-3",
        "issuer": "Family tracing office",
        "purposes": ["missing-person"],
        "galleries": ["registry"],
    },
    "create_key": {"name": "Tracing desk", "roles": ["examiner"], "purposes": ["missing-person"]},
    "replace_secret": {"overlap": 3600},
    "make_statement": {"first": "2026-01-01", "last": "2026-01-31"},
}


def example_of(operation: Operation) -> dict[str, Any] | None:
    """The example of its JSON body; None where it needs none."""
    return EXAMPLES.get(operation.name)
