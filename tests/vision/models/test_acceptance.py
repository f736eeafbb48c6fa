"""A restricted licence is accepted by somebody, in so many words, or the model is not used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.vision.models import tiny

from countenance.terms.errors import MissingPart
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.store import ModelStore, State


@pytest.fixture
def store(catalogue: Catalogue, tmp_path: Path) -> ModelStore:
    (tmp_path / "held").write_bytes(tiny.recogniser(seed=3))
    return ModelStore(tmp_path / "models", catalogue)


def take(store: ModelStore) -> None:
    store.take("held", store.directory.parent / "held")


def test_without_an_acceptance_nothing_is_fetched_or_loaded(store: ModelStore) -> None:
    """The refusal quotes the licence and says how to accept it."""
    for ask in (lambda: store.fetch(["held"]), lambda: take(store), lambda: store.prepared("held")):
        with pytest.raises(MissingPart, match="For research only") as error:
            ask()
        assert "countenance models accept held" in error.value.remedy
    assert not store.status("held").folder.exists()


def test_an_acceptance_says_who_when_and_which_words(store: ModelStore) -> None:
    """It stands in the models directory and outlives the process."""
    store.accept("held", who="os:alice", when=1_800_000_000)
    take(store)
    kept = json.loads((store.status("held").folder / "acceptance.json").read_bytes())
    assert (kept["model"], kept["who"], kept["when"]) == ("held", "os:alice", 1_800_000_000)
    words = f"{kept['spdx']}\n{kept['text']}"
    assert kept["licence"] == hashlib.sha256(words.encode()).hexdigest()
    again = ModelStore(store.directory, store.catalogue)
    assert again.prepared("held").is_file()
    status = again.status("held")
    assert status.state is State.PREPARED
    assert status.accepted is not None
    assert status.accepted.who == "os:alice"


def test_other_words_need_another_acceptance(store: ModelStore) -> None:
    """Nobody has agreed to a licence that changed."""
    store.accept("held", who="os:alice", when=1)
    take(store)
    entry = store.catalogue.model("held")
    changed = replace(entry, licence=replace(entry.licence, text="For research only, and not on Sundays."))
    later = ModelStore(store.directory, Catalogue({"held": changed}, {}))
    with pytest.raises(MissingPart, match="Sundays"):
        later.prepared("held")


@pytest.mark.parametrize("content", [b"", b"{}", b"null"])
def test_an_acceptance_that_cannot_be_read_is_none(store: ModelStore, content: bytes) -> None:
    """It is asked for again."""
    store.accept("held", who="os:alice", when=1)
    (store.status("held").folder / "acceptance.json").write_bytes(content)
    with pytest.raises(MissingPart):
        take(store)
