"""No comparison without a durable intent: every use-case and verb, under a spy on the kernel and on the disk."""

from __future__ import annotations

import errno
import importlib
import inspect
import pkgutil
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import select
from tests.founded import copied, founded_house, new_place
from tests.service.conftest import asks, renamed

import countenance.service
from countenance.assembly import House
from countenance.cli.app import app
from countenance.gallery import kernel
from countenance.gallery.tables import face_id
from countenance.gallery.tombstones import Traces
from countenance.keys.signing import SigningKey
from countenance.ledger.disk import Disk
from countenance.ledger.entry import parse
from countenance.ledger.journal import read_journal, segment_paths
from countenance.service.asking import Asking, Refused
from countenance.service.authorities import register_authority, revoke_authority
from countenance.service.batches import (
    Batched,
    begin_batch,
    erase_batch,
    move_references,
    publish_batch,
    restate,
    roll_back_batch,
)
from countenance.service.duplicates import Block, duplicates
from countenance.service.enrol import Enrolled, EnrolRequest, enrol, enrol_together, gallery_for
from countenance.service.enrol_many import Pending, enrol_many
from countenance.service.erase import Erased, erase
from countenance.service.export_gallery import Exported, export_gallery
from countenance.service.find_similar import Similarity, find_similar
from countenance.service.find_similar_faces import FaceSimilarity, find_similar_faces
from countenance.service.group import Grouping, group
from countenance.service.group_faces import FaceGrouping, group_faces
from countenance.service.identify import Identification, identify
from countenance.service.identify_faces import FaceIdentification, identify_faces
from countenance.service.import_gallery import Imported, import_gallery
from countenance.service.keep_faces import KeptFaces, keep_faces
from countenance.service.manage import Managed, change_gallery, create_gallery, delete_gallery
from countenance.service.manage_subjects import (
    ReferenceManaged,
    SubjectManaged,
    add_subject,
    change_reference,
    change_subject,
    erase_reference,
)
from countenance.service.reembed import Reembedded, Switched, reembed, switch
from countenance.service.report import report
from countenance.service.verify import Verification, verify
from countenance.service.verify_faces import FaceVerification, verify_face_subject, verify_faces
from countenance.service.verify_subject import SubjectVerification, verify_subject
from countenance.service.withdraw import Withdrew, keep_out, withdraw
from countenance.settings import read_settings
from countenance.terms.acquisition import FaceChoice
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import Unwritable
from countenance.terms.gallery import Batch, BatchState, Keep
from countenance.terms.sample import Sample
from countenance.vision import vision as vision_module
from countenance.vision.embed import Embedder
from countenance.vision.vision import Vision

Samples = Mapping[str, Sample]
JOURNAL = Path("ledger") / "journal"

KERNEL = {
    name: function
    for name, function in vars(kernel).items()
    if inspect.isfunction(function) and function.__module__ == kernel.__name__ and name != "margin"
}
"""Everything in the kernel that computes on templates, found and not listed."""


def on_disk(data: Path) -> list[Any]:
    """Every entry that the journal holds, read from the disk again as a new process would read it after a crash."""
    first, path = segment_paths(data / JOURNAL)[0]
    records, _ = read_journal(data / JOURNAL, path.read_bytes()[8:24], first)
    return [parse(record.public) for record in records]


