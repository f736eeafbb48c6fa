"""Every setting, typed, read once: from the environment, then from ``countenance.toml`` in the data directory."""

from __future__ import annotations

import hashlib
import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit, urlunsplit

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from countenance.access.issuer import Issuer
from countenance.terms.errors import Malformed

FILE_NAME = "countenance.toml"


def default_data() -> Path:
    """Where the data lie when nobody says: ``$COUNTENANCE_DATA`` or the user's data directory."""
    named = os.environ.get("COUNTENANCE_DATA")
    return data_and_database(named)[0] if named else user_data_path("countenance") / "data"


def data_and_database(named: Path | str) -> tuple[Path, str]:
    """The data directory that is named, and its database where it is named by that: ``postgresql://USER@HOST/NAME``.

    Each user has one directory for each database; its name does not depend on the user that the URL names.
    """
    if isinstance(named, Path) or not named.startswith("postgresql://"):
        return Path(named), ""
    parts = urlsplit(named)
    where = (parts.hostname, parts.port, parts.path, parse_qs(parts.query).get("host"))
    name = f"{parts.path.strip('/') or 'database'}-{hashlib.sha256(repr(where).encode()).hexdigest()[:8]}"
    return user_data_path("countenance") / "nodes" / name, named


def without_password(url: str) -> str:
    """A database's URL as it may be shown and written down."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host))


def _default_models() -> Path:
    return user_data_path("countenance") / "models"


class Settings(BaseSettings):
    """Each field is also an environment variable, ``COUNTENANCE_`` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="COUNTENANCE_", extra="forbid", frozen=True)

    data: Path = Field(default_factory=default_data, description="The data directory.")
    database: str = Field(
        default="",
        pattern=r"^(postgresql://.+)?$",
        description="A PostgreSQL database (`postgresql://USER@HOST/NAME`) that several nodes share, instead of a file "
        "in the data directory: see nodes.md. The password belongs into `~/.pgpass` or `$PGPASSWORD`.",
    )
    key_store: str = Field(
        default="",
        pattern=r"^(postgresql://.+)?$",
        description="Another PostgreSQL database, for the keys to what lies in `database`; empty: the same one.",
    )
    shards: int = Field(
        default=0,
        ge=0,
        le=4096,
        description="In how many parts galleries are searched by processes of a Ray cluster; 0: by this process.",
    )
    shards_address: str = Field(default="auto", description="The Ray cluster; `auto` for the one of this machine.")
    shards_seconds: float = Field(default=2.0, gt=0, le=600, description="How long a part may take to answer.")
    models: Path = Field(default_factory=_default_models, description="Where model files are kept.")
    recipe: str = Field(default="default", description="The recipe by which templates are made.")
    runtime: Literal["auto", "openvino", "onnxruntime"] = Field(
        default="auto", description="What runs the models; `auto` takes OpenVINO where it is installed."
    )
    precision: Literal["auto", "f32", "bf16"] = Field(
        default="auto", description="Arithmetic of the models; `auto` takes what the processor computes natively."
    )
    threads: int = Field(default=0, ge=0, le=1024, description="Processor cores to use; 0 for all.")
    cache: bool = Field(
        default=True,
        description="Whether big galleries are kept on the disk, sealed, in the form in which they are searched, so "
        "that a start need not make it anew: see at-rest.md.",
    )
    origin: str = Field(default="", description="The log's name, given by `init`; receipts and checkpoints carry it.")
    root_key: str = Field(
        default="",
        description="Where the root key comes from: `file:PATH`, `credential:NAME` or `command:COMMAND`. "
        "Empty: `root.key` in the data directory, for a first try only.",
    )
    anchor: Path | None = Field(
        default=None, description="A place outside the data directory for the log's anchor (its size and root)."
    )
    wait: float = Field(
        default=10.0, ge=0, le=3600, description="Seconds to wait for another process to leave the data directory."
    )

    url_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts from which pictures are fetched where a caller names an address: `pictures.example.org`, "
        "`.example.org` for every name below it, with `:PORT` where it is not the usual one. Empty: none is fetched.",
    )
    url_networks: tuple[str, ...] = Field(
        default=(), description="Private or special networks (CIDR) that these hosts may lie in all the same."
    )
    landmarks: Literal["measured", "interpolated"] = Field(
        default="measured",
        description="What Azure's clients get of 27 landmarks where the model `face-mesh-468` is not there: the five "
        "that are measured, or also the others, guessed from these five by a mean face.",
    )

    @field_validator("url_networks", mode="after")
    @classmethod
    def _networks(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        """In their usual spelling; a network that is none raises."""
        return tuple(str(ip_network(one)) for one in said)

    host: str = Field(default="127.0.0.1", description="The address that `serve` listens on.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port that `serve` listens on; 0 for a free one.")
    tls_cert: Path | None = Field(default=None, description="The certificate (chain, PEM) of `serve`.")
    tls_key: Path | None = Field(default=None, description="The certificate's private key (PEM).")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[A-Za-z0-9.:\[\]_/-]+)?$",
        description="The URL by which clients reach `serve` where a proxy stands before it.",
    )
    serve_threads: int = Field(
        default=0, ge=0, le=1024, description="Requests that `serve` works on at once; 0 for two a core."
    )
    sweep_purpose: str = Field(
        default="",
        description="The purpose for which `serve` erases every hour whose retention date is reached; empty: nobody.",
    )
    migration_ways_days: int = Field(
        default=90,
        ge=0,
        description="So long, after a migration's end, its book keeps what leads to records that did not come in.",
    )
    sweep_authority: str = Field(
        default="", description="The authority (`CLASS:REFERENCE`) on which it does; the charter is asked as ever."
    )

    oidc: Issuer | None = Field(
        default=None,
        description="Who vouches for people that come with a token instead of a key; a table, see access.md.",
    )

    @model_validator(mode="after")
    def _shared(self) -> Settings:
        """What several processes open lies where all of them reach it."""
        if (self.shards or self.key_store) and not self.database:
            raise ValueError("shards and key_store go with a database")
        return self

    @property
    def of_shards(self) -> tuple[str, str, int, float]:
        """Address, log, number and patience, as ``RayShards`` takes them."""
        return self.shards_address, self.origin, self.shards, self.shards_seconds

    @field_validator("data", "models", mode="after")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        """As seen from here, whatever directory the process goes to later."""
        return path.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was said on the command line, then the environment, then the file of the data directory."""
        data = init_settings().get("data") or default_data()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(data) / FILE_NAME)


def read_settings(data: Path | str | None = None, **said: Any) -> Settings:
    """Read the settings of a data directory, or of a node's over the database of a URL.

    ``said`` was said on the command line and goes before everything else. Raises Malformed with every field that is
    wrong.
    """
    named = data if data is not None else os.environ.get("COUNTENANCE_DATA")
    place: Path | None = None
    if named:
        place, database = data_and_database(named)
        said |= {"database": database} if database else {}
    where = (place or default_data()) / FILE_NAME
    try:
        return Settings(data=place, **said) if place is not None else Settings(**said)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Malformed(
            f"the settings are not usable: {wrong}",
            where=str(where),
            remedy="Correct the file or the COUNTENANCE_… variable; docs/settings.md lists them all.",
        ) from error
    except (ValueError, OSError) as error:
        raise Malformed(f"the settings file does not parse: {error}", where=str(where)) from error


def settings_file(settings: Settings, origin: str) -> str:
    """What `init` writes of the settings into a new data directory, where the log is named ``origin``."""
    lines = [
        "# Settings of this data directory; docs/settings.md lists them all.",
        "# The name of its log, which receipts and checkpoints carry. Never change it.",
        f'origin = "{origin}"',
    ]
    for name in ("database", "key_store"):
        if url := getattr(settings, name):
            lines.append(f'{name} = "{without_password(url)}"')
    if settings.root_key:
        lines.append(f"root_key = {settings.root_key!r}")
    else:
        lines += ["# Before real use: move root.key away from the data and say where it is.", '# root_key = "file:/…"']
    if settings.anchor:
        lines.append(f"anchor = {str(settings.anchor)!r}")
    return "\n".join(lines) + "\n"
