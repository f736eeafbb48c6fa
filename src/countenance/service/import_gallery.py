"""Import a gallery that another house exported: what its file says is enrolled anew, through the gate, and staged."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np

from countenance.gallery.enrolment import EnrolItem, Enrolment, Tombstoned
from countenance.gallery.names import normal_form
from countenance.gallery.other_templates import Kept
from countenance.gallery.sealing import ProofElsewhere
from countenance.keys.sealed_stream import Head, check_stream, read_stream
from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import Ages, admit, declared, marked
from countenance.service.asking import Asking, Refused
from countenance.service.batches import begin_batch
from countenance.service.enrol import gallery_for
from countenance.service.export_gallery import VERSION
from countenance.service.exported_records import Left, Line, Person, blocks_of, records_of
from countenance.service.manage_subjects import add_subject
from countenance.service.proofs_elsewhere import check_proofs
from countenance.service.reembed import templates_of
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, NameTaken, WrongDigest
from countenance.terms.face import Box, Face, Landmarks
from countenance.terms.gallery import BatchState, Gallery, Keep
from countenance.terms.sample import Sample
from countenance.terms.template import Template


@dataclass(slots=True)
class Imported:
    """What became of each reference of the file, and of its subjects who have none. ``batch`` is what is staged."""

    head: Head
    gallery: str
    batch: str = ""
    enrolled: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    """Kept out by a tombstone here, or by one that came along."""
    withdrawals: int = 0
    """That came along and were not known here: they keep out of this gallery whom they keep out of that one."""
    expired: int = 0
    template_only: list[str] = field(default_factory=list)
    """Their ids in the file: the template is of another recipe than this house's, and no picture makes another."""
    proofs: dict[str, int] = field(default_factory=dict)
    """By the verifier key of a log how many references of the file it proves that it admitted; all of them hold."""
    unproved: int = 0
    """References of which no log's proof came along."""
    subjects: int = 0
    """Who have no reference, and were added; they are seen at once."""


def import_gallery(
    rooms: Rooms, asking: Asking, *, gallery: str, file: BinaryIO, passphrase: str, signer: bytes | None = None
) -> Imported | Refused:
    """Enrol and stage what an export holds, in the gallery of this name, made as the file says if there is none.

    All of the file is checked before anything is asked; ``signer`` (32 bytes): whose it must be. Whom the other house
    keeps out is kept out here first. Where a template's recipe is of this house's space it is carried over, else
    another one is made of the picture that was kept. Goes on with what is staged; what is there already stays as it
    is. Raises Malformed, SealBroken, WrongDigest where the file is not what it says, NameTaken where a batch was taken
    back.
    """
    head = check_stream(file)
    if signer is not None and head.key != signer:
        raise WrongDigest("another house signed this export than the one that you named", where=head.key.hex())
    if head.said.get("version") != VERSION:
        raise Malformed("this export's records are of a version that this program does not know")
    lines = records_of(read_stream(file, head, passphrase))
    about = next(lines, {})
    try:
        if about.get("record") != "gallery":
            raise ValueError
        keep, ages, words = Keep(about["keep"]), Ages(about["ages"]), dict(about["metadata"])
    except (ValueError, KeyError, TypeError):
        raise Malformed("this export does not begin with a gallery") from None
    asking = replace(asking, reason=asking.reason or f"import from {head.said.get('origin')}: SHA-256 {head.digest}")
    place = gallery_for(rooms, asking, gallery, keep, ages, words)
    if isinstance(place, Refused):
        return place
    told = Imported(head, gallery)
    staged = [each for each in rooms.galleries.batches.of(place) if each.state is BatchState.STAGED]
    if staged:
        told.batch = staged[-1].id
    else:
        begun = begin_batch(rooms, asking, gallery=place)
        if isinstance(begun, Refused):
            return begun
        told.batch = begun.batch.id
    for block in blocks_of(lines):
        match block:
            case Left():
                refused = _keep_out(rooms, asking, place, block, told)
            case Person():
                refused = _add(rooms, asking, place, block, told)
            case _:
                refused = _import_block(rooms, asking, place, block, told)
        if refused is not None:
            return refused
    return told


def _keep_out(rooms: Rooms, asking: Asking, place: Gallery, left: Left, told: Imported) -> Refused | None:
    withdrawals = rooms.galleries.withdrawals
    done = rooms.gate.manage(
        asking, place, lambda receipt: withdrawals.take_in(receipt, place, left.keys, left.withdrawals)
    )
    if isinstance(done, Refused):
        return done
    told.withdrawals = done[0]
    return None


