"""The verbs for keys, and that a key made by them passes the gate of the demo charter as it promises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from countenance.access.api_key import ApiKey
from countenance.assembly import House
from countenance.service.asking import Asking, Refused
from countenance.service.authorities import register_authority
from countenance.service.first_key import first_key
from countenance.service.gate import Passage
from countenance.service.manage import Managed, create_gallery
from countenance.settings import read_settings
from countenance.terms.action import Action
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.key_role import KeyRole
from countenance.terms.permit import AuthorityKind, RefusalReason
from countenance.terms.sample import SampleRef

MISSING = ("--purpose", "missing-person", "--authority", "guardian-request:7")


def asking_of(key: ApiKey, purpose: str | None = None, authority: str | None = None) -> Asking:
    """What a caller with this key asks, as the edge puts it."""
    words = authority or key.authority
    return Asking(key.principal, purpose or key.purposes[0], Authority.parse(words) if words else None, "http")


def ask(house: House, asking: Asking, action: Action) -> Passage | Refused:
    """Pass the gate for an act on one sample, and conclude it."""
    answer = house.rooms.gate.ask(asking, action, gallery=None, samples=(SampleRef("ab" * 32),), bound=1)
    if isinstance(answer, Passage):
        from countenance.ledger.outcome import OutcomeResult

        answer.conclude(OutcomeResult.DONE)
    return answer


def test_a_key_made_on_the_command_line_is_good_for_what_it_was_made_for(data: Path, countenance: Any) -> None:
    """Under the demo charter it makes galleries, enrols, verifies and searches, for its own purpose."""
    made = countenance("--data", data, "keys", "create", "--name", "Desk", *MISSING, "--json")
    assert made.code == 0, made.err
    assert made.out.count("\n") == 1
    with House.open(read_settings(data)) as house:
        key = house.api_keys.find(made.json["key"])
        assert key is not None
        assert (key.name, key.purposes, key.authority) == ("Desk", ("missing-person",), "guardian-request:7")
        assert isinstance(create_gallery(house.rooms, asking_of(key), name="people"), Managed)
        for action in (Action.ENROL, Action.VERIFY, Action.SEARCH, Action.DELETE):
            passed = ask(house, asking_of(key), action)
            assert isinstance(passed, Passage), action
            assert passed.permit.authority_kind is AuthorityKind.SELF_DECLARED
        refused = ask(house, asking_of(key, "family-separation"), Action.SEARCH)
        assert isinstance(refused, Refused)
        assert refused.refusal.reason is RefusalReason.FORBIDDEN_PURPOSE
        verifier, _ = house.api_keys.create(name="Door", roles={KeyRole.VERIFIER}, purposes=["missing-person"])
        asking = asking_of(verifier, authority="guardian-request:7")
        assert isinstance(ask(house, asking, Action.VERIFY), Passage)
        assert isinstance(ask(house, asking, Action.SEARCH), Refused)


def test_a_key_for_standing_authorities_waits_for_one(data: Path, countenance: Any) -> None:
    """Without it nothing is permitted; with it the key needs to name nothing, and no other key can use it."""
    made = countenance("--data", data, "keys", "create", "--name", "Door", "--purpose", "missing-person", "--standing")
    assert made.code == 0
    (secret,) = re.findall(r"^cnt_\w+$", made.out, flags=re.M)
    with House.open(read_settings(data)) as house:
        key = house.api_keys.find(secret)
        assert key is not None
        assert key.principal.id in made.err, "how to register the authority is told"
        assert isinstance(ask(house, asking_of(key), Action.SEARCH), Refused)
        registrar = house.asking(None, None).principal
        now = int(house.rooms.clock())
        record = AuthorityRecord(
            "", "guardian-request", "8", "Ada", "", now - 1, now + 99, registrar.id, now, key.principal.id,
            ("missing-person",),
        )  # fmt: skip
        register_authority(house.rooms, house.authorities, house.charters, registrar, record)
        passed = ask(house, asking_of(key), Action.SEARCH)
        assert isinstance(passed, Passage)
        assert passed.permit.authority_kind is AuthorityKind.STANDING
        other, _ = house.api_keys.create(name="Other", purposes=["missing-person"])
        assert isinstance(ask(house, asking_of(other), Action.SEARCH), Refused)
        assert isinstance(ask(house, asking_of(other, authority="guardian-request:8"), Action.SEARCH), Refused)


def test_the_life_of_a_key(data: Path, countenance: Any) -> None:
    """Made with every option, listed without its secret, rotated with overlap, revoked for good."""
    options = (
        "--name", "Ada's desk", "--tenant", "north", "--role", "enroller", "--role", "operator", "--gallery", "people",
        "--expires", "2999-12-31", "--rate", "2.5", "--concurrency", "3", "--withdraw-on-delete", "--minors",
    )  # fmt: skip
    made = countenance("--data", data, "keys", "create", *MISSING, *options, "--json").json
    about = made["about"]
    assert about["roles"] == ["enroller", "operator"]
    assert (about["tenant"], about["galleries"], about["rate"], about["concurrency"]) == ("north", ["people"], 2.5, 3)
    assert (about["minors"], about["deletes_withdraw"], about["state"]) == (True, True, "valid")
    assert about["expires"] == 32_503_680_000

    listed = countenance("--data", data, "keys", "list", "--json")
    assert listed.json["keys"] == [about]
    for said in (listed.out, countenance("--data", data, "keys", "list").out):
        assert made["key"].rpartition("_")[2] not in said

    rotated = countenance("--data", data, "keys", "rotate", about["id"], "--overlap", "1", "--json").json
    assert rotated["key"] != made["key"]
    assert rotated["about"]["overlap_until"] is not None
    assert countenance("--data", data, "keys", "revoke", about["id"]).code == 0
    with House.open(read_settings(data)) as house:
        assert house.api_keys.find(made["key"]) is house.api_keys.find(rotated["key"]) is None
    assert countenance("--data", data, "keys", "list", "--json").json["keys"][0]["state"] == "revoked"


def test_what_cannot_be_done_is_said(data: Path, countenance: Any) -> None:
    """With the exit code of input that cannot be used, and as JSON where JSON was asked for."""
    for words, says in (
        (("create", "--name", "a", "--role", "auditor", "--role", "verifier"), "who watches does not act"),
        (("create", "--name", "a", "--rate", "0"), "rate"),
        (("rotate", "0123456789abcdef"), "no such key"),
        (("revoke", "0123456789abcdef"), "no such key"),
    ):
        done = countenance("--data", data, "keys", *words, "--json")
        assert done.code == 12, words
        assert says in json.loads(done.out)["error"]["what"]


def test_what_the_charter_does_not_register_is_remarked(data: Path, countenance: Any) -> None:
    """The key is made all the same: the charter may change."""
    done = countenance(
        "--data", data, "keys", "create", "--name", "a", "--purpose", "curiosity", "--authority", "whim:1", "--json"
    )
    assert done.code == 0
    assert "does not register the purpose curiosity" in done.err
    assert "no class of authority whim" in done.err


def test_the_first_key_is_made_once(data: Path) -> None:
    """An operator's, without a purpose; never again once there was any key, revoked or not."""
    with House.open(read_settings(data)) as house:
        secret = first_key(house)
        assert secret is not None
        key = house.api_keys.find(secret)
        assert key is not None
        assert (key.roles, key.purposes) == (frozenset({KeyRole.OPERATOR}), ())
        assert first_key(house) is None
        house.api_keys.revoke(key.id)
        assert first_key(house) is None
