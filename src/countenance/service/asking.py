"""Who asks, for what purpose, on whose authority: the first thing every use-case takes."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.authority import Authority
from countenance.terms.binding import Binding
from countenance.terms.permit import Refusal
from countenance.terms.principal import Principal
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Asking:
    """What a caller says of itself; the policy decides what it is worth.

    ``purpose`` is the caller's own word until the charter's register knows it. ``client`` names the door
    (``command line``); ``reason`` and ``case`` are free text. ``minor``: a face in the pictures is declared a
    minor's. ``binding``: what the caller's key is bound to, beyond which everything is refused; None where it is none
    of a key. All but a registered purpose and class stay sealed.
    """

    principal: Principal
    purpose: str | None
    authority: Authority | None
    client: str = ""
    case: str = ""
    reason: str = ""
    minor: bool = False
    binding: Binding | None = None

    @property
    def purposeful(self) -> bool:
        """Whether a purpose is named that the caller's key is bound to; else the gate refuses whatever is asked."""
        return self.purpose is not None and (self.binding is None or self.binding.may_name(self.purpose))


@dataclass(frozen=True, slots=True)
class Refused:
    """The charter refused; nothing was decoded or compared. The refusal is in the log under ``receipt``."""

    refusal: Refusal
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class NotAcquired:
    """Permitted and recorded, but ``sample`` (its name) gave nothing to compare."""

    failure: FailureToAcquire
    receipt: Receipt
    sample: str = ""
