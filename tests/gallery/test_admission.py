"""Admission: whatever compares, keeps or removes a template wants a receipt that fits, and uses it up."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.gallery.house import Desk, House, probe_of, sample_of, vector_of

import countenance
from countenance.gallery import admission, kernel
from countenance.gallery.admission import Admission, Admitted
from countenance.gallery.enrolment import EnrolItem
from countenance.gallery.galleries import Galleries
from countenance.gallery.uses import Uses
from countenance.terms.action import Action
from countenance.terms.errors import ReceiptRefused, UnknownName
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef

A, B = probe_of(vector_of(1), sample_of(1)), probe_of(vector_of(2), sample_of(2))
REF_A, REF_B = A.template.sample, B.template.sample
SET = (REF_A, REF_B)

Call = Callable[[House, Gallery, Any], Any]
"""Something that the door does, given a receipt."""

# How each method of the door is called, and the receipt that fits: action, samples, whether of a gallery, bound.
DOOR: dict[str, tuple[Call, Action, tuple[SampleRef, ...], bool, int]] = {
    "create": (lambda h, g, r: h.galleries.create(r, "new", Keep.NONE), Action.MANAGE, (), False, 0),
    "delete": (lambda h, g, r: h.galleries.delete(r, g.name), Action.DELETE, (), True, 0),
    "change_gallery": (lambda h, g, r: h.galleries.change_gallery(r, g, {"k": "v"}), Action.MANAGE, (), True, 0),
    "add_subject": (
        lambda h, g, r: h.galleries.add_subject(r, g, "Eve", basis="consent"),
        Action.MANAGE,
        (),
        True,
        0,
    ),
    "change_subject": (
        lambda h, g, r: h.galleries.change_subject(r, g, reference_of(h, g).subject, metadata={"k": "v"}),
        Action.MANAGE,
        (),
        True,
        0,
    ),
    "change_reference": (
        lambda h, g, r: h.galleries.change_reference(r, g, reference_of(h, g).id, {"k": "v"}),
        Action.MANAGE,
        (),
        True,
        0,
    ),
    "enrol": (
        lambda h, g, r: h.galleries.enrol(r, g, "Eve", A, sample_of(1), basis="consent"),
        Action.ENROL,
        (REF_A,),
        True,
        0,
    ),
    "enrol_many": (
        lambda h, g, r: h.galleries.enrol_many(g, [EnrolItem(r, "Eve", A, sample_of(1), "consent")]),
        Action.ENROL,
        (REF_A,),
        True,
        0,
    ),
    "neighbours": (
        lambda h, g, r: h.galleries.neighbours(r, SET, [reference_of(h, g).id]),
        Action.SEARCH,
        SET,
        True,
        1,
    ),
    "duplicates": (
        lambda h, g, r: h.galleries.duplicates(r, SET, [reference_of(h, g).id], 0.5),
        Action.GROUP,
        SET,
        True,
        1,
    ),
    "erase": (lambda h, g, r: h.galleries.erase(r, g, "Ada"), Action.DELETE, (), True, 0),
    "erase_reference": (
        lambda h, g, r: h.galleries.erase_reference(r, g, reference_of(h, g).id),
        Action.DELETE,
        (),
        True,
        0,
    ),
    "picture": (
        lambda h, g, r: h.galleries.picture(r, g, reference_of(h, g)),
        Action.EXPORT,
        (SampleRef(sample_of("Ada").digest, "0"),),
        True,
        0,
    ),
    "search": (lambda h, g, r: h.galleries.search(r, A.template, 1, None), Action.SEARCH, (REF_A,), True, 1),
    "search_many": (
        lambda h, g, r: h.galleries.search_many(r, SET, [A.template, B.template], 1, None),
        Action.SEARCH,
        SET,
        True,
        2,
    ),
    "compare": (lambda h, g, r: h.galleries.compare(r, A.template, B.template), Action.VERIFY, SET, False, 1),
    "compare_many": (
        lambda h, g, r: h.galleries.compare_many(r, SET, A.template, [A.template, B.template]),
        Action.SEARCH,
        SET,
        False,
        2,
    ),
    "verify": (
        lambda h, g, r: h.galleries.verify(r, A.template, reference_of(h, g).subject),
        Action.VERIFY,
        (REF_A,),
        True,
        1,
    ),
    "group": (
        lambda h, g, r: h.galleries.group(r, SET, [A.template, B.template], 0.5),
        Action.GROUP,
        SET,
        False,
        1,
    ),
    "trials": (
        lambda h, g, r: h.galleries.trials(r, SET, [A.template, B.template], np.asarray([[0, 1]], dtype=np.int64)),
        Action.GROUP,
        SET,
        False,
        1,
    ),
}

# What reads, and takes no receipt.
READING: dict[str, Call] = {
    "list": lambda h, g, r: h.galleries.list(),
    "find": lambda h, g, r: h.galleries.find(g.name),
    "subjects": lambda h, g, r: h.galleries.subjects(g),
    "subject": lambda h, g, r: h.galleries.subject(g, "Ada"),
    "references": lambda h, g, r: h.galleries.references(g, reference_of(h, g).subject),
    "reference": lambda h, g, r: h.galleries.reference(g, reference_of(h, g).id),
    "references_there": lambda h, g, r: h.galleries.references_there(g, [reference_of(h, g).id]),
    "references_among": lambda h, g, r: h.galleries.references_among(g, [reference_of(h, g).id]),
    "reference_ids": lambda h, g, r: h.galleries.reference_ids(g, [reference_of(h, g).subject]),
    "page": lambda h, g, r: h.galleries.page("", 9),
    "subjects_page": lambda h, g, r: h.galleries.subjects_page(g, "", 9),
    "subjects_saying": lambda h, g, r: h.galleries.subjects_saying(g, {"unit": "north"}),
    "references_page": lambda h, g, r: h.galleries.references_page(g, "", 9),
    "subject_by_id": lambda h, g, r: h.galleries.subject_by_id(g, reference_of(h, g).subject),
    "names": lambda h, g, r: h.galleries.names(g, [reference_of(h, g).subject, "nobody"]),
    "subjects_named": lambda h, g, r: h.galleries.subjects_named(g, ["Ada", "nobody"]),
    "references_with": lambda h, g, r: h.galleries.references_with(g, [sample_of("Ada").digest]),
    "overdue": lambda h, g, r: h.galleries.overdue(g),
    "examine": lambda h, g, r: h.galleries.examine(deep=True),
    "close": lambda h, g, r: h.galleries.close(),
}


def reference_of(house: House, gallery: Gallery) -> Any:
    return house.galleries.references(gallery, house.galleries.subject(gallery, "Ada").id)[0]


def fitting(house: House, gallery: Gallery, name: str, /, **other: Any) -> Receipt:
    _, action, samples, of_gallery, bound = DOOR[name]
    receipt = house.receipt(action, samples, gallery=gallery if of_gallery else None, bound=bound)
    return house.desk.sign(replace(receipt, **other))


@pytest.fixture
def stocked(house: House) -> tuple[House, Gallery]:
    """A gallery with one subject."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(7), sample_of("Ada"))
    return house, gallery


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernel's functions that ran: a spy that lets them do their work."""
    ran: list[str] = []
    for name in kernel_functions():
        function = getattr(kernel, name)

        def spy(*arguments: Any, _name: str = name, _function: Any = function) -> Any:
            ran.append(_name)
            return _function(*arguments)

        monkeypatch.setattr(kernel, name, spy)
    return ran


