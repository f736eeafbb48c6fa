"""countenance doctor: what is installed, what is used, what is slow and why, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Authority, Json, Purpose
from countenance.terms.errors import CountenanceError

if TYPE_CHECKING:
    from countenance.settings import Settings

PACKAGES = ("openvino", "onnxruntime", "numpy", "pillow", "pillow-heif", "cryptography", "sqlalchemy", "cedarpy")
FEATURES = ("avx2", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "bf16")
SLOW_SYNC = 0.020
"""Seconds. Every request waits for two of these; a disk slower than this is worth a word."""
FREE_BYTES = 1 << 30

Level = Literal["ok", "note", "warning", "wrong"]
_MARKS = {"ok": "[green]✓[/]", "note": "[cyan]·[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    remedy: str = ""


def doctor(
    context: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Also open every sealed name, template and picture.")] = False,
    settle: Annotated[
        bool,
        typer.Option(
            "--settle",
            help="First make an older copy of the key store fit, where the newest is lost: keys of the erased are "
            "destroyed again, and who was enrolled since that copy is removed for good.",
        ),
    ] = False,
    check: Annotated[
        str | None,
        typer.Option(
            "--cross-check",
            metavar="GALLERY",
            help="Also let pgvector's exact scan answer random probes, and compare. It puts every template of the "
            "gallery in clear into a temporary table of the database server. Takes a purpose, as every search does.",
        ),
    ] = None,
    purpose: Purpose = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Look at everything that Countenance stands on. Exit code 13 where something is wrong."""
    from countenance.settings import read_settings

    settings = read_settings(context.obj)
    looks = (
        _settled(settings) if settle else iter(()),
        _machine(),
        _models(settings),
        _runtime(settings),
        _data(context.obj, settings, deep=deep),
        iter(()) if check is None else _cross_checked(context.obj, check, purpose, authority),
    )
    found = [finding for look in looks for finding in look]
    if as_json:
        emit({"findings": [asdict(f) for f in found]})
    else:
        out = console()
        for finding in found:
            out.print(f"{_MARKS[finding.level]} {finding.what}", markup=True)
            if finding.remedy:
                out.print(f"    {finding.remedy}", markup=False)
    if any(f.level == "wrong" for f in found):
        raise typer.Exit(13)


def _cross_checked(data: str | None, gallery: str, purpose: str | None, authority: str | None) -> Iterator[Finding]:
    from countenance.cli.open_house import asking, open_house
    from countenance.service.asking import Refused
    from countenance.service.cross_check import cross_check

    try:
        with open_house(data) as house:
            done = cross_check(house.rooms, asking(house, purpose, authority), gallery=gallery)
    except CountenanceError as error:
        yield Finding("wrong", f"no cross-check: {error.what}", error.remedy)
        return
    if isinstance(done, Refused):
        yield Finding("wrong", f"no cross-check, for it is refused: {done.refusal.sentence}", done.refusal.remedy)
        return
    said = (
        f"pgvector gives {done.probes - done.differing} of {done.probes} answers over {done.compared} references alike"
    )
    yield Finding("wrong" if done.differing else "ok", said, "Report it, please." if done.differing else "")


def _settled(settings: Settings) -> Iterator[Finding]:
    from countenance.assembly import settle_keys

    done = settle_keys(settings)
    yield Finding(
        "ok",
        f"the key store fits the data: {done.destroyed} keys destroyed again, {done.lost} subjects lost and removed",
    )


