"""Download a file from its public address, going on where a connection broke."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request

from countenance.terms.errors import MissingPart
from countenance.vision.models.intake import CHUNK, Intake
from countenance.vision.models.origin import Address

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""
ATTEMPTS = 4
_PARTIAL = 206  # RFC 9110, 15.3.7


def download_address(address: Address, intake: Intake) -> None:
    """Stream the file into ``intake``; proxies are those of the environment. Raises MissingPart."""
    if urllib.parse.urlsplit(address.url).scheme not in {"https", "http"}:
        raise MissingPart(f"{address.url} is not a web address")
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            _attempt(address.url, intake)
        except urllib.error.HTTPError as error:
            raise MissingPart(f"the server answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            if not intake.received:
                break  # nothing ever came: trying again at once would not help
        else:
            return
    raise MissingPart(f"not reached: {reason}")


def _attempt(url: str, intake: Intake) -> None:
    headers = {"User-Agent": "countenance", "Accept-Encoding": "identity"}
    if intake.received:
        headers["Range"] = f"bytes={intake.received}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        if intake.received and answer.status != _PARTIAL:
            intake.restart()
        while chunk := answer.read(CHUNK):
            intake.take(chunk)
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
