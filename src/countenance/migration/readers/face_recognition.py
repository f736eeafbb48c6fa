"""face_recognition's folders: one per person to train on, or ``known_people`` with a picture named as each person."""

from __future__ import annotations

from countenance.migration.readers.folder import FolderReader


class FaceRecognitionReader(FolderReader):
    """Every file of the folder; a trained classifier is a pickle and is refused by its name."""

    kind = "face_recognition"