@dataclass
class Spy:
    """Sees every call of the kernel, of the decoder and of the embedder."""

    data: Path
    compared: list[str] = field(default_factory=list)
    decoded: int = 0
    embedded: int = 0
    depth: int = 0

    def quiet(self) -> bool:
        return not self.compared and not self.decoded and not self.embedded


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Spy:
    """Wraps each function of the kernel; at each call the intent must be on the disk, permitted and without outcome."""
    seen = Spy(tmp_path / "data")

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        takes_receipt = next(iter(inspect.signature(function).parameters)) == "_admitted"

        def outer(admitted: Any, *rest: Any) -> Any:
            durable(seen, admitted.receipt)
            seen.compared.append(f"{name}:{admitted.receipt.action}")
            seen.depth += 1
            made = function(admitted, *rest)
            if not inspect.isgenerator(made):
                seen.depth -= 1
                return made
            return drained(made)

        def drained(made: Iterator[Any]) -> Iterator[Any]:
            everything = list(made)
            seen.depth -= 1
            return iter(everything)

        def inner(*args: Any) -> Any:
            assert seen.depth > 0, f"{name} was reached without a receipt"
            return function(*args)

        return outer if takes_receipt else inner

    for name, function in KERNEL.items():
        monkeypatch.setattr(kernel, name, wrap(name, function))
    real_decode, real_templates = vision_module.decode, Embedder.templates

    def decode(*args: Any) -> Any:
        seen.decoded += 1
        return real_decode(*args)

    def templates(self: Embedder, receipts: Any, *rest: Any) -> Any:
        for receipt in set(receipts):
            durable(seen, receipt)
        seen.embedded += 1
        return real_templates(self, receipts, *rest)

    monkeypatch.setattr(vision_module, "decode", decode)
    monkeypatch.setattr(Embedder, "templates", templates)
    return seen


def durable(seen: Spy, receipt: Any) -> None:
    entries = on_disk(seen.data)
    mine = [e.fields for e in entries if e.kind == "intent" and e.fields["id"] == receipt.entry]
    assert len(mine) == 1, "the intent is not on the disk"
    assert (mine[0]["dec"], mine[0]["act"], mine[0]["gal"]) == ("allow", receipt.action, receipt.gallery)
    assert not [e for e in entries if e.kind == "outcome" and e.fields["of"] == receipt.entry], (
        "it was concluded before"
    )


# -- the use-cases


@pytest.fixture(scope="module")
def registry(vision: Vision, samples: Samples) -> Iterator[Path]:
    """A closed data directory with two people in the gallery ``registry``, of which every test has a copy."""
    place = new_place()
    with founded_house(place / "data") as made:
        fill(replace(made, rooms=replace(made.rooms, vision=lambda: vision)), samples)
    yield place / "data"
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def house(registry: Path, tmp_path: Path, vision: Vision) -> Iterator[House]:
    with House.open(read_settings(copied(registry, tmp_path / "data"))) as made:
        yield replace(made, rooms=replace(made.rooms, vision=lambda: vision))


def fill(house: House, samples: Samples) -> None:
    asking = asks(house)
    registry = gallery_for(house.rooms, asking, "registry", Keep.CROP)
    assert not isinstance(registry, Refused)
    for name in ("obama", "biden"):
        made = enrol(house.rooms, asking, gallery=registry, request=EnrolRequest(samples[f"{name}.jpg"], name))
        assert isinstance(made, Enrolled)
    for name in ("obama2", "biden"):
        kept = keep_faces(house.rooms, asking, sample=samples[f"{name}.jpg"], owner=OWNER, ttl=86400, label=name)
        assert isinstance(kept, KeptFaces)


OWNER = "key:one/missing-person"


def face(house: House, name: str) -> str:
    """The id of the face that ``fill`` kept of this picture."""
    with house.database.read() as connection:
        ids = connection.execute(select(face_id.c.id)).scalars().all()
    return next(each.id for each in house.galleries.faces.find(OWNER, ids).values() if each.label == name)


def reference(house: House) -> str:
    """The id of the reference of ``obama``."""
    place = house.galleries.find("registry")
    return house.galleries.references(place, house.galleries.subject(place, "obama").id)[0].id


def staged(house: House) -> str:
    """The id of the batch of ``registry`` that nobody sees yet."""
    place = house.galleries.find("registry")
    there = [each for each in house.galleries.batches.of(place) if each.state is BatchState.STAGED]
    made = there[0] if there else begun(begin_batch(house.rooms, asks(house), gallery=place))
    return made.id


def published(house: House) -> str:
    """The id of a batch of ``registry`` that everybody sees."""
    place = house.galleries.find("registry")
    return begun(publish_batch(house.rooms, asks(house), gallery=place, batch=staged(house))).id


