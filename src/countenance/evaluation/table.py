"""A CSV table of the evaluator's input, read with the line of whatever is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from countenance.terms.errors import BrokenInput, Malformed

Row = tuple[str, Mapping[str, str]]


def rows_of(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    """Each line as (where, fields by column); every column of ``wanted`` is there and not empty.

    Raises BrokenInput where there is no such file, Malformed with the line that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in wanted if name not in (reader.fieldnames or ())]
            if missing:
                raise Malformed(
                    f"the first line must name the columns {', '.join(wanted)}; {', '.join(missing)} is missing",
                    where=f"{path}:1",
                )
            for row in reader:
                where = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise Malformed("this line has not as many fields as the first line has columns", where=where)
                for name in wanted:
                    if not row[name].strip():
                        raise Malformed(f"{name} is empty", where=where)
                yield where, {name: value.strip() for name, value in row.items()}
    except UnicodeDecodeError as error:
        raise Malformed("the file is not UTF-8", where=str(path), remedy="Save it as UTF-8.") from error
    except csv.Error as error:
        raise Malformed(f"not a CSV file: {error}", where=str(path)) from error
    except OSError as error:
        raise BrokenInput(f"this list cannot be read: {error.strerror}", where=str(path)) from error
