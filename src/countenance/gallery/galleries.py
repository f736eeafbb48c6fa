"""The galleries: the door of this room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from countenance.gallery import kernel
from countenance.gallery.admission import Admission, Admitted, uncovered, ways_to_name
from countenance.gallery.enrol import enrol
from countenance.gallery.enrolment import EnrolItem, Enrolment, EnrolOutcome, check_template
from countenance.gallery.erase import catch_up, replace_key
from countenance.gallery.found import create, pair
from countenance.gallery.grouping import connected
from countenance.gallery.index import Index, Row
from countenance.gallery.load import load
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
from countenance.terms.errors import Malformed, ReceiptRefused, RecipeMismatch, UnknownName
from countenance.terms.gallery import Gallery, Keep, Reference, Subject
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef
from countenance.terms.template import Template


@dataclass(frozen=True, slots=True)
class Comparisons:
    """The scores of one probe with several templates, in their order, and the use count."""

    scores: tuple[float, ...]
    use: int


@dataclass(slots=True)
class _Opened:
    """A gallery whose templates are in memory. ``space`` is None while it is empty."""

    id: str
    space: str | None
    index: Index


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
        catch_up(database, self._keyring, self._now())
        self._uses = Uses(database)
        self._admission = Admission(log_public_key, log_origin, self._uses)
        self._register = Register(database, self._keyring)
        self._writing = threading.RLock()
        self._queue = Queue(self._writing, self._write)
        self._ids: dict[str, str] = {}  # gallery ids by pseudonym, as the database has them
        self._opened: dict[str, _Opened] = {}  # by pseudonym

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
        with self._writing:
            self._uses.close()
            self._opened.clear()

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

    # -- galleries come and go

    def create(self, receipt: Receipt, name: str, keep: Keep = Keep.NONE) -> Gallery:
        """Make a gallery. The receipt: MANAGE, of no gallery and no samples. Raises NameTaken, Malformed."""
        self._admission.check(receipt, Action.MANAGE, "", [()])
        with self._writing:
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
        with self._writing:
            gone = self._register.by_name(name)
            self._admission.check(receipt, Action.DELETE, gone.pseudonym, [()])
            self._admission.spend(receipt)
            with self._changing(gone.pseudonym):
                self._keyring.destroy_gallery(gone.id)
                self._opened.pop(gone.pseudonym, None)
                self._ids.pop(gone.pseudonym, None)
                catch_up(self._database, self._keyring, self._now())
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
        with self._writing:
            return tuple(self._write(gallery.pseudonym, items))

    def erase(self, receipt: Receipt, gallery: Gallery, subject: str) -> Subject:
        """Erase a subject (by id or name). The receipt: DELETE, of this gallery and no samples.

        When it returns the key is destroyed, rows, pictures and index entries are gone, and a tombstone stands for
        each sample. Where it raises after the key is destroyed, the rest is done at the next erasure or start.
        Returns the subject as it was; raises UnknownName.
        """
        self._admission.check(receipt, Action.DELETE, gallery.pseudonym, [()])
        with self._writing:
            catch_up(self._database, self._keyring, self._now())
            place = self._id_of(gallery.pseudonym)
            gone = self._register.subject(place, subject)
            key = self._register.key_of(gone.id)
            self._admission.spend(receipt)
            with self._changing(gallery.pseudonym) as opened:
                self._keyring.store.destroy(key)
                if opened is not None:
                    opened.index.remove(subjects=[gone.id])
                catch_up(self._database, self._keyring, self._now())
            return gone

    def erase_reference(self, receipt: Receipt, gallery: Gallery, reference: str) -> None:
        """Erase one reference (by id) of a subject who stays, under a new key. The receipt is as for ``erase``."""
        self._admission.check(receipt, Action.DELETE, gallery.pseudonym, [()])
        with self._writing:
            catch_up(self._database, self._keyring, self._now())
            place = self._id_of(gallery.pseudonym)
            with self._changing(gallery.pseudonym) as opened:
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
                catch_up(self._database, self._keyring, self._now())

    def picture(self, receipt: Receipt, gallery: Gallery, reference: Reference) -> tuple[Keep, bytes] | None:
        """What was kept of a reference's picture: the crop as a .npy file, or the sample's own bytes.

        The receipt: EXPORT, of this gallery and this reference's face and sample.
        """
        named = ways_to_name([SampleRef(reference.sample_digest, reference.face)])
        self._admission.check(receipt, Action.EXPORT, gallery.pseudonym, named)
        self._admission.spend(receipt)
        return self._register.picture(self._id_of(gallery.pseudonym), reference.id)

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
        _want_covered(probes, samples)
        return self._search(receipt, [tuple(samples)], probes, k, threshold)

    def compare(self, receipt: Receipt, a: Template, b: Template) -> ComparisonResult:
        """The score of one pair. The receipt: VERIFY, of no gallery and both faces."""
        _want_one_space([a, b])
        self._admission.check(receipt, Action.VERIFY, "", ways_to_name([a.sample, b.sample]), 1)
        admitted = self._admission.spend(receipt, 1)
        return ComparisonResult(kernel.scores(admitted, a.vector, [b.vector])[0], _use(admitted))

    def compare_many(
        self, receipt: Receipt, samples: Sequence[SampleRef], probe: Template, templates: Sequence[Template]
    ) -> Comparisons:
        """The scores of one probe with each of several templates.

        The receipt: SEARCH, of no gallery, of the set ``samples`` (the probe's too), allowing one comparison each.
        """
        _want_covered([probe, *templates], samples)
        _want_one_space([probe, *templates])
        self._admission.check(receipt, Action.SEARCH, "", [tuple(samples)], len(templates))
        admitted = self._admission.spend(receipt, len(templates))
        scores = kernel.scores(admitted, probe.vector, [t.vector for t in templates])
        return Comparisons(tuple(scores), _use(admitted))

    def verify(self, receipt: Receipt, probe: Template, subject: str) -> ComparisonResult:
        """The probe's best score against the references of one subject (by id): one comparison.

        The receipt: VERIFY, of the subject's gallery and the probe's face. Raises UnknownName, RecipeMismatch.
        """
        check_template(probe)
        checked = self._admission.check(receipt, Action.VERIFY, None, ways_to_name([probe.sample]), 1)
        opened = self._open(checked.gallery)
        _want_space(probe, opened.space)
        admitted = self._admission.spend(checked, 1)
        score = kernel.best_of(admitted, opened.index.snapshot, probe.vector, subject)
        if score is None:
            raise UnknownName("this subject has no reference in this gallery", where=subject)
        return ComparisonResult(score, _use(admitted))

    def group(
        self, receipt: Receipt, samples: Sequence[SampleRef], templates: Sequence[Template], threshold: float
    ) -> GroupResult:
        """Group the positions of ``templates`` by the pairs at or above ``threshold`` (see ``grouping``).

        The receipt: GROUP, of no gallery, of the set ``samples``, allowing all pairs.
        """
        _want_covered(templates, samples)
        _want_one_space(templates)
        pairs = len(templates) * (len(templates) - 1) // 2
        self._admission.check(receipt, Action.GROUP, "", [tuple(samples)], pairs)
        admitted = self._admission.spend(receipt, pairs)
        vectors = np.stack([t.vector for t in templates]) if templates else np.empty((0, 0), dtype=np.float32)
        groups, single = connected(len(templates), kernel.pairs_at_or_above(admitted, vectors, threshold))
        return GroupResult(groups, single, pairs, _use(admitted))

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
            check_template(probe)
        checked = self._admission.check(receipt, Action.SEARCH, None, named, len(probes))
        opened = self._open(checked.gallery)
        for probe in probes:
            _want_space(probe, opened.space)
        admitted = self._admission.spend(checked, len(probes))
        while True:
            removals = opened.index.removals
            snapshot = opened.index.snapshot
            found = kernel.nearest(admitted, snapshot, [p.vector for p in probes], k, threshold)
            now = self._open(checked.gallery)
            if now is opened and opened.index.removals == removals:
                break
            opened = now  # somebody was erased meanwhile, and must not be in an answer given after that
        return tuple(SearchResult(candidates, len(snapshot.owner), _use(admitted)) for candidates in found)

    def _admit_enrolments(self, gallery: Gallery, items: Sequence[EnrolItem]) -> None:
        sets: dict[str, list[EnrolItem]] = {}
        for item in items:
            ref = item.probe.template.sample
            named = [tuple(item.samples)] if item.samples else ways_to_name([ref])
            self._admission.check(item.receipt, Action.ENROL, gallery.pseudonym, named)
            if item.samples:
                _want_covered([item.probe.template], item.samples)
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
        with self._changing(pseudonym) as opened:
            outcomes = enrol(self._database, self._keyring, self._id_of(pseudonym), items, self._now())
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

    @contextmanager
    def _changing(self, pseudonym: str) -> Iterator[_Opened | None]:
        """A change of a gallery, with its index if it is in memory.

        Whatever goes wrong on the way, also an interrupt after the commit: the index is dropped and made again
        from the store, so that the two never differ.
        """
        whole = False
        try:
            yield self._opened.get(pseudonym)
            whole = True
        finally:
            if not whole:
                self._opened.pop(pseudonym, None)

    def _open(self, pseudonym: str) -> _Opened:
        """A gallery's templates in memory, loaded if need be; raises UnknownName, SealBroken."""
        opened = self._opened.get(pseudonym)
        if opened is None:
            with self._writing:  # so that nothing is enrolled between the reading and the keeping
                opened = self._opened.get(pseudonym)
                if opened is None:
                    place = self._register.by_pseudonym(pseudonym)
                    index = load(self._database, self._keyring, place.id)
                    opened = self._opened[pseudonym] = _Opened(place.id, place.space, index)
        return opened

    def _id_of(self, pseudonym: str) -> str:
        """The id that the database has for a pseudonym: a receipt binds to it, whatever a Gallery value says."""
        known = self._ids.get(pseudonym)
        if known is None:
            known = self._ids[pseudonym] = self._register.by_pseudonym(pseudonym).id
        return known

    def _now(self) -> int:
        return int(self._clock())


def _use(admitted: Admitted) -> int:
    if admitted.use is None:
        raise ReceiptRefused("this receipt is for an action that compares nothing")
    return admitted.use


def _want_covered(templates: Sequence[Template], samples: Sequence[SampleRef]) -> None:
    stray = uncovered((t.sample for t in templates), samples)
    if stray is not None:
        raise ReceiptRefused("this receipt does not name every sample that takes part", where=f"sample {stray.digest}")


def _want_one_space(templates: Sequence[Template]) -> None:
    for template in templates:
        check_template(template)
        _want_space(template, templates[0].recipe.space)


def _want_space(template: Template, space: str | None) -> None:
    if space is not None and template.recipe.space != space:
        raise RecipeMismatch(
            "templates of different recipes cannot be compared",
            where=f"recipe {template.recipe.name}",
            remedy="Use the recipe with which the gallery was begun; countenance doctor names it.",
        )
