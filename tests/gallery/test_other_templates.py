"""Other templates: nobody is found by them before the switch, everybody after it, and back; erased like all else."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from tests.gallery.house import DIMENSION, RECIPE, Desk, House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import AlreadyEnrolled
from countenance.gallery.other_templates import Lacking
from countenance.gallery.tables import other_template
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, ReceiptRefused, RecipeMismatch
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

ROOT = Path(__file__).parents[2]
WIDE = DIMENSION * 2
OLD = replace(RECIPE, dimension=DIMENSION)
NEW = replace(RECIPE, name="wide", dimension=WIDE)
"""Another recipe, with more numbers: what the two make is never compared."""


def stocked(house: House, count: int = 4, keep: Keep = Keep.CROP) -> Gallery:
    """Subjects ``s0``, ``s1``… with a face each."""
    gallery = house.gallery(keep=keep)
    house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(count)})
    return gallery


def give(house: House, gallery: Gallery, recipe: Recipe = NEW, most: int = 500) -> int:
    """A template by that recipe for the first few that lack one: of a label's picture the vector of its number."""
    page = house.galleries.other_templates.lacking(gallery, recipe.space, limit=most, pictured=True)
    templates = {
        each.id: Template(vector_of(number(each.sample_digest), recipe.dimension), recipe, ref)
        for each in page
        if (ref := SampleRef(each.sample_digest, each.face))
    }
    samples = tuple(each.sample for each in templates.values())
    receipt = house.receipt(Action.ENROL, samples, gallery=gallery)
    kept = house.galleries.other_templates.pictures(receipt, gallery, samples, list(templates))
    assert kept.keys() == templates.keys()
    return house.galleries.other_templates.keep(receipt, gallery, samples, templates)


def number(digest: str) -> int:
    return next(n for n in range(1000) if sample_of(n).digest == digest)


def switch(house: House, gallery: Gallery, recipe: Recipe = NEW, without: Any = ()) -> Gallery | Lacking:
    receipt = house.receipt(Action.MANAGE, gallery=gallery)
    return house.galleries.other_templates.switch(receipt, gallery, recipe, without)


def find(house: House, gallery: Gallery, seed: int, recipe: Recipe = NEW) -> list[str]:
    """The names of those who look like this face, which is shown in the space of that recipe."""
    probe = probe_of(vector_of(seed, recipe.dimension), sample_of("probe"), recipe=recipe).template
    receipt = house.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
    found = house.galleries.search(receipt, probe, 5, 0.9).candidates
    return [house.galleries.subject_by_id(gallery, each.subject).name for each in found]


def enrol_wide(house: House, gallery: Gallery, seed: int) -> Any:
    sample = sample_of(seed)
    probe = probe_of(vector_of(seed, WIDE), sample, recipe=NEW)
    receipt = house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery)
    return house.galleries.enrol(receipt, gallery, f"s{seed}", probe, sample, basis="consent")


def rows(house: House) -> set[str]:
    """The references that have another template at rest."""
    with house.database.read() as connection:
        return set(connection.execute(select(other_template.c.reference)).scalars())


@pytest.mark.parametrize("in_memory", [False, True])
def test_there_and_back(house: House, in_memory: bool) -> None:
    """Before the switch nothing changes; after it the other recipe finds the same people; back, all is as it was."""
    gallery = stocked(house)
    if in_memory:
        assert find(house, gallery, 1, OLD) == ["s1"]
    assert give(house, gallery) == 4
    assert [find(house, gallery, n, OLD) for n in range(4)] == [[f"s{n}"] for n in range(4)]
    with pytest.raises(RecipeMismatch):
        find(house, gallery, 1)
    for recipe, other in ((NEW, OLD), (OLD, NEW), (NEW, OLD)):
        made = switch(house, gallery, recipe)
        assert isinstance(made, Gallery)
        assert (made.space, made.references) == (recipe.space, 4)
        assert [find(house, gallery, n, recipe) for n in range(4)] == [[f"s{n}"] for n in range(4)]
        with pytest.raises(RecipeMismatch):
            find(house, gallery, 1, other)
        assert house.galleries.examine(deep=True).findings == ()
    house.reopen()
    assert find(house, gallery, 2) == ["s2"]