def begun(answer: Batched | Refused) -> Batch:
    assert isinstance(answer, Batched)
    return answer.batch


def export_of(house: House, asking: Asking) -> Any:
    """What came of writing ``registry`` to a file."""
    folder = house.settings.data.parent
    out = folder / f"export-{len(list(folder.glob('export-*')))}"
    key = SigningKey.from_seed(bytes(32))
    return export_gallery(
        house.rooms, asking, gallery="registry", out=out, passphrase="a long passphrase", signing_key=key
    )


def import_of(house: House, asking: Asking) -> Any:
    """What came of reading it again."""
    export_of(house, asks(house))
    out = max(house.settings.data.parent.glob("export-*"), key=lambda each: each.stat().st_mtime_ns)
    with out.open("rb") as file:
        return import_gallery(house.rooms, asking, gallery="registry", file=file, passphrase="a long passphrase")


Case = Callable[[House, Asking, Samples], Any]

COMPARING: dict[str, tuple[Case, type]] = {
    "identify": (lambda h, a, s: identify(h.rooms, a, gallery="registry", sample=s["obama2.jpg"]), Identification),
    "identify, all faces": (
        lambda h, a, s: identify(h.rooms, a, gallery="registry", sample=s["t1.jpg"], faces=FaceChoice.ALL),
        Identification,
    ),
    "verify": (lambda h, a, s: verify(h.rooms, a, first=s["obama.jpg"], second=s["obama2.jpg"]), Verification),
    "find_similar": (
        lambda h, a, s: find_similar(
            h.rooms, a, sample=s["obama.jpg"], among=[s["obama2.jpg"], s["biden.jpg"]], most=5
        ),
        Similarity,
    ),
    "group": (lambda h, a, s: group(h.rooms, a, samples=[s["obama.jpg"], s["obama2.jpg"], s["biden.jpg"]]), Grouping),
    "duplicates": (lambda h, a, s: duplicates(h.rooms, a, gallery="registry"), Block),
    "verify_subject": (
        lambda h, a, s: verify_subject(h.rooms, a, gallery="registry", subject="obama", sample=s["obama2.jpg"]),
        SubjectVerification,
    ),
    "verify_faces": (
        lambda h, a, s: verify_faces(h.rooms, a, OWNER, face(h, "obama2"), face(h, "biden")),
        FaceVerification,
    ),
    "verify_face_subject": (
        lambda h, a, s: verify_face_subject(h.rooms, a, OWNER, face(h, "obama2"), gallery="registry", subject="obama"),
        FaceVerification,
    ),
    "identify_faces": (
        lambda h, a, s: identify_faces(
            h.rooms, a, OWNER, [face(h, "obama2"), face(h, "biden")], gallery="registry", most=5
        ),
        FaceIdentification,
    ),
    "find_similar_faces": (
        lambda h, a, s: find_similar_faces(h.rooms, a, OWNER, face(h, "obama2"), among=[face(h, "biden")], most=5),
        FaceSimilarity,
    ),
    "find_similar_faces, in a gallery": (
        lambda h, a, s: find_similar_faces(h.rooms, a, OWNER, face(h, "obama2"), gallery="registry", most=5),
        FaceSimilarity,
    ),
    "group_faces": (
        lambda h, a, s: group_faces(h.rooms, a, OWNER, [face(h, "obama2"), face(h, "biden")]),
        FaceGrouping,
    ),
}
"""Every use-case that ends in a comparison, and what it answers."""

