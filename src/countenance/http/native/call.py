"""One call: who, what was said, and the way into a use-case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar
from urllib.parse import unquote

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from countenance.http.edge.caller import Caller
from countenance.http.edge.refusals import BadRequest
from countenance.http.edge.replay import MOST_ID
from countenance.http.edge.threads import run
from countenance.http.edge.visit import visit_of
from countenance.http.native.form import Form
from countenance.http.native.problem import Objection, tell_outcome
from countenance.http.native.problems import Kind
from countenance.http.native.shapes import dumped
from countenance.http.native.shapes_asked import MOST_CASE, MOST_REASON, Asked
from countenance.service.asking import Asking
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.key_role import KeyRole
from countenance.terms.sample import Sample

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.http.edge.edge import Edge

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Asked)
CLIENT = "native"
"""What the log's sealed detail calls this door."""
READERS = (Action.MANAGE, Action.VERIFY, Action.SEARCH)
"""Who may ask for one of these may read what a gallery says of its subjects."""
IDEMPOTENCY = "idempotency-key"
CASE, REASON, MINOR = "countenance-case", "countenance-reason", "countenance-minor"


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known and whose form is read."""

    request: Request
    caller: Caller
    form: Form
    said: Asked

    @classmethod
    def of(cls, request: Request, caller: Caller, form: Form, said: Asked) -> Call:
        """What the body says of purpose and authority narrows too; raises BadRequest."""
        sent = request.headers
        if IDEMPOTENCY in sent and not 0 < len(sent[IDEMPOTENCY]) <= MOST_ID:
            raise BadRequest(f"{IDEMPOTENCY} has 1 to {MOST_ID} characters")
        more = {
            "case": said.case or _text(sent.get(CASE, ""), MOST_CASE),
            "reason": said.reason or _text(sent.get(REASON, ""), MOST_REASON),
            "minor": said.minor or _flag(sent.get(MINOR, "false")),
        }
        caller = caller.narrowed(said.purpose, said.authority)
        visit_of(request).caller = caller  # the server's own log tells the purpose that was meant
        return cls(request, caller, form, said.model_copy(update=more))

    @property
    def house(self) -> House:
        """The open house."""
        house: House = self.request.app.state.house
        return house

    @property
    def edge(self) -> Edge:
        """The server's edge."""
        edge: Edge = self.request.app.state.edge
        return edge

    @property
    def asking(self) -> Asking:
        """What goes first into every use-case."""
        said = self.said
        return self.caller.asking(CLIENT, case=said.case, reason=said.reason, minor=said.minor)

    def asked(self, model: type[M]) -> M:
        """What was said, as the operation's own model."""
        if not isinstance(self.said, model):
            raise TypeError(f"this operation asks for {type(self.said).__name__}")
        return self.said

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def gallery(self) -> str:
        """The full name of the gallery in the path; raises UnknownName where it is not this key's."""
        return self.caller.gallery(self.path("gallery"))

    def sample(self, name: str = "image") -> Sample:
        """The one picture of this field."""
        return self.form.pictures[name][0]

    def may_read(self) -> None:
        """Raises where this key has no business with anybody's name: no purpose, or no role that enrols or compares."""
        self.caller.require_purpose()
        if not any(map(self.caller.key.may_ask, READERS)):
            raise Objection(Kind.ROLE_REQUIRED, "this key has no role that enrols, verifies or searches")

    def may_acquire(self) -> None:
        """Raises where this key has no business with pictures of people; finding boxes takes no purpose."""
        if not self.caller.within().key.may_ask(Action.ACQUIRE):
            raise Objection(Kind.ROLE_REQUIRED, "this key has no role that enrols, verifies or searches")

    def want_role(self, *roles: KeyRole) -> None:
        """Raises where the key has none of these roles."""
        if not self.caller.within().key.roles & set(roles):
            raise Objection(Kind.ROLE_REQUIRED, f"this is for a key with the role {' or '.join(roles)}")

    def want_default_tenant(self, *roles: KeyRole) -> None:
        """The same; and for another tenant's key what is on file for the default one alone is not there at all."""
        self.want_role(*roles)
        if self.caller.key.tenant:
            raise Objection(Kind.ROLE_REQUIRED, "this is for keys of the default tenant")

    async def ask(self, use_case: Callable[Concatenate[Rooms, Asking, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a gated use-case on the server's threads: whatever comes of it."""
        return await run(self.request, partial(use_case, self.house.rooms, self.asking, *args, **kwargs))

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that compares and changes nothing on the server's threads."""
        return await run(self.request, partial(function, *args, **kwargs))

    def answer(self, shape: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A success."""
        return JSONResponse(dumped(shape), status, headers)

    def otherwise(self, outcome: object) -> Response:
        """The problem that an outcome is where another one was wanted."""
        return tell_outcome(self.request, outcome)

    def address(self, path: str) -> str:
        """The absolute URL of ``path`` within this dialect, as this client reaches it."""
        return self.edge.address(self.request, f"/v1{path}")


def _text(value: str, most: int) -> str:
    """A header's text: percent-encoded UTF-8 where it is not plain ASCII (RFC 3986 section 2.1)."""
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest("a header with text is percent-encoded UTF-8") from error
    if len(text) > most:
        raise BadRequest(f"a header with text has at most {most} characters")
    return text


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise BadRequest(f"{MINOR} is true or false")
    return value == "true"
