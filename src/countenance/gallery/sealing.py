"""What is sealed under a subject's key, in which form, and bound to which place."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from countenance.keys.seal import Seal
from countenance.terms.acquisition import Probe
from countenance.terms.errors import SealBroken
from countenance.terms.gallery import Keep
from countenance.terms.sample import Sample
from countenance.terms.template import Vector


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a subject in words."""

    name: str
    metadata: dict[str, str]


def seal_name(seal: Seal, gallery: str, name: str) -> bytes:
    """A gallery's name, under the gallery's key."""
    return seal.close(name.encode("utf-8"), _context("gallery-name", gallery))


def open_name(seal: Seal, gallery: str, sealed: bytes) -> str:
    """The reverse; raises SealBroken."""
    return seal.open(sealed, _context("gallery-name", gallery)).decode("utf-8")


def seal_about(seal: Seal, subject: str, name: str, metadata: Mapping[str, str]) -> bytes:
    """A subject's name and metadata, as JSON."""
    body = json.dumps({"name": name, "metadata": dict(metadata)}, sort_keys=True, separators=(",", ":"))
    return seal.close(body.encode("ascii"), _context("about", subject))


def open_about(seal: Seal, subject: str, sealed: bytes) -> About:
    """The reverse; raises SealBroken."""
    body = json.loads(seal.open(sealed, _context("about", subject)))
    return About(body["name"], body["metadata"])


def seal_template(seal: Seal, reference: str, vector: Vector) -> bytes:
    """A template's numbers: float32, little-endian, nothing else."""
    return seal.close(vector.astype("<f4").tobytes(), _context("template", reference))


def open_template(seal: Seal, reference: str, sealed: bytes) -> Vector:
    """The reverse: float32, shape (dimension,), read-only; raises SealBroken."""
    return np.frombuffer(seal.open(sealed, _context("template", reference)), dtype="<f4").astype(np.float32, copy=False)


def seal_source(seal: Seal, reference: str, digest: str) -> bytes:
    """The SHA-256 (hex) of the sample."""
    return seal.close(bytes.fromhex(digest), _context("source", reference))


def open_source(seal: Seal, reference: str, sealed: bytes) -> str:
    """The reverse; raises SealBroken."""
    return seal.open(sealed, _context("source", reference)).hex()


def seal_picture(seal: Seal, reference: str, keep: Keep, probe: Probe, sample: Sample) -> bytes | None:
    """What the gallery keeps of the picture: the crop in NumPy's .npy form (version 1.0), or the sample's bytes."""
    match keep:
        case Keep.NONE:
            return None
        case Keep.CROP:
            out = io.BytesIO()
            np.save(out, probe.crop, allow_pickle=False)
            return seal.close(out.getvalue(), _context("crop", reference))
        case Keep.IMAGE:
            return seal.close(sample.data, _context("image", reference))


def open_picture(seal: Seal, reference: str, kept: Keep, sealed: bytes) -> bytes:
    """The reverse: the bytes of the .npy file or of the sample; raises SealBroken."""
    if kept is Keep.NONE:
        raise SealBroken("there is a picture where none was kept", where=reference)
    return seal.open(sealed, _context(kept.value, reference))


def seal_picture_again(old: Seal, new: Seal, reference: str, kept: Keep, sealed: bytes) -> bytes:
    """Move a picture from under one key under another; raises SealBroken."""
    return new.close(open_picture(old, reference, kept, sealed), _context(kept.value, reference))


def _context(kind: str, place: str) -> bytes:
    return f"countenance/{kind}/v1/{place}".encode("ascii")
