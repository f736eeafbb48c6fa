"""Draw the faces of a picture: boxes, landmarks, quality. People would rather look."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.errors import Unwritable
from countenance.terms.face import Detection, Face
from countenance.terms.quality import Quality, QualityComponent
from countenance.terms.sample import Sample
from countenance.vision.decode import decode

GOOD, FAIR, POOR = (46, 160, 67), (210, 153, 34), (218, 54, 51)


def draw_detection(sample: Sample, found: Detection, out: Path) -> None:
    """Write the upright picture of ``sample`` with every face marked to ``out``; raises Unwritable."""
    picture = decode(sample.data)
    if isinstance(picture, FailureToAcquire):
        return
    canvas = Image.fromarray(picture.pixels)
    if canvas.size != (found.width, found.height):
        canvas = canvas.resize((found.width, found.height))
    pen = ImageDraw.Draw(canvas)
    for number, face in enumerate(found.faces):
        _draw_face(pen, number, face, max(1, round(min(canvas.size) / 300)))
    try:
        canvas.save(out)
    except (OSError, ValueError) as error:
        raise Unwritable(f"the drawing cannot be written: {error}", where=str(out)) from error


def worst_of(quality: Quality) -> QualityComponent:
    """The lowest component of the face itself; how many others are in the picture is plain to see."""
    return min((c for c in quality.components if c.name != "SingleFacePresent"), key=lambda c: c.value)


def _draw_face(pen: ImageDraw.ImageDraw, number: int, face: Face, width: int) -> None:
    box = face.box
    worst = worst_of(face.quality)
    colour = GOOD if worst.value >= 60 else FAIR if worst.value >= 30 else POOR
    corners = (box.left, box.top, box.left + box.width, box.top + box.height)
    pen.rectangle(corners, outline=colour, width=width * 2)
    for x, y in face.landmarks.points:
        pen.ellipse((x - width * 1.5, y - width * 1.5, x + width * 1.5, y + width * 1.5), fill=colour)
    font = ImageFont.load_default(max(10, box.width / 9))
    text = f"{number}: {worst.name} {worst.value}"
    left, top, right, bottom = pen.textbbox((box.left, max(0, box.top - box.width / 7)), text, font=font)
    pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=colour)
    pen.text((left, max(0, box.top - box.width / 7)), text, fill=(255, 255, 255), font=font)
