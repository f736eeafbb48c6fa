"""Embed aligned faces: the one place where templates are made, and only under a receipt that covers the sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from countenance.terms.action import Action
from countenance.terms.errors import ReceiptRefused
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef, digest_of_samples
from countenance.terms.template import Template
from countenance.vision.runtime.session import Session

Pixels = NDArray[np.uint8]

MAKES_TEMPLATES = frozenset({Action.ACQUIRE, Action.ENROL, Action.VERIFY, Action.SEARCH, Action.GROUP, Action.WATCH})
"""The actions for which a template may be made."""


_BATCH = 8
"""Faces embedded at once: more win no time and need memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Recogniser:
    """A recogniser in any runtime. ``share`` is the length of its part of a template, of which the whole is 1."""

    session: Session
    output: str
    batched: bool
    share: float = 1.0
    mirrored: bool = False

    def part(self, batch: Pixels) -> NDArray[np.float32]:
        """A row of length ``share`` for each face of ``batch``."""
        if self.mirrored:
            batch = np.ascontiguousarray(batch[:, :, ::-1])
        size = _BATCH if self.batched else 1
        parts = [batch[at : at + size] for at in range(0, len(batch), size)]
        raw = np.concatenate([self.session.run(part)[self.output] for part in parts])
        length = np.linalg.norm(raw, axis=1, keepdims=True)
        unit = raw / np.maximum(length, np.float32(1e-12))
        return np.asarray(unit * np.float32(self.share), dtype=np.float32)


def side_by_side(first: Recogniser, second: Recogniser, weight: float) -> tuple[Recogniser, Recogniser]:
    """Both with their shares, where the second's part has ``weight`` times the length of the first's."""
    whole = math.hypot(1, weight)
    return replace(first, share=1 / whole), replace(second, share=weight / whole)


class Embedder:
    """One recogniser, or several whose parts of a template stand side by side. Safe to use from several threads.

    It trusts that a receipt's signature was or will be checked by whoever compares; it checks itself that the
    receipt is for an action that makes templates and covers the very samples.
    """

    def __init__(self, recognisers: Sequence[Recogniser], recipe: Recipe) -> None:
        self._recognisers = tuple(recognisers)
        self._recipe = recipe
        self._named: tuple[Sequence[SampleRef], str, frozenset[SampleRef]] = ((), "", frozenset())

    def templates(
        self,
        receipts: Sequence[Receipt],
        crops: Sequence[Pixels],
        refs: Sequence[SampleRef],
        among: Sequence[SampleRef] = (),
    ) -> list[Template]:
        """One template for each aligned face in ``crops``, where ``refs`` says of which face of which sample it is.

        ``receipts`` has one for each face; several faces may have the same. ``among`` are all samples that a receipt
        names, where it names more than this one. Raises ReceiptRefused; then no template was made.
        """
        digest, named = self._set(among)
        for receipt, ref in zip(receipts, refs, strict=True):
            _require(receipt, ref, digest, named)
        batch = np.stack(crops)
        vectors = np.hstack([each.part(batch) for each in self._recognisers])
        return [Template(vector, self._recipe, ref) for vector, ref in zip(vectors, refs, strict=True)]

    def _set(self, among: Sequence[SampleRef]) -> tuple[str, frozenset[SampleRef]]:
        """The digest and the members of a set. A tuple, which nobody can change, is looked through only once."""
        known, digest, named = self._named
        if among is not known or not isinstance(among, tuple):
            digest, named = digest_of_samples(among), frozenset(among)
            self._named = (among, digest, named)
        return digest, named


def _require(receipt: Receipt, ref: SampleRef, digest: str, named: frozenset[SampleRef]) -> None:
    """Raises ReceiptRefused unless ``receipt`` lets a template be made of ``ref``, alone or in a set with a digest."""
    if receipt.action not in MAKES_TEMPLATES:
        raise ReceiptRefused(f"a receipt for {receipt.action.value} makes no template")
    forms = (ref, SampleRef.of(ref.digest, "*"))
    if named:
        covered = digest == receipt.samples and not named.isdisjoint(forms)
    else:
        covered = receipt.samples in {digest_of_samples([form]) for form in forms}
    if not covered:
        raise ReceiptRefused("the receipt does not name this sample")
