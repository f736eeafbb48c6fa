"""Sealed detail: which fields lie behind the commitment of each kind of entry.

The names of a kind are constant: an absent value is ``null``, or else the number of fields would say what exists.
"""

from __future__ import annotations

INTENT_DETAIL = (
    "approvals",            # how many distinct principals approved
    "approvers",            # who they are
    "authority_expires",    # Unix seconds
    "authority_record",     # id of the registered authority
    "authority_reference",  # the caller's own words
    "authority_text",       # the authority as it was given, registered or not
    "bound",                # the most comparisons that the receipt allows
    "cap",                  # candidates asked for
    "case",
    "client",               # the door: command line, address, device
    "gallery_version",
    "minor",                # whether the subject may be a child
    "policies",             # every deciding policy
    "principal",
    "purpose_text",         # the purpose as it was given, registered or not
    "reason",               # free text of the caller
    "references",           # exact size of the gallery
    "refusal",              # reason, from the closed list
    "roles",
    "samples",              # [[digest, face], ...]
    "sentence",             # of the refusal
    "session",
    "started",              # Unix seconds
    "subject",              # that the act is about, where one was named
)  # fmt: skip

OUTCOME_DETAIL = (
    "candidates",       # [[subject, score], ...]
    "compared",         # how many references were compared
    "count",            # exact number of results
    "ended",            # Unix seconds
    "error",
    "excluded",         # ids of the subjects that the search was not about
    "failure",          # reason of a failure to acquire
    "operating_point",
    "recipe",
    "recipient",        # to whom it was disclosed
    "score",
    "subject",
    "threshold",
    "where",            # {key: value}: about which subjects the search was, by their metadata
)  # fmt: skip

DETAIL = {
    "intent": INTENT_DETAIL,
    "outcome": OUTCOME_DETAIL,
    "review": ("at", "reason", "reviewers"),
    "charter": ("adopted", "governors"),
    "gallery": ("at", "keep", "name", "principal", "references"),
    "batch": ("account", "at", "batch", "principal", "references", "reviewer"),
    "authority": (
        "at", "digest", "expires", "galleries", "issued", "issuer", "principal", "reason", "record", "reference",
        "searches", "standing_for", "subjects",
    ),
    "erasure": ("at", "entries", "fields", "principal", "reason", "subject"),
    "withdrawal": ("at", "principal", "reason", "withdrawal"),
    "hold": ("at", "entries", "principal", "reason"),
    "point": ("at", "principal", "reason"),
    "audit": ("at", "auditor", "entries", "principal", "report"),
    "gap": ("at", "principal", "reason"),
    "epoch": ("closed", "opened", "principal", "reason"),
}  # fmt: skip
"""Field names by kind, sorted. A kind that is not here has no sealed detail and no commitment."""
