"""Tokens of people: a real issuer's signature, and everything that must not pass for one."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from countenance.access.credentials import Credentials
from countenance.access.issuer import Group, Issuer
from countenance.access.key_set import FRESH, PAUSE
from countenance.access.tokens import LEEWAY, Tokens
from countenance.settings import read_settings
from countenance.terms.errors import Malformed, MissingPart
from countenance.terms.key_role import KeyRole
from countenance.terms.principal import Principal

NOW = 1_800_000_000
ISSUER = "https://login.example.org/realms/house"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "two"})
GROUPS = {
    "examiners": Group((KeyRole.EXAMINER,), ("missing-person",), ("people",), "north"),
    "auditors": Group((KeyRole.AUDITOR,)),
}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "countenance",
    "sub": "248289761001",
    "exp": NOW + 300,
    "iat": NOW,
    "groups": ["staff", "examiners"],
}


def signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, key, algorithms=["RS256"])


def public(*keys: RSAKey) -> bytes:
    return json.dumps(KeySet(list(keys)).as_dict(private=False)).encode()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    file = tmp_path_factory.mktemp("issuer") / "jwks.json"
    file.write_bytes(public(KEY))
    return Issuer(ISSUER, "countenance", GROUPS, keys=str(file))


@pytest.fixture(scope="module")
def tokens(issuer: Issuer) -> Tokens:
    return Tokens(issuer, lambda: NOW)


def test_a_signed_token_is_the_person_whom_it_names(tokens: Tokens) -> None:
    """With the rights of the first group of the settings that it lists, until it expires."""
    person = tokens.find(signed(CLAIMS))
    assert person is not None
    assert person.principal == Principal("oidc:248289761001", frozenset({"key-role:examiner"}))
    assert (person.purposes, person.galleries, person.tenant) == (("missing-person",), ("people",), "north")
    assert person.expires == NOW + 300
    assert person == tokens.find(signed({**CLAIMS, "aud": ["other", "countenance"]}))
    both = tokens.find(signed({**CLAIMS, "groups": ["auditors", "examiners"]}))
    assert both == person, "never several groups together"
    auditor = tokens.find(signed({**CLAIMS, "groups": "auditors"}))
    assert auditor is not None
    assert auditor.roles == {KeyRole.AUDITOR}
    assert auditor.id == person.id


def with_claims(**changed: Any) -> str:
    return signed({k: v for k, v in {**CLAIMS, **changed}.items() if v is not None})


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned() -> str:
    return f"{part(json.dumps({'alg': 'none', 'kid': 'one'}).encode())}.{part(json.dumps(CLAIMS).encode())}."


def with_the_public_key_as_a_secret() -> str:
    body = f"{part(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{part(json.dumps(CLAIMS).encode())}"
    return f"{body}.{part(hmac.digest(KEY.as_pem(private=False), body.encode(), 'sha256'))}"


def with_other_claims() -> str:
    head, _, signature = signed(CLAIMS).split(".")
    return ".".join((head, part(json.dumps({**CLAIMS, "sub": "1"}).encode()), signature))


WRONG = {
    "another issuer": with_claims(iss="https://login.example.org/realms/other"),
    "no issuer": with_claims(iss=None),
    "another audience": with_claims(aud="other"),
    "no audience": with_claims(aud=None),
    "an audience that is none": with_claims(aud=7),
    "expired": with_claims(exp=NOW - LEEWAY),
    "no expiry": with_claims(exp=None),
    "an expiry that is none": with_claims(exp="never"),
    "an expiry without end": with_claims(exp=float("inf")),
    "not valid yet": with_claims(nbf=NOW + LEEWAY + 1),
    "issued in the future": with_claims(iat=NOW + LEEWAY + 1),
    "no subject": with_claims(sub=None),
    "a subject with a blank": with_claims(sub="a b"),
    "the wildcard for a subject": with_claims(sub="*"),
    "a subject that is none": with_claims(sub=7),
    "no group": with_claims(groups=None),
    "a group of nobody": with_claims(groups=["staff"]),
    "groups that are none": with_claims(groups=[["examiners"], 7]),
    "groups in a number": with_claims(groups=7),
    "another key": signed(CLAIMS, OTHER),
    "a key that is not known": signed(CLAIMS, OTHER, kid="two"),
    "a key in the header": signed(CLAIMS, OTHER, jwk=OTHER.as_dict(private=False)),
    "unsigned": unsigned(),
    "a public key for a secret": with_the_public_key_as_a_secret(),
    "changed claims": with_other_claims(),
    "nothing": "",
    "dots": "..",
    "no ASCII": "é.é.é",
    "too long": signed({**CLAIMS, "more": "x" * 17_000}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_a_good_token_is_nobody(tokens: Tokens, name: str) -> None:
    """The same answer to all: nothing is raised and nobody learns why."""
    assert tokens.find(WRONG[name]) is None


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: base64.b64encode(data).decode() + ".e30.x"))
def test_no_text_brings_it_down(tokens: Tokens, text: str) -> None:
    """Whatever stands where a token should."""
    assert tokens.find(text) is None


@given(st.data())
def test_a_token_with_a_character_changed_is_nobody(tokens: Tokens, data: st.DataObject) -> None:
    """Anywhere but in the bits that base64 leaves over at the end of a part."""
    token = signed(CLAIMS)
    at = data.draw(st.integers(0, len(token) - 1))
    if token[at] == "." or token[at + 1 : at + 2] in (".", ""):
        return
    other = data.draw(st.sampled_from("ABCDabcd0123_-").filter(lambda letter: letter != token[at]))
    assert tokens.find(token[:at] + other + token[at + 1 :]) is None


# Keys from the issuer.


class House(BaseHTTPRequestHandler):
    """An issuer over loopback: its document and its keys."""

    keys = b""
    document: dict[str, Any] = {}  # noqa: RUF012  set by each test
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        found = {"/.well-known/openid-configuration": json.dumps(self.document).encode(), "/keys": self.keys}
        body = found.get(self.path)
        self.send_response(302 if self.path == "/moved" else 200 if body is not None else 404)
        if self.path == "/moved":
            self.send_header("Location", "/keys")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture
def home() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), House)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    House.keys, House.asked = public(KEY), 0
    House.document = {"issuer": address, "jwks_uri": f"{address}/keys"}
    yield address
    server.shutdown()
    server.server_close()


def until(met: Any) -> bool:
    for _ in range(200):
        if met():
            return True
        time.sleep(0.01)
    return False


def test_keys_are_fetched_from_the_issuer_and_again_when_they_change(home: str) -> None:
    """A new key is fetched meanwhile and good a moment later; strangers' keys cannot make it fetch all the time."""
    clock = [0.0]
    tokens = Tokens(Issuer(home, "countenance", GROUPS), lambda: NOW, lambda: clock[0])
    claims = {**CLAIMS, "iss": home}
    assert tokens.find(signed(claims)) is not None
    assert House.asked == 2
    House.keys = public(OTHER)
    assert tokens.find(signed(claims, OTHER, kid="two")) is None, "known from the next minute on"
    assert House.asked == 2
    clock[0] = PAUSE
    assert tokens.find(signed(claims, OTHER, kid="two")) is None
    assert until(lambda: tokens.find(signed(claims, OTHER, kid="two")) is not None)
    assert House.asked == 4
    assert tokens.find(signed(claims)) is None, "the key that the issuer has given up"
    House.keys = b"{"
    clock[0] += FRESH + 1
    assert tokens.find(signed(claims, OTHER, kid="two")) is not None
    assert until(lambda: House.asked == 6)
    assert tokens.find(signed(claims, OTHER, kid="two")) is not None, "an issuer that is down does not lock people out"


