"""Feed one reader made-up bytes for some seconds; a process of its own, as the fuzzer wants it.

``python fuzz_reader.py KIND SECONDS SEED CORPUS FINDINGS``: CORPUS is a folder of files to begin with, FINDINGS where
an input is written that breaks a law of reading. The fuzzer is Atheris, which follows the branches that are taken;
where it is not installed, a plain loop changes the corpus blindly and says so.
"""

from __future__ import annotations

import hashlib
import io
import random
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None:
    with atheris.instrument_imports(include=["countenance.migration"]):
        from countenance.migration.by_file import ByFile
        from countenance.migration.frames import next_frame, record_frame
        from countenance.migration.intake import name_of
        from countenance.migration.legacy_record import LegacyRecord
        from countenance.migration.reader import Reader, reader_of
        from countenance.migration.readers import (  # noqa: F401 - instrumented
            ansi_nist,
            azure_face,
            cbeff,
            compreface,
            face_records,
            manifest,
            niem_xml,
            pfif,
            rekognition,
            xmp,
        )
else:
    from countenance.migration.by_file import ByFile
    from countenance.migration.frames import next_frame, record_frame
    from countenance.migration.intake import name_of
    from countenance.migration.legacy_record import LegacyRecord
    from countenance.migration.reader import Reader, reader_of

from countenance.migration.limits import IMAGE_BYTES, LIMITS
from countenance.terms.errors import BrokenInput

SLOW = 5.0
"""Seconds for one input, on a machine that is busy with other things."""


def read(reader: Reader, data: bytes, folder: Path) -> None:
    """The laws: a record or more, nothing raised, a picture or a verdict, and all of it crosses the pipe.

    A reader of more than single files gets them in a folder: as a page and a picture, and beside another picture.
    A manifest has its rows behind one that is in order.
    """
    begun = time.monotonic()
    if isinstance(reader, ByFile):
        records = list(reader.read_stream(io.BytesIO(data), "unit"))
        reader.count(io.BytesIO(data))
    elif reader.kind == "manifest":
        records = list(rows(reader, data, folder))
    else:
        (folder / "photographs").mkdir(parents=True, exist_ok=True)
        for name in ("page.jpg", "photographs/ada.jpg", "photographs/bea.jpg.xmp"):
            (folder / name).write_bytes(data)
        (folder / "photographs" / "bea.jpg").write_bytes(b"\xff\xd8\xff\xd9")
        records = list(reader.read(folder))
        reader.census(folder)
    assert records, "no record"
    assert len({each.unit for each in records}) == len(records), "two records of one name"
    for record in records:
        names = [each.native_id for each in record.images]
        assert len(set(names)) == len(names), "two images of one name"
        for image in record.images:
            assert (image.data is None) == (image.verdict is not None), "neither picture nor verdict, or both"
            assert image.data is None or 0 < len(image.data) <= IMAGE_BYTES + 64, "a picture of no size or too large"
            assert image.data is None or record.verdict is None, "a picture of a record that is rejected"
        sent = io.BytesIO(b"".join(record_frame(record)))
        assert next_frame(sent.read, LIMITS).record == record, "another record on the other side"
    assert time.monotonic() - begun < SLOW, "too slow"


def rows(reader: Reader, data: bytes, folder: Path) -> Iterator[LegacyRecord]:
    """The records of both shapes of a manifest; the census counts as many, and as many persons."""
    folder.mkdir(exist_ok=True)
    for name, head in (("m.csv", b"path,person\nada.jpg,Ada\n"), ("m.jsonl", b'{"path": "ada.jpg"}\n')):
        (folder / name).write_bytes(head + data)
        try:
            census, records = reader.census(folder / name), list(reader.read(folder / name))
        except BrokenInput:
            assert name == "m.csv", "a line of JSON spoils no other"
            continue
        whose = {unicodedata.normalize("NFC", name_of(each) or "") for each in records}
        assert (census.units, census.persons) == (len(records), len(whose)), "the census counts otherwise"
        yield from records
    yield LegacyRecord(reader.kind, "end", (), None, ())


def blindly(reader: Reader, seconds: float, seed: int, corpus: list[bytes], findings: Path) -> int:
    """Change files of the corpus at random places."""
    chance, until, count = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = bytearray(chance.choice(corpus))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data) + 1)
            match chance.randrange(4):
                case 0 if data:
                    data[min(at, len(data) - 1)] = chance.choice(
                        (0, 0x1C, 0x1D, 0x30, 0x7F, 0xFF, chance.randrange(256))
                    )
                case 1:
                    del data[at : at + chance.randint(1, 40)]
                case 2:
                    other = chance.choice(corpus)
                    begin = chance.randrange(len(other))
                    data[at:at] = other[begin : begin + chance.randint(1, 200)]
                case _:
                    data[at:at] = chance.randbytes(chance.randint(1, 8))
        try:
            read(reader, bytes(data), findings.parent / "source")
        except BaseException:
            (findings / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
            raise
        count += 1
    return count


def main() -> None:
    kind, seconds, seed, corpus, findings = sys.argv[1:]
    reader = reader_of(kind)
    if atheris is None:
        files = [each.read_bytes() for each in sorted(Path(corpus).iterdir())]
        count = blindly(reader, float(seconds), int(seed), files, Path(findings))
        sys.stdout.write(f"{count} inputs, blindly\n")
        return
    options = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=16384", "-timeout=20", "-rss_limit_mb=2048",
               f"-artifact_prefix={findings}/", "-print_final_stats=1", corpus]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], lambda data: read(reader, data, Path(findings).parent / "source"))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