def test_who_comes_between_is_lost_to_neither_side(house: House) -> None:
    """The switch says whom it would leave behind and does nothing; named, they are out of searches, and no more."""
    gallery = stocked(house)
    assert find(house, gallery, 0, OLD) == ["s0"]
    give(house, gallery)
    late = house.enrol(gallery, "s7", vector_of(7), sample_of(7)).reference
    assert switch(house, gallery) == Lacking((late.id,))
    assert find(house, gallery, 7, OLD) == ["s7"]
    assert isinstance(switch(house, gallery, without=[late.id]), Gallery)
    assert (find(house, gallery, 7), find(house, gallery, 1)) == ([], ["s1"])
    assert [each.id for each in house.galleries.references_page(gallery, "", 99)].count(late.id) == 1
    assert house.galleries.other_templates.compared(gallery, [late.id]) == set()
    new = enrol_wide(house, gallery, 8).reference
    with pytest.raises(RecipeMismatch):
        house.enrol(gallery, "s9", vector_of(9), sample_of(9))
    assert isinstance(house.enrol(gallery, "s7", vector_of(7), sample_of(7)), AlreadyEnrolled)
    assert find(house, gallery, 8) == ["s8"]
    assert give(house, gallery) == 1  # it is found as soon as it has one
    assert find(house, gallery, 7) == ["s7"]
    assert switch(house, gallery, OLD) == Lacking((new.id,))
    assert isinstance(switch(house, gallery, OLD, [new.id]), Gallery)
    assert [find(house, gallery, n, OLD) for n in (7, 8)] == [["s7"], []]
    assert give(house, gallery, OLD) == 1
    assert find(house, gallery, 8, OLD) == ["s8"]
    assert house.galleries.examine(deep=True).findings == ()


def test_those_without_a_picture_are_named(house: House) -> None:
    """Where nothing was kept nothing can be made; who is left out by name alone is left out."""
    gallery = stocked(house, keep=Keep.NONE)
    assert give(house, gallery) == 0
    ids = [each.id for each in house.galleries.other_templates.lacking(gallery, NEW.space)]
    assert ids == sorted(each.id for each in house.galleries.references_page(gallery, "", 99))
    assert switch(house, gallery, without=ids[1:]) == Lacking((ids[0],))
    assert isinstance(switch(house, gallery, without=ids), Gallery)
    assert find(house, gallery, 1) == []


@pytest.mark.parametrize("switched", [False, True])
def test_what_is_erased_between_is_erased_on_both_sides(house: House, switched: bool) -> None:
    """A subject with both templates of each reference; one reference, whose siblings' both are sealed anew."""
    gallery = stocked(house)
    gone = house.enrol(gallery, "s1", vector_of(11), sample_of(11)).reference
    give(house, gallery)
    if switched:
        switch(house, gallery)
        assert find(house, gallery, 11) == ["s1"]
    house.erase(gallery, "s0")
    receipt = house.receipt(Action.DELETE, gallery=gallery)
    house.galleries.erase_reference(receipt, gallery, gone.id)
    left = {each.id for each in house.galleries.references_page(gallery, "", 99)}
    assert len(left) == 3
    assert rows(house) == left
    for recipe in (OLD, NEW, OLD) if switched else (NEW, OLD):
        switch(house, gallery, recipe)
        assert [find(house, gallery, n, recipe) for n in (0, 1, 11)] == [[], ["s1"], []]
        assert house.galleries.examine(deep=True).findings == ()
    house.galleries.delete(house.receipt(Action.DELETE, gallery=gallery), gallery.name)
    assert rows(house) == set()


def test_who_is_erased_while_templates_are_made_gets_none(house: House) -> None:
    """The pictures were read, then somebody left: what was made of theirs is not kept."""
    gallery = stocked(house, 2)
    page = house.galleries.other_templates.lacking(gallery, NEW.space)
    refs = {each.id: SampleRef(each.sample_digest, each.face) for each in page}
    samples = tuple(refs.values())
    receipt = house.receipt(Action.ENROL, samples, gallery=gallery)
    house.erase(gallery, "s0")
    made = {name: Template(vector_of(5, WIDE), NEW, ref) for name, ref in refs.items()}
    assert house.galleries.other_templates.keep(receipt, gallery, samples, made) == 1
    assert rows(house) == {each.id for each in house.galleries.references_page(gallery, "", 99)}


def test_a_staged_picture_is_not_left_behind(house: House) -> None:
    """What nobody sees yet has a template as well, so that it is found when it is published."""
    gallery = stocked(house, 1)
    batch = house.galleries.batches.begin(house.receipt(Action.MANAGE, gallery=gallery), gallery).id
    from tests.gallery.test_batches import stage

    stage(house, gallery, batch, "s5", 5, 5)
    assert give(house, gallery) == 2
    switch(house, gallery)
    assert find(house, gallery, 5) == []
    house.galleries.batches.publish(house.receipt(Action.MANAGE, gallery=gallery), gallery, batch)
    assert find(house, gallery, 5) == ["s5"]


