"""Compare the reader of ANSI/NIST-ITL with two others, by their verdicts on a folder of real transactions.

``python tests/migration/compare_verdicts.py FOLDER`` reads FOLDER/FILES.csv (``file``, ``sha256``, ``nistitl_0_6``,
``tolerant_reader``, ``record_types`` such as ``1|2|10``, ``type10_records``) and prints where the reader differs from
the tolerant one, how often it reads what nistitl refuses, and every note, as JSON. The files show real people, so
none is part of this project; its own tests write theirs.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

from countenance.migration.itl.records import first, walk
from countenance.migration.readers.ansi_nist import AnsiNistReader


def main(folder: Path) -> int:
    """The exit code is 1 where the reader reads less than the tolerant one."""
    reader = AnsiNistReader()
    worse: list[str] = []
    beyond_nistitl = 0
    verdicts: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    with (folder / "FILES.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        data = (folder / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"], row["file"]
        records = list(reader.read_file(folder / row["file"], row["file"]))
        census = reader.census_file(folder / row["file"])
        images = [image for record in records for image in record.images]
        begins = first(data, 0)
        types = [] if begins is None else [str(each.type) for each in walk(data, begins).records]
        read = all(record.verdict is None for record in records)
        same = types == row["record_types"].split("|") and len(images) == int(row["type10_records"]) == census.images
        if row["tolerant_reader"] == "ok" and not (read and same):
            worse.append(row["file"])
        beyond_nistitl += read and row["nistitl_0_6"] != "ok"
        verdicts.update(str(image.verdict or "read") for image in images)
        notes.update(note.code.value for each in (*records, *images) for note in each.notes)
    shown = {
        "files": len(rows),
        "worse_than_the_tolerant_reader": worse,
        "read_where_nistitl_refuses": beyond_nistitl,
        "images": dict(verdicts),
        "notes": dict(notes),
    }
    sys.stdout.write(json.dumps(shown, indent=1) + "\n")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
