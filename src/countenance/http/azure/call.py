"""One call of an Azure client: who, the query, the body, and the way into a use-case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from countenance.http.azure import limits
from countenance.http.azure.faults import Fault, bad_argument, bad_body, bad_json, fault_of, not_found
from countenance.http.azure.kinds import Kind
from countenance.http.azure.versions import Version
from countenance.http.edge.body import read_body, read_json
from countenance.http.edge.caller import Caller, caller_of
from countenance.http.edge.threads import run
from countenance.service.asking import Asking
from countenance.service.forget import Basis
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.http.edge.edge import Edge

P = ParamSpec("P")
R = TypeVar("R")
CLIENT = "azure"
"""What the log's sealed detail calls this door."""
READERS = (Action.MANAGE, Action.VERIFY, Action.SEARCH)
"""Who may ask for one of these may read what a gallery says of its persons."""


class Body(BaseModel):
    """A JSON body: what is not known is passed over, as Azure does; nothing is converted from another type."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known."""

    request: Request
    caller: Caller
    house: House
    edge: Edge
    version: Version

    @classmethod
    async def of(cls, request: Request, version: Version) -> Call:
        """Raises what the edge turns away."""
        state = request.app.state
        return cls(request, await caller_of(request), state.house, state.edge, version)

    @property
    def asking(self) -> Asking:
        """What goes first into every use-case."""
        return self.caller.asking(CLIENT)

    @property
    def owner(self) -> str:
        """Whose the faces are that detect keeps: this key's, for this purpose."""
        return self.caller.owner

    @property
    def basis(self) -> Basis:
        """What an erasure is for this key."""
        return Basis.WITHDRAWAL if self.caller.key.deletes_withdraw else Basis.DELETION

    def may_read(self) -> None:
        """Raises where this key has no business with anybody's name: no purpose, or no role that enrols or compares."""
        self.caller.require_purpose()
        if not any(map(self.caller.key.may_ask, READERS)):
            raise Fault(403, "PurposeDenied", "This key has no role that enrols, verifies or searches.")

    def may_acquire(self) -> None:
        """Raises where this key has no business with pictures of people; finding boxes takes no purpose."""
        if not self.caller.within().key.may_ask(Action.ACQUIRE):
            raise Fault(403, "PurposeDenied", "This key has no role that enrols, verifies or searches.")

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A query parameter; None where it was not sent, or sent empty."""
        said = self.request.query_params.getlist(name)
        if len(said) > 1:
            raise bad_argument(f"Argument {name} is repeated.")
        return said[0] or None if said else None

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A query parameter that is true or false."""
        return limits.flag(self.query(name), name, default=default)

    async def json(self, shape: type[B]) -> B:
        """The body in this shape; raises BadArgument."""
        said = await read_json(self.request, limits.MAX_JSON)
        if not isinstance(said, dict):
            raise bad_json()
        try:
            return shape.model_validate(said)
        except ValidationError as error:
            first = error.errors()[0]
            raise bad_body(f"'{'.'.join(map(str, first['loc']))}': {first['msg']}.") from None

    async def bytes(self) -> bytes:
        """The body as it came."""
        return await read_body(self.request)

    async def ask(self, use_case: Callable[Concatenate[Rooms, Asking, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a gated use-case on the server's threads: whatever comes of it."""
        # Bound here: a use-case may have a parameter of the same name as one of ``run``.
        return await run(self.request, partial(use_case, self.house.rooms, self.asking, *args, **kwargs))

    async def act(
        self,
        wanted: type[R],
        use_case: Callable[Concatenate[Rooms, Asking, P], object],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """The same where one outcome is wanted; raises the fault that any other one is."""
        answer = await self.ask(use_case, *args, **kwargs)
        if isinstance(answer, wanted):
            return answer
        raise fault_of(answer)

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that compares and changes nothing on the server's threads."""
        return await run(self.request, function, *args, **kwargs)

    def full_name(self, kind: Kind, said: object, *, managing: bool = True) -> str:
        """The name inside the house of the group with this id; raises where this key can never reach it."""
        name = limits.group_id(kind, said, managing=managing)
        try:
            return self.caller.gallery(name)
        except UnknownName:
            raise not_found(kind, 404 if managing else 400) from None
