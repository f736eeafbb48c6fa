"""The index in memory equals the store after every operation, whatever the order, restarts and faults included."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.gallery.faults import Fault, faulty
from tests.gallery.house import MEMORY, House, sample_of, vector_of

from countenance.gallery.enrolment import AlreadyEnrolled, Enrolment, Tombstoned
from countenance.terms.action import Action
from countenance.terms.errors import NameTaken, Unwritable
from countenance.terms.gallery import Gallery

NAMES = ["Ada", "Grace", "Mary", "Émilie"]


class Galleries(RuleBasedStateMachine):
    """A model of what must be there, beside the real rooms over real files."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory(dir=MEMORY)
        self.house = House(Path(self.directory.name))
        self.gallery: Gallery = self.house.gallery()
        self.references: dict[int, str] = {}  # the picture's number -> the name of its subject
        self.bare: set[str] = set()  # the names of subjects without references
        self.words: dict[str, str] = {}  # a subject's name -> what its metadata say
        self.withdrawn: set[int | str] = set()
        self.use = 0

    @initialize()
    def begin(self) -> None:
        """Load the empty index, so that every change goes through it."""
        self.find(0)

    def expect(self, outcome: Any, name: str, number: int) -> None:
        """What the model says of an enrolment."""
        if number in self.references:
            assert isinstance(outcome, AlreadyEnrolled)
            assert outcome.name == self.references[number]
        elif number in self.withdrawn or name in self.withdrawn:
            assert isinstance(outcome, Tombstoned)
        else:
            assert isinstance(outcome, Enrolment)
            assert outcome.new_subject == (name not in self.known())
            self.references[number] = name
            self.bare.discard(name)

    def known(self) -> set[str]:
        return {*self.references.values(), *self.bare}

    @rule(name=st.sampled_from(NAMES), number=st.integers(0, 9))
    def enrol(self, name: str, number: int) -> None:
        self.expect(self.house.enrol(self.gallery, name, vector_of(number), sample_of(number)), name, number)

    @rule(numbers=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9), min_size=1))
    def enrol_many(self, numbers: dict[str, int]) -> None:
        faces = {name: (vector_of(number), sample_of(number)) for name, number in numbers.items()}
        outcomes = self.house.enrol_many(self.gallery, faces)
        for (name, number), outcome in zip(numbers.items(), outcomes, strict=True):
            self.expect(outcome, name, number)

    @rule(name=st.sampled_from(NAMES))
    def erase(self, name: str) -> None:
        if name in self.known():
            self.house.erase(self.gallery, name)
            self.forget(name)

    @rule(name=st.sampled_from(NAMES))
    def add_subject(self, name: str) -> None:
        receipt = self.house.receipt(Action.MANAGE, gallery=self.gallery)
        if name in self.known() | self.withdrawn:
            with pytest.raises(NameTaken):
                self.house.galleries.add_subject(receipt, self.gallery, name, basis="consent")
        else:
            self.house.galleries.add_subject(receipt, self.gallery, name, basis="consent")
            self.bare.add(name)

    @rule(name=st.sampled_from(NAMES[:-1]), other=st.sampled_from(NAMES[:-1]), word=st.text(max_size=9))
    def change_subject(self, name: str, other: str, word: str) -> None:
        """Its name and metadata, and those of its references."""
        if name in self.known() and (name == other or other not in self.known()):
            subject = self.house.galleries.subject(self.gallery, name)
            receipt = self.house.receipt(Action.MANAGE, gallery=self.gallery)
            changed = self.house.galleries.change_subject(
                receipt, self.gallery, subject.id, name=other, metadata={"word": word}
            )
            assert (changed.id, changed.name) == (subject.id, other)
            self.references = {n: other if o == name else o for n, o in self.references.items()}
            self.bare = {other if each == name else each for each in self.bare}
            self.words.pop(name, None)
            self.words[other] = word
            for reference in self.house.galleries.references(self.gallery, subject.id):
                receipt = self.house.receipt(Action.MANAGE, gallery=self.gallery)
                self.house.galleries.change_reference(receipt, self.gallery, reference.id, {"word": word})

    @rule(name=st.sampled_from(NAMES), number=st.integers(0, 9))
    def enrol_by_id(self, name: str, number: int) -> None:
        if name in self.known():
            subject = self.house.galleries.subject(self.gallery, name).id
            made = self.house.enrol(self.gallery, subject, vector_of(number), sample_of(number), by_id=True)
            self.expect(made, name, number)

    @rule(word=st.text(max_size=9))
    def change_gallery(self, word: str) -> None:
        receipt = self.house.receipt(Action.MANAGE, gallery=self.gallery)
        changed = self.house.galleries.change_gallery(receipt, self.gallery, {"word": word})
        assert changed.metadata == {"word": word} == self.house.galleries.find("staff").metadata

    @rule()
    def withdraw(self) -> None:
        """One of them alone, so that there remains somebody to enrol."""
        name = NAMES[-1]
        if name in self.known():
            self.house.erase(self.gallery, name, withdraw=True)
            self.withdrawn |= {name, *self.forget(name)}

    def forget(self, name: str) -> set[int]:
        gone = {number for number, owner in self.references.items() if owner == name}
        self.references = {n: o for n, o in self.references.items() if n not in gone}
        self.bare.discard(name)
        self.words.pop(name, None)
        return gone

    @rule(number=st.integers(0, 9))
    def erase_reference(self, number: int) -> None:
        name = self.references.get(number)
        if name is not None:
            subject = self.house.galleries.subject(self.gallery, name)
            (reference,) = [
                r
                for r in self.house.galleries.references(self.gallery, subject.id)
                if r.sample_digest == sample_of(number).digest
            ]
            receipt = self.house.receipt(Action.DELETE, gallery=self.gallery)
            self.house.galleries.erase_reference(receipt, self.gallery, reference.id)
            del self.references[number]
            if name not in self.references.values():
                self.bare.add(name)

    @rule(number=st.integers(0, 9))
    def find(self, number: int) -> None:
        found = self.house.search(self.gallery, vector_of(number), k=10, threshold=0.999)
        names = [self.house.galleries.subject(self.gallery, c.subject).name for c in found.candidates]
        assert names == ([self.references[number]] if number in self.references else [])
        assert found.compared == len(self.references)
        self.use += 1
        assert found.use == self.use

    @rule()
    def restart(self) -> None:
        self.house.reopen()

    @rule(name=st.sampled_from(NAMES), number=st.integers(0, 9), fault=st.sampled_from(list(Fault)))
    def enrol_and_fail(self, name: str, number: int, fault: Fault) -> None:
        """A write that fails: not enrolled; a write that fails though it was kept: enrolled, and found as such."""
        with faulty(self.house.database, fault):
            try:
                self.expect(self.house.enrol(self.gallery, name, vector_of(number), sample_of(number)), name, number)
            except Unwritable:
                # Kept though reported lost, unless it was an outstanding erasure's write that failed first.
                if number not in self.references and self.house.galleries.references_with(
                    self.gallery, [sample_of(number).digest]
                ):
                    assert fault is Fault.KEPT
                    self.references[number] = name
                    self.bare.discard(name)

    @rule(name=st.sampled_from(NAMES), fault=st.sampled_from(list(Fault)))
    def erase_and_fail(self, name: str, fault: Fault) -> None:
        """The key is destroyed before the fault: the subject is gone at once, and the rest follows."""
        if name in self.known():
            with faulty(self.house.database, fault), contextlib.suppress(Unwritable):
                self.house.erase(self.gallery, name)
            self.forget(name)

    @invariant()
    def the_index_equals_the_store(self) -> None:
        examined = self.house.galleries.examine(deep=True)
        assert [f for f in examined.findings if "destroyed" not in f.what] == []  # an erasure may be outstanding
        subjects = self.house.galleries.subjects(self.gallery)
        expected = list(self.references.values())
        assert {s.name: s.references for s in subjects} == {name: expected.count(name) for name in self.known()}
        assert {s.name: s.metadata["word"] for s in subjects if s.metadata} == self.words
        assert sorted(s.id for s in subjects) == [s.id for s in self.house.galleries.subjects_page(self.gallery, "", 9)]
        assert len(self.house.galleries.references_page(self.gallery, "", 99)) == len(expected)

    def teardown(self) -> None:
        self.house.close()
        self.directory.cleanup()


def stories(examples: int, steps: int) -> settings:
    """On real files making a failure smaller takes minutes, so it is shown as it was found."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )


def test_short_stories() -> None:
    """A dozen stories of some twenty steps."""
    run_state_machine_as_test(Galleries, settings=stories(12, 25))


@pytest.mark.soak
def test_long_stories() -> None:
    """The long form."""
    run_state_machine_as_test(Galleries, settings=stories(400, 40))
