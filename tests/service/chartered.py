"""A house under a charter of the test's own, and people beside its owner."""

from __future__ import annotations

from dataclasses import replace

from countenance.assembly import GOVERNOR_KEY, House, _root_key, _signing_key
from countenance.keys.signing import SigningKey
from countenance.policy.adopt import Adoption, adopt, read_signature, sign_charter
from countenance.policy.charter import Charter
from countenance.policy.fault import Faulty
from countenance.policy.read import read_charter
from countenance.policy.template import DEMO, Answers, charter_files
from countenance.service.asking import Asking
from countenance.terms.authority import Authority
from countenance.terms.principal import Principal

GOVERNORS = {name: SigningKey.from_seed(bytes([number]) * 32) for number, name in enumerate(("first", "second"))}
STAFF = ("os:ann", "os:bob", "os:cid")
WORDS = "guardian-request:case-3"


def charter_of(*changes: tuple[str, str]) -> Charter:
    """The demo's charter with two governors, more staff, and texts replaced, each of which must be there."""
    files = charter_files(
        Answers(DEMO, "An operator", "a@b.example", governors={name: key.public for name, key in GOVERNORS.items()})
    )
    text = files["charter.toml"].decode()
    staff = "".join(f', "{name}"' for name in STAFF)
    text = text.replace('principals = ["owner"', f'principals = ["owner"{staff}')
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    found = read_charter({**files, "charter.toml": text.encode()})
    assert not isinstance(found, Faulty), found.malformed()
    return found


def adopted(house: House, charter: Charter) -> Charter:
    """Adopt it, signed by all who must; in force from the next epoch."""
    founder = _signing_key(house.settings.data / GOVERNOR_KEY, _root_key(house.settings))
    first = len(house.charters.earlier) == 1
    keys = [*([founder] if first else []), *GOVERNORS.values()]
    signed = [read_signature(sign_charter(charter, key), charter) for key in keys]
    made = adopt(charter, signed, house.charters.latest, house.charters.earlier)
    assert isinstance(made, Adoption), made
    house.charters.adopt(made, now=1_800_000_000)
    return charter


def under(house: House, *changes: tuple[str, str]) -> Charter:
    """Adopt the demo's charter with these changes, and bring it into force."""
    charter = adopted(house, charter_of(*changes))
    house.ledger.close_epoch(early=True)
    assert house.charters.judge().charter.digest == charter.digest
    return charter


def principal(house: House, name: str) -> Principal:
    """Somebody of this machine who is not the owner of the data, with the roles that the charter gives."""
    return house.charters.judge().charter.principal(name)


def asks(house: House, name: str = "os:cid", purpose: str = "missing-person", words: str = WORDS) -> Asking:
    """What this person asks."""
    return replace(house.asking(purpose, words), principal=principal(house, name), authority=Authority.parse(words))