def kernel_functions() -> list[str]:
    return [
        name
        for name, value in vars(kernel).items()
        if inspect.isfunction(value) and value.__module__ == kernel.__name__ and not name.startswith("_")
        and name != "margin"
    ]  # fmt: skip


def fingerprint(house: House) -> Any:
    """All that an act could have changed."""
    return [
        (g, house.galleries.subjects(g), [house.galleries.references(g, s.id) for s in house.galleries.subjects(g)])
        for g in house.galleries.list()
    ]


def test_the_whole_door_is_walked() -> None:
    """Every public method is in one of the two tables here; what takes a receipt takes it first."""
    public = {n for n, f in inspect.getmembers(Galleries, inspect.isfunction) if not n.startswith("_")}
    assert public == DOOR.keys() | READING.keys()
    for name in public:
        parameters = list(inspect.signature(getattr(Galleries, name)).parameters.values())[1:]
        takes = any("Receipt" in str(p.annotation) or "EnrolItem" in str(p.annotation) for p in parameters)
        assert takes == (name in DOOR), name
        if takes and name != "enrol_many":  # whose items carry theirs
            assert parameters[0].name == "receipt"


FORGERIES: dict[str, Callable[[House, Gallery, str], Any]] = {
    "no receipt at all": lambda h, g, n: None,
    "its fields in a dictionary": lambda h, g, n: fitting(h, g, n).to_json(),
    "not signed": lambda h, g, n: replace(fitting(h, g, n), signature=""),
    "a signature that is no hex": lambda h, g, n: replace(fitting(h, g, n), signature="zz"),
    "signed by another key": lambda h, g, n: Desk().sign(fitting(h, g, n)),
    "another log's": lambda h, g, n: fitting(h, g, n, log="other.example/log"),
    "for another action": lambda h, g, n: fitting(h, g, n, action=Action.WATCH),
    "for acquiring only": lambda h, g, n: fitting(h, g, n, action=Action.ACQUIRE),
    "for another gallery": lambda h, g, n: fitting(h, g, n, gallery="0123456789abcdef"),
    "for a gallery or none, the wrong way round": lambda h, g, n: fitting(
        h, g, n, gallery="" if DOOR[n][3] else g.pseudonym
    ),
    "for other samples": lambda h, g, n: h.receipt(
        DOOR[n][1], [SampleRef("0" * 64)], gallery=g if DOOR[n][3] else None, bound=9
    ),
    "for one sample more": lambda h, g, n: h.receipt(
        DOOR[n][1], [*DOOR[n][2], SampleRef("0" * 64)], gallery=g if DOOR[n][3] else None, bound=9
    ),
    "of an earlier run": lambda h, g, n: fitting(h, g, n, session="0" * 32),
    "with a bound that is passed": lambda h, g, n: fitting(h, g, n, bound=DOOR[n][4] - 1),
    "with a bound raised after signing": lambda h, g, n: replace(fitting(h, g, n), bound=1_000),
    "moved to another sample after signing": lambda h, g, n: replace(fitting(h, g, n), samples="0" * 64),
}


