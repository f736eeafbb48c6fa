"""The galleries: the door of this room."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from countenance.gallery.admission import Admission, ways_to_name
from countenance.gallery.batches import Batches
from countenance.gallery.cache import Cache
from countenance.gallery.carrying import Carrying
from countenance.gallery.changing import Changes, Changing
from countenance.gallery.checks import Examination, examine
from countenance.gallery.comparing import Comparing
from countenance.gallery.cross_check import CrossCheck
from countenance.gallery.enrol import enrol
from countenance.gallery.enrolment import EnrolItem, Enrolment, EnrolOutcome, NotEnrolled
from countenance.gallery.erase import catch_up, replace_key
from countenance.gallery.faces import Faces
from countenance.gallery.feed import Feed
from countenance.gallery.fit import want_named
from countenance.gallery.found import create, pair
from countenance.gallery.index.row import Row
from countenance.gallery.memory import Memory
from countenance.gallery.other_templates import OtherTemplates
from countenance.gallery.pages import MOST, Pages
from countenance.gallery.queue import Queue
from countenance.gallery.reading import Reading
from countenance.gallery.register import Register
from countenance.gallery.shards.question import Shards
from countenance.gallery.uses import UseGap, Uses
from countenance.gallery.withdrawals import Withdrawals, agree_with_list
from countenance.keys.keyring import Keyring
from countenance.keys.root import RootKey
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.database import Database
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.errors import BrokenMachine, ReceiptRefused, SealBroken
from countenance.terms.gallery import Gallery, Keep, Reference, Subject
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef

_log = logging.getLogger(__name__)


class Galleries(Reading, Comparing):
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
        spool: Path | None = None,
        cache: bool = False,
        shards: Shards | None = None,
    ) -> None:
        """Over a migrated database. Completes what a crash or a restored backup left of erasures.

        ``spool``: a folder in which big galleries keep nameless, encrypted files for as long as this lives.
        ``cache``: keep sealed copies of them below it for the next start; without, none stays that was kept.
        ``shards``: the processes that search them instead of this one.
        """
        self._database = database
        self._keyring = Keyring(root_key, subject_keys)
        self._clock = clock
        pair(database, subject_keys)
        agree_with_list(database, self._keyring)
        self._unfinished = True  # whether an erasure may have begun that did not reach its end
        made_up = self._finish()
        database.scrub()
        self._uses = Uses(database, log_origin)
        admission = Admission(log_public_key, log_origin, self._uses)
        register = Register(database, self._keyring)
        self._pages = Pages(database, self._keyring, register)
        Reading.__init__(self, register, self._pages, self._now)
        kept = None if spool is None else Cache(database, self._keyring, spool / "cache", log_origin)
        if kept is not None:
            kept.sweep(keep=cache)
        memory = Memory(database, self._keyring, register, spool, cache=kept if cache else None)
        Comparing.__init__(self, admission, memory, shards)
        self._feed = Feed(database, self._memory) if database.shared else None
        self._changing = Changing(database, self._keyring, register, admission, self._memory, self._now)
        self.batches = Batches(database, self._keyring, admission, register, self._memory, self._now)
        """What came in together, is published and taken back."""
        self.other_templates = OtherTemplates(database, self._keyring, admission, register, self._memory)
        """What was made anew by another recipe, and by which one the gallery is searched."""
        self.carrying = Carrying(database, self._keyring, admission, self._memory, self._pages)
        """All that there is, for another house."""
        self.withdrawals = Withdrawals(database, self._keyring, admission)
        """Who is kept out, and how they are let in again."""
        self._queue = Queue(self._memory.writing, self._write)
        self.faces = Faces(database, root_key, subject_keys, admission, self._now)
        """The faces that are kept for a while, outside galleries."""
        self.cross_check = CrossCheck(database, self._keyring, self._memory, self)
        """Another implementation's answers, where the store has one."""
        if made_up:
            self.faces.clear()
        self.faces.sweep()

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
        if self._feed is not None:
            self._feed.close()
        if self._shards is not None:
            self._shards.close()
        self._memory.close()
        with self._memory.writing:
            try:
                self._uses.close()
            except BrokenMachine as error:  # then they are a gap, which the next start finds
                _log.warning("unused numbers were not given back: %s", error.what)

    def examine(self, *, deep: bool = False) -> Examination:
        """What a doctor wants to know; ``deep`` also opens everything that is sealed."""
        return examine(self._database, self._keyring, self._memory, deep=deep)

    # -- galleries come and go

    def create(
        self, receipt: Receipt, name: str, keep: Keep = Keep.NONE, metadata: Mapping[str, str] | None = None
    ) -> Gallery:
        """Make a gallery. The receipt: MANAGE, of no gallery and no samples. Raises NameTaken, Malformed."""
        self._admission.check(receipt, Action.MANAGE, "", [()])
        with self._memory.writing:
            return create(
                self._database,
                self._keyring,
                name,
                keep,
                metadata or {},
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
                samples = self._samples_in(gone.id)
                self.faces.forget(samples)
                self._keyring.destroy_gallery(gone.id)
                self._memory.forget(gone.pseudonym, gone.id)
                self._finish()
                self.faces.forget(samples)  # what others kept meanwhile
            return gone

    # -- words

    def change_gallery(self, receipt: Receipt, gallery: Gallery, metadata: Changes) -> Gallery:
        """Set metadata by key; None takes a key out, what is not named stays. The gallery as it is then.

        The receipt of this and the next three: MANAGE, of this gallery and no samples. They raise UnknownName,
        NameTaken, Malformed, ReceiptRefused, Unwritable.
        """
        with self._settled():
            return self._changing.gallery(receipt, gallery.pseudonym, metadata)

    def add_subject(
        self,
        receipt: Receipt,
        gallery: Gallery,
        name: str | None,
        *,
        metadata: Mapping[str, str] | None = None,
        basis: str,
        retain_until: int | None = None,
    ) -> Subject:
        """A subject without references: a name and no face. Without ``name`` it is named like its id."""
        with self._settled():
            return self._changing.add_subject(receipt, gallery.pseudonym, name, metadata or {}, basis, retain_until)

    def change_subject(
        self,
        receipt: Receipt,
        gallery: Gallery,
        subject: str,
        *,
        name: str | None = None,
        metadata: Changes | None = None,
    ) -> Subject:
        """Change the name (the former one is remembered) or metadata of a subject (by id); it as it is then."""
        with self._settled():
            return self._changing.subject(receipt, gallery.pseudonym, subject, name, metadata or {})

    def change_reference(self, receipt: Receipt, gallery: Gallery, reference: str, metadata: Changes) -> Reference:
        """Change the metadata of a reference (by id); it as it is then."""
        with self._settled():
            return self._changing.reference(receipt, gallery.pseudonym, reference, metadata)

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
        about: Mapping[str, str] | None = None,
        by_id: bool = False,
    ) -> EnrolOutcome:
        """Keep a face as a reference of the subject of this name, who is made if need be.

        With ``by_id`` it is the subject of this id, who must be there. ``metadata`` are the subject's and add to
        what is known, ``about`` the reference's.

        The receipt: ENROL, of this gallery and this face of this sample. Durable and found by searches when it
        returns; threads that enrol at the same time share one transaction. Raises Malformed, RecipeMismatch,
        UnknownName, ReceiptRefused, Unwritable.
        """
        item = EnrolItem(
            receipt, subject, probe, sample, basis, retain_until, metadata or {}, about=about or {}, by_id=by_id
        )
        outcome = self.enrol_many(gallery, [item])[0]
        if isinstance(outcome, NotEnrolled):
            raise outcome
        return outcome

    def enrol_many(self, gallery: Gallery, items: Sequence[EnrolItem]) -> tuple[EnrolOutcome | NotEnrolled, ...]:
        """Enrol a batch in one transaction, shared with threads that enrol meanwhile; what came of each, in order.

        Each item brings its own receipt, or several share a set receipt whose list each of them carries. One that
        does not fit raises ReceiptRefused and nothing of the batch is enrolled; a recipe that does not fit or a
        subject who is not there is that item's outcome and keeps no other out.
        """
        if not items:
            return ()
        self._admit_enrolments(gallery, items)
        return tuple(self._queue.enrol(gallery.pseudonym, items))

    def erase(self, receipt: Receipt, gallery: Gallery, subject: str, *, withdraw: bool = False) -> Subject:
        """Erase a subject (by id or name). The receipt: DELETE, of this gallery and no samples.

        When it returns the key is destroyed, rows, pictures and index entries are gone; with ``withdraw`` a tombstone
        keeps names, records and pictures out (see ``tombstones``), without it they can be enrolled again. Where it
        raises after the key is destroyed, the rest is done at the next erasure or start. Returns the subject as it
        was; raises UnknownName.
        """
        self._admission.check(receipt, Action.DELETE, gallery.pseudonym, [()])
        with self._memory.writing:
            place = self._memory.id_of(gallery.pseudonym)
            gone = self._register.subject(place, subject, None)
            key = self._register.key_of(gone.id)
            theirs = self._references_of(place, gone.id)
            samples = {each.sample_digest for each in theirs}
            self._admission.spend(receipt)
            with self._memory.changing(gallery.pseudonym) as copies:
                self._unfinished = True
                self.faces.forget(samples)  # before the key: after a crash nobody could say which samples they were
                if withdraw:
                    here = self._register.by_pseudonym(gallery.pseudonym)
                    self.withdrawals.set_up(here, (gone.name, *gone.former), theirs, key, self._now())
                self._keyring.store.destroy(key)
                self._memory.take_out(gallery.pseudonym, copies, subjects=[gone.id])
                self._finish()
                self.faces.forget(samples)  # what others kept meanwhile
            return gone

    def erase_reference(self, receipt: Receipt, gallery: Gallery, reference: str) -> None:
        """Erase one reference (by id) of a subject who stays, under a new key. The receipt is as for ``erase``."""
        self._admission.check(receipt, Action.DELETE, gallery.pseudonym, [()])
        with self._memory.writing:
            self._finish()
            place = self._memory.id_of(gallery.pseudonym)
            gone = self._register.reference(place, reference, None)
            with self._memory.changing(gallery.pseudonym) as copies:
                self._unfinished = True
                replace_key(
                    self._database,
                    self._keyring,
                    place,
                    reference,
                    admit=lambda: self._admission.spend(receipt),
                )
                self._memory.take_out(gallery.pseudonym, copies, references={reference: gone.subject})
                self._finish()
                self.faces.forget([gone.sample_digest])

    def picture(self, receipt: Receipt, gallery: Gallery, reference: Reference) -> tuple[Keep, bytes] | None:
        """What was kept of a reference's picture: the crop as a .npy file, or the sample's own bytes.

        The receipt: EXPORT, of this gallery and this reference's face and sample.
        """
        named = ways_to_name([SampleRef(reference.sample_digest, reference.face)])
        self._admission.check(receipt, Action.EXPORT, gallery.pseudonym, named)
        self._admission.spend(receipt)
        return self._register.picture(self._memory.id_of(gallery.pseudonym), reference.id)

    # -- inside

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

    def _write(self, pseudonym: str, items: Sequence[EnrolItem]) -> Sequence[EnrolOutcome | NotEnrolled]:
        """The one writer of references; the writing lock is held."""
        self._finish()
        with self._memory.changing(pseudonym) as copies:
            outcomes = enrol(self._database, self._keyring, self._memory.id_of(pseudonym), items, self._now())
            spaces = [outcome.reference.space for outcome in outcomes if isinstance(outcome, Enrolment)]
            for batch, opened in copies.items():
                rows = [
                    Row(outcome.reference.id, outcome.reference.subject, item.probe.template.vector)
                    for item, outcome in zip(items, outcomes, strict=True)
                    if isinstance(outcome, Enrolment) and item.batch == batch
                ]
                opened.index.add(rows, self._memory.changes(pseudonym))
                opened.space = opened.space or next(iter(spaces), None)
        return outcomes

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """The writing lock, with nothing outstanding."""
        with self._memory.writing:
            self._finish()
            yield

    def _references_of(self, place: str, subject: str) -> tuple[Reference, ...]:
        """A subject's references. What does not open any more keeps nobody from being erased."""
        try:
            return self._register.references(place, subject, None)
        except SealBroken:
            self.faces.clear()
            return ()

    def _samples_in(self, place: str) -> set[str]:
        """The samples of all references of a gallery; none where no face is kept that could be of one."""
        samples: set[str] = set()
        after = ""
        try:
            while self.faces.count() and (page := self._pages.references(place, after, MOST, None)):
                samples |= {each.sample_digest for each in page}
                after = page[-1].id
        except SealBroken:
            self.faces.clear()
        return samples

    def _finish(self) -> int:
        """Complete the erasures that were begun, also by another node; how many. The writing lock is held."""
        if not (self._unfinished or self._database.shared):
            return 0
        made_up = catch_up(self._database, self._keyring)
        self._unfinished = False
        return made_up

    def _now(self) -> int:
        return int(self._clock())
