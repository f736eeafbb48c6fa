"""A look: by what a picture is known again when it comes in another file."""

from __future__ import annotations

from dataclasses import dataclass

FORM_BITS = 128


@dataclass(frozen=True, slots=True)
class Look:
    """``pixels`` is the SHA-256 (hex) of the decoded picture; ``form`` its perceptual hash of ``FORM_BITS`` bits.

    The same pixels are the same picture in another wrapping. A form changes in few bits when a picture is encoded
    again or resized; of another picture about half the bits differ. Neither says whose face it is.
    """

    pixels: str
    form: int
