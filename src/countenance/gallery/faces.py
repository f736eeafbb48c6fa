"""Kept faces: templates that live for a while outside galleries, for whoever had them made.

Each is sealed under a key that is shared by all that end within the same few minutes and is destroyed at that date,
so that no backup brings an ended one back; until then a row that is deleted is overwritten. A kept face is a cache:
one that is lost with the power is made again from its picture.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Row, delete, func, insert, select

from countenance.gallery.admission import Admission, ways_to_name
from countenance.gallery.fit import want_template
from countenance.gallery.recipes import read_recipes, write_recipes
from countenance.gallery.tables import face_id
from countenance.keys.derive import keyed_digest
from countenance.keys.root import RootKey
from countenance.keys.seal import Seal, new_key
from countenance.keys.subject_keys import SubjectKeys
from countenance.storage.among import among
from countenance.storage.database import Database
from countenance.terms.acquisition import Probe
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.receipt import Receipt
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

LEAST_SECONDS, MOST_SECONDS = 60, 86_400
BUCKET_SECONDS = 300
"""A key is destroyed at most so long after the last of its faces has ended."""
MAX_LABEL = 64


@dataclass(frozen=True, slots=True, eq=False)
class StoredFace:
    """A kept face as its owner finds it.

    ``label`` is the owner's own word, ``expires`` in Unix seconds. ``minor``: declared a minor's when it was kept.
    """

    id: str
    template: Template
    label: str
    expires: int
    minor: bool


class Faces:
    """Keeps under a receipt, finds for the owner alone, forgets. Nothing here compares. Threads may share it."""

    def __init__(
        self, database: Database, root: RootKey, keys: SubjectKeys, admission: Admission, now: Callable[[], int]
    ) -> None:
        self._database = database
        self._keys = keys
        self._admission = admission
        self._now = now
        self._wrapping = Seal(root.derive("faces-wrap"))
        self._owners = root.derive("faces-owners")
        self._samples = root.derive("faces-samples")
        self._lock = threading.Lock()
        self._seals: dict[int, Seal] = {}  # by the date on which they end
        self._recipes: dict[str, Recipe] = {}  # those that the database has for certain

    def keep(
        self,
        receipt: Receipt,
        probes: Sequence[Probe],
        owner: str,
        expires: int,
        label: str = "",
        *,
        minor: bool = False,
    ) -> tuple[str, ...]:
        """Keep these faces until ``expires`` (Unix seconds); their ids, random UUIDs, in order.

        ``minor``: one of them is declared a minor's; which one is not asked, so each is kept as one.

        The receipt: ACQUIRE, of no gallery and these faces of one sample. They survive the end of the process, and
        may be lost where the power fails. Raises Malformed unless they live 60 to 86,400 seconds, ReceiptRefused,
        Unwritable.
        """
        now = self._now()
        if not LEAST_SECONDS <= expires - now <= MOST_SECONDS:
            raise Malformed(f"a face is kept for {LEAST_SECONDS} to {MOST_SECONDS} seconds, not {expires - now}")
        if len(label) > MAX_LABEL:
            raise Malformed(f"a label has at most {MAX_LABEL} characters")
        templates = [probe.template for probe in probes]
        for template in templates:
            want_template(template)
        named = ways_to_name([template.sample for template in templates])
        self._admission.check(receipt, Action.ACQUIRE, "", named)
        self._admission.spend(receipt)
        bucket = -(-expires // BUCKET_SECONDS) * BUCKET_SECONDS
        seal = self._seal(bucket, now)
        whose = self._owner(owner)
        rows = [self._row(str(uuid.uuid4()), whose, each, expires, bucket, (label, minor), seal) for each in templates]
        new = {each.recipe.digest: each.recipe for each in templates} if templates else {}
        new = {digest: recipe for digest, recipe in new.items() if digest not in self._recipes}
        with self._database.write(passing=True) as connection:
            if new:
                write_recipes(connection, new.values())
            if rows:
                connection.execute(insert(face_id), rows)
        self._recipes |= new
        return tuple(row["id"] for row in rows)

    def find(self, owner: str, ids: Collection[str]) -> dict[str, StoredFace]:
        """Those of ``ids`` that this owner has kept and that have not ended, by id.

        Another owner's, an ended one, a forgotten one and one that never was are all the same: not there. Raises
        SealBroken where somebody changed the file.
        """
        now, whose = self._now(), self._owner(owner)
        statement = select(face_id).where(face_id.c.owner == whose, face_id.c.expires > now)
        with self._database.read() as connection:
            rows = list(among(connection, statement, face_id.c.id, ids))
            missing = {row.recipe for row in rows} - self._recipes.keys()
            if missing:
                self._recipes |= read_recipes(connection, missing)
        found = {}
        for row in rows:
            seal = self._known_seal(row.bucket)
            if seal is not None:
                found[row.id] = self._open(row, whose, seal)
        return found

    def sweep(self, now: int | None = None) -> int:
        """Forget the faces that have ended by ``now``, the keys first; how many. Also done at start and by keeping."""
        date = self._now() if now is None else now
        with self._lock:
            self._keys.destroy_passed(date)
            self._seals = {ends: seal for ends, seal in self._seals.items() if ends > date}
        return self._delete([face_id.c.expires <= date])

    def forget(self, samples: Iterable[str]) -> int:
        """Forget the faces that were made of samples with these SHA-256 (hex), whoever keeps them; how many."""
        keyed = [self._sample(digest) for digest in samples]
        with self._database.read() as connection:
            ids = [row.id for row in among(connection, select(face_id.c.id), face_id.c.sample_digest, keyed)]
        return self._delete([face_id.c.id.in_(ids[at : at + 500]) for at in range(0, len(ids), 500)])

    def clear(self) -> int:
        """Forget all: where erasures were made up for at a start, nobody knows any more which faces went with them."""
        return self._delete([face_id.c.id != ""])

    def count(self) -> int:
        """How many are kept, ended ones that were not swept yet included."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(face_id)).scalar_one())

    def _delete(self, conditions: Sequence[ColumnElement[bool]]) -> int:
        with self._database.read() as connection:  # a look that finds nothing writes nothing
            some = any(connection.execute(select(face_id.c.id).where(each).limit(1)).first() for each in conditions)
        if not some:
            return 0
        with self._database.write() as connection:
            gone = sum(connection.execute(delete(face_id).where(each)).rowcount for each in conditions)
        self._database.scrub()
        return gone

    def _seal(self, bucket: int, now: int) -> Seal:
        """The seal of this end, its key made (and what has ended swept) if need be."""
        known = self._known_seal(bucket)
        if known is not None:
            return known
        self.sweep(now)
        with self._lock:
            wrapped = self._keys.add_passing(bucket, self._wrapping.close(new_key(), _key_context(bucket)))
            seal = self._seals[bucket] = Seal(self._wrapping.open(wrapped, _key_context(bucket)))
            return seal

    def _known_seal(self, bucket: int) -> Seal | None:
        with self._lock:
            seal = self._seals.get(bucket)
            if seal is None:
                wrapped = self._keys.passing(bucket)
                if wrapped is not None:
                    seal = self._seals[bucket] = Seal(self._wrapping.open(wrapped, _key_context(bucket)))
            return seal

    def _row(
        self,
        name: str,
        whose: bytes,
        template: Template,
        expires: int,
        bucket: int,
        said: tuple[str, bool],
        seal: Seal,
    ) -> dict[str, Any]:
        recipe = template.recipe.digest
        head = json.dumps([template.sample.digest, template.sample.face, *said]).encode("ascii")
        body = len(head).to_bytes(2, "big") + head + template.vector.astype("<f4").tobytes()
        return {
            "id": name,
            "owner": whose,
            "sample_digest": self._sample(template.sample.digest),
            "expires": expires,
            "bucket": bucket,
            "recipe": recipe,
            "sealed": seal.close(body, _context(name, whose, expires, recipe)),
        }

    def _open(self, row: Row[Any], whose: bytes, seal: Seal) -> StoredFace:
        body = seal.open(row.sealed, _context(row.id, whose, row.expires, row.recipe))
        end = 2 + int.from_bytes(body[:2], "big")
        digest, face, label, minor = json.loads(body[2:end])
        vector = np.frombuffer(body[end:], dtype="<f4").astype(np.float32, copy=False)
        template = Template(vector, self._recipes[row.recipe], SampleRef(digest, face))
        return StoredFace(row.id, template, label, row.expires, minor)

    def _owner(self, owner: str) -> bytes:
        return keyed_digest(self._owners, owner.encode("utf-8", "surrogatepass"))

    def _sample(self, digest: str) -> bytes:
        return keyed_digest(self._samples, digest.encode("ascii"))


def _context(name: str, whose: bytes, expires: int, recipe: str) -> bytes:
    """A row that is moved to another owner, end or recipe does not open."""
    return f"countenance/face/v2/{name}/{whose.hex()}/{expires}/{recipe}".encode("ascii")


def _key_context(bucket: int) -> bytes:
    return f"countenance/key/v1/passing/{bucket}".encode("ascii")