def _import_block(rooms: Rooms, asking: Asking, place: Gallery, block: list[Line], told: Imported) -> Refused | None:
    for each in block:
        check_proofs(each.proofs, each.id)
        told.unproved += not each.proofs
        for proof in each.proofs:
            told.proofs[proof.log] = told.proofs.get(proof.log, 0) + 1
    now = int(rooms.clock())
    due = [each for each in block if each.person.retain_until is None or each.person.retain_until > now]
    told.expired += len(block) - len(due)
    if not due:
        return None
    samples = tuple(dict.fromkeys(each.ref for each in due))
    names = tuple(dict.fromkeys(each.person.name for each in due))
    there = rooms.galleries.subjects_named(place, names, told.batch)
    minors = {
        each.person.name: each.person.minor or declared(asking, place, there.get(each.person.name)) for each in due
    }
    for name, minor in minors.items():
        admit(place, there.get(name), minor=minor)
    passage = rooms.gate.ask(
        asking, Action.ENROL, gallery=place, samples=samples, bound=0, subjects=names, minor=any(minors.values())
    )
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        made = {each.id: template for each in due if (template := each.template(vision.recipe.space)) is not None}
        kept = {
            each.id: Kept(each.kept, each.picture, each.recipe)
            for each in due
            if each.id not in made and each.picture is not None
        }
        refs = {each.id: each.ref for each in due}
        anew = templates_of(vision, passage.promise, samples, refs, kept) if kept else {}
        made |= {name: each for name, each in anew.items() if isinstance(each, Template)}
        told.template_only += [each.id for each in due if each.id not in made]
        brought = [each for each in due if each.id in made]
        items = [
            EnrolItem(
                passage.receipt,
                each.person.name,
                *_pictured(each, made[each.id]),
                basis=each.person.basis,
                retain_until=each.person.retain_until,
                metadata=marked(each.person.metadata, minor=minors[each.person.name]),
                samples=samples,
                about=each.metadata,
                batch=told.batch,
                look=each.look,
                ids=each.ids,
                pictured=each.picture is not None and each.kept is place.keep,
            )
            for each in brought
        ]
        outcomes = rooms.galleries.enrol_many(place, items)
        proofs: dict[str, tuple[ProofElsewhere, ...]] = {}
        for each, outcome in zip(brought, outcomes, strict=True):
            match outcome:
                case Enrolment():
                    told.enrolled += 1
                    proofs[outcome.reference.id] = each.proofs
                case Tombstoned():
                    told.withdrawn += 1
                case Exception():
                    raise outcome
                case _:
                    told.unchanged += 1
                    if outcome.name == normal_form(each.person.name):
                        proofs[outcome.reference] = each.proofs
        rooms.galleries.carrying.keep_proofs(place, {name: some for name, some in proofs.items() if some})
        count = sum(isinstance(each, Enrolment) for each in outcomes)
        result = OutcomeResult.ENROLLED if count else OutcomeResult.NONE
        passage.conclude(result, count=count, recipe=vision.recipe.digest)
    return None


def _add(rooms: Rooms, asking: Asking, place: Gallery, person: Person, told: Imported) -> Refused | None:
    """Somebody without a face: there is nothing to stage."""
    try:
        added = add_subject(
            rooms,
            replace(asking, minor=person.minor),
            gallery=place.name,
            name=person.name,
            metadata=person.metadata,
            basis=person.basis,
            retain_until=person.retain_until,
        )
    except NameTaken:
        return None
    if isinstance(added, Refused):
        return added
    told.subjects += 1
    return None


def _pictured(line: Line, template: Template) -> tuple[Probe, Sample]:
    """The face as the file has it: its quality and its template, and the crop or the sample's bytes if kept."""
    crop, sample = np.zeros((0, 0, 3), np.uint8), Sample.gone(line.ref.digest)
    if line.picture is not None and line.kept is Keep.CROP:
        try:
            crop = np.load(io.BytesIO(line.picture), allow_pickle=False)
        except ValueError as error:
            raise Malformed(f"a crop of this export does not parse: {error}", where=line.id) from error
    elif line.picture is not None:
        sample = Sample(line.picture)
        if sample.digest != line.ref.digest:
            raise Malformed("a picture of this export is not the one whose digest is beside it", where=line.id)
    at = (0.0, 0.0)  # where the face was is in no gallery
    face = Face(Box(0, 0, 0, 0), Landmarks(at, at, at, at, at), 0.0, line.quality)
    return Probe(face, template, crop), sample
