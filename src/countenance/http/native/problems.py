"""Every kind of problem that this dialect tells: its type, status, title and what it means."""

from __future__ import annotations

from enum import Enum

URN = "urn:countenance:problem:"


class Kind(Enum):
    """``(slug, status, title, meaning)``; docs/native.md lists them all and a test holds it to this."""

    BAD_REQUEST = (
        "bad-request",
        400,
        "The request cannot be used",
        "A field, a body or an address that is not as documented.",
    )
    NOT_AUTHENTICATED = (
        "not-authenticated",
        401,
        "A valid key is needed",
        "No key, or one that is unknown, expired or revoked.",
    )
    PURPOSE_REQUIRED = (
        "purpose-required",
        403,
        "A purpose is needed",
        "The key is bound to no purpose, or to several and the request names none.",
    )
    PURPOSE_WIDENED = (
        "purpose-widened",
        403,
        "The key is not bound to that",
        "The request names a purpose or authority beyond the key's own.",
    )
    PURPOSE_DENIED = (
        "purpose-denied",
        403,
        "The charter refuses",
        "Nothing was decoded or compared; `refusal` cites the principle, and the refusal is in the log.",
    )
    ROLE_REQUIRED = ("role-required", 403, "The key has no such role", "The key was not made for this.")
    UNKNOWN_NAME = (
        "unknown-name",
        404,
        "There is nothing of this name",
        "Unknown, erased, or not this key's: all told alike.",
    )
    NO_ROUTE = ("no-route", 404, "There is no such address", "The path is none of this interface.")
    METHOD = ("method-not-allowed", 405, "Not by this method", "`Allow` says which ones.")
    TOO_SLOW = ("too-slow", 408, "The body did not arrive in time", "Nothing was done; send it again.")
    NAME_TAKEN = ("name-taken", 409, "There is one of this name", "Choose another name.")
    SHOWN_ONCE = (
        "shown-once",
        409,
        "A secret is shown once",
        "This request, sent again, was done the first time; `where` is the key. Rotate it for another secret.",
    )
    RECIPE_MISMATCH = (
        "recipe-mismatch",
        409,
        "Templates of another recipe",
        "The gallery was made with other models; scores across recipes mean nothing.",
    )
    WITHDRAWN = (
        "withdrawn",
        409,
        "This subject withdrew",
        "Whoever withdrew is not enrolled again; `since` is the day. Lifting it takes two keys.",
    )
    NOT_YET = ("not-yet", 409, "Not yet", "The days reach into an epoch that is not closed and published.")
    TOO_LARGE = ("too-large", 413, "The body is too large", "The rest was not read.")
    MEDIA_TYPE = (
        "unsupported-media-type",
        415,
        "Not in this form",
        "The content type is none that this operation takes.",
    )
    NOT_ACQUIRED = (
        "failure-to-acquire",
        422,
        "Nothing to compare",
        "The picture gave no usable face; `failure` has the reason and advice. With a receipt where it was asked for.",
    )
    TOO_MANY = ("too-many-requests", 429, "This key asks too often", "Not begun; `Retry-After` says when to ask again.")
    DEFECT = ("defect", 500, "A defect", "An error of ours; `instance` finds it in the server's log.")
    UNAVAILABLE = (
        "unavailable",
        503,
        "Not now",
        "The machine cannot do it now, or has too much to do. Nothing was compared; ask again later.",
    )

    def __init__(self, slug: str, status: int, title: str, meaning: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title
        self.meaning = meaning

    @property
    def type(self) -> str:
        """The URI of RFC 9457."""
        return URN + self.slug


EVERYWHERE = (
    Kind.BAD_REQUEST,
    Kind.NOT_AUTHENTICATED,
    Kind.PURPOSE_WIDENED,
    Kind.TOO_SLOW,
    Kind.TOO_LARGE,
    Kind.TOO_MANY,
    Kind.DEFECT,
    Kind.UNAVAILABLE,
)
"""What any request with a key may be told."""
OPEN = (Kind.BAD_REQUEST, Kind.DEFECT, Kind.UNAVAILABLE)
"""What a request that needs no key may be told."""
GATED = (Kind.PURPOSE_REQUIRED, Kind.PURPOSE_DENIED)
"""What any act of the gate may be told beside."""
READING = (Kind.PURPOSE_REQUIRED, Kind.ROLE_REQUIRED)
"""What whoever reads names may be told beside."""
