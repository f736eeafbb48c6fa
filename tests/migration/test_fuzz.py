"""Readers face whatever bytes there are: a fuzzer looks for some that break a law of reading."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.migration.fuzz_reader import read
from tests.migration.written import written, written_xml
from tests.migration.written_dumps import (
    KEY,
    OTHER_KEY,
    azure_faces,
    azure_persons,
    compreface,
    face_listed,
    pfif,
    pfif_note,
    pfif_person,
    rekognition,
    with_xmp,
    xmp,
)
from tests.migration.written_iso import birs, block_39794, passport, record_2005, record_2011
from tests.vision.drawn import encoded

from countenance.migration.reader import reader_of

FINDINGS = Path(__file__).with_name("findings")
"""By kind: inputs that once broke a law, made small. None of them shows anybody."""
KINDS = ("ansi-nist", "cbeff", "compreface", "iso-19794-5", "niem-xml")
KINDS += ("azure-face", "manifest", "pfif", "rekognition", "xmp")
UNOPENED = ("deepface", "face_recognition", "folder")
"""These look at no byte of what they hand over: seconds of made-up ones would show nothing."""
SECONDS = 1
"""For each kind, so that all of them take less than half a minute with their starts."""
SOAK = bool(os.environ.get("COUNTENANCE_SOAK"))


def corpus(kind: str) -> list[bytes]:
    """Small whole sources to begin with."""
    image = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    jpeg, png = encoded(image, "JPEG"), encoded(image)
    records = [record_2005(jpeg), record_2011(jpeg, png), passport(record_2005(png)), block_39794(), b"FIR\x00010\x00"]
    match kind:
        case "ansi-nist":
            many = written([png], number="A") + b"\r\n" + written([jpeg], number="B", finger=True)
            return [written(), written([jpeg, png], finger=True), many]
        case "niem-xml":
            return [written_xml(jpeg, text="x"), written_xml(png, kind="TATTOO")]
        case "cbeff":
            return [birs([("Face", each) for each in records]), birs([("Iris", b"IIR\x00")])]
        case "azure-face":
            return [azure_persons(("p", "A", "bea.jpg", ["f"]), ("q", "B", "", [])), azure_faces(("f", "bea.jpg"))]
        case "rekognition":
            return [rekognition(face_listed("f", "i", "bea"), face_listed("g", "i", "bea", (0.1, 0.1, 0.5, 0.5)))]
        case "pfif":
            one = pfif_person("example.org/p.1", full_name="Ada", photo_url="http://example.org/bea.jpg", age="12")
            note = pfif_note("example.org/n.1", "example.org/p.1")
            wiped = pfif_person("example.org/p.2", expiry_date="2012-01-01T00:00:00Z")
            return [pfif(one, note, version="1.1"), pfif(one, note), pfif(wiped)]
        case "xmp":
            packet = xmp([("Ada", "Face", (0.5, 0.5, 0.2, 0.3)), ("", "Pet", (0.1, 0.1, 0.1, 0.1))])
            return [packet, xmp([("Ada", "Face", (0.5, 0.5, 0.2, 0.3))], elements=True), with_xmp(jpeg, packet)]
        case "manifest":
            return [
                b"a.jpg,Bea\n",
                b'"b.jpg","B\n\xc3\xa9"\n,\n',
                b'{"path": "a.jpg", "id": 7}\n[]\n{"person": "\\u00e9"}',
            ]
        case "compreface":
            subjects = [("s1", KEY, "Ada\\"), ("s2", OTHER_KEY, "Béa"), ("s3", KEY, "Cid")]
            templates = [("e1", "s1", "i1"), ("e2", "s2", "i2"), ("e3", "s2", None)]
            return [compreface([("i1", png), ("i2", jpeg)], subjects, templates), compreface(), b"PGDMP\x01"]
        case _:
            return records


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [pytest.param(600, marks=pytest.mark.soak)] if SOAK else [SECONDS])
def test_no_made_up_file_breaks_a_law_of_reading(kind: str, seconds: int, tmp_path: Path) -> None:
    """Some seconds each with one seed; ten minutes with another each time in the long form."""
    for name in ("corpus", "findings"):
        (tmp_path / name).mkdir()
    for number, data in enumerate([*corpus(kind), *(each.read_bytes() for each in found(kind))]):
        (tmp_path / "corpus" / str(number)).write_bytes(data)
    seed = int.from_bytes(os.urandom(3), "big") + 1 if SOAK else 1
    script = Path(__file__).with_name("fuzz_reader.py")
    asked = [sys.executable, script, kind, str(seconds), str(seed), tmp_path / "corpus", tmp_path / "findings"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=seconds * 3 + 120)
    broken = {each.name: each.read_bytes()[:2000] for each in (tmp_path / "findings").iterdir()}
    assert done.returncode == 0, f"{broken}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    guided = importlib.util.find_spec("atheris") is not None
    assert ("number_of_executed_units" in done.stderr) if guided else ("blindly" in done.stdout)


def found(kind: str) -> list[Path]:
    folder = FINDINGS / kind
    return sorted(folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("kind", [*KINDS, *UNOPENED])
def test_what_was_found_once_stays_mended(kind: str, tmp_path: Path) -> None:
    reader = reader_of(kind)
    for each in [*corpus(kind), *(file.read_bytes() for file in found(kind))]:
        read(reader, each, tmp_path)
