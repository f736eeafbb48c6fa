"""Govern: adopt charters, keep their files, and know which one is in force in which epoch."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from pathlib import Path

from countenance.ledger.draft import new_id
from countenance.ledger.ledger import Ledger
from countenance.policy.adopt import Adoption
from countenance.policy.charter import Charter
from countenance.policy.digest import digest_of
from countenance.policy.folder import load_charter, read_folder
from countenance.policy.judge import Judge
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.errors import LogDamaged, MissingPart

INDEX = "adopted.json"


@dataclass(frozen=True, slots=True)
class InForce:
    """A charter by its digest, in force from the epoch ``start``."""

    digest: str
    start: int


class Charters:
    """The charters that were adopted, each in a folder named by its digest, under ``folder``.

    The log is the truth about what was adopted when; the index beside the folders only saves reading it, and is
    mended from the log at the start where a crash came between the two. A folder whose content does not have the
    digest that its name claims is refused.
    """

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self._lock = threading.Lock()
        self._judges: dict[str, Judge] = {}
        self._adopted = self._read_index()
        last = ledger.charter
        if last is not None and (not self._adopted or self._adopted[-1].digest != last["digest"]):
            self._add(InForce(str(last["digest"]), int(last["from"])))

    def judge(self) -> Judge:
        """The judge of the charter in force in the running epoch; the same object while it is."""
        epoch = self._ledger.epoch
        with self._lock:
            held = [each for each in self._adopted if each.start <= epoch]
            if not held:
                raise MissingPart("no charter is in force", remedy="Adopt one: countenance charter adopt.")
            return self._judge_of(held[-1].digest)

    @property
    def latest(self) -> Charter | None:
        """The charter adopted last, whether or not it is in force yet."""
        with self._lock:
            return self._judge_of(self._adopted[-1].digest).charter if self._adopted else None

    @property
    def earlier(self) -> tuple[str, ...]:
        """The digests of every charter ever adopted: their old signatures bring none of them back."""
        with self._lock:
            return tuple(each.digest for each in self._adopted)

    def adopt(self, adoption: Adoption, *, now: int) -> InForce:
        """Record an adoption; in force at once where it is the first, else from the next epoch.

        Files first, then the log, then the index: after a crash in between the log decides.
        """
        charter = adoption.charter
        folder = self._folder / charter.digest
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(error, folder) from error
        for name, data in charter.files.items():
            write_durably(folder / name, data)
        with self._lock:
            first = not self._adopted
            start = self._ledger.epoch + (0 if first else 1)
            governors = [_text(s.public) for s in adoption.signatures]
            order = sorted(range(len(governors)), key=governors.__getitem__)
            named = sorted(charter.purposes.values(), key=lambda p: p.id)
            forbidden = sorted(charter.forbidden.values(), key=lambda p: p.id)
            entry = new_id()
            public = {
                "id": entry,
                "digest": charter.digest,
                "from": start,
                "min": charter.epochs.minimum,
                "n": len(named) + len(forbidden),
                "gov": [governors[i] for i in order],
                "sig": [_text(adoption.signatures[i].signature) for i in order],
            }
            self._ledger.record_many(
                [
                    ("charter", public, {"adopted": now, "governors": list(adoption.governors)}),
                    *(("purpose", {"of": entry, "pur": p.id, "forbidden": False, "text": p.text}, {}) for p in named),
                    *(
                        ("purpose", {"of": entry, "pur": p.id, "forbidden": True, "text": p.text}, {})
                        for p in forbidden
                    ),
                ]
            )
            return self._add(InForce(charter.digest, start))

    def _judge_of(self, digest: str) -> Judge:
        if digest not in self._judges:
            found = digest_of(read_folder(self._folder / digest))
            if found != digest:
                raise LogDamaged(
                    f"the charter in this folder has the digest {found}, and the log says {digest}",
                    where=str(self._folder / digest),
                    remedy="Put the adopted files back; the digest covers every one of them.",
                )
            self._judges[digest] = Judge(load_charter(self._folder / digest))
        return self._judges[digest]

    def _read_index(self) -> list[InForce]:
        try:
            rows = json.loads((self._folder / INDEX).read_text(encoding="ascii"))
            return [InForce(row["digest"], row["from"]) for row in rows]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            raise LogDamaged(
                "the list of adopted charters does not parse",
                where=str(self._folder / INDEX),
                remedy="Put it back from a backup.",
            ) from error

    def _add(self, one: InForce) -> InForce:
        self._adopted.append(one)
        rows = [{"digest": each.digest, "from": each.start} for each in self._adopted]
        write_durably(self._folder / INDEX, json.dumps(rows).encode("ascii"))
        return one


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
