"""KEY=VALUE: how metadata are written on the command line."""

from __future__ import annotations

from collections.abc import Iterable

import typer


def pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    """By key; raises BadParameter, which names the option."""
    return dict(_pair(text, option) for text in texts)


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint=option)
    return key, value