@pytest.mark.parametrize("name", DOOR)
def test_nothing_happens_without_a_receipt_that_fits(
    stocked: tuple[House, Gallery], compared: list[str], name: str
) -> None:
    """Refused, nothing compared, nothing changed; and the receipt that fits still works afterwards.

    A search has no gallery but its receipt's; one that names none of ours is an unknown name.
    """
    house, gallery = stocked
    call = DOOR[name][0]
    before = fingerprint(house)
    for what, forge in FORGERIES.items():
        receipt = forge(house, gallery, name)
        with pytest.raises((ReceiptRefused, UnknownName)):
            call(house, gallery, receipt)
        assert compared == [], what
    assert fingerprint(house) == before
    call(house, gallery, fitting(house, gallery, name))
    assert bool(compared) == (DOOR[name][1] in admission.COMPARING)


@pytest.mark.parametrize("name", DOOR)
def test_a_receipt_is_used_once(stocked: tuple[House, Gallery], compared: list[str], name: str) -> None:
    """The second use is refused, in the same method and in every other that it would fit."""
    house, gallery = stocked
    house.enrol(gallery, "Ada", vector_of(8), sample_of("Ada again"))
    receipt = fitting(house, gallery, name)
    DOOR[name][0](house, gallery, receipt)
    if name == "delete":
        gallery = house.gallery(gallery.name)  # its receipt is then for a gallery that is no more
    compared.clear()
    with pytest.raises(ReceiptRefused):
        DOOR[name][0](house, gallery, receipt)
    assert compared == []


def test_a_receipt_does_not_outlive_its_run(stocked: tuple[House, Gallery]) -> None:
    """What was not used before a restart cannot be used after it: memory alone has to remember."""
    house, gallery = stocked
    receipt = fitting(house, gallery, "search")
    house.reopen()
    with pytest.raises(ReceiptRefused):
        house.galleries.search(receipt, A.template, 1, None)


@pytest.mark.parametrize("name", READING)
def test_reading_compares_nothing(stocked: tuple[House, Gallery], compared: list[str], name: str) -> None:
    """What takes no receipt never reaches the kernel, also where the templates are in memory."""
    house, gallery = stocked
    house.search(gallery, vector_of(7))
    compared.clear()
    READING[name](house, gallery, None)
    assert compared == []


def test_a_gallery_value_cannot_lead_a_receipt_astray(stocked: tuple[House, Gallery]) -> None:
    """A receipt for one gallery does not enrol into another whose id was put beside the first one's pseudonym."""
    house, gallery = stocked
    other = house.gallery("other")
    mixed = replace(other, pseudonym=gallery.pseudonym)
    house.enrol(mixed, "Eve", vector_of(1), sample_of(1))
    assert [s.name for s in house.galleries.subjects(other)] == []
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada", "Eve"]