def _machine() -> Iterator[Finding]:
    yield Finding("ok", f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores")
    flags = _cpu_flags()
    if flags:
        yield Finding("ok", f"processor features used where present: {', '.join(f for f in FEATURES if f in flags)}")
        if "avx2" not in flags and platform.machine() in {"x86_64", "AMD64"}:
            yield Finding("warning", "the processor has no AVX2: recognition and search will be slow")
    for package in PACKAGES:
        try:
            yield Finding("ok", f"{package} {version(package)}")
        except PackageNotFoundError:
            if package == "pillow-heif":
                yield Finding("note", "HEIF pictures cannot be read", "pip install 'countenance[heif]'")
            elif package == "openvino":
                yield Finding(
                    "note", "OpenVINO is not installed; ONNX Runtime is 2 to 5 times as slow", "pip install openvino"
                )


def _models(settings: Settings) -> Iterator[Finding]:
    from countenance.vision.models.store import ModelStore, State

    store = ModelStore(settings.models)
    for name in store.catalogue.recipe(settings.recipe).models:
        status = store.status(name)
        if status.state is State.PREPARED:
            yield Finding("ok", f"model {name}: as pinned ({status.folder})")
        else:
            yield Finding(
                "wrong", f"model {name}: {status.state.value} {status.detail}", f"countenance models fetch {name}"
            )


def _runtime(settings: Settings) -> Iterator[Finding]:
    if find_spec("openvino") is None and find_spec("onnxruntime") is None:
        yield Finding("wrong", "no runtime for models is installed", "pip install openvino")
        return
    from countenance.assembly import load_vision

    try:
        started = time.perf_counter()
        vision = load_vision(settings)
        seconds = time.perf_counter() - started
    except CountenanceError as error:
        yield Finding("wrong", f"the recipe cannot be loaded: {error.what}", error.remedy)
        return
    yield Finding("ok", f"recipe {vision.recipe.line}")
    yield Finding("ok", f"models loaded in {seconds:.2f} s" + ("; the next start is faster" if seconds > 1 else ""))
    if vision.recipe.runtime.startswith("onnxruntime"):
        yield Finding(
            "note",
            "recognition runs on ONNX Runtime; OpenVINO is 2 to 5 times as fast on x86-64",
            "pip install openvino",
        )
    if vision.recipe.precision == "f32":
        yield Finding("note", "recognition computes in float32; a processor with bfloat16 takes about half the time")


def _data(named: str | None, settings: Settings, *, deep: bool) -> Iterator[Finding]:
    from countenance.assembly import ROOT_KEY
    from countenance.cli.open_house import open_house
    from countenance.settings import FILE_NAME

    data = settings.data
    if not (data / FILE_NAME).is_file():
        yield Finding("note", f"no data directory at {data}", f"countenance --data {data} init")
        return
    free = shutil.disk_usage(data).free
    yield Finding("ok" if free > FREE_BYTES else "warning", f"{free / 1e9:.1f} GB free at {data}")
    if (data / ROOT_KEY).exists():
        yield Finding(
            "warning",
            "the root key lies beside the data: who copies the directory can open everything in it",
            'Move root.key elsewhere and set root_key = "file:/elsewhere/root.key" (docs/at-rest.md).',
        )
    if settings.anchor is None:
        yield Finding(
            "note",
            "the log has no anchor: a rollback of everything cannot be seen",
            'Set anchor = "/elsewhere/anchor".',
        )
    seconds = _sync_seconds(data)
    yield Finding(
        "ok" if seconds < SLOW_SYNC else "warning",
        f"the disk makes a write durable in {seconds * 1000:.1f} ms; each request waits for two of these",
        "" if seconds < SLOW_SYNC else "A disk with power-loss protection makes every answer faster.",
    )
    try:
        with open_house(named) as house:
            if settings.database:
                yield Finding("ok", f"shares the database {house.database.place}; see docs/nodes.md")
            seen = house.galleries.examine(deep=deep)
            yield Finding(
                "ok",
                f"{seen.galleries} galleries, {seen.subjects} subjects, {seen.references} references, "
                f"{seen.faces} kept faces, {seen.withdrawals} withdrawals",
            )
            for each in seen.findings:
                yield Finding("wrong", f"{each.what} ({each.where})", each.remedy)
            yield Finding("ok", f"log {house.ledger.origin}: epoch {house.ledger.epoch} is running")
    except CountenanceError as error:
        yield Finding("wrong", f"the data directory does not open: {error.what}", error.remedy)


def _sync_seconds(data: Path) -> float:
    """The median of nine small appends made durable, in the data directory itself."""
    path = data / ".doctor"
    times = []
    try:
        with path.open("wb") as file:
            for _ in range(9):
                started = time.perf_counter()
                file.write(bytes(600))
                file.flush()
                os.fsync(file.fileno())
                times.append(time.perf_counter() - started)
    except OSError:
        return float("inf")
    finally:
        path.unlink(missing_ok=True)
    return sorted(times)[len(times) // 2]


def _cpu_flags() -> set[str]:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()
