"""API keys: a secret shown once, found in constant time, rotated with overlap, revoked for good, sealed at rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from countenance.access.api_key import ApiKey
from countenance.access.api_keys import MAX_OVERLAP, ApiKeys
from countenance.access.tables import api_key as table
from countenance.keys.root import RootKey
from countenance.storage.database import Database, open_database
from countenance.storage.migrate import migrate
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, SealBroken, UnknownName
from countenance.terms.key_role import ACTS, KeyRole
from countenance.terms.principal import Principal

ROOT = RootKey(bytes(range(32)))
EVERYTHING: dict[str, Any] = {
    "name": "Front desk of Zacharias Quux",
    "tenant": "tenant-quux",
    "roles": {KeyRole.VERIFIER, KeyRole.OPERATOR},
    "purposes": ["missing-person", "purpose-quux"],
    "galleries": ["gallery-quux"],
    "authority": "guardian-request:case quux",
    "expires": 2_000,
    "rate": 2.5,
    "concurrency": 3,
    "minors": True,
    "deletes_withdraw": True,
}


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_database(tmp_path / "store.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def keys(database: Database, clock: Clock) -> ApiKeys:
    return ApiKeys(database, ROOT, clock)


@pytest.fixture
def another_node(tmp_path: Path, database: Database, clock: Clock) -> Iterator[ApiKeys]:
    """The same store opened a second time, with a memory of its own."""
    made = open_database(tmp_path / "store.db")
    yield ApiKeys(made, ROOT, clock)
    made.close()


def test_a_secret_finds_its_key(keys: ApiKeys, another_node: ApiKeys) -> None:
    """On every node, with every field as it was said; the secret has 256 random bits and says whose it is."""
    key, secret = keys.create(**EVERYTHING)
    assert re.fullmatch(rf"cnt_{key.id}_[0-9a-f]{{64}}", secret)
    assert keys.find(secret) == another_node.find(secret) == keys.get(key.id) == key
    assert (key.name, key.rate, key.concurrency, key.created) == (EVERYTHING["name"], 2.5, 3, 1_000)
    assert keys.list() == (key,)
    assert key.principal == Principal(f"key:{key.id}", frozenset({"key-role:verifier", "key-role:operator"}))


@pytest.mark.parametrize(
    "change",
    [
        lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        lambda secret: secret[:-1],
        lambda secret: secret + "0",
        lambda secret: secret + "\n",
        lambda secret: secret.upper(),
        lambda secret: "cnt_" + "0" * 16 + secret[20:],
        lambda secret: secret.replace("cnt_", "cnt-"),
        lambda secret: "",
        lambda secret: "cnt_ü_" + "٣" * 64,
    ],
)
def test_another_secret_finds_nothing(keys: ApiKeys, change: Any) -> None:
    """A bit more, less or otherwise, the id of nobody, digits that are none: the same answer to all."""
    _, secret = keys.create(name="a")
    keys.create(name="b")
    assert keys.find(change(secret)) is None


def test_a_key_ends_when_it_expires(keys: ApiKeys, clock: Clock) -> None:
    """It is good to the last second before."""
    key, secret = keys.create(name="a", expires=1_500)
    clock.now = 1_499.9
    assert keys.find(secret) == key
    clock.now = 1_500.0
    assert keys.find(secret) is None
    assert key.state_at(clock.now) == "expired"


def test_a_revocation_holds_at_once_and_for_good(keys: ApiKeys, another_node: ApiKeys, clock: Clock) -> None:
    """Also on a node that has found the key before, and whatever the clock does afterwards."""
    key, secret = keys.create(name="a")
    assert another_node.find(secret) == key
    clock.now = 1_200.0
    gone = keys.revoke(key.id)
    assert gone == replace(key, revoked=1_200)
    assert another_node.find(secret) is None
    assert keys.find(secret) is None
    clock.now = 10.0
    assert another_node.find(secret) is None
    assert keys.revoke(key.id) == gone
    with pytest.raises(Malformed, match="revoked"):
        keys.rotate(key.id)


def test_rotation_overlaps_as_long_as_was_said(keys: ApiKeys, another_node: ApiKeys, clock: Clock) -> None:
    """The principal stays the same; the old secret ends by the clock, and at once where nothing was said."""
    key, first = keys.create(name="a")
    rotated, second = keys.rotate(key.id, overlap=100)
    assert rotated == replace(key, overlap_until=1_100)
    assert another_node.find(first) == another_node.find(second) == rotated
    clock.now = 1_099.0
    assert another_node.find(first) == rotated
    clock.now = 1_100.0
    assert another_node.find(first) is None
    assert another_node.find(second) == rotated
    _, third = keys.rotate(key.id)
    assert [another_node.find(each) is not None for each in (first, second, third)] == [False, False, True]
    _, fourth = keys.rotate(key.id, overlap=50)
    _, fifth = keys.rotate(key.id, overlap=50)
    assert [keys.find(each) is not None for each in (third, fourth, fifth)] == [False, True, True]
    keys.revoke(key.id)
    assert keys.find(fourth) is keys.find(fifth) is None
    with pytest.raises(Malformed, match="90 days"):
        keys.rotate(key.id, overlap=MAX_OVERLAP + 1)


def test_an_unknown_key_is_said_to_be_unknown(keys: ApiKeys) -> None:
    """To whoever administers them."""
    for act in (keys.get, keys.revoke, keys.rotate):
        with pytest.raises(UnknownName, match="no such key"):
            act("0" * 16)


def test_nothing_of_a_key_lies_in_the_clear(keys: ApiKeys, database: Database, tmp_path: Path) -> None:
    """Neither the secret nor who, for what, and on whose authority; another root key opens nothing."""
    key, secret = keys.create(**EVERYTHING)
    for file in tmp_path.iterdir():
        data = file.read_bytes()
        assert b"quux" not in data.lower()
        assert secret[20:].encode() not in data
    other = ApiKeys(database, RootKey(bytes(32)), lambda: 0.0)
    assert other.find(secret) is None
    with pytest.raises(SealBroken):
        other.get(key.id)


def test_one_keys_rights_do_not_open_in_anothers_row(keys: ApiKeys, database: Database) -> None:
    """Whoever may write the table cannot give a key the roles of another."""
    strong, _ = keys.create(name="a", roles={KeyRole.OPERATOR})
    weak, secret = keys.create(name="b", roles={KeyRole.VERIFIER})
    with database.write() as connection:
        about = connection.execute(table.select().where(table.c.id == strong.id)).one().about
        connection.execute(update(table).where(table.c.id == weak.id).values(about=about))
    with pytest.raises(SealBroken):
        keys.find(secret)


def test_a_key_without_a_role_enrols_compares_and_keeps_galleries(keys: ApiKeys) -> None:
    """Every act that a key can be permitted at all; each role asks for its own acts, the watchers for none."""
    key, _ = keys.create(name="a")
    assert all(key.may_ask(action) for action in Action)
    for role in KeyRole:
        alone = ApiKey("1", "a", roles=frozenset({role}))
        assert {action for action in Action if alone.may_ask(action)} == ACTS[role]
    assert not ACTS[KeyRole.AUDITOR] | ACTS[KeyRole.GOVERNOR] | ACTS[KeyRole.OPERATOR]


def test_what_callers_may_name(keys: ApiKeys) -> None:
    """Purposes and the authority of the key; any authority where it has none; none where only standing ones count."""
    bound = ApiKey("1", "a", purposes=("missing-person",), authority="guardian-request:7")
    assert bound.may_name("missing-person")
    assert not bound.may_name("evaluation")
    assert bound.may_cite("guardian-request:7")
    assert not bound.may_cite("guardian-request:8")
    assert ApiKey("1", "a").may_cite("warrant:1")
    assert not ApiKey("1", "a", standing=True).may_cite("warrant:1")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a" * 257}, "name"),
        ({"tenant": "A"}, "tenant"),
        ({"tenant": "a/b"}, "tenant"),
        ({"tenant": "a\n"}, "tenant"),
        ({"roles": ()}, "at least one role"),
        ({"roles": {KeyRole.AUDITOR, KeyRole.VERIFIER}}, "never beside another"),
        ({"roles": {KeyRole.GOVERNOR, KeyRole.AUDITOR}}, "never beside another"),
        ({"purposes": ["No Id"]}, "purpose"),
        ({"purposes": [f"p{n}" for n in range(1001)]}, "at most 1000"),
        ({"galleries": ["other/gallery"]}, "without a tenant"),
        ({"authority": "7"}, "class:reference"),
        ({"authority": "guardian-request:7", "standing": True}, "names none of its own"),
        ({"rate": 0.0}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": float("inf")}, "rate"),
        ({"concurrency": 0}, "concurrency"),
        ({"expires": 1_000}, "expires after"),
        ({"expires": 10**15}, "expires"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(keys: ApiKeys, wrong: dict[str, Any], says: str) -> None:
    """The error says which part; nothing is stored."""
    with pytest.raises(Malformed, match=says):
        keys.create(**{"name": "a", **wrong})
    assert keys.list() == ()