def test_an_issuer_that_cannot_be_believed_is_an_error_at_the_start(home: str, tmp_path: Path) -> None:
    """A document of another, keys over plain HTTP, a redirect, an answer that is none, no file, a file of anything."""
    said = Issuer(home, "countenance", GROUPS)
    for document in (
        {"issuer": "https://other.example.org", "jwks_uri": f"{home}/keys"},
        {"issuer": home, "jwks_uri": "http://login.example.org/keys"},
        {"issuer": home, "jwks_uri": "file:///etc/passwd"},
        {"issuer": home},
    ):
        House.document = document
        with pytest.raises(Malformed):
            Tokens(said, lambda: NOW)
    for path in ("/moved", "/nothing"):
        House.document = {"issuer": home, "jwks_uri": home + path}
        with pytest.raises(MissingPart, match="cannot be reached"):
            Tokens(said, lambda: NOW)
    for content in (b"", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "RSA"}]}', b'{"keys": 7}', b"[" * 100_000):
        (tmp_path / "jwks").write_bytes(content)
        with pytest.raises(Malformed):
            Tokens(Issuer(ISSUER, "a", GROUPS, keys=str(tmp_path / "jwks")), lambda: NOW)
    with pytest.raises(MissingPart, match="cannot be read"):
        Tokens(Issuer(ISSUER, "a", GROUPS, keys=str(tmp_path / "nothing")), lambda: NOW)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"issuer": "http://login.example.org"}, "https"),
        ({"audience": ""}, "not empty"),
        ({"claim": ""}, "not empty"),
    ],
)
def test_an_issuer_that_makes_no_sense_is_refused(wrong: dict[str, Any], says: str) -> None:
    """When the settings are read."""
    with pytest.raises(Malformed, match=says):
        Issuer(**{"issuer": ISSUER, "audience": "a", "groups": GROUPS, **wrong})
    with pytest.raises(Malformed, match="who watches does not act"):
        Group((KeyRole.AUDITOR, KeyRole.ENROLLER))


