"""Builds the rooms from settings; the only place that knows every room."""

from __future__ import annotations

import os
import pwd
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from countenance.access.api_keys import ApiKeys
from countenance.cases.approvals import Approvals
from countenance.cases.authorities import Authorities
from countenance.cases.reviews import Reviews
from countenance.cases.verifications import Verifications
from countenance.evaluation.spool import Spools
from countenance.gallery.erase import Settled, settle_older_keys
from countenance.gallery.galleries import Galleries
from countenance.gallery.shards.ray_shards import RayShards
from countenance.gallery.uses import close_gaps
from countenance.keys.erasure_list import ErasureList, list_beside
from countenance.keys.keyring import Keyring
from countenance.keys.root import RootKey, make_root_key, read_root_key
from countenance.keys.signing import SigningKey
from countenance.keys.subject_keys import SubjectKeys, key_store_there
from countenance.ledger.forgotten import list_beside as entries_beside
from countenance.ledger.ledger import Ledger, open_ledger
from countenance.ledger.start import PRIVATE
from countenance.ledger.whole import WholeLog
from countenance.migration.book import Book
from countenance.service.adopted_points import AdoptedPoints
from countenance.service.asking import Asking
from countenance.service.backup import Backup, back_up
from countenance.service.found import found
from countenance.service.gaps import record_gaps
from countenance.service.gate import Gate
from countenance.service.govern import Charters
from countenance.service.grounds import Files
from countenance.service.operating_points import OperatingPoints
from countenance.service.restore import Means, Placed, finish, restore
from countenance.service.rooms import Rooms
from countenance.service.witnesses import Witnesses
from countenance.settings import FILE_NAME, Settings, read_settings, settings_file, without_password
from countenance.storage.database import Database, open_database
from countenance.storage.durable import sweep_temporaries, write_durably
from countenance.storage.faults import unwritable
from countenance.storage.lock import DirectoryLock
from countenance.storage.migrate import migrate
from countenance.terms.authority import Authority
from countenance.terms.errors import MissingPart, NameTaken
from countenance.vision.models.store import ModelStore

if TYPE_CHECKING:
    from countenance.vision.vision import Vision

ROOT_KEY, LOG_KEY, STATEMENT_KEY, GOVERNOR_KEY = "root.key", "log.key", "statements.key", "demo-governor.key"
DATABASE, SUBJECT_KEYS, CHARTERS, ERASURES = "galleries.db", "subject-keys.db", "charters", "erasures"
POINTS = "operating-points"


