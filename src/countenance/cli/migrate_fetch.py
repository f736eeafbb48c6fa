"""countenance migrate fetch-compreface: what a running CompreFace holds, into a folder that can be moved in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.cli.progress import bar

Address = Annotated[str, typer.Argument(metavar="URL", help="Where CompreFace is: http://host:8000.")]
Out = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write pictures and manifest.jsonl.")]
KeyFile = Annotated[
    Path, typer.Option("--key-file", exists=True, dir_okay=False, help="A file with the recognition service's API key.")
]


def fetch_compreface(address: Address, folder: Out, key_file: KeyFile, as_json: Json = False) -> None:
    """Fetch a CompreFace service's pictures and subjects; nothing is enrolled. Then: --source manifest."""
    from countenance.migration.compreface.fetch import MANIFEST, fetch

    with bar("fetching", None) as progress:

        def tell(_: int, total: int) -> None:
            progress.total(total)
            progress.step(1)

        found = fetch(address, key_file.read_text(encoding="utf-8").strip(), folder, progress=tell)
    if as_json:
        emit({"examples": found.examples, "pictures": found.pictures, "manifest": str(folder / MANIFEST)})
        return
    console().print(
        f"{found.pictures} pictures of {found.examples} examples. Next: countenance migrate plan --source manifest "
        f"{folder / MANIFEST}",
        markup=False,
    )