def test_the_settings_name_the_issuer(tmp_path: Path, issuer: Issuer) -> None:
    """As tables of the settings file; a misspelt field is an error and not a group without rights."""
    text = f"""
[oidc]
issuer = "{ISSUER}"
audience = "countenance"
keys = "{issuer.keys}"

[oidc.groups.examiners]
roles = ["examiner"]
purposes = ["missing-person"]
galleries = ["people"]
tenant = "north"

[oidc.groups.auditors]
roles = ["auditor"]
"""
    file = tmp_path / "countenance.toml"
    file.write_text(text)
    assert read_settings(tmp_path).oidc == issuer
    for old, new in (("purposes", "purpose"), ('"examiner"', '"searcher"'), ("audience", "audiences")):
        file.write_text(text.replace(old, new))
        with pytest.raises(Malformed, match="settings are not usable"):
            read_settings(tmp_path)


def test_a_secret_and_a_token_go_to_whom_they_are_for(issuer: Issuer) -> None:
    """An API key is never shown to the library, and a token never to the table of keys where an issuer is set."""

    class Keys:
        shown: list[str] = []  # noqa: RUF012

        def find(self, secret: str) -> None:
            self.shown.append(secret)

    keys: Any = Keys()
    both = Credentials(keys, issuer, lambda: NOW)
    person = both.find(signed(CLAIMS))
    assert person is not None
    assert person.principal.id == "oidc:248289761001"
    assert both.find("cnt_0123456789abcdef_" + "0" * 64) is None
    assert len(keys.shown) == 1
    Credentials(keys, None, lambda: NOW).find("no token")
    assert len(keys.shown) == 2


def test_the_extra_is_asked_for_in_words(tmp_path: Path) -> None:
    """Without it everything else works, and an issuer in the settings says what to install."""
    (tmp_path / "joserfc.py").write_text("raise ModuleNotFoundError('no', name='joserfc')\n")
    script = (
        "from countenance.access.credentials import Credentials\n"
        "from countenance.access.issuer import Issuer\n"
        "Credentials(None, None, None)\n"
        "from countenance.terms.errors import MissingPart\n"
        "try: Credentials(None, Issuer('https://a.example', 'a', {}), None)\n"
        "except MissingPart as error: print(error.remedy)\n"
    )
    path = [str(tmp_path), str(Path(__file__).parents[2] / "src")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path}\n{script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "pip install 'countenance[oidc]'"
