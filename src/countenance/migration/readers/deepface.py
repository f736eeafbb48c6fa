"""deepface's ``db_path``: a folder per person, and beside the pictures its caches, which are pickles."""

from __future__ import annotations

from countenance.migration.readers.folder import FolderReader


class DeepfaceReader(FolderReader):
    """Every file of the folder; a cache is refused by its name, and all that it knows is in the pictures anyway."""

    kind = "deepface"
