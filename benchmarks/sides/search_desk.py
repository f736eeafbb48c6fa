"""A gallery whose index is filled with given templates, and a log's key that issues receipts for its searches."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.enrolment import EnrolItem
from countenance.gallery.galleries import Galleries
from countenance.gallery.index.index import Index
from countenance.keys.root import make_root_key, read_root_key
from countenance.keys.signing import SigningKey
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import open_database
from countenance.storage.migrate import migrate
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.candidate import SearchResult
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import Sample, SampleRef, digest_of_samples
from countenance.terms.template import Template
from sides.filled import CROP, FACE

ORIGIN = "benchmark.example/log"


class Desk:
    """The real door, ``Galleries.search``: over an index in memory (``fill``), or over what is enrolled."""

    def __init__(self, dimension: int, folder: Path | None = None) -> None:
        """In a ``folder`` that stays, with what is there; or in one that goes."""
        self._folder = tempfile.TemporaryDirectory()
        folder = folder or Path(self._folder.name)
        if not (folder / "root.key").exists():
            make_root_key(folder / "root.key")
        root = read_root_key(f"file:{folder / 'root.key'}")
        self._database = open_database(folder / "galleries.db")
        migrate(self._database)
        self._keys = SubjectKeys.open(folder / "subject-keys.db", root)
        self._key = SigningKey.generate()
        self._numbers = itertools.count()
        self._galleries = Galleries(
            self._database, root, self._keys, self._key.public, ORIGIN, spool=folder, cache=True
        )
        if not self._galleries.list():
            self._galleries.create(self._receipt(Action.MANAGE, [], ""), "benchmark")
        self._gallery = self._galleries.find("benchmark")
        zero = "0" * 64
        self._recipe = Recipe("synthetic", "none", zero, "none", "none", zero, "none", dimension, "none", "f32")
        opened = self._galleries._memory.open(self._gallery.pseudonym)
        opened.space = self._recipe.space
        self.index: Index = opened.index

    def fill(self, vectors: NDArray[np.float32], subjects: NDArray[np.int64], first: int = 0) -> None:
        """Add references; the ids are numbers of 36 digits, so that they sort like the numbers."""
        references = [f"{first + i:036}" for i in range(len(vectors))]
        self.index.extend(references, [f"{subject:036}" for subject in subjects.tolist()], vectors)

    def enrol(self, vectors: NDArray[np.float32], first: int = 0) -> None:
        """Enrol references, two of each subject, as everything comes in; twenty to a receipt."""
        items = []
        for start in range(0, len(vectors), 20):
            samples = [Sample(str(first + start + i).encode(), "") for i in range(len(vectors[start : start + 20]))]
            refs = [SampleRef(sample.digest, "0") for sample in samples]
            receipt = self._receipt(Action.ENROL, refs, self._gallery.pseudonym)
            for at, (sample, ref) in enumerate(zip(samples, refs, strict=True), start=start):
                probe = Probe(FACE, Template(vectors[at].copy(), self._recipe, ref), CROP)
                name = f"n{(first + at) // 2}"
                items.append(EnrolItem(receipt, name, probe, sample, "consent", samples=refs))
        self._galleries.enrol_many(self._gallery, items)

    def probes(self, vectors: NDArray[np.float32]) -> list[tuple[Receipt, Template]]:
        """Each with its receipt, as a log would have given it before the search."""
        made = [self._probe(vector) for vector in vectors]
        return [(self._receipt(Action.SEARCH, [each.sample], self._gallery.pseudonym), each) for each in made]

    def batch(self, vectors: NDArray[np.float32]) -> tuple[Receipt, list[SampleRef], list[Template]]:
        """All under one receipt."""
        made = [self._probe(vector) for vector in vectors]
        samples = [each.sample for each in made]
        return self._receipt(Action.SEARCH, samples, self._gallery.pseudonym), samples, made

    def search(self, asked: tuple[Receipt, Template], k: int, threshold: float | None = None) -> SearchResult:
        """The search itself."""
        return self._galleries.search(*asked, k, threshold)

    def search_many(
        self, asked: tuple[Receipt, list[SampleRef], list[Template]], k: int, threshold: float | None = None
    ) -> tuple[SearchResult, ...]:
        """The search for several at once."""
        return self._galleries.search_many(*asked, k, threshold)

    def close(self) -> None:
        """Forget everything."""
        self._galleries.close()
        self._database.close()
        self._keys.close()
        self._folder.cleanup()

    def _probe(self, vector: NDArray[np.float32]) -> Template:
        sample = SampleRef(hashlib.sha256(str(next(self._numbers)).encode()).hexdigest(), "0")
        return Template(vector.copy(), self._recipe, sample)

    def _receipt(self, action: Action, samples: Sequence[SampleRef], gallery: str) -> Receipt:
        entry = f"entry-{next(self._numbers)}"
        made = Receipt(
            log=ORIGIN,
            entry=entry,
            leaf=hashlib.sha256(entry.encode()).hexdigest(),
            epoch=1,
            action=action,
            gallery=gallery,
            samples=digest_of_samples(samples),
            bound=len(samples),
            session=self._galleries.session if hasattr(self, "_galleries") else "",
        )
        return replace(made, signature=self._key.sign(made.signed_bytes()).hex())
