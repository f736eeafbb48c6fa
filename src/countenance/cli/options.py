"""The options that several verbs share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.terms.acquisition import FaceChoice

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON on standard output instead of tables.")]
Purpose = Annotated[
    str | None, typer.Option("--purpose", "-p", metavar="PURPOSE", help="A purpose of the charter's register.")
]
Authority = Annotated[
    str | None,
    typer.Option("--authority", "-a", metavar="CLASS:REFERENCE", help="The authority, e.g. guardian-request:case-3."),
]
GalleryName = Annotated[str, typer.Option("--gallery", "-g", metavar="NAME", help="The gallery.")]
# Whether a file may be read is asked by reading it: the parser would answer first, in words of its own.
Image = Annotated[
    Path,
    typer.Argument(metavar="IMAGE", readable=False, help="A photograph: JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000."),
]
Minor = Annotated[bool, typer.Option("--minor", help="The person in the picture is declared a minor.")]
Faces = Annotated[FaceChoice, typer.Option("--faces", help="Which face of the picture is meant.")]
