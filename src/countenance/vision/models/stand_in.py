"""Stand in for a source distribution's build system, so that none of its code is run to learn its name.

pip asks the build system for a package's metadata even where it only downloads (PEP 517). This file is put
before it under the name of the build system that pip takes where a package names none; it answers from PKG-INFO,
which every source distribution has at its top (PyPA specification "Source distribution format").
"""

from __future__ import annotations

import email
import shutil
import sys
from pathlib import Path


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:  # noqa: ARG001 - the hook's signature
    """Nothing is needed."""
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:  # noqa: ARG001
    """Copy PKG-INFO as METADATA and return the name of the folder that it went to."""
    stated = email.message_from_bytes(Path("PKG-INFO").read_bytes())
    made = Path(metadata_directory, f"{stated['Name'].replace('-', '_')}-{stated['Version']}.dist-info")
    made.mkdir()
    shutil.copy("PKG-INFO", made / "METADATA")
    return made.name


__legacy__ = sys.modules[__name__]
"""The object that setuptools' legacy build system is found under: this module."""