OTHERS: dict[str, tuple[Case, type | None]] = {
    "enrol": (
        lambda h, a, s: enrol(
            h.rooms, a, gallery=h.galleries.find("registry"), request=EnrolRequest(s["astronaut.png"], "Eileen")
        ),
        Enrolled,
    ),
    "enrol_together": (
        lambda h, a, s: enrol_together(
            h.rooms,
            a,
            gallery=h.galleries.find("registry"),
            requests=[EnrolRequest(s["astronaut.png"], "Eileen"), EnrolRequest(s["obama2.jpg"], "obama")],
        )[1],
        Enrolled,
    ),
    "enrol_many": (
        lambda h, a, s: next(
            i.answer
            for i in enrol_many(
                h.rooms,
                a,
                gallery=h.galleries.find("registry"),
                pending=[Pending("p", "Eileen", lambda: EnrolRequest(s["astronaut.png"], "Eileen"))],
            )
        ),
        Enrolled,
    ),
    "gallery_for": (lambda h, a, s: gallery_for(h.rooms, a, "new"), None),
    "create_gallery": (lambda h, a, s: create_gallery(h.rooms, a, name="new"), Managed),
    "change_gallery": (
        lambda h, a, s: change_gallery(h.rooms, a, name="registry", metadata={"k": "v"}),
        Managed,
    ),
    "add_subject": (lambda h, a, s: add_subject(h.rooms, a, gallery="registry", name="Eve"), SubjectManaged),
    "change_subject": (
        lambda h, a, s: change_subject(h.rooms, a, gallery="registry", subject="obama", name="Barack"),
        SubjectManaged,
    ),
    "change_reference": (
        lambda h, a, s: change_reference(h.rooms, a, gallery="registry", reference=reference(h), metadata={"k": "v"}),
        ReferenceManaged,
    ),
    "erase_reference": (
        lambda h, a, s: erase_reference(h.rooms, a, gallery="registry", reference=reference(h)),
        ReferenceManaged,
    ),
    "keep_faces": (
        lambda h, a, s: keep_faces(h.rooms, a, sample=s["astronaut.png"], owner=OWNER, ttl=60),
        KeptFaces,
    ),
    "delete_gallery": (lambda h, a, s: delete_gallery(h.rooms, a, name="registry"), Managed),
    "report": (lambda h, a, s: report(h.rooms, a, gallery="registry", subject="obama", recipient="obama"), None),
    "erase": (lambda h, a, s: erase(h.rooms, a, gallery="registry", subject="obama"), Erased),
    "begin_batch": (lambda h, a, s: begin_batch(h.rooms, a, gallery=h.galleries.find("registry")), Batched),
    "publish_batch": (
        lambda h, a, s: publish_batch(h.rooms, a, gallery=h.galleries.find("registry"), batch=staged(h)),
        Batched,
    ),
    "roll_back_batch": (
        lambda h, a, s: roll_back_batch(h.rooms, a, gallery=h.galleries.find("registry"), batch=published(h)),
        Batched,
    ),
    "move_references": (
        lambda h, a, s: move_references(
            h.rooms, a, gallery=h.galleries.find("registry"), references=[], came=staged(h), goes=staged(h)
        ),
        Batched,
    ),
    "restate": (lambda h, a, s: restate(h.rooms, a, gallery=h.galleries.find("registry"), said=[]), int),
    "erase_batch": (
        lambda h, a, s: erase_batch(h.rooms, a, gallery=h.galleries.find("registry"), batch=staged(h)),
        int,
    ),
    "withdraw": (lambda h, a, s: withdraw(h.rooms, a, gallery="registry", subject="obama"), Withdrew),
    "keep_out": (
        lambda h, a, s: keep_out(h.rooms, a, gallery=h.galleries.find("registry"), removed=[Traces("Eve")]),
        int,
    ),
    "reembed": (lambda h, a, s: reembed(h.rooms, a, gallery="registry", vision=renamed(h.rooms.vision())), Reembedded),
    "export_gallery": (lambda h, a, s: export_of(h, a), Exported),
    "import_gallery": (lambda h, a, s: import_of(h, a), Imported),
    "switch": (lambda h, a, s: switch(h.rooms, a, gallery="registry", vision=h.rooms.vision()), Switched),
}
"""Every use-case that asks the gate and compares nothing."""


