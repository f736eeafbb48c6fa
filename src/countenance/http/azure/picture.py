"""The picture of a call: its bytes, or an address where that is allowed."""

from __future__ import annotations

from countenance.http.azure import limits
from countenance.http.azure.call import Body, Call
from countenance.http.azure.faults import (
    bad_argument,
    bad_body,
    image_too_big,
    image_too_small,
    invalid_url,
    unsupported,
)
from countenance.http.azure.url_input import fetch
from countenance.terms.sample import Sample


class Address(Body):
    """The JSON body in place of bytes."""

    url: str | None = None
    sessionImageId: str | None = None  # noqa: N815 - the wire's name


async def picture_of(call: Call) -> Sample:
    """The sample; raises InvalidImageSize, InvalidURL, BadArgument."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    match kind:
        case "application/octet-stream":
            data = await call.bytes()
        case "application/json":
            data = await _fetched(call)
        case _:
            raise bad_argument(
                "The content type is not supported: send bytes as application/octet-stream, or an address as "
                "application/json."
            )
    if len(data) < limits.MIN_IMAGE:
        raise image_too_small()
    if len(data) > limits.MAX_IMAGE:
        raise image_too_big()
    return Sample(data)


async def _fetched(call: Call) -> bytes:
    body = await call.json(Address)
    if body.sessionImageId is not None:
        raise unsupported("Liveness is not measured by this service, so it has no session images.")
    if not body.url:
        raise bad_body("'url' is missing.")
    settings = call.house.settings
    if not settings.url_hosts:
        raise invalid_url(
            "This service does not fetch pictures unless its operator lists hosts in the setting url_hosts; send the "
            "bytes instead, as application/octet-stream."
        )
    return await call.read(fetch, body.url, settings.url_hosts, settings.url_networks)
