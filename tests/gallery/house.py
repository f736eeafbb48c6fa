"""A gallery over real files, synthetic faces, and a log's key with which tests issue (and forge) receipts."""

from __future__ import annotations

import hashlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from countenance.gallery.enrolment import EnrolItem
from countenance.gallery.galleries import Galleries
from countenance.keys.erasure_list import ErasureList
from countenance.keys.keyring import Keyring
from countenance.keys.root import make_root_key, read_root_key
from countenance.keys.signing import SigningKey
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import Database, open_database
from countenance.storage.migrate import migrate
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.face import Box, Face, Landmarks
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.quality import Quality, QualityComponent
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import Sample, SampleRef, digest_of_samples
from countenance.terms.template import Template

ORIGIN = "test.example/log"
DIMENSION = 16

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where a test that kills or breaks much need not wait for the disk: a killed process leaves the same on either."""

RECIPE = Recipe(
    name="test",
    detector="none",
    detector_sha256="0" * 64,
    alignment="none",
    recogniser="synthetic",
    recogniser_sha256="1" * 64,
    preparation="none",
    dimension=DIMENSION,
    runtime="numpy",
    precision="f32",
)


@dataclass
class Desk:
    """Where receipts are issued: it holds the log's key, as only a log does."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def sign(self, receipt: Receipt) -> Receipt:
        """The same receipt with this desk's signature."""
        return replace(receipt, signature=self.key.sign(receipt.signed_bytes()).hex())

    def issue(
        self,
        session: str,
        action: Action,
        samples: Sequence[SampleRef] = (),
        *,
        gallery: Gallery | None = None,
        bound: int = 0,
    ) -> Receipt:
        """A receipt as a log would give it."""
        entry = f"entry-{next(self.numbers)}"
        receipt = Receipt(
            log=ORIGIN,
            entry=entry,
            leaf=hashlib.sha256(entry.encode()).hexdigest(),
            epoch=1,
            action=action,
            gallery=gallery.pseudonym if gallery else "",
            samples=digest_of_samples(samples),
            bound=bound,
            session=session,
        )
        return self.sign(receipt)


def vector_of(seed: int, dimension: int = DIMENSION) -> np.ndarray:
    """A unit vector that depends on the seed alone."""
    numbers = np.random.default_rng(seed).standard_normal(dimension)
    return (numbers / np.linalg.norm(numbers)).astype(np.float32)


def probe_of(vector: np.ndarray, sample: Sample, face: str = "0", recipe: Recipe = RECIPE) -> Probe:
    """A probe as vision would give it."""
    point = (1.0, 1.0)
    return Probe(
        face=Face(
            Box(0, 0, 10, 10),
            Landmarks(point, point, point, point, point),
            0.9,
            Quality((QualityComponent("Sharpness", 71, 0.7, "1"),)),
        ),
        template=Template(vector, replace(recipe, dimension=len(vector)), SampleRef(sample.digest, face)),
        crop=np.frombuffer(hashlib.sha256(sample.data).digest() * 6, dtype=np.uint8).reshape(8, 8, 3),
    )


def sample_of(label: object) -> Sample:
    """A sample whose bytes depend on the label alone."""
    return Sample(f"picture of {label}".encode(), f"{label}.jpg")


@cache
def _migrated() -> bytes:
    """An empty database at the newest schema: the steps take longer than most tests."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "empty.db"
        database = open_database(path)
        migrate(database)
        database.scrub()
        database.close()
        return path.read_bytes()


@dataclass
class House:
    """One data directory, open. ``reopen`` is what the next process would see."""

    directory: Path
    desk: Desk = field(default_factory=Desk)
    clock: Callable[[], float] = lambda: 1_700_000_000.0
    erasures: ErasureList | None = None
    url: str | None = None
    """A PostgreSQL database, where it is not files that hold it."""
    cached: bool = False
    """Whether big galleries are kept on the disk for the next start."""

    def __post_init__(self) -> None:
        self.root_file = self.directory / "root.key"
        if not self.root_file.exists():
            make_root_key(self.root_file)
        self.open()

    @property
    def database_file(self) -> Path:
        return self.directory / "countenance.db"

    @property
    def keys_file(self) -> Path:
        return self.directory / "keys" / "subject-keys.db"

    def open(self) -> None:
        self.keys_file.parent.mkdir(exist_ok=True)
        root = read_root_key(f"file:{self.root_file}")
        if self.url is None and not self.database_file.exists():
            self.database_file.write_bytes(_migrated())
        self.database: Database = open_database(self.url or self.database_file)
        migrate(self.database)
        self.keys = SubjectKeys.open(self.url or self.keys_file, root, self.erasures)
        self.galleries = Galleries(
            self.database,
            root,
            self.keys,
            self.desk.key.public,
            ORIGIN,
            clock=self.clock,
            spool=self.directory if self.cached else None,
            cache=self.cached,
        )

    def close(self) -> None:
        self.galleries.close()
        self.database.close()
        self.keys.close()

    def keyring(self) -> Keyring:
        """The keys as a repair would open them."""
        return Keyring(read_root_key(f"file:{self.root_file}"), self.keys)

    def reopen(self) -> None:
        self.close()
        self.open()

    def receipt(self, action: Action, samples: Sequence[SampleRef] = (), **more: Any) -> Receipt:
        return self.desk.issue(self.galleries.session, action, samples, **more)

    def gallery(self, name: str = "staff", keep: Keep = Keep.NONE) -> Gallery:
        return self.galleries.create(self.receipt(Action.MANAGE), name, keep)

    def enrol(
        self, gallery: Gallery, subject: str, vector: np.ndarray, sample: Sample, *, face: str = "0", **more: Any
    ) -> Any:
        probe = probe_of(vector, sample, face)
        receipt = self.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
        return self.galleries.enrol(receipt, gallery, subject, probe, sample, **{"basis": "consent", **more})

    def enrol_many(self, gallery: Gallery, faces: Mapping[str, tuple[np.ndarray, Sample]]) -> Any:
        """One face of each subject, all in one transaction."""
        items = []
        for subject, (vector, sample) in faces.items():
            probe = probe_of(vector, sample)
            receipt = self.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
            items.append(EnrolItem(receipt, subject, probe, sample, "consent"))
        return self.galleries.enrol_many(gallery, items)

    def search(
        self, gallery: Gallery, vector: np.ndarray, k: int = 5, threshold: float | None = None, label: object = "probe"
    ) -> Any:
        probe = probe_of(vector, sample_of(label)).template
        receipt = self.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
        return self.galleries.search(receipt, probe, k, threshold)

    def erase(self, gallery: Gallery, subject: str, **more: Any) -> Any:
        return self.galleries.erase(self.receipt(Action.DELETE, gallery=gallery), gallery, subject, **more)
