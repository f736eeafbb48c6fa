"""The public keys of an OIDC issuer: from a file, or fetched from the issuer, kept, and fetched anew in time."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

from countenance.access.issuer import Issuer, safe
from countenance.terms.errors import Malformed, MissingPart

_log = logging.getLogger(__name__)

MAX_BYTES = 1 << 20
TIMEOUT = 10.0
FRESH = 3600.0
"""Seconds after which fetched keys are fetched anew; until that has worked, the old ones go on."""
PAUSE = 60.0
"""Seconds between two fetches at the least, however many unknown keys are named."""


class KeySets:
    """Trusted to give the keys of the issuer and of nobody else. Nobody who asks for them waits for the network.

    Raises MissingPart or Malformed where they cannot be had at the start.
    """

    def __init__(self, issuer: Issuer, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._clock = clock
        self._lock = threading.Lock()
        self._tried = clock()
        self._read_at = self._tried
        self.current: dict[str, Any] = self._read()

    def refresh(self, *, unknown_key: bool = False) -> None:
        """Fetch anew in a thread of its own where it is time, or sooner where a key was named that is not known."""
        if self._issuer.keys:
            return
        with self._lock:
            now = self._clock()
            stale = unknown_key or now - self._read_at > FRESH
            if not stale or now - self._tried < PAUSE:
                return
            self._tried = now
        threading.Thread(target=self._fetch_anew, name="oidc-keys", daemon=True).start()

    def _fetch_anew(self) -> None:
        try:
            self.current = self._read()
        except (MissingPart, Malformed) as error:
            _log.warning("the issuer's keys could not be fetched anew, the old ones go on: %s", error.what)
        else:
            self._read_at = self._clock()

    def _read(self) -> dict[str, Any]:
        if self._issuer.keys:
            try:
                data = Path(self._issuer.keys).read_bytes()
            except OSError as error:
                raise MissingPart(
                    f"the issuer's keys cannot be read: {error.strerror}", where=self._issuer.keys
                ) from error
            return _object(data, self._issuer.keys)
        # OpenID Connect Discovery 1.0, 4: the document lies under the issuer and must name it.
        address = f"{self._issuer.issuer.rstrip('/')}/.well-known/openid-configuration"
        about = _object(_fetched(address), address)
        if about.get("issuer") != self._issuer.issuer:
            raise Malformed("this document speaks of another issuer", where=address)
        keys = about.get("jwks_uri")
        if not isinstance(keys, str) or not safe(keys):
            raise Malformed("this document names no https:// address of keys", where=address)
        return _object(_fetched(keys), keys)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead from an address that is believed to one that is not."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _fetched(address: str) -> bytes:
    try:
        with urllib.request.build_opener(_NoRedirect).open(address, timeout=TIMEOUT) as answer:
            data: bytes = answer.read(MAX_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        raise MissingPart(
            f"the issuer cannot be reached: {error}", where=address, remedy='Or name a file: keys = "…" under [oidc].'
        ) from error
    if len(data) > MAX_BYTES:
        raise Malformed("this answer is too long to be a set of keys", where=address)
    return data


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("this is no JSON", where=where) from error
    if not isinstance(value, dict):
        raise Malformed("this is no JSON object", where=where)
    return value