FORGERIES: dict[str, Callable[[House, Any], Any]] = {
    "none": lambda h, r: None,
    "not signed": lambda h, r: replace(r, signature=""),
    "signed by another key": lambda h, r: Desk().sign(r),
    "for another action": lambda h, r: h.desk.sign(replace(r, action=Action.ACQUIRE)),
    "for another gallery": lambda h, r: h.desk.sign(replace(r, gallery="0123456789abcdef")),
    "for other samples": lambda h, r: h.desk.sign(replace(r, samples="0" * 64)),
    "of an earlier run": lambda h, r: h.desk.sign(replace(r, session="0" * 32)),
}


@pytest.mark.parametrize("name", ["pictures", "keep", "switch"])
def test_nothing_happens_without_a_receipt_that_fits(house: House, name: str) -> None:
    """No picture is opened, no template kept, nothing switched; and a receipt is used up once."""
    gallery = stocked(house, 1)
    doors = house.galleries.other_templates
    (one,) = doors.lacking(gallery, NEW.space)
    ref = SampleRef(one.sample_digest, one.face)
    template = Template(vector_of(0, WIDE), NEW, ref)
    acts: dict[str, tuple[Callable[[Any], Any], Action, tuple[SampleRef, ...]]] = {
        "pictures": (lambda r: doors.pictures(r, gallery, (ref,), [one.id]), Action.ENROL, (ref,)),
        "keep": (lambda r: doors.keep(r, gallery, (ref,), {one.id: template}), Action.ENROL, (ref,)),
        "switch": (lambda r: doors.switch(r, gallery, NEW, [one.id]), Action.MANAGE, ()),
    }
    act, action, samples = acts[name]
    for forge in FORGERIES.values():
        with pytest.raises(ReceiptRefused):
            act(forge(house, house.receipt(action, samples, gallery=gallery)))
    assert rows(house) == set()
    assert house.galleries.find(gallery.name).space == OLD.space
    receipt = house.receipt(action, samples, gallery=gallery)
    assert act(receipt)
    if name != "pictures":
        with pytest.raises(ReceiptRefused):
            act(receipt)


def test_a_receipt_opens_no_other_picture_and_keeps_no_other_template(house: House) -> None:
    """References are held against the samples that the receipt names, not against what a caller says they are."""
    gallery = stocked(house, 2)
    doors = house.galleries.other_templates
    one, other = doors.lacking(gallery, NEW.space)
    ref = SampleRef(one.sample_digest, one.face)
    receipt = house.receipt(Action.ENROL, [ref], gallery=gallery)
    assert doors.pictures(receipt, gallery, (ref,), [one.id, other.id]).keys() == {one.id}
    with pytest.raises(Malformed):
        doors.keep(receipt, gallery, (ref,), {other.id: Template(vector_of(0, WIDE), NEW, ref)})
    stray = Template(vector_of(0, WIDE), NEW, SampleRef(other.sample_digest, "0"))
    with pytest.raises(ReceiptRefused):
        doors.keep(house.receipt(Action.ENROL, [ref], gallery=gallery), gallery, (ref,), {other.id: stray})
    wrong = Template(np.zeros(WIDE, np.float32), NEW, ref)
    with pytest.raises(Malformed):
        doors.keep(house.receipt(Action.ENROL, [ref], gallery=gallery), gallery, (ref,), {one.id: wrong})
    assert rows(house) == set()


def test_killed_anywhere_it_goes_on(tmp_path: Path) -> None:
    """Killed again and again while it gives: what was said is there, and the next one does the rest."""
    house = House(tmp_path)
    gallery = stocked(house, 300)
    house.close()
    said = 0
    for seconds in (0.02, 0.05, 0.1):
        with subprocess.Popen(
            [sys.executable, "-c", _GIVING, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            said += sum(int(line) for line in process.stdout if line.endswith("\n"))
    house.open()
    given = len(rows(house))
    assert 0 < said <= given < 300
    while give(house, gallery, most=100):
        pass
    assert isinstance(switch(house, gallery), Gallery)
    assert [find(house, gallery, n) for n in (0, 150, 299)] == [["s0"], ["s150"], ["s299"]]
    assert house.galleries.examine(deep=True).findings == ()
    house.close()


_GIVING = """
import sys
from pathlib import Path
from tests.gallery.house import House
from tests.gallery.test_other_templates import give
house = House(Path(sys.argv[1]))
gallery = house.galleries.find("staff")
print("ready", flush=True)
while given := give(house, gallery, most=1):
    print(given, flush=True)
"""