@dataclass(frozen=True, slots=True)
class House:
    """All rooms over one data directory, held by one process from ``open`` to ``close``."""

    settings: Settings
    ledger: Ledger
    database: Database
    subject_keys: SubjectKeys
    galleries: Galleries
    authorities: Authorities
    approvals: Approvals
    api_keys: ApiKeys
    charters: Charters
    statement_key: SigningKey
    rooms: Rooms
    spools: Spools
    migrations: Book

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], float] = time.time) -> Self:
        """Open the house of a data directory; raises MissingPart where there is none, InUse where it is held."""
        _require_data(settings)
        root = _root_key(settings)
        signing = _signing_key(settings.data / LOG_KEY, root)
        witnesses = Witnesses()
        # The ledger first: its lock keeps every other process out of the whole directory.
        ledger = open_ledger(
            settings.data,
            signing_key=signing,
            origin=settings.origin,
            vault_key=root.derive("vault"),
            anchor=settings.anchor,
            forgotten=entries_beside(outside(settings)),
            collect=witnesses,
            wait=settings.wait,
            clock=clock,
        )
        opened: list[Callable[[], None]] = [ledger.close]
        try:
            sweep_temporaries(settings.data)
            sweep_temporaries(settings.data / CHARTERS, deep=True)
            database = open_database(_store(settings))
            opened.append(database.close)
            migrate(database)
            finish(settings.data, ledger, database, entries_beside(outside(settings)), int(clock()))
            erasures = ErasureList(list_beside(outside(settings)))
            subject_keys = SubjectKeys.open(_key_store(settings), root, erasures)
            opened.append(subject_keys.close)
            galleries = Galleries(
                database,
                root,
                subject_keys,
                ledger.public_key,
                ledger.origin,
                clock=clock,
                spool=settings.data,
                cache=settings.cache,
                shards=RayShards(*settings.of_shards) if settings.shards else None,
            )
            opened.append(galleries.close)
            record_gaps(ledger, galleries.gaps, int(clock()))
            close_gaps(database, galleries.gaps, ledger.origin)
            files = Files(
                Authorities(database, root, erasures), Approvals(database, root), Verifications(database, root)
            )
            api_keys = ApiKeys(database, root, clock, erasures)
            charters = Charters(settings.data / CHARTERS, ledger)
            witnesses.know(lambda: charters.latest)
            gate = Gate(charters.judge, ledger, files, lambda: galleries.session, clock)
            adopted = AdoptedPoints(settings.data / POINTS, root.derive("operating-points"), ledger, clock)
            points = OperatingPoints(ModelStore(settings.models).catalogue, adopted)
            migrations = Book(database, root.derive("migration"), clock)
            vision, reviews = _Once(lambda: load_vision(settings)), Reviews(database, root)
            rooms = Rooms(gate, galleries, vision, points, reviews, clock, gone=migrations.forget_person)
            statements = _signing_key(settings.data / STATEMENT_KEY, root)
            spools = Spools(settings.data, root.derive("evaluation-spools"), clock)
            spools.sweep()
        except BaseException:
            for close in reversed(opened):
                close()
            raise
        return cls(
            settings,
            ledger,
            database,
            subject_keys,
            galleries,
            files.authorities,
            files.approvals,
            api_keys,
            charters,
            statements,
            rooms,
            spools,
            migrations,
        )

    @classmethod
    def found(cls, settings: Settings, *, origin: str | None = None) -> Self:
        """Make a data directory with keys, store, log and the demo charter, and open it; raises NameTaken.

        The settings file is written last: a killed ``found`` is gone on with by running it again.
        """
        data = settings.data
        if (data / FILE_NAME).exists():
            raise NameTaken(
                "there is a data directory here already", where=str(data), remedy="Name another with --data."
            )
        try:
            data.mkdir(parents=True, exist_ok=True)
            data.chmod(0o700)
        except OSError as error:
            raise unwritable(error, data) from error
        if not settings.root_key and not (data / ROOT_KEY).exists():
            if settings.database and key_store_there(_key_store(settings)):
                raise MissingPart(
                    "other nodes use this database, under a root key that this one needs too",
                    where=without_password(settings.database),
                    remedy="Say where it is in $COUNTENANCE_ROOT_KEY (file:PATH), then again.",
                )
            make_root_key(data / ROOT_KEY)
        root = _root_key(settings)
        for name in (LOG_KEY, STATEMENT_KEY, GOVERNOR_KEY):
            if not (data / name).exists():
                SigningKey.generate().save(data / name, _passphrase(root, name))
        named = origin or f"countenance.invalid/{secrets.token_hex(6)}"
        marker = data / f".{FILE_NAME}.making"
        if marker.exists():
            named = marker.read_text(encoding="utf-8").strip()
        write_durably(marker, f"{named}\n".encode())
        found(
            data,
            origin=named,
            signing=_signing_key(data / LOG_KEY, root),
            statements=_signing_key(data / STATEMENT_KEY, root),
            governor=_signing_key(data / GOVERNOR_KEY, root),
            vault_key=root.derive("vault"),
            charters=data / CHARTERS,
        )
        write_durably(data / FILE_NAME, settings_file(settings, named).encode())
        marker.unlink()
        return cls.open(settings.model_copy(update={"origin": named}))

    def asking(self, purpose: str | None, authority: str | None, *, client: str = "python") -> Asking:
        """What the operating-system user asks; the roles come from the charter, never from the caller."""
        user = f"os:{system_user()}"
        owner = self.settings.data.stat().st_uid == os.getuid()
        return Asking(
            principal=self.charters.judge().charter.principal(user, owner=owner),
            purpose=purpose,
            authority=None if authority is None else Authority.parse(authority),
            client=client,
        )

    def close(self) -> None:
        """End in order: galleries, stores, and the log last, whose lock holds the directory."""
        self.galleries.close()
        self.subject_keys.close()
        self.database.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def system_user() -> str:
    """Who the operating system says runs this; never a variable that the caller could set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's number without a name
        return f"uid-{os.getuid()}"


def outside(settings: Settings) -> Path:
    """What the lists of erasures lie beside: the anchor, or where none is named a place that backups leave out."""
    return settings.anchor or settings.data / ERASURES


def settle_keys(settings: Settings) -> Settled:
    """Where the newest key store is lost, make an older copy of it fit the data; see ``settle_older_keys``.

    What the copy does not know is lost for good. Raises MissingPart, InUse where the directory is held, Unwritable.
    """
    _require_data(settings)
    root = _root_key(settings)
    lock = DirectoryLock(settings.data / PRIVATE)  # the ledger's own: who has it has the whole directory
    lock.acquire(settings.wait)
    erasures = ErasureList(list_beside(outside(settings)))
    with lock, ExitStack() as opened:
        database = opened.enter_context(closing(open_database(_store(settings))))
        migrate(database)
        keys = opened.enter_context(closing(SubjectKeys.open(_key_store(settings), root, erasures)))
        return settle_older_keys(database, Keyring(root, keys))


def backup_of(house: House, out: Path) -> Backup:
    """Copy the data directory of an open house to the new directory ``out``, while it works; see ``service.backup``."""
    settings = house.settings
    kind, _, where = settings.root_key.partition(":")
    never = {settings.data / ROOT_KEY, list_beside(outside(settings)), entries_beside(outside(settings))}
    return back_up(
        settings.data,
        out,
        databases=() if settings.database else (DATABASE, SUBJECT_KEYS),  # a server has its own way of backing up
        never=never | ({Path(where)} if kind == "file" else set()),
        flush=house.ledger.flush,
        signing_key=own_log(settings)[1],
        now=int(house.rooms.clock()),
    )


def restore_from(
    settings: Settings,
    place: Path,
    *,
    published: Path | None = None,
    may_be_unknown: bool = False,
    reason: str = "",
    now: float | None = None,
) -> Placed:
    """Put the backup at ``place`` where the data directory is; opening the house then finishes it.

    The settings are the backup's; what the environment says holds over them. See ``service.restore``.
    """

    def means(directory: Path) -> Means:
        found = read_settings(directory)
        _require_data(found)
        if not found.root_key and not (directory / ROOT_KEY).exists():
            raise MissingPart(
                "there is no root key, and no backup has one",
                where=str(settings.data / ROOT_KEY),
                remedy="Put it there, or say where it is in $COUNTENANCE_ROOT_KEY (file:PATH).",
            )
        root = _root_key(found)
        return Means(
            _signing_key(directory / LOG_KEY, root),
            root.derive("vault"),
            found.anchor,
            list_beside(outside(found)),
            entries_beside(outside(found)),
        )

    return restore(
        settings.data.resolve(),
        place,
        means=means,
        published=published,
        may_be_unknown=may_be_unknown,
        detail={"principal": f"os:{system_user()}", "reason": reason or None},
        wait=settings.wait,
        now=int(time.time() if now is None else now),
    )


def load_vision(settings: Settings) -> Vision:
    """The one door to pixels, with the models that the settings name."""
    from countenance.vision.vision import open_vision

    return open_vision(
        ModelStore(settings.models),
        recipe=settings.recipe,
        runtime=settings.runtime,
        precision=settings.precision,
        threads=settings.threads,
    )


class _Once:
    """Calls ``load`` at the first call only; threads that come meanwhile wait for it."""

    def __init__(self, load: Callable[[], Vision]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: Vision | None = None

    def __call__(self) -> Vision:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


def _require_data(settings: Settings) -> None:
    if not (settings.data / FILE_NAME).is_file():
        raise MissingPart(
            "there is no data directory here",
            where=str(settings.data),
            remedy=f"Make one: countenance --data {settings.data} init",
        )


def _root_key(settings: Settings) -> RootKey:
    return read_root_key(settings.root_key or f"file:{settings.data / ROOT_KEY}")


def _store(settings: Settings) -> str | Path:
    return settings.database or settings.data / DATABASE


def _key_store(settings: Settings) -> str | Path:
    return settings.key_store or settings.database or settings.data / SUBJECT_KEYS


def _signing_key(path: Path, root: RootKey) -> SigningKey:
    return SigningKey.load(path, _passphrase(root, path.name))


def _passphrase(root: RootKey, name: str) -> bytes:
    """Signing keys lie sealed: who copies the data directory without the root key can sign nothing."""
    return root.derive(f"signing-key/{name}").hex().encode("ascii")


def open_house(data: Path | str | None = None) -> House:
    """Open the house of a data directory (default: as for the command line); use it in a ``with`` block."""
    return House.open(read_settings(data))


def own_log(settings: Settings) -> tuple[Path, SigningKey]:
    """The data directory and the log's key, for whoever reads the log without holding it; raises MissingPart."""
    _require_data(settings)
    return settings.data, _signing_key(settings.data / LOG_KEY, _root_key(settings))


def log_key(data: Path | str | None) -> str:
    """The verifier key of a data directory's log, on one line; needs no lock."""
    settings = read_settings(data)
    directory, key = own_log(settings)
    return str(WholeLog(directory, key).key)