def of_the_register(house: House) -> None:
    """Authorities go on file and off it without a comparison; they have no purpose that could be forbidden."""
    who = house.asking(None, None).principal
    record = AuthorityRecord("", "consent", "form 1", "Ada", "", 1, None, who.id, 1, None, (), (), (), None)
    filed = register_authority(house.rooms, house.authorities, house.charters, who, record)
    revoke_authority(house.rooms, house.authorities, house.charters, who, filed.id)


def test_every_use_case_is_walked() -> None:
    """A new public function that is given the rooms fails here until it has its place in the walk."""
    found = {
        name
        for module in pkgutil.iter_modules(countenance.service.__path__)
        for name, function in vars(importlib.import_module(f"countenance.service.{module.name}")).items()
        if inspect.isfunction(function)
        and function.__module__ == f"countenance.service.{module.name}"
        and not name.startswith("_")
        and "rooms" in inspect.signature(function).parameters
    }
    walked = {name.partition(",")[0] for name in (*COMPARING, *OTHERS)} | {"register_authority", "revoke_authority"}
    walked |= {"list_reviews", "show_review", "decide_review"}  # test_reviews.py walks them: they ask nothing of a face
    walked |= {"lift_withdrawal", "sweep"}  # asked of the gate in test_withdraw.py and test_sweep.py; neither compares
    walked |= {"find_faces", "theirs"}  # they look up what their owner has kept
    walked |= {"lacking"}  # it lists references
    walked |= {"cross_check"}  # it takes a server with pgvector: tests/cluster/test_house.py, test_pgvector.py
    assert found == walked


def test_a_comparison_finds_its_intent_on_the_disk(house: House, samples: Samples, spy: Spy) -> None:
    """At the moment of each comparison a reader of the disk would find it permitted; afterwards, what came of it."""
    for name, (case, answers) in COMPARING.items():
        before, compared = len(on_disk(spy.data)), len(spy.compared)
        answer = case(house, asks(house), samples)
        assert isinstance(answer, answers), name
        assert len(spy.compared) == compared + 1, "one act, one admitted call of the kernel"
        intent, outcome = on_disk(spy.data)[before:]
        assert (intent.kind, outcome.kind) == ("intent", "outcome")
        assert intent.fields["id"] == outcome.fields["of"] == answer.receipt.entry
        assert outcome.fields["ctr"] is not None


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_comparison_reaches_no_kernel(house: House, samples: Samples, spy: Spy, name: str) -> None:
    """Making, keeping and destroying templates is asked and recorded too, and compares nothing."""
    before = set(house.ledger.ids())
    case, answers = OTHERS[name]
    answer = case(house, asks(house), samples)
    assert answers is None or isinstance(answer, answers), answer
    of_the_register(house)
    assert spy.compared == []
    asked = [parse(house.ledger.entry(identity)) for identity in set(house.ledger.ids()) - before]
    assert "intent" in {entry.kind for entry in asked}


@pytest.mark.parametrize("purpose", ["family-separation", "curiosity"])
def test_a_refused_request_decodes_and_compares_nothing(
    house: House, samples: Samples, purpose: str, request: pytest.FixtureRequest
) -> None:
    """A refusal needs no pixel: neither decoder, embedder nor kernel is called, and it is in the log already."""
    spy: Spy = request.getfixturevalue("spy")
    for name, (case, _) in (COMPARING | OTHERS).items():
        answer = case(house, asks(house, purpose), samples)
        assert isinstance(answer, Refused), name
        assert spy.quiet(), name
        last = on_disk(spy.data)[-1]
        assert (last.kind, last.fields["id"], last.fields["dec"]) == ("intent", answer.receipt.entry, "deny")


# -- a disk that does not hold


def failing_after(passing: int) -> Callable[[Disk, int], None]:
    """A disk that lets ``passing`` syncs through, and then none."""
    left = [passing]

    def sync(disk: Disk, descriptor: int) -> None:
        if not left[0]:
            raise OSError(errno.EIO, "Input/output error")
        left[0] -= 1

    return sync


