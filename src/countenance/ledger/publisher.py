"""The publisher: makes closed epochs public, in order, each once its witnesses have cosigned. One thread.

Where the witnesses' quorum is not met nothing is published; it is tried again later, and nobody else waits for it.
Order: cosignatures, then tiles and bundles into the public directory, then the checkpoint, then the note in our own
books that it is public. Each step may be done twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from countenance.ledger.commit_point import CommitPoints, KeptCheckpoint
from countenance.ledger.disk import Disk
from countenance.ledger.merkle_proofs import Node
from countenance.ledger.start import Places
from countenance.terms.errors import CountenanceError

RETRY_SECONDS = 300.0

Collect = Callable[[bytes, Node], bytes | None]
"""``collect(note, node)``: the signed checkpoint with the witnesses' lines where their quorum is met, else None.

``node`` gives the complete nodes of its tree, from which the consistency proof for each witness is made.
"""

_log = logging.getLogger(__name__)


class Publisher:
    """``collect`` is None where no witness is asked for; ``fail`` ends the log where the disk let us down."""

    def __init__(
        self,
        points: CommitPoints,
        places: Places,
        disk: Disk,
        collect: Collect | None,
        fail: Callable[[Exception], None],
    ) -> None:
        self._fail = fail
        self._points = points
        self._places = places
        self._disk = disk
        self._collect = collect
        self._awake = threading.Condition()
        self._asked = 0
        self._done = 0
        self._closing = False
        self._thread: threading.Thread | None = None

    def ask(self) -> int:
        """Publish what waits, soon; the number of this round, for ``wait``."""
        with self._awake:
            self._asked += 1
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
                self._thread.start()
            self._awake.notify_all()
            return self._asked

    def wait(self, round_: int, timeout: float | None = None) -> bool:
        """Wait until a round has been tried, not until it succeeded; False where it took longer."""
        with self._awake:
            return self._awake.wait_for(lambda: self._done >= round_ or self._closing, timeout)

    def close(self, timeout: float | None = None) -> None:
        """Finish the round under way, at most ``timeout`` seconds; what waits is tried at the next start."""
        with self._awake:
            self._closing = True
            self._awake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._awake:
                retry = RETRY_SECONDS if self._points.waiting() else None
                self._awake.wait_for(lambda: self._asked > self._done or self._closing, retry)
                asked = self._asked
                if asked == self._done and self._closing:
                    return
            try:
                self._publish_waiting()
            except Exception as error:  # everything: what is public is then unknown, and only a new start may find out
                _log.critical("a closed epoch could not be published; nothing more will be: %s", error)
                self._fail(error)
                with self._awake:
                    self._closing = True
                    self._awake.notify_all()
                return
            with self._awake:
                self._done = max(self._done, asked)
                self._awake.notify_all()

    def _publish_waiting(self) -> None:
        for kept in self._points.waiting():
            note = self._cosigned(kept)
            if note is None:
                _log.warning("epoch %d waits for its witnesses", kept.epoch)
                return
            self._places.make_way(kept.origin, self._disk)
            shelf = self._places.shelf(kept.origin, self._disk)
            shelf.publish(kept.size, self._points.published_size(kept.origin))
            shelf.publish_checkpoint(note.decode())
            self._points.mark_published(kept.origin, kept.size, note.decode())

    def _cosigned(self, kept: KeptCheckpoint) -> bytes | None:
        if self._collect is None:
            return kept.note.encode()
        shelf = self._places.shelf(kept.origin, self._disk)
        try:
            return self._collect(kept.note.encode(), shelf.nodes(kept.size))
        except (CountenanceError, OSError) as error:
            _log.error("the witnesses could not be asked: %s", error)
            return None
