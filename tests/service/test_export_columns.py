"""What an export carries of each column that a gallery has: whoever adds one decides here whether it goes along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table
from tests.service.conftest import asks

from countenance.assembly import House
from countenance.gallery import tables
from countenance.gallery.sealing import About, Source
from countenance.keys import sealed_stream
from countenance.keys.sealed_stream import check_stream, read_stream
from countenance.keys.signing import SigningKey
from countenance.service.ages import Ages
from countenance.service.enrol import Enrolled, EnrolRequest, enrol, gallery_for
from countenance.service.export_gallery import Exported, export_gallery
from countenance.service.manage_subjects import SubjectManaged, change_subject
from countenance.service.withdraw import Withdrew, withdraw
from countenance.storage.schema import metadata
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.sample import Sample

PASSPHRASE = "six words that nobody would guess"

# Where it is in the file: record and field.
CARRIED = {
    "gallery.name": ("gallery", "name"),
    "gallery.keep": ("gallery", "keep"),
    "gallery.space": ("gallery", "space"),
    "gallery.created": ("gallery", "created"),
    "gallery.about": ("gallery", "metadata"),
    "subject.id": ("subject", "id"),
    "subject.about.name": ("subject", "name"),
    "subject.about.metadata": ("subject", "metadata"),
    "subject.about.former": ("subject", "former"),
    "subject.basis": ("subject", "basis"),
    "subject.retain_until": ("subject", "retain_until"),
    "subject.created": ("subject", "created"),
    "recipe.digest": ("recipe", "digest"),
    "recipe.body": ("recipe", "recipe"),
    "reference.id": ("reference", "id"),
    "reference.recipe": ("reference", "recipe"),
    "reference.face": ("reference", "face"),
    "reference.quality": ("reference", "quality"),
    "reference.created": ("reference", "created"),
    "reference.kept": ("reference", "kept"),
    "reference.template": ("reference", "templates"),
    "reference.source.sample": ("reference", "sample"),
    "reference.source.look": ("reference", "look"),
    "reference.source.ids": ("reference", "ids"),
    "reference.about": ("reference", "metadata"),
    "other_template.sealed": ("reference", "templates"),
    "other_template.recipe": ("reference", "templates"),
    "picture.sealed": ("reference", "picture"),
    "proof_elsewhere.sealed": ("reference", "proofs"),
    "withdrawal.id": ("withdrawal", "id"),
    "withdrawal.created": ("withdrawal", "since"),
    "tombstone.digest": ("withdrawal", "digests"),
    "withdrawal_key.sealed": ("withdrawal_key", "key"),
}

# Why not.
LEFT = {
    "gallery.id": "the new house's own",
    "gallery.pseudonym": "that of the old log",
    "gallery.name_digest": "made anew of the name",
    "gallery.seq": "counts the changes here",
    "subject.gallery": "the file is of one",
    "subject.key": "no key leaves the house",
    "subject.name_digest": "made anew of the name",
    "subject.batch": "what is staged does not go",
    "recipe.space": "follows from the recipe",
    "reference.gallery": "the file is of one",
    "reference.subject": "comes after its subject",
    "reference.seq": "the order is that of the file",
    "reference.sample_digest": "made anew of the sample's",
    "reference.batch": "what is staged does not go",
    "reference.superseded": "what is superseded does not go",
    "reference.retain_until": "the nearest is the subject's",
    "other_template.reference": "beside the reference",
    "other_template.space": "follows from the recipe",
    "picture.reference": "beside the reference",
    "proof_elsewhere.reference": "beside the reference",
    "withdrawal.proposed": "lifting begins anew",
    "withdrawal.proposer": "lifting begins anew",
    "withdrawal.lifted": "what is lifted does not go",
    "tombstone.withdrawal": "beside the withdrawal",
    "withdrawal_key.gallery": "the new house's own",
    "withdrawal_key.id": "made anew of the key",
}

OF_ANOTHER_KIND = {"pairing", "batch", "removal", "retired_key", "use_count", "face_id", "cached"}
"""Tables that are about this house, this machine, or no gallery."""


def columns() -> set[str]:
    """All that a gallery has; of what is sealed together each part."""
    parts: dict[str, type[Any]] = {"subject.about": About, "reference.source": Source}
    found: set[str] = set()
    for table in vars(tables).values():
        if isinstance(table, Table) and table.name not in OF_ANOTHER_KIND:
            for column in table.columns:
                name = f"{table.name}.{column.name}"
                found |= {f"{name}.{each.name}" for each in fields(parts[name])} if name in parts else {name}
    return found


def test_of_every_column_it_is_decided() -> None:
    """Carried, or left for a reason; no table of the gallery is forgotten."""
    assert CARRIED.keys() | LEFT.keys() == columns()
    assert not CARRIED.keys() & LEFT.keys()
    known = {each.name for each in vars(tables).values() if isinstance(each, Table)}
    assert known <= metadata.tables.keys()
    assert {each.partition(".")[0] for each in columns()} | OF_ANOTHER_KIND >= known


def test_what_is_carried_is_in_the_file(
    house: House, samples: Mapping[str, Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a gallery in which everything is said of somebody, nothing of it is empty."""
    monkeypatch.setattr(sealed_stream, "_COST", 2**4)
    place = gallery_for(house.rooms, asks(house), "g", Keep.IMAGE, Ages.MIXED, {"unit": "north"})
    assert isinstance(place, Gallery)
    for name, picture in (("Ada", "obama.jpg"), ("Bob", "biden.jpg")):
        request = EnrolRequest(
            samples[picture],
            name,
            metadata={"k": "v"},
            retain_until=4_000_000_000,
            reference_metadata={"a": "b"},
            ids=("tcn:1",),
        )
        assert isinstance(enrol(house.rooms, asks(house), gallery=place, request=request), Enrolled)
    renamed = change_subject(house.rooms, asks(house), gallery="g", subject="Ada", name="Ada King")
    assert isinstance(renamed, SubjectManaged)
    assert isinstance(withdraw(house.rooms, asks(house), gallery="g", subject="Bob"), Withdrew)
    house.ledger.close_epoch(early=True)
    made = export_gallery(
        house.rooms,
        asks(house),
        gallery="g",
        out=tmp_path / "out",
        passphrase=PASSPHRASE,
        signing_key=SigningKey.generate(),
    )
    assert isinstance(made, Exported)
    with (tmp_path / "out").open("rb") as file:
        said = [json.loads(line) for line in read_stream(file, check_stream(file), PASSPHRASE)]
    of_kind = {each["record"]: each for each in said}
    for column, (kind, field) in CARRIED.items():
        assert of_kind[kind][field], column