@pytest.mark.parametrize("name", COMPARING)
def test_without_a_durable_intent_nothing_is_compared(
    house: House, samples: Samples, spy: Spy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where the intent does not reach the disk, the answer is an error; no template was made or compared."""
    spy.embedded = 0
    monkeypatch.setattr(Disk, "sync", failing_after(0))
    with pytest.raises(Unwritable) as refused:
        COMPARING[name][0](house, asks(house), samples)
    assert refused.value.remedy
    assert (spy.compared, spy.embedded) == ([], 0)
    monkeypatch.undo()
    with pytest.raises(Unwritable):  # and this process promises nothing more, even where the disk is well again
        COMPARING[name][0](house, asks(house), samples)


@pytest.mark.parametrize("name", COMPARING)
def test_without_a_durable_outcome_the_answer_is_withheld(
    house: House, samples: Samples, spy: Spy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The comparison ran, its outcome could not be written: nobody hears of the result."""
    monkeypatch.setattr(Disk, "sync", failing_after(1))
    with pytest.raises(Unwritable):
        COMPARING[name][0](house, asks(house), samples)
    assert len(spy.compared) == 1


@pytest.mark.parametrize("name", ["identify", "erase", "gallery_for"])
def test_a_refusal_that_cannot_be_written_is_an_error(
    house: House, samples: Samples, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nobody is told of a refusal that the log does not have."""
    monkeypatch.setattr(Disk, "sync", failing_after(0))
    with pytest.raises(Unwritable):
        (COMPARING | OTHERS)[name][0](house, asks(house, "family-separation"), samples)


# -- the verbs

VERBS_THAT_COMPARE = {"identify", "verify", "find-similar", "group"}
VERBS_THAT_MEASURE = {"evaluate verification", "evaluate identification"}
"""Their purpose and authority are not the caller's to choose; tests/evaluation/test_verbs.py walks them."""
VERBS_THAT_MIGRATE = {f"migrate {v}" for v in ("run", "screen", "verify", "shadow")}
"""They look for conflicts or for a sample; tests/migration/test_checks.py walks them."""
VERBS_THAT_RUN_OTHERS = {"demo", "serve"}
VERBS_THAT_CROSS_CHECK = {"doctor"}
"""With probes that are nobody's, under a purpose; tests/cluster/test_house.py asks it without one."""
VERBS_THAT_DO_NOT = {
    "init", "backup", "restore", "detect", "enrol", "enroll", "state", "check", "records", "evaluate compare",
    "evaluate drift", "evaluate evidence", "cluster plan", "cluster up", "cluster status",
    *(f"galleries {v}" for v in ("list", "create", "show", "delete", "duplicates", "reembed", "switch")),
    "galleries export", "galleries import",
    *(f"subjects {v}" for v in ("list", "show", "erase", "report", "withdraw", "lift-withdrawal", "sweep")),
    *(f"keys {v}" for v in ("create", "list", "rotate", "revoke")),
    *(f"authority {v}" for v in ("register", "list", "revoke")),
    *(f"approvals {v}" for v in ("give", "list", "revoke")),
    *(f"review {v}" for v in ("list", "show", "decide")),
    *(f"charter {v}" for v in ("new", "check", "explain", "key", "sign", "adopt", "show")),
    *(f"log {v}" for v in ("verify", "key", "proof", "open", "close-epoch")),
    *(f"witness {v}" for v in ("init", "serve")),
    *(f"audit {v}" for v in ("announce", "draw", "open", "record")),
    *(f"operating-point {v}" for v in ("list", "show", "adopt", "compare")),
    *(f"migrate {v}" for v in ("plan", "status", "pause", "held list", "held decide", "report", "publish", "rollback")),
    "migrate fetch-compreface",
    *(f"models {v}" for v in ("list", "show", "fetch", "verify", "accept", "add", "remove")),
}  # fmt: skip
"""Each was looked at: none calls a use-case that compares."""


def verbs(command: Any = None, path: str = "") -> set[str]:
    """Every verb of the command line, hidden ones too."""
    command = command or typer.main.get_command(app)
    if not hasattr(command, "commands"):
        return {path}
    return {v for name, sub in command.commands.items() for v in verbs(sub, f"{path} {name}".strip())}


def test_every_verb_is_walked() -> None:
    """A new verb fails here until somebody says whether it compares."""
    unknown = verbs() - VERBS_THAT_COMPARE - VERBS_THAT_MEASURE - VERBS_THAT_MIGRATE - VERBS_THAT_RUN_OTHERS
    unknown -= VERBS_THAT_DO_NOT | VERBS_THAT_CROSS_CHECK
    assert not unknown
    assert verbs() >= VERBS_THAT_COMPARE | VERBS_THAT_MEASURE


def test_a_verb_that_compares_uses_a_use_case_of_the_walk() -> None:
    """Only the four files named for a comparing use-case import one, and no verb reaches past the use-cases."""
    for module in pkgutil.iter_modules(importlib.import_module("countenance.cli").__path__):
        source = Path(str(importlib.import_module(f"countenance.cli.{module.name}").__file__)).read_text()
        assert "gallery.kernel" not in source
        used = {n for n in ("identify", "verify", "find_similar", "group") if f"service.{n} import {n} " in source}
        assert used <= {module.name}


WORDS = {
    "identify": ("obama2.jpg", "-g", "registry"),
    "verify": ("obama.jpg", "obama2.jpg"),
    "find-similar": ("obama.jpg", "obama2.jpg", "biden.jpg"),
    "group": ("obama.jpg", "obama2.jpg", "biden.jpg"),
}
PURPOSE = ("--purpose", "missing-person", "--authority", "guardian-request:case-3", "--json")
FORBIDDEN = ("--purpose", "religious-profiling", "--authority", "guardian-request:case-3", "--json")


@pytest.mark.parametrize("verb", sorted(VERBS_THAT_COMPARE))
def test_a_verb_compares_under_the_spy_and_not_when_refused_or_when_the_disk_fails(
    verb: str,
    tmp_path: Path,
    registry: Path,
    pictures: Mapping[str, Path],
    countenance: Callable[..., Any],
    vision: Any,
    monkeypatch: pytest.MonkeyPatch,
    request: Any,
) -> None:
    """The same through the front door: exit codes 0, 10 and 13, and no lead on standard output but after the first."""
    monkeypatch.setattr("countenance.assembly.load_vision", lambda settings: vision)
    copied(registry, tmp_path / "data")
    spy: Spy = request.getfixturevalue("spy")
    words = ["--data", tmp_path / "data", verb, *(pictures.get(word, word) for word in WORDS[verb])]
    assert countenance(*words, *PURPOSE).code == 0
    assert len(spy.compared) == 1
    seen = Spy(spy.data, list(spy.compared), spy.decoded, spy.embedded)
    refused = countenance(*words, *FORBIDDEN)
    assert (refused.code, refused.json["refusal"]["reason"]) == (10, "forbidden-purpose")
    assert (spy.compared, spy.decoded, spy.embedded) == (seen.compared, seen.decoded, seen.embedded)
    monkeypatch.setattr(Disk, "sync", _only_settling())
    broken = countenance(*words, *PURPOSE)
    assert broken.code == 13, broken.out + broken.err
    assert set(broken.json) == {"version", "error"}
    assert spy.compared == seen.compared


def _only_settling() -> Callable[..., None]:
    """Syncs succeed until the journal's writing thread comes to need one."""
    import threading

    real = Disk.sync

    def sync(disk: Disk, descriptor: int) -> None:
        if threading.current_thread().name == "journal":
            raise OSError(errno.EIO, "Input/output error")
        real(disk, descriptor)

    return sync


def test_the_kernel_is_whole() -> None:
    """What the spy wraps is what there is: each public function of the kernel takes the admission first."""
    public = {n for n in KERNEL if not n.startswith("_")}
    assert public == {"scores", "scores_of", "best_of", "nearest", "pairs_at_or_above", "trials"}
    for name in public:
        assert next(iter(inspect.signature(KERNEL[name]).parameters)) == "_admitted", name
    assert sys.modules[kernel.__name__] is kernel
