"""Why a request is turned away before any use-case: each with its HTTP status, in no dialect's shape yet."""

from __future__ import annotations

import math
from collections.abc import Mapping

from countenance.terms.errors import CountenanceError


class TurnedAway(CountenanceError):
    """Turned away at the edge; nothing was decoded, compared or written. ``headers`` go with the answer."""

    status = 400

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that belong to this answer in every dialect (RFC 9110)."""
        return {}


class NotAuthenticated(TurnedAway):
    """No key, or none that is valid now; the two are told alike."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "this needs a valid key",
            remedy="Send it as `Ocp-Apim-Subscription-Key: cnt_…` or `Authorization: Bearer cnt_…`; "
            "`countenance keys create` makes one.",
        )

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 9110 section 11.6.1."""
        return {"www-authenticate": "Bearer"}


class PurposeRequired(TurnedAway):
    """The key is bound to no purpose, or to several of which none was named."""

    status = 403


class PurposeWidened(TurnedAway):
    """A purpose or authority was named that the key is not bound to: a request narrows, never widens."""

    status = 403


class BadRequest(TurnedAway):
    """The body, a header or the address cannot be used."""


class TooSlow(TurnedAway):
    """The body did not arrive in time."""

    status = 408

    @property
    def headers(self) -> Mapping[str, str]:
        """The rest of the body is not waited for."""
        return {"connection": "close"}


class TooLarge(TurnedAway):
    """The body is larger than this dialect takes."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit

    @property
    def headers(self) -> Mapping[str, str]:
        """The rest of the body is not read."""
        return {"connection": "close"}


class Overloaded(TurnedAway):
    """Too much at once, of this key (429) or of everybody (503); nothing was done. ``retry_after`` in seconds."""

    def __init__(self, retry_after: float, *, of_key: bool) -> None:
        super().__init__(
            "this key asks more often than it may" if of_key else "the service has more to do than it can",
            remedy="Send the request again later; it was not begun.",
        )
        self.retry_after = max(1, math.ceil(retry_after))
        self.status = 429 if of_key else 503

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 9110 section 10.2.3, whole seconds."""
        return {"retry-after": str(self.retry_after)}
