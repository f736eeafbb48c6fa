"""Who calls, for what purpose, on whose authority: read from the request, narrowed and never widened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.requests import Request

from countenance.access.api_key import ApiKey
from countenance.http.edge.refusals import BadRequest, NotAuthenticated, Overloaded, PurposeRequired, PurposeWidened
from countenance.http.edge.visit import Visit, visit_of
from countenance.service.asking import Asking
from countenance.service.tenancy import inside, outside
from countenance.terms.authority import Authority
from countenance.terms.errors import UnknownName

if TYPE_CHECKING:
    from countenance.http.edge.edge import Edge

KEY_HEADER = "ocp-apim-subscription-key"
PURPOSE_HEADERS = ("countenance-purpose", "x-countenance-purpose")
AUTHORITY_HEADERS = ("countenance-authority", "x-countenance-authority")


@dataclass(frozen=True, slots=True)
class Caller:
    """A valid key and what this request says of itself, whether the key is bound to it or not: the gate refuses.

    ``purpose`` is None where the request and its key leave open which one is meant.
    """

    key: ApiKey
    purpose: str | None
    authority: str | None
    request_id: str
    door: str = ""

    @property
    def owner(self) -> str:
        """To whom kept faces belong: this key for this purpose; without one, nobody's."""
        return f"{self.key.id}/{self.purpose or ''}"

    def gallery(self, name: str) -> str:
        """The full name of the gallery that this caller calls ``name``; raises UnknownName where it is not the key's.

        What the key may not reach is told like what is not there: nobody learns which.
        """
        if self.key.galleries and name not in self.key.galleries:
            raise UnknownName("there is no gallery of this name", where=name[:80])
        return inside(self.key.tenant, name)

    def sees(self, full: str) -> str | None:
        """What this caller calls the gallery ``full``; None where it is another tenant's or not the key's."""
        name = outside(self.key.tenant, full)
        return None if name is None or (self.key.galleries and name not in self.key.galleries) else name

    def asking(self, client: str = "http", *, case: str = "", reason: str = "", minor: bool = False) -> Asking:
        """What every gated use-case takes first; it is refused, and recorded, beyond what the key is bound to.

        ``minor``: the request declares one; a key may declare it for all its requests.
        """
        return Asking(
            principal=self.key.principal,
            purpose=self.purpose,
            authority=None if self.authority is None else Authority.parse(self.authority),
            client=f"{client} {self.door}".rstrip(),
            case=case,
            reason=reason,
            minor=minor or self.key.minors,
            binding=self.key.binding,
        )

    def within(self) -> Caller:
        """This caller, for what passes no gate; raises PurposeWidened (403) beyond what the key is bound to."""
        if self.purpose is not None and not self.key.may_name(self.purpose):
            raise PurposeWidened(
                "this key is not bound to the purpose that the request names",
                remedy="Name one of the key's own purposes, or use a key that is bound to this one.",
            )
        if self.authority not in (None, self.key.authority) and not self.key.may_cite(str(self.authority)):
            raise PurposeWidened(
                "this key may not name the authority that the request names",
                remedy="Leave the authority out, or use a key that is not bound to one.",
            )
        return self

    def require_purpose(self) -> None:
        """For what passes no gate and takes a purpose all the same; raises PurposeRequired, PurposeWidened (403)."""
        if self.within().purpose is None:
            raise PurposeRequired(
                "this key is bound to no purpose, so it can ask for nothing"
                if not self.key.purposes
                else "this request names no purpose, or more than one, and its key is bound to several",
                remedy="Make one that is: countenance keys create --name NAME --purpose PURPOSE"
                if not self.key.purposes
                else "Say which by the endpoint prefix /p/PURPOSE, the header Countenance-Purpose or the query "
                "parameter purpose.",
            )

    def narrowed(self, purpose: str | None, authority: str | None) -> Caller:
        """The same where the body says more; raises BadRequest where it says another authority than the request."""
        caller = self
        if purpose is not None and purpose != self.purpose:
            named = [each for each in (self.purpose, purpose) if each is not None]
            caller = replace(caller, purpose=_one(named, self.key))
        if authority is not None and (said := str(Authority.parse(authority))) != self.authority:
            if self.authority is not None and self.key.may_cite(said):
                raise BadRequest("this request names more than one authority")
            caller = replace(caller, authority=said)
        return caller


async def caller_of(request: Request) -> Caller:
    """The caller; the same at every call for one request.

    Raises NotAuthenticated (401), BadRequest (400), Overloaded (429 by the key's rate or concurrency, 503 where
    the pool is full), all before the body is read. The key's slot is held until the visit is over.
    """
    visit = visit_of(request)
    if visit.caller is not None:
        return visit.caller
    edge: Edge = request.app.state.edge
    key = key_of(request, edge)
    if key is None:
        raise NotAuthenticated
    purpose, authority = _purpose(request, visit, key), _authority(request, key)
    wait = edge.rates.take(key)
    if wait > 0:
        raise Overloaded(wait, of_key=True)
    edge.slots.take(key, visit)
    edge.workers.require_room()
    visit.caller = Caller(key, purpose, authority, visit.request_id, visit.door)
    return visit.caller


def key_of(request: Request, edge: Edge) -> ApiKey | None:
    """The valid key, or person, that a request shows; None without one."""
    secret = _secret(request)
    return None if secret is None else edge.credentials.find(secret)


def _secret(request: Request) -> str | None:
    """The key as it was sent, in one of the two headers, once; else a person's token.

    A token beside a key is passed over: clients of a cloud send both.
    """
    sent = request.headers.getlist(KEY_HEADER)
    tokens: list[str] = []
    for value in request.headers.getlist("authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer":
            (sent if token.strip().startswith("cnt_") else tokens).append(token.strip())
    shown = set(sent or tokens)
    return shown.pop() if len(shown) == 1 else None


def _purpose(request: Request, visit: Visit, key: ApiKey) -> str | None:
    said = _said(request, PURPOSE_HEADERS, "purpose")
    if visit.purpose is not None:
        said.append(visit.purpose)
    if not said:
        return key.purposes[0] if len(key.purposes) == 1 else None
    return _one(said, key)


def _one(said: list[str], key: ApiKey) -> str | None:
    """The purpose that is meant: one that the key is not bound to stands out; of several others none is."""
    beyond = [each for each in said if not key.may_name(each)]
    return beyond[0] if beyond else said[0] if len(set(said)) == 1 else None


def _authority(request: Request, key: ApiKey) -> str | None:
    """The key's own; where the key has none, what the request says, which the charter then judges."""
    said = _said(request, AUTHORITY_HEADERS, "authority")
    if not said:
        return key.authority
    if len(set(said)) > 1:
        raise BadRequest("this request names more than one authority")
    return str(Authority.parse(said[0]))


def _said(request: Request, headers: tuple[str, ...], parameter: str) -> list[str]:
    said = [value for name in headers for value in request.headers.getlist(name)]
    said += request.query_params.getlist(parameter)
    if any(len(value) > 600 for value in said):
        raise BadRequest(f"the {parameter} is too long")
    return said
