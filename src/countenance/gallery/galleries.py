"""The galleries: the door of this room."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from countenance.gallery import kernel
from countenance.gallery.admission import Admission, ways_to_name
from countenance.gallery.checks import Examination, examine
from countenance.gallery.comparisons import Comparisons
from countenance.gallery.enrol import enrol
from countenance.gallery.enrolment import EnrolItem, Enrolment, EnrolOutcome
from countenance.gallery.erase import catch_up, replace_key
from countenance.gallery.fit import want_named, want_one_space, want_space, want_template
from countenance.gallery.found import create, pair
from countenance.gallery.grouping import connected
from countenance.gallery.index import Row
from countenance.gallery.memory import Memory
from countenance.gallery.queue import Queue
from countenance.gallery.register import Register
from countenance.gallery.uses import UseGap, Uses
from countenance.keys.keyring import Keyring
from countenance.keys.root import RootKey
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import Database
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.candidate import ComparisonResult, GroupResult, SearchResult
from countenance.terms.errors import BrokenMachine, Malformed, ReceiptRefused, RecipeMismatch, UnknownName
from countenance.terms.gallery import Gallery, Keep, Reference, Subject
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef
from countenance.terms.template import Template

_log = logging.getLogger(__name__)


class Galleries:
    """References at rest, sealed, and the search over them.

    It trusts the log's public key and nobody else: whatever compares, keeps or removes a template wants a receipt
    that fits, and uses it up. Searches run side by side and beside a writer; writers queue. The database is the
    truth; the index in memory is a copy, made at the first search, equal to the store after every operation.
    """

    def __init__(
        self,
        database: Database,
        root_key: RootKey,
        subject_keys: SubjectKeys,
        log_public_key: bytes,
        log_origin: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Over a migrated database. Completes what a crash or a restored backup left of erasures."""
        self._database = database
        self._keyring = Keyring(root_key, subject_keys)
        self._clock = clock
        pair(database, subject_keys)
        self._unfinished = True  # whether an erasure may have begun that did not reach its end
        self._finish()
        database.scrub()
        self._uses = Uses(database)
        self._admission = Admission(log_public_key, log_origin, self._uses)
        self._register = Register(database, self._keyring)
        self._memory = Memory(database, self._keyring, self._register)
        self._queue = Queue(self._memory.writing, self._write)

    @property
    def session(self) -> str:
        """The nonce that an intent must carry for its receipt to be usable here, now."""
        return self._admission.session

    @property
    def gaps(self) -> tuple[UseGap, ...]:
        """The use numbers that an unorderly end left unknown."""
        return self._uses.gaps

    def close(self) -> None:
        """Give back unused numbers and forget all templates; the database and the key store stay open."""
        with self._memory.writing:
            self._memory.clear()
            try:
                self._uses.close()
            except BrokenMachine as error:  # then they are a gap, which the next start finds
                _log.warning("unused numbers were not given back: %s", error.what)

    # -- what there is; nothing here compares

    def list(self) -> tuple[Gallery, ...]:
        """All galleries, by name."""
        return self._register.galleries()

    def find(self, name: str) -> Gallery:
        """The gallery of this name; raises UnknownName."""
        return self._register.by_name(name)

    def subjects(self, gallery: Gallery) -> tuple[Subject, ...]:
        """A gallery's subjects, by name."""
        return self._register.subjects(gallery.id)

    def subject(self, gallery: Gallery, id_or_name: str) -> Subject:
        """The subject with this id, or else this name; raises UnknownName."""
        return self._register.subject(gallery.id, id_or_name)

    def references(self, gallery: Gallery, subject: str) -> tuple[Reference, ...]:
        """The references of a subject (by id), in the order of enrolment."""
        return self._register.references(gallery.id, subject)

    def enrolled(self, gallery: Gallery, sample_digest: str) -> Subject | None:
        """The subject of whom this sample (SHA-256, hex) is a reference; the first by id where it shows several."""
        return next(iter(self._register.with_sample(gallery.id, sample_digest)), None)

    def overdue(self, gallery: Gallery) -> tuple[Subject, ...]:
        """The subjects whose retention date is reached."""
        return self._register.overdue(gallery.id, self._now())

    def examine(self, *, deep: bool = False) -> Examination:
        """What a doctor wants to know; ``deep`` also opens everything that is sealed."""
        return examine(self._database, self._keyring, self._memory, deep=deep)

    # -- galleries come and go

    def create(self, receipt: Receipt, name: str, keep: Keep = Keep.NONE) -> Gallery:
        """Make a gallery. The receipt: MANAGE, of no gallery and no samples. Raises NameTaken, Malformed."""
        self._admission.check(receipt, Action.MANAGE, "", [()])
        with self._memory.writing:
            return create(
                self._database,
                self._keyring,
                name,
                keep,
                now=self._now(),
                admit=lambda: self._admission.spend(receipt),
            )

    def delete(self, receipt: Receipt, name: str) -> Gallery:
        """Erase a gallery with all its subjects. The receipt: DELETE, of this gallery and no samples.

        Returns the gallery as it was; raises UnknownName.
        """
        with self._memory.writing:
            gone = self._register.by_name(name)
            self._admission.check(receipt, Action.DELETE, gone.pseudonym, [()])
            self._admission.spend(receipt)
            with self._memory.changing(gone.pseudonym):
                self._unfinished = True
                self._keyring.destroy_gallery(gone.id)
                self._memory.forget(gone.pseudonym)
                self._finish()
            return gone

    # -- enrol and erase

    def enrol(
        self,
        receipt: Receipt,
        gallery: Gallery,
        subject: str,
        probe: Probe,
        sample: Sample,
        *,
        basis: str,
        retain_until: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> EnrolOutcome:
        """Keep a face as a reference of the subject of this name, who is made if need be.

        The receipt: ENROL, of this gallery and this face of this sample. Durable and found by searches when it
        returns; threads that enrol at the same time share one transaction. Raises Malformed, RecipeMismatch,
        UnknownName, ReceiptRefused, Unwritable.
        """
        item = EnrolItem(receipt, subject, probe, sample, basis, retain_until, dict(metadata or {}))
        self._admit_enrolments(gallery, [item])
        return self._queue.enrol(gallery.pseudonym, item)

    def enrol_many(self, gallery: Gallery, items: Sequence[EnrolItem]) -> tuple[EnrolOutcome | RecipeMismatch, ...]:
        """Enrol a batch in one transaction; what came of each item, in order.

        Each item brings its own receipt, or several share a set receipt whose list each of them carries. One that
        does not fit raises ReceiptRefused and nothing of the batch is enrolled; a recipe that does not fit is
        that item's outcome and keeps no other out.
        """
        self._admit_enrolments(gallery, items)
        with self._memory.writing:
            return tuple(self._write(gallery.pseudonym, items))

    def erase(self, receipt: Receipt, gallery: Gallery, subject: str) -> Subject:
        """Erase a subject (by id or name). The receipt: DELETE, of this gallery and no samples.

        When it returns the key is destroyed, rows, pictures and index entries are gone, and a tombstone stands for
        each sample. Where it raises after the key is destroyed, the rest is done at the next erasure or start.
        Returns the subject as it was; raises UnknownName.
        """
        self._admission.check(receipt, Action.DELETE, gallery.pseudonym, [()])
        with self._memory.writing:
            place = self._memory.id_of(gallery.pseudonym)
            gone = self._register.subject(place, subject)
            key = self._register.key_of(gone.id)
            self._admission.spend(receipt)
            with self._memory.changing(gallery.pseudonym) as opened:
                self._unfinished = True
                self._keyring.store.destroy(key)
                if opened is not None:
                    opened.index.remove(subjects=[gone.id])
                self._finish()
            return gone

    def erase_reference(self, receipt: Receipt, gallery: Gallery, reference: str) -> None:
        """Erase one reference (by id) of a subject who stays, under a new key. The receipt is as for ``erase``."""
        self._admission.check(receipt, Action.DELETE, gallery.pseudonym, [()])
        with self._memory.writing:
            self._finish()
            place = self._memory.id_of(gallery.pseudonym)
            with self._memory.changing(gallery.pseudonym) as opened:
                self._unfinished = True
                replace_key(
                    self._database,
                    self._keyring,
                    place,
                    reference,
                    now=self._now(),
                    admit=lambda: self._admission.spend(receipt),
                )
                if opened is not None:
                    opened.index.remove(references=[reference])
                self._finish()

    def picture(self, receipt: Receipt, gallery: Gallery, reference: Reference) -> tuple[Keep, bytes] | None:
        """What was kept of a reference's picture: the crop as a .npy file, or the sample's own bytes.

        The receipt: EXPORT, of this gallery and this reference's face and sample.
        """
        named = ways_to_name([SampleRef(reference.sample_digest, reference.face)])
        self._admission.check(receipt, Action.EXPORT, gallery.pseudonym, named)
        self._admission.spend(receipt)
        return self._register.picture(self._memory.id_of(gallery.pseudonym), reference.id)

    # -- compare: each wants a receipt, checks it, uses it up, then calls the kernel

    def search(self, receipt: Receipt, probe: Template, k: int, threshold: float | None) -> SearchResult:
        """The ``k`` best subjects of the receipt's gallery at or above ``threshold`` (inclusive; None for no bar).

        The receipt: SEARCH, of a gallery and the probe's face of its sample. Raises RecipeMismatch, UnknownName.
        """
        return self._search(receipt, ways_to_name([probe.sample]), [probe], k, threshold)[0]

    def search_many(
        self,
        receipt: Receipt,
        samples: Sequence[SampleRef],
        probes: Sequence[Template],
        k: int,
        threshold: float | None,
    ) -> tuple[SearchResult, ...]:
        """Search for several probes under one set receipt, which names ``samples`` and bounds how many probes."""
        want_named(probes, samples)
        return self._search(receipt, [tuple(samples)], probes, k, threshold)

    def compare(self, receipt: Receipt, a: Template, b: Template) -> ComparisonResult:
        """The score of one pair. The receipt: VERIFY, of no gallery and both faces."""
        want_one_space([a, b])
        self._admission.check(receipt, Action.VERIFY, "", ways_to_name([a.sample, b.sample]), 1)
        admitted = self._admission.spend(receipt, 1)
        return ComparisonResult(kernel.scores(admitted, a.vector, [b.vector])[0], admitted.use)

    def compare_many(
        self, receipt: Receipt, samples: Sequence[SampleRef], probe: Template, templates: Sequence[Template]
    ) -> Comparisons:
        """The scores of one probe with each of several templates.

        The receipt: SEARCH, of no gallery, of the set ``samples`` (the probe's too), allowing one comparison each.
        """
        want_named([probe, *templates], samples)
        want_one_space([probe, *templates])
        self._admission.check(receipt, Action.SEARCH, "", [tuple(samples)], len(templates))
        admitted = self._admission.spend(receipt, len(templates))
        scores = kernel.scores(admitted, probe.vector, [t.vector for t in templates])
        return Comparisons(tuple(scores), admitted.use)

    def verify(self, receipt: Receipt, probe: Template, subject: str) -> ComparisonResult:
        """The probe's best score against the references of one subject (by id): one comparison.

        The receipt: VERIFY, of the subject's gallery and the probe's face. Raises UnknownName, RecipeMismatch.
        """
        want_template(probe)
        checked = self._admission.check(receipt, Action.VERIFY, None, ways_to_name([probe.sample]), 1)
        opened = self._memory.open(checked.gallery)
        want_space(probe, opened.space)
        admitted = self._admission.spend(checked, 1)
        score = kernel.best_of(admitted, opened.index.snapshot, probe.vector, subject)
        if score is None:
            raise UnknownName("this subject has no reference in this gallery", where=subject)
        return ComparisonResult(score, admitted.use)

    def group(
        self, receipt: Receipt, samples: Sequence[SampleRef], templates: Sequence[Template], threshold: float
    ) -> GroupResult:
        """Group the positions of ``templates`` by the pairs at or above ``threshold`` (see ``grouping``).

        The receipt: GROUP, of no gallery, of the set ``samples``, allowing all pairs.
        """
        want_named(templates, samples)
        want_one_space(templates)
        pairs = len(templates) * (len(templates) - 1) // 2
        self._admission.check(receipt, Action.GROUP, "", [tuple(samples)], pairs)
        admitted = self._admission.spend(receipt, pairs)
        vectors = np.stack([t.vector for t in templates]) if templates else np.empty((0, 0), dtype=np.float32)
        groups, single = connected(len(templates), kernel.pairs_at_or_above(admitted, vectors, threshold))
        return GroupResult(groups, single, pairs, admitted.use)

    # -- inside

    def _search(
        self,
        receipt: Receipt,
        named: Sequence[Sequence[SampleRef]],
        probes: Sequence[Template],
        k: int,
        threshold: float | None,
    ) -> tuple[SearchResult, ...]:
        if k < 1 or not probes or (threshold is not None and not np.isfinite(threshold)):
            raise Malformed("a search has at least one probe, k of at least 1, and a finite threshold or none")
        for probe in probes:
            want_template(probe)
        checked = self._admission.check(receipt, Action.SEARCH, None, named, len(probes))
        opened = self._memory.open(checked.gallery)
        for probe in probes:
            want_space(probe, opened.space)
        admitted = self._admission.spend(checked, len(probes))
        while True:
            removals = opened.index.removals
            snapshot = opened.index.snapshot
            found = kernel.nearest(admitted, snapshot, [p.vector for p in probes], k, threshold)
            now = self._memory.open(checked.gallery)
            if now is opened and opened.index.removals == removals:
                break
            opened = now  # somebody was erased meanwhile, and must not be in an answer given after that
        return tuple(SearchResult(candidates, len(snapshot.owner), admitted.use) for candidates in found)

    def _admit_enrolments(self, gallery: Gallery, items: Sequence[EnrolItem]) -> None:
        sets: dict[str, list[EnrolItem]] = {}
        for item in items:
            ref = item.probe.template.sample
            named = [tuple(item.samples)] if item.samples else ways_to_name([ref])
            self._admission.check(item.receipt, Action.ENROL, gallery.pseudonym, named)
            if item.samples:
                want_named([item.probe.template], item.samples)
            sets.setdefault(item.receipt.entry, []).append(item)
        for sharing in sets.values():
            if len(sharing) > 1 and not all(item.samples for item in sharing):
                raise ReceiptRefused(
                    "a receipt of one sample enrols one face", where=f"entry {sharing[0].receipt.entry}"
                )
        for sharing in sets.values():
            self._admission.spend(sharing[0].receipt)

    def _write(self, pseudonym: str, items: Sequence[EnrolItem]) -> Sequence[EnrolOutcome | RecipeMismatch]:
        """The one writer of references; the writing lock is held."""
        self._finish()
        with self._memory.changing(pseudonym) as opened:
            outcomes = enrol(self._database, self._keyring, self._memory.id_of(pseudonym), items, self._now())
            if opened is not None:
                rows = [
                    Row(outcome.reference.id, outcome.reference.subject, item.probe.template.vector)
                    for item, outcome in zip(items, outcomes, strict=True)
                    if isinstance(outcome, Enrolment)
                ]
                spaces = [outcome.reference.space for outcome in outcomes if isinstance(outcome, Enrolment)]
                opened.index.add(rows)
                opened.space = opened.space or next(iter(spaces), None)
        return outcomes

    def _finish(self) -> None:
        """Complete the erasures that were begun; the writing lock is held."""
        if self._unfinished:
            catch_up(self._database, self._keyring, self._now())
            self._unfinished = False

    def _now(self) -> int:
        return int(self._clock())
