"""The hierarchy of keys: root key, gallery key, subject key; each wraps the next.

::

    root key ── HKDF ──> wraps gallery keys, digests gallery names, (the ledger's vault, …)
      gallery key ── HKDF ──> wraps subject keys, seals what belongs to the gallery, digests names and samples
        subject key ──> seals a subject's templates, names, metadata, pictures; destroyed, they are forgotten

A wrapped key opens only under its own id, so that keys cannot be exchanged in the store.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from countenance.keys.derive import derive, keyed_digest
from countenance.keys.root import RootKey
from countenance.keys.seal import Seal, new_key, open_each
from countenance.keys.subject_keys import SubjectKeys
from countenance.terms.errors import SealBroken, UnknownName


@dataclass(frozen=True, slots=True)
class GalleryKey:
    """What a gallery's key is used for; the key itself is not kept."""

    id: str
    seal: Seal = field(repr=False)
    _wrapping: Seal = field(repr=False)
    _names: bytes = field(repr=False)
    _samples: bytes = field(repr=False)

    @classmethod
    def of(cls, gallery: str, key: bytes) -> GalleryKey:
        """Derive the uses of ``key``."""
        return cls(
            gallery, Seal(derive(key, "seal")), Seal(derive(key, "wrap")), derive(key, "names"), derive(key, "samples")
        )

    def digest_of_name(self, name: str) -> bytes:
        """The keyed digest under which a name in this gallery is looked up."""
        return keyed_digest(self._names, name.encode("utf-8", "surrogatepass"))

    def digest_of_sample(self, digest: str) -> bytes:
        """The keyed digest of a sample's SHA-256 (hex), by which the same sample is enrolled once."""
        return keyed_digest(self._samples, digest.encode("ascii"))

    def wrap(self, key_id: str, key: bytes) -> bytes:
        """Wrap a subject's key."""
        return self._wrapping.close(key, _context("subject", key_id))

    def unwrap(self, key_id: str, wrapped: bytes) -> Seal:
        """The subject's seal; raises SealBroken."""
        return Seal(self._wrapping.open(wrapped, _context("subject", key_id)))

    def wrap_segment(self, name: str, key: bytes) -> bytes:
        """Wrap the key of a segment on a disk."""
        return self._wrapping.close(key, _context("segment", name))

    def unwrap_segment(self, name: str, wrapped: bytes) -> bytes:
        """The reverse; raises SealBroken."""
        return self._wrapping.open(wrapped, _context("segment", name))

    def open_each(self, rows: Iterable[tuple[str, bytes, bytes, bytes]]) -> list[bytes]:
        """Of (subject key's id, the wrapped key, sealed bytes, their context): what was sealed; raises SealBroken."""
        of = _context("subject", "")
        return open_each(self._wrapping, ((key, of + i.encode("ascii"), sealed, at) for i, key, sealed, at in rows))


