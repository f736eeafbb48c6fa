"""Azure's names of models, and what they stand for here."""

from __future__ import annotations

from countenance.http.azure.faults import bad_argument

RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
"""All four stand for the one recipe that is in force. A group keeps the name it was made with, and faces detected
under another name are not compared with it, as in Azure; the templates themselves carry the recipe."""
DEFAULT_RECOGNITION_MODEL = "recognition_01"

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
"""All three stand for the recipe's one detector; detection_02 gives neither landmarks nor attributes."""
DEFAULT_DETECTION_MODEL = "detection_01"
BARE_DETECTION_MODEL = "detection_02"

RATED = frozenset({"recognition_03", "recognition_04"})
"""The names under which ``qualityForRecognition`` may be asked."""


def recognition_model(said: str | None) -> str:
    """The name as said, or the default; raises BadArgument."""
    if said is None:
        return DEFAULT_RECOGNITION_MODEL
    if said not in RECOGNITION_MODELS:
        raise bad_argument("'recognitionModel' is invalid.")
    return said


def detection_model(said: str | None) -> str:
    """The name as said, or the default; raises BadArgument."""
    if said is None:
        return DEFAULT_DETECTION_MODEL
    if said not in DETECTION_MODELS:
        raise bad_argument("'detectionModel' is invalid.")
    return said
