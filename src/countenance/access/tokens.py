"""OIDC bearer tokens for people: a signed token to the person whom it names (the extra ``oidc``)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from countenance.access.issuer import Issuer, group_of
from countenance.access.key_set import KeySets
from countenance.access.person import Person, person_of
from countenance.terms.errors import Malformed, MissingPart

try:
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet
except ModuleNotFoundError as error:
    raise MissingPart(
        "tokens of people need a package that is not installed",
        where=str(error.name),
        remedy="pip install 'countenance[oidc]'",
    ) from error

_log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""RFC 7518 3.1, the asymmetric ones: a public key is never taken for a shared secret, and never nothing for either."""
MAX_LENGTH = 16_384
LEEWAY = 30
"""Seconds that the issuer's clock may be ahead or behind."""


class Tokens:
    """Trusted to know that the issuer said what a token says; what that permits the charter says.

    ``clock`` gives Unix seconds. Raises MissingPart or Malformed where the issuer's keys cannot be had at the start.
    """

    def __init__(
        self, issuer: Issuer, clock: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._clock = clock
        self._keys = KeySets(issuer, monotonic)
        self._imported = (self._keys.current, self._key_set(self._keys.current))
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    def find(self, token: str) -> Person | None:
        """The person of this token if it is good at this moment, else None: nobody learns which part was wrong.

        Valid under RFC 7519 and OpenID Connect Core 3.1.3.7: signature, issuer, audience, times; and it names a
        group of the settings. A key that is not known yet is fetched meanwhile: the token is good a moment later.
        """
        if len(token) > MAX_LENGTH or not token.isascii():
            return None
        self._keys.refresh()
        try:
            claims = jwt.decode(token, self._current(), algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
            group = group_of(claims, self._issuer)
            return person_of(self._issuer.issuer, claims["sub"], group, int(claims["exp"])) if group else None
        except InvalidKeyIdError:
            self._keys.refresh(unknown_key=True)
            return None
        except (JoseError, Malformed, ValueError, TypeError, OverflowError, RecursionError) as error:
            _log.info("a token was refused: %s", type(error).__name__)
            return None

    def _current(self) -> KeySet:
        """The keys of now; read into the library's form where others came since."""
        source, keys = self._imported
        if source is not self._keys.current:
            source = self._keys.current
            keys = self._key_set(source)
            self._imported = (source, keys)
        return keys

    def _key_set(self, keys: dict[str, Any]) -> KeySet:
        try:
            return KeySet.import_key_set(keys)  # type: ignore[arg-type]  # checked there
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Malformed(
                "these are no public keys (RFC 7517)", where=self._issuer.keys or self._issuer.issuer
            ) from error