def test_a_set_receipt_covers_its_list_alone(stocked: tuple[House, Gallery], compared: list[str]) -> None:
    """A probe that the list does not name is refused; ``*`` names every face of one sample."""
    house, gallery = stocked
    stray = probe_of(vector_of(3), sample_of(3)).template
    receipt = house.receipt(Action.SEARCH, SET, gallery=gallery, bound=9)
    with pytest.raises(ReceiptRefused):
        house.galleries.search_many(receipt, SET, [A.template, stray], 1, None)
    with pytest.raises(ReceiptRefused):  # nor by showing another list than the receipt's
        house.galleries.search_many(receipt, (*SET, stray.sample), [A.template, stray], 1, None)
    other_face = probe_of(vector_of(3), sample_of(1), face="4").template
    with pytest.raises(ReceiptRefused):
        house.galleries.search_many(receipt, SET, [other_face], 1, None)
    assert compared == []
    whichever = (SampleRef(REF_A.digest, "*"),)
    receipt = house.receipt(Action.SEARCH, whichever, gallery=gallery, bound=2)
    house.galleries.search_many(receipt, whichever, [A.template, other_face], 1, None)
    receipt = house.receipt(Action.SEARCH, whichever, gallery=gallery, bound=1)
    assert house.galleries.search(receipt, other_face, 1, None).use == 2


def test_two_items_cannot_share_the_receipt_of_one(stocked: tuple[House, Gallery]) -> None:
    """Neither by repeating it nor by a list that is not the receipt's; and nothing of the batch is enrolled."""
    house, gallery = stocked
    receipt = fitting(house, gallery, "enrol")
    twice = EnrolItem(receipt, "Eve", A, sample_of(1), "consent")
    with pytest.raises(ReceiptRefused):
        house.galleries.enrol_many(gallery, [twice, twice])
    listed = [EnrolItem(receipt, "Eve", p, sample_of(n), "consent", samples=SET) for n, p in ((1, A), (2, B))]
    with pytest.raises(ReceiptRefused):
        house.galleries.enrol_many(gallery, listed)
    outside = EnrolItem(
        house.receipt(Action.ENROL, [REF_A], gallery=gallery), "Eve", B, sample_of(2), "consent", samples=(REF_A,)
    )
    with pytest.raises(ReceiptRefused):
        house.galleries.enrol_many(gallery, [outside])
    assert [s.name for s in house.galleries.subjects(gallery)] == ["Ada"]


def test_sessions_follow_each_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many uses a new session begins; the one before it still works, the one before that no more."""
    monkeypatch.setattr(admission, "SESSION_USES", 3)
    desk = Desk()
    door = Admission(desk.key.public, "test.example/log", Uses(house.database))
    early = [desk.issue(door.session, Action.ENROL) for _ in range(6)]
    seen = [door.session]
    for receipt in early[:3]:
        door.spend(door.check(receipt, Action.ENROL, "", [()]))
    seen.append(door.session)
    door.spend(door.check(early[3], Action.ENROL, "", [()]))
    with pytest.raises(ReceiptRefused):
        door.check(early[0], Action.ENROL, "", [()])
    for _ in range(3):
        door.spend(door.check(desk.issue(door.session, Action.ENROL), Action.ENROL, "", [()]))
    seen.append(door.session)
    assert len(set(seen)) == 3
    for receipt in early:
        with pytest.raises(ReceiptRefused):
            door.check(receipt, Action.ENROL, "", [()])


def test_the_kernel_is_private() -> None:
    """Its functions take what admission gives first; no other file makes one; no other room sees the kernel."""
    for name in kernel_functions():
        first = next(iter(inspect.signature(getattr(kernel, name)).parameters.values()))
        assert first.annotation == "Admitted", name
    source = Path(countenance.__file__).parent
    importers, makers = set(), set()
    for path in source.rglob("*.py"):
        here = path.relative_to(source).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module=str(module), names=names):
                    found = {f"{module}.{alias.name}" for alias in names} | {module}
                    importers |= {here} if "countenance.gallery.kernel" in found else set()
                case ast.Import(names=names):
                    importers |= {here} if any(a.name == "countenance.gallery.kernel" for a in names) else set()
                case ast.Call(func=ast.Name(id="Admitted")):
                    makers.add(here)
    # fit: the tolerance of a template's length
    assert importers == {f"gallery/{name}.py" for name in ("comparing", "neighbours", "fit", "trials")}
    assert makers == {"gallery/admission.py"}
    assert Admitted.__module__ == "countenance.gallery.admission"
