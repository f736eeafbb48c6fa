"""Measure the readers of legacy sources alone, in their sandbox: records a second, and memory from few records to many.

The transactions and face records are made up: a header, a text and one picture of noise. A file holds a thousand
transactions and is linked as often as it takes, so that a hundred thousand need no more disk than a thousand.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import struct
import tempfile
import time
from pathlib import Path

from countenance.migration.sandbox import census_in_sandbox, read_in_sandbox

IN_A_FILE = 1000


def picture(size: int) -> bytes:
    """Bytes that begin and end like a JPEG of 480 × 640, with everything in between that a scan could hold."""
    head = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0001108028001e003012200021101031101")
    return head + random.Random(size).randbytes(size - len(head) - 2).replace(b"\xff", b"\xfe") + b"\xff\xd9"


def transaction(number: int, image: bytes, person: int | None = None) -> bytes:
    """Type-1, Type-2 and Type-10; of the person of the same number, or of another one."""

    def record(kind: int, *fields: str, data: bytes | None = None) -> bytes:
        body = "\x1d".join(f"{kind}.{each}" for each in fields).encode()
        body = b"\x1d" + body + (b"" if data is None else b"\x1d%d.999:%b" % (kind, data)) + b"\x1c"
        head = f"{kind}.001:"
        length = next(n for n in range(len(body), len(body) + 40) if len(head) + len(str(n)) + len(body) == n)
        return f"{head}{length}".encode() + body

    first = record(1, "002:0500", "003:1\x1f2\x1e2\x1f0\x1e10\x1f1", "004:FRS", "008:AGENCY", f"009:N{number:08}")
    text = record(2, "002:0", "018:NOBODY", f"014:P{number if person is None else person:08}")
    face = record(10, "002:1", "003:FACE", "005:20190305", "006:480", "007:640", "011:JPEGB", data=image)
    return first + text + face


def face_record(image: bytes) -> bytes:
    """ISO/IEC 19794-5:2005."""
    block = bytes(14) + struct.pack(">BBHHBBHH", 1, 0, 480, 640, 0, 0, 0, 0) + image
    block = struct.pack(">IH", len(block) + 6, 0) + block
    return b"FAC\x00010\x00" + struct.pack(">IH", 14 + len(block), 1) + block


def measure(kind: str, folder: Path, count: int) -> dict[str, object]:
    """Read all; the peaks of memory are of all reader processes and of this one so far."""
    begun = time.perf_counter()
    census = census_in_sandbox(kind, folder)
    counted = time.perf_counter()
    records = taken = 0
    for record in read_in_sandbox(kind, folder):
        records += 1
        taken += sum(len(each.data or b"") for each in record.images)
    seconds = time.perf_counter() - counted
    assert records == count == census.units, (records, count, census)
    return {
        "kind": kind,
        "records": records,
        "mebibytes": round(taken / 2**20, 1),
        "census_s": round(counted - begun, 2),
        "read_s": round(seconds, 2),
        "records_per_s": round(records / seconds),
        "reader_peak_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10,
        "own_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def main() -> None:
    """Small counts first: a peak of memory never goes down again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=10_000, help="records of the longest run")
    parser.add_argument("--bytes", type=int, default=50_000, help="bytes of a picture")
    parser.add_argument("--json", action="store_true")
    call = parser.parse_args()
    image = picture(call.bytes)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as place:
        counts = [each for each in (100, 1000, 10_000, 100_000) if each <= call.most]
        for count in counts:
            for kind in ("ansi-nist", "iso-19794-5"):
                folder = Path(place) / f"{kind}-{count}"
                folder.mkdir()
                fill(kind, folder, count, image)
                rows.append(measure(kind, folder, count))
                if not call.json:
                    print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if call.json:
        print(json.dumps({"benchmark": "read_legacy", "bytes": call.bytes, "rows": rows}))


def fill(kind: str, folder: Path, count: int, image: bytes) -> None:
    """Transactions a thousand to a file; face records one to a file."""
    in_a_file = min(count, IN_A_FILE) if kind == "ansi-nist" else 1
    each = (transaction(n, image) if kind == "ansi-nist" else face_record(image) for n in range(in_a_file))
    with (folder / "0").open("wb") as file:
        file.writelines(each)  # one at a time: this process's own peak would be the readers', who begin as its copies
    for number in range(1, count // in_a_file):
        # A file has so many links and no more.
        if number % 10_000 == 0:
            (folder / str(number)).write_bytes((folder / "0").read_bytes())
        else:
            os.link(folder / str(number - number % 10_000), folder / str(number))


if __name__ == "__main__":
    main()
