"""Whatever a caller can show: an API key's secret, or a person's token where an issuer is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from countenance.access.api_key import ApiKey
from countenance.access.api_keys import PREFIX, ApiKeys
from countenance.access.issuer import Issuer

if TYPE_CHECKING:
    from countenance.access.tokens import Tokens


class Credentials:
    """One ``find`` for both; raises MissingPart at the start where an issuer is set and the extra is not there."""

    def __init__(self, api_keys: ApiKeys, issuer: Issuer | None, clock: Callable[[], float]) -> None:
        self._api_keys = api_keys
        self._tokens: Tokens | None = None
        if issuer is not None:
            from countenance.access.tokens import Tokens  # noqa: PLC0415  an extra

            self._tokens = Tokens(issuer, clock)

    def find(self, shown: str) -> ApiKey | None:
        """The key or the person of what was shown, if it is good now."""
        if shown.startswith(PREFIX) or self._tokens is None:
            return self._api_keys.find(shown)
        return self._tokens.find(shown)
