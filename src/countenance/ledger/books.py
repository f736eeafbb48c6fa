"""The books: the few running figures that the log itself needs from its own entries.

They are a pure function of the entries, kept so that no start has to read them all: how often each purpose was asked
for (the tallies), the last use counter of each gallery, and what a new shard must repeat at its beginning (the keys,
the charter in force and its register, the galleries).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from countenance.ledger.entry import Entry

KINDS_OF_AUTHORITY = ("registered", "standing", "self-declared", "none")


@dataclass(slots=True)
class Books:
    """Mutable: one copy goes with the newest entry, one with the newest entry that is in the tree."""

    requests: int = 0
    """Intents in the running epoch."""
    entries: int = 0
    """Entries in the running epoch."""
    tallies: dict[str, list[int]] = field(default_factory=dict)
    """By purpose: permitted by registered, standing, self-declared and no authority, and refused; of this shard."""
    uses: dict[str, int] = field(default_factory=dict)
    """The largest use counter that an outcome carried, by gallery (empty text: comparisons without one)."""
    galleries: dict[str, str] = field(default_factory=dict)
    """Size band of each gallery that is not closed, by pseudonym."""
    charters: list[dict[str, Any]] = field(default_factory=list)
    """Public fields of the charter entries in force or to come, each with its purpose entries as ``register``."""
    keys: list[dict[str, Any]] = field(default_factory=list)
    """Public fields of the key entries that still hold."""
    ended: str = ""
    """The origin of the next shard, once this one has said that it ends."""

    def note(self, entry: Entry, gallery: str = "") -> None:
        """Take the next entry in; of an outcome, ``gallery`` is the one that its intent names."""
        said = entry.fields
        self.entries += 1
        match entry.kind:
            case "intent":
                self._intent(said)
            case "outcome":
                if said["ctr"] is not None:
                    self.uses[gallery] = max(said["ctr"], self.uses.get(gallery, 0))
            case "gallery":
                self._gallery(said)
            case "charter":
                self.charters.append({**said, "register": []})
            case "purpose":
                self.charters[-1]["register"].append(said)
            case "key":
                self.keys = [k for k in self.keys if k["vkey"] != said["vkey"]]
                if said["ev"] == "added":
                    self.keys.append(said)
            case "shard" if said["ev"] == "ends":
                self.ended = said["origin"]
            case "shard":
                self._begin_shard()
            case "epoch":
                self.requests = self.entries = 0
                self._forget_charters_before(said["ep"] + 1)

    def charter(self, epoch: int) -> dict[str, Any] | None:
        """The charter in force in ``epoch``: of those that hold by then the latest, the last adopted of equals."""
        holding = [each for each in self.charters if each["from"] <= epoch]
        return max(reversed(holding), key=lambda each: int(each["from"])) if holding else None

    def _begin_shard(self) -> None:
        """What counts from a log's first entry counts anew, and what was carried over comes in the entries that follow.

        Until that first entry is there the old figures stay, since it and those that follow are made of them.
        """
        self.tallies, self.ended = {}, ""
        self.requests, self.entries = 0, 1
        self.charters, self.keys, self.galleries = [], [], {}

    def _intent(self, said: dict[str, Any]) -> None:
        self.requests += 1
        tally = self.tallies.setdefault(said["pur"], [0] * 5)
        if said["dec"] == "allow":
            tally[KINDS_OF_AUTHORITY.index(said["ak"])] += 1
        else:
            tally[4] += 1
        if said["gal"] in self.galleries:
            self.galleries[said["gal"]] = said["band"]

    def _gallery(self, said: dict[str, Any]) -> None:
        if said["ev"] == "closed":
            self.galleries.pop(said["gal"], None)
            self.uses.pop(said["gal"], None)
            return
        if said["gal"]:
            self.galleries[said["gal"]] = said["band"]
        self.uses[said["gal"]] = max(said["ctr"], self.uses.get(said["gal"], 0))

    def _forget_charters_before(self, epoch: int) -> None:
        current = self.charter(epoch)
        if current is not None:
            self.charters = [c for c in self.charters if c is current or c["from"] > epoch]

    def dump(self) -> str:
        """JSON of all of it."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Books:
        """What ``dump`` gave."""
        return cls(**json.loads(text))
