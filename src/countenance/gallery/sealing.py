"""What is sealed under a subject's key, in which form, and bound to which place."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from countenance.keys.keyring import GalleryKey
from countenance.keys.seal import Seal
from countenance.terms.acquisition import Probe
from countenance.terms.errors import SealBroken
from countenance.terms.gallery import Keep
from countenance.terms.look import FORM_BITS, Look
from countenance.terms.sample import Sample
from countenance.terms.template import Vector


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a subject in words; ``former`` are the names it had before."""

    name: str
    metadata: dict[str, str]
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What a reference was made of: the sample (SHA-256, hex), its look, and its record's ids elsewhere."""

    sample: str
    look: Look | None = None
    ids: tuple[str, ...] = ()


class ProofElsewhere(NamedTuple):
    """That another house's log has an entry: the log's verifier key, and a ``.tlog-proof`` with the entry in it."""

    log: str
    proof: str


def seal_name(seal: Seal, gallery: str, name: str) -> bytes:
    """A gallery's name, under the gallery's key."""
    return seal.close(name.encode("utf-8"), _context("gallery-name", gallery))


def open_name(seal: Seal, gallery: str, sealed: bytes) -> str:
    """The reverse; raises SealBroken."""
    return seal.open(sealed, _context("gallery-name", gallery)).decode("utf-8")


def seal_about(seal: Seal, subject: str, about: About) -> bytes:
    """A subject's names and metadata, as JSON."""
    body = {"name": about.name, "metadata": about.metadata, "former": about.former}
    return seal.close(_json(body), _context("about", subject))


def open_about(seal: Seal, subject: str, sealed: bytes) -> About:
    """The reverse; raises SealBroken."""
    body = json.loads(seal.open(sealed, _context("about", subject)))
    return About(body["name"], body["metadata"], tuple(body.get("former", ())))


def seal_metadata(seal: Seal, place: str, metadata: Mapping[str, str]) -> bytes | None:
    """The metadata of a gallery or reference of this id, under the gallery's or subject's key; None for none."""
    return seal.close(_json(dict(metadata)), _context("metadata", place)) if metadata else None


def open_metadata(seal: Seal, place: str, sealed: bytes | None) -> dict[str, str]:
    """The reverse; raises SealBroken."""
    return {} if sealed is None else dict(json.loads(seal.open(sealed, _context("metadata", place))))


def seal_template(seal: Seal, reference: str, vector: Vector) -> bytes:
    """A template's numbers: float32, little-endian, nothing else."""
    return seal.close(vector.astype("<f4").tobytes(), _context("template", reference))


def open_template(seal: Seal, reference: str, sealed: bytes) -> Vector:
    """The reverse: float32, shape (dimension,), read-only; raises SealBroken."""
    opened = seal.open(sealed, _context("template", reference))
    return np.frombuffer(opened, dtype="<f4").astype(np.float32, copy=False)


def open_templates(key: GalleryKey, rows: Iterable[tuple[str, str, bytes, bytes]]) -> NDArray[np.float32]:
    """Of (reference, its subject's key id, that key wrapped, the template sealed): all, shape (rows, dimension)."""
    at = _context("template", "")
    opened = key.open_each((i, wrapped, sealed, at + name.encode("ascii")) for name, i, wrapped, sealed in rows)
    return np.frombuffer(b"".join(opened), dtype="<f4").reshape(len(opened), -1)


def seal_source(seal: Seal, reference: str, source: Source) -> bytes:
    """What it was made of: 32 bytes of digest; with a look 32 of pixels and 16 of form; the ids, a zero before each."""
    look = source.look
    seen = b"" if look is None else bytes.fromhex(look.pixels) + look.form.to_bytes(FORM_BITS // 8)
    ids = "".join(f"\0{each}" for each in source.ids).encode("utf-8", "surrogatepass")
    return seal.close(bytes.fromhex(source.sample) + bytes([bool(seen)]) + seen + ids, _context("source", reference))


def open_source(seal: Seal, reference: str, sealed: bytes) -> Source:
    """The reverse; raises SealBroken."""
    body = seal.open(sealed, _context("source", reference))
    sample, seen, ids = body[:32].hex(), body[32:33] == b"\1", body[33:]
    look = Look(ids[:32].hex(), int.from_bytes(ids[32 : 32 + FORM_BITS // 8])) if seen else None
    ids = ids[32 + FORM_BITS // 8 :] if seen else ids
    return Source(sample, look, tuple(ids.decode("utf-8", "surrogatepass").split("\0")[1:]))


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


def seal_proofs(seal: Seal, reference: str, proofs: Iterable[ProofElsewhere]) -> bytes:
    """What other houses' logs prove of a reference, as JSON."""
    return seal.close(_json(list(proofs)), _context("proofs", reference))


def open_proofs(seal: Seal, reference: str, sealed: bytes) -> tuple[ProofElsewhere, ...]:
    """The reverse; raises SealBroken."""
    return tuple(ProofElsewhere(*each) for each in json.loads(seal.open(sealed, _context("proofs", reference))))


def _json(body: object) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def _context(kind: str, place: str) -> bytes:
    return f"countenance/{kind}/v1/{place}".encode("ascii")