class Keyring:
    """Makes, opens and destroys keys. Gallery keys stay in memory once opened, subject keys do not."""

    def __init__(self, root: RootKey, store: SubjectKeys) -> None:
        self.store = store
        self._wrapping = Seal(root.derive("wrap"))
        self._names = root.derive("gallery-names")
        self._withdrawn = root.derive("withdrawals")
        self._elsewhere = Seal(root.derive("withdrawals-elsewhere"))
        self._open: dict[str, GalleryKey] = {}
        self._lock = threading.Lock()

    def digest_of_gallery_name(self, name: str) -> bytes:
        """The keyed digest under which a gallery's name is looked up."""
        return keyed_digest(self._names, name.encode("utf-8", "surrogatepass"))

    def key_of_withdrawn(self, gallery: str) -> bytes:
        """The key of the digests by which withdrawals from the gallery of this name know somebody again.

        It hangs from the root key and the name, so that a gallery that is deleted and made anew under it knows them
        too; and it says nothing of another gallery's, so that it can go with this one to another house.
        """
        return keyed_digest(self._withdrawn, gallery.encode("utf-8", "surrogatepass"))

    def seal_key_elsewhere(self, gallery: bytes, key: bytes) -> bytes:
        """Such a key of another house, for the gallery here whose name has this digest."""
        return self._elsewhere.close(key, _of_elsewhere(gallery))

    def open_key_elsewhere(self, gallery: bytes, sealed: bytes) -> bytes:
        """The reverse; raises SealBroken."""
        return self._elsewhere.open(sealed, _of_elsewhere(gallery))

    def create_gallery(self, gallery: str) -> GalleryKey:
        """A new gallery's key; durable when it returns."""
        key = new_key()
        self.store.add_gallery(gallery, self._wrapping.close(key, _context("gallery", gallery)))
        return GalleryKey.of(gallery, key)

    def gallery(self, gallery: str) -> GalleryKey:
        """A gallery's key; raises UnknownName where it is destroyed, SealBroken where it is lost."""
        with self._lock:
            known = self._open.get(gallery)
            if known is None:
                wrapped = self.store.gallery(gallery)
                if wrapped is None:
                    self.want_destroyed([gallery])
                    raise UnknownName("this gallery was deleted", where=gallery)
                known = GalleryKey.of(gallery, self._wrapping.open(wrapped, _context("gallery", gallery)))
                self._open[gallery] = known
            return known

    def want_destroyed(self, missing: Collection[str]) -> None:
        """Raise SealBroken unless every one of these missing keys was destroyed on purpose."""
        lost = self.store.not_destroyed(missing)
        if lost:
            raise SealBroken(
                f"{len(lost)} keys are not in the key store, and were not destroyed",
                where=f"for example {min(lost)}",
                remedy="Put the newest copy of the key store back; countenance doctor names what is affected.",
            )

    def create_subjects(self, gallery: str, key_ids: Sequence[str]) -> dict[str, Seal]:
        """Make the keys of new subjects under these new random ids; durable when it returns, with one fsync."""
        key = self.gallery(gallery)
        made = {key_id: new_key() for key_id in key_ids}
        if made:
            self.store.create(gallery, {i: key.wrap(i, k) for i, k in made.items()})
        return {i: Seal(k) for i, k in made.items()}

    def seal_of(self, gallery: str, key_id: str) -> Seal:
        """A subject's seal; raises UnknownName where its key is destroyed, SealBroken where it is lost."""
        seal = self.subject(gallery, key_id)
        if seal is None:
            raise UnknownName("this subject was erased", where=f"gallery {gallery}")
        return seal

    def subject(self, gallery: str, key_id: str) -> Seal | None:
        """A subject's seal; None where its key is destroyed; raises SealBroken where it is lost."""
        wrapped = self.store.get(key_id)
        if wrapped is None:
            self.want_destroyed([key_id])
            return None
        return self.gallery(gallery).unwrap(key_id, wrapped)

    def subjects(self, gallery: str) -> dict[str, Seal]:
        """The seals of all subjects of a gallery by key id."""
        key = self.gallery(gallery)
        return {i: key.unwrap(i, w) for i, w in self.store.all_of(gallery).items()}

    def some(self, gallery: str, key_ids: Collection[str]) -> dict[str, Seal]:
        """The seals of these subjects by key id; destroyed ones are not among them. Raises SealBroken for lost ones."""
        wrapped = self.store.some(key_ids)
        self.want_destroyed(set(key_ids) - wrapped.keys())
        key = self.gallery(gallery)
        return {i: key.unwrap(i, w) for i, w in wrapped.items()}

    def forget(self, gallery: str) -> None:
        """Keep a gallery's key in memory no longer: the gallery is no more."""
        with self._lock:
            self._open.pop(gallery, None)

    def destroy_gallery(self, gallery: str) -> None:
        """Destroy a gallery's key with all its subjects' keys."""
        self.forget(gallery)
        self.store.destroy_gallery(gallery)


def _context(kind: str, key_id: str) -> bytes:
    return f"countenance/key/v1/{kind}/{key_id}".encode("ascii")


def _of_elsewhere(gallery: bytes) -> bytes:
    return b"countenance/withdrawals-elsewhere/v1/" + gallery
