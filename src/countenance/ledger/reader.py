"""Reading a log that is open for writing: entries, openings, and the proof that a receipt becomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from countenance.ledger.commit_point import KeptCheckpoint
from countenance.ledger.commitment import Opening
from countenance.ledger.merkle_proofs import inclusion_proof
from countenance.ledger.proof import Proof
from countenance.ledger.sealed_detail import SealedDetail
from countenance.ledger.shelf import Shelf
from countenance.ledger.start import OpenParts
from countenance.ledger.tiles import WIDTH, Tile, tile_at, unpack_bundle
from countenance.terms.errors import UnknownName


class Reader:
    """Threads may share it."""

    def __init__(self, parts: OpenParts) -> None:
        self._places = parts.places
        self._points = parts.points
        self._vault = parts.vault
        self._integrator = parts.integrator
        self._journal = parts.journal
        self._disk = parts.disk

    def proof(self, entry: str) -> Proof | None:
        """The proof of an entry, with the entry itself; None while its epoch is not published. Raises UnknownName."""
        number = self._number_of(entry)
        kept = self._points.covering(number, public=True)
        if kept is None or kept.published is None:
            return None
        index = number - kept.shard_first
        shelf = self._shelf(kept)
        path = inclusion_proof(index, kept.size, shelf.nodes(kept.size))
        return Proof(index, tuple(path), kept.published.encode(), shelf.entry(index, kept.size))

    def entry(self, entry: str) -> bytes:
        """The exact public bytes of an entry; raises UnknownName."""
        number = self._number_of(entry)
        for _ in range(2):  # the shard may end while we look
            kept = self._points.covering(number, public=False)
            if kept is not None:
                return self._shelf(kept).entry(number - kept.shard_first, kept.size)
            first = self._integrator.point.shard_first
            if number >= first:
                return next(iter(self.entries(number - first)))[1]
        raise UnknownName(f"the log has no entry {entry[:64]!r}")

    def detail(self, entry: str) -> SealedDetail | None:
        """The sealed detail of an entry; None where it was erased or its kind has none. Raises UnknownName."""
        self._number_of(entry)
        return self._vault.read(entry)

    def open_fields(self, entry: str, names: Iterable[str]) -> list[Opening]:
        """Lay sealed fields open, with the entry's proof where there is one; raises UnknownName for erased ones."""
        detail = self.detail(entry)
        if detail is None:
            raise UnknownName("the detail of this entry was erased, or it never had any", where=entry)
        public, proof = self.entry(entry), self.proof(entry)
        text = "" if proof is None else str(proof)
        return [detail.opening(public, name)._replace(proof=text) for name in names]

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """The running shard's entries from index ``start`` on, with their indices, those of the open epoch too."""
        self._journal.barrier()
        point, pending = self._integrator.snapshot()
        shelf = self._places.shelf(point.origin, self._disk)
        full = point.size // WIDTH
        for bundle in range(start // WIDTH, full):
            tile = tile_at(None, bundle, full * WIDTH)
            for index, data in enumerate(unpack_bundle(shelf.read(tile), tile), bundle * WIDTH):
                if index >= start:
                    yield index, data
        rest = [*unpack_bundle(point.tail, Tile(None, full, point.size % WIDTH)), *(r.public for r in pending)]
        for index, data in enumerate(rest, full * WIDTH):
            if index >= start:
                yield index, data

    def has(self, entry: str) -> bool:
        """Whether there is an entry of this id."""
        try:
            return self._number_of(entry) >= 0
        except UnknownName:
            return False

    def ids(self, about: Collection[str] | None = None, start: int = 0) -> Iterator[str]:
        """The ids of all entries of all shards, in the log's order, or of those ``about`` somebody."""
        self._integrator.flush(self._journal.barrier())
        return self._vault.ids(start) if about is None else self._vault.mentioning(about, start)

    def _number_of(self, entry: str) -> int:
        """Its sequence number; what is durable and not in the vault yet is put there first."""
        try:
            return self._vault.number_of(entry)
        except UnknownName:
            looked_for = entry.partition(".")[0].encode("ascii", "replace")
            if any(looked_for in record.public for record in self._integrator.snapshot()[1]):
                self._integrator.flush(self._journal.barrier())
        return self._vault.number_of(entry)  # also where it moved from the one to the other while we looked

    def _shelf(self, kept: KeptCheckpoint) -> Shelf:
        return self._places.shelf(kept.origin, self._disk)
