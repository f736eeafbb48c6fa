"""What a caller's key was not made for: a purpose or an authority beyond those that it is bound to."""

from __future__ import annotations

from countenance.policy.fields import listed
from countenance.policy.request import Request
from countenance.terms.permit import RefusalReason

Told = tuple[RefusalReason, str, str]
"""Reason, sentence, remedy."""
MOST = 10
"""So many of a key's purposes are named in a sentence."""


def beyond(request: Request) -> Told | None:
    """What stands against the request by its key alone; None where nothing does. No caller's words are in it."""
    binding, purpose = request.binding, request.purpose
    if binding is None:
        return None
    if purpose is None and not binding.purposes:
        return (
            RefusalReason.NO_PURPOSE,
            "This key is bound to no purpose, so it can ask for nothing.",
            "Make one that is: countenance keys create --name NAME --purpose PURPOSE",
        )
    if purpose is None:
        some = listed(binding.purposes[:MOST]) + ("" if len(binding.purposes) <= MOST else " and others")
        return (
            RefusalReason.NO_PURPOSE,
            f"This request names no purpose, or more than one, and its key is bound to {some}.",
            "Say which: by the prefix /p/PURPOSE, the header Countenance-Purpose or the query parameter purpose.",
        )
    if not binding.may_name(purpose):
        return (
            RefusalReason.NOT_BOUND,
            "This key is not bound to the purpose that the request names.",
            "Name one of the key's own purposes, or use a key that is bound to this one.",
        )
    if request.authority is not None and not binding.may_cite(str(request.authority)):
        return (
            RefusalReason.NOT_BOUND,
            "This key may not name the authority that the request names.",
            "Leave the authority out, or use a key that is not bound to one.",
        )
    return None
