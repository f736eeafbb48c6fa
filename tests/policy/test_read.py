"""Reading a charter: a sound one in full, and every error of an unsound one with its file and line."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.charters import ALL_TEMPLATES, GOVERNORS, changed, files_of, sound

from countenance.ledger.note import parse_vkey
from countenance.ledger.trust_policy import parse_policy
from countenance.policy.charter import Charter, Epochs, Governor
from countenance.policy.digest import digest_of
from countenance.policy.engine import SCHEMA_FILE
from countenance.policy.fault import Fault, Faulty
from countenance.policy.folder import MAX_FILE, load_charter, read_folder
from countenance.policy.read import CHARTER_FILE, read_charter
from countenance.policy.template import demo_files
from countenance.policy.trust import trust_policy
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.permit import AuthorityKind

DEMO = files_of("demo")


def faults_of(files: dict[str, bytes]) -> tuple[Fault, ...]:
    found = read_charter(files)
    assert isinstance(found, Faulty)
    return found.faults


def line_with(files: dict[str, bytes], name: str, text: str) -> int:
    """The number of the first line that holds the text."""
    lines = files[name].decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("template", ALL_TEMPLATES)
def test_every_template_is_a_sound_charter(template: str) -> None:
    charter = sound(files_of(template))
    assert charter.forbidden.keys() >= {"family-separation", "protest-monitoring", "religious-profiling"}
    assert charter.policies


def test_what_is_written_is_what_is_read() -> None:
    """The demo: purposes, roles, governors, epochs."""
    charter = sound(DEMO)
    purpose = charter.purposes["missing-person"]
    assert purpose.actions == {
        Action.MANAGE,
        Action.ACQUIRE,
        Action.ENROL,
        Action.DELETE,
        Action.EXPORT,
        Action.VERIFY,
        Action.SEARCH,
        Action.GROUP,
    }
    assert purpose.classes == ("consent", "guardian-request")
    assert AuthorityKind.SELF_DECLARED in purpose.modes
    assert purpose.minors == ("guardian-request",)
    assert charter.governors == {"owner": Governor("owner", GOVERNORS["first"])}
    assert charter.epochs == Epochs(days=1, minimum=1)
    assert (charter.logs, charter.witnesses, charter.quorum) == ((), (), 0)


def test_the_policies_carry_their_place() -> None:
    for policy in sound(DEMO).policies:
        assert f'@id("{policy.id}")' in DEMO[policy.file].decode().splitlines()[policy.line - 1]


# One mistake each: what is replaced in the demo, by what, and what is said at which line.
MISTAKES = [
    ("charter.toml", "version = 1\n", "version = 2\n", "version = 2", "version must be a whole number from 1 to 1"),
    ("charter.toml", "[operator]\n", "[operator]\nfax = 1\n", "fax", "operator.fax is not known here; known: contact"),
    ("charter.toml", 'name = "A first', 'nime = "A first', "nime", "operator.nime is not known here"),
    ("charter.toml", "candidate_cap = 20", "candidate_cap = 51", "= 51", "must be a whole number from 1 to 50, not 51"),
    ("charter.toml", "candidate_cap = 20", "candidate_cap = true", "= true", "whole number from 1 to 50, not True"),
    ("charter.toml", "reviewers = 1\n", "", "[purposes.missing-person]", "missing-person.reviewers is missing"),
    ("charter.toml", '"group"]\nauth', '"seek"]\nauth', '"seek"', "names 'seek', which is not an action; known:"),
    ("charter.toml", 'authorities = ["dataset"]', 'authorities = ["data"]', '["data"]', "'data', which is not an auth"),
    ("charter.toml", 'authorities = ["dataset"]', "authorities = []", "authorities = []", "must name at least one"),
    ("charter.toml", 'authorities = ["dataset"]', 'authorities = "dataset"', '"dataset"', "must be a list of texts"),
    ("charter.toml", 'minors = ["guardian-request"]', 'minors = ["dataset"]', '["dataset"]', "class of this purpose"),
    (
        "charter.toml",
        'review = "lead-not',
        'review = "led-not',
        "led-not",
        "names 'led-not-answer', which is not a pri",
    ),
    ("charter.toml", 'principle = "free-belief"', 'principle = "belief"', '"belief"', "'belief', which is not a princ"),
    ("charter.toml", "[purposes.evaluation]", "[purposes.Evaluation]", "Evaluation", "is not an id: small letters"),
    ("charter.toml", "[purposes.evaluation]", "[purposes.none]", "[purposes.none]", "keeps for itself"),
    (
        "charter.toml",
        "[forbidden.family-separation]",
        "[forbidden.evaluation]",
        "forbidden.eval",
        "both registered and",
    ),
    ("charter.toml", 'principals = ["owner"]', 'principals = ["alice"]', '["alice"]', "write os:NAME, key:ID, os:*"),
    ("charter.toml", 'key = "000102', 'key = "zz0102', "zz0102", "must be an Ed25519 public key: 64 small hex"),
    ("charter.toml", "days = 1\n", "days = 40\n", "days = 40", "epochs.days must be a whole number from 1 to 31"),
    ("charter.toml", "minimum = 1", "minimum = 0", "minimum = 0", "epochs.minimum must be a whole number"),
    ("charter.toml", "retention_days = 365", "retention_days = 0", "retention_days = 0", "from 1 to 36500, not 0"),
    ("charter.toml", "version = 1\n", "version = 1\n[purpses]\n", "[purpses]", "purpses is not known here"),
    ("charter.toml", "version = 1\n", "version = \n", "version = ", "does not parse"),
    ("demo.cedar", '@id("missing-person-find")\n', "", '@principle("find-the', "the policy has no @id"),
    ("demo.cedar", '@principle("measure")\n', "", "evaluation-on", "the policy has no @principle"),
    ("demo.cedar", '@principle("measure")', '@principle("mesure")', "evaluation-on", 'e("mesure") is not in [princip'),
    ("demo.cedar", '@id("missing-person-find")', '@id("gate-open")', "gate-open", "belong to the gate's own rules"),
    ("demo.cedar", '@id("missing-person-find")', '@id("Find")', '"Find"', '@id("Find") is not an id'),
    ("demo.cedar", "missing-person-find", "missing-person-keep", "missing-person-keep", "stands at demo.cedar:"),
    (
        "demo.cedar",
        'Purpose::"evaluation"',
        'Purpose::"evluation"',
        "evaluation-on",
        'Purpose::"evluation" is not in the',
    ),
    (
        "demo.cedar",
        'class == "dataset"',
        'class == "datset"',
        "evaluation-on",
        "class is never 'datset'; known: consent",
    ),
    ("demo.cedar", '["consent", "guardian', '["assent", "guardian', "person-keep", "class is never 'assent'"),
    (
        "demo.cedar",
        'principal in Role::"operator"',
        'principal in Role::"boss"',
        "control-enrol",
        'Role::"boss" is',
    ),
    (
        "demo.cedar",
        'principal in Role::"operator"',
        'principal == Principal::"os:eve"',
        "control-enrol",
        "of role",
    ),
    (
        "demo.cedar",
        'Action::"verify"]',
        'Action::"seek"]',
        "control-enrol",
        "unrecognized action `Action",
    ),
    (
        "demo.cedar",
        "context.purpose ==",
        "context.porpoise ==",
        "control-enrol",
        "attribute `porpoise` in",
    ),
    ("demo.cedar", 'class == "dataset"', "class == 7", "evaluation-on", "not compatible"),
    (
        "demo.cedar",
        'class == "dataset" };',
        'class == "dataset" ',
        "evaluation-on",
        "the policy does not parse: unexpec",
    ),
    ("demo.cedar", 'principal in Role::"operator"', "principal == ?principal", "control-enrol", "is a template"),
]


@pytest.mark.parametrize(("file", "old", "new", "at", "says"), MISTAKES, ids=[m[4][:40] for m in MISTAKES])
def test_a_mistake_is_told_with_its_line(file: str, old: str, new: str, at: str, says: str) -> None:
    """Each in a charter that is sound but for it."""
    text = DEMO[file].decode()
    assert old in text
    files = {**DEMO, file: text.replace(old, new, 1).encode()}
    faults = faults_of(files)
    told = [fault for fault in faults if says in fault.what]
    assert told, faults
    lines = [number for number, line in enumerate(files[file].decode().splitlines(), 1) if at in line]
    assert told[0].file == file
    assert told[0].line in lines


def test_all_mistakes_are_told_at_once() -> None:
    """In every file, each on its line, in order; none hides another."""
    files = dict(DEMO)
    sound_mistakes = [m for m in MISTAKES if "parse" not in m[4] and "version" not in m[1]]
    expected = set()
    used: set[str] = set()
    for file, old, new, _, says in sound_mistakes:
        text = files[file].decode()
        near = re.sub(r"\s", "", old)
        if old in text and not any(near in each or each in near for each in used):
            files[file] = text.replace(old, new, 1).encode()
            used.add(near)
            expected.add(says)
    faults = faults_of(files)
    assert len(expected) > 15
    # One policy's wrong names are told before its types are looked at; everything else stands side by side.
    missing = {says for says in expected if not any(says in fault.what for fault in faults)}
    assert len(missing) <= 4, missing
    assert list(faults) == sorted(faults)
    message = str(Faulty(faults).malformed("here"))
    assert all(str(fault) in message for fault in faults)


def test_a_charter_without_its_file_or_without_policies_is_unsound() -> None:
    assert "is missing" in faults_of({"a.cedar": b""})[0].what
    assert "without a policy nothing is permitted" in faults_of({CHARTER_FILE: DEMO[CHARTER_FILE]})[0].what


def test_bytes_that_are_no_text_are_told() -> None:
    faults = faults_of({**DEMO, "z.cedar": b"// fine\n// \xff\n"})
    assert faults == (Fault("z.cedar", 2, "is not UTF-8"),)


def test_another_vocabulary_is_refused() -> None:
    """The schema is fixed: a folder may hold it, but not change it."""
    other = {**DEMO, SCHEMA_FILE: DEMO[SCHEMA_FILE] + b"\nentity Spy;\n"}
    assert faults_of(other)[0].file == SCHEMA_FILE


def test_the_digest_is_of_every_byte_and_of_the_engine() -> None:
    """Equal with and without a copy of the fixed schema; another for every other difference."""
    charter = sound(DEMO)
    without = {name: data for name, data in DEMO.items() if name != SCHEMA_FILE}
    assert sound(without).digest == charter.digest
    commented = {**DEMO, "demo.cedar": DEMO["demo.cedar"] + b"\n"}
    assert sound(commented).digest != charter.digest
    renamed = {("other.cedar" if name == "demo.cedar" else name): data for name, data in DEMO.items()}
    assert sound(renamed).digest != charter.digest
    assert sound(demo_files(GOVERNORS["second"])).digest != charter.digest


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=4), st.binary(max_size=8), max_size=3), st.randoms())
def test_no_two_sets_of_files_share_a_digest(files: dict[str, bytes], random: object) -> None:
    """Names, lengths and bytes are told apart: moving a byte from one file to the next is seen; order is not."""
    assert digest_of(dict(reversed(files.items()))) == digest_of(files)
    for name, data in files.items():
        assert digest_of({**files, name: data + b"x"}) != digest_of(files)
        assert digest_of({other: d for other, d in files.items() if other != name}) != digest_of(files)


def test_the_digest_is_what_it_is_documented_to_be() -> None:
    """Domain and engine, then for each file its name, its length and its bytes."""
    written = b"countenance-charter-files/v1\ncedar/4 gate/1\na\x001\x001b\x001\x002"
    assert digest_of({"b": b"2", "a": b"1"}) == sha256(written).hexdigest()


def test_witnesses_and_logs_are_read_with_their_keys() -> None:
    """C2SP verifier keys of an Ed25519 seed 00…1f; the verifier reads the trust policy that is made of them."""
    log = "example.org/log+98af023b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    witness = "example.org/w+880cb1d6+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    tables = f"""
[[logs]]
name = "main"
key = "{log}"
url = "https://example.org/log"

[[witnesses]]
name = "university"
key = "{witness}"

[witnessing]
quorum = 1
"""
    with_them = {**DEMO, CHARTER_FILE: DEMO[CHARTER_FILE] + tables.encode()}
    charter = sound(with_them)
    assert (charter.logs[0].key, charter.witnesses[0].key, charter.quorum) == (log, witness, 1)
    read = parse_policy(trust_policy(charter).encode())
    assert read.met_by([parse_vkey(witness)])
    assert not read.met_by([])
    assert read.logs == ((parse_vkey(log), "https://example.org/log"),)
    assert parse_policy(trust_policy(sound(DEMO)).encode()).met_by([])
    for old, new, says in (
        ("98af023b", "98af023c", "is not a verifier key"),
        ("+BAOh", "+AQOh", "is not a verifier key"),
        ("quorum = 1", "quorum = 2", "witnessing.quorum must be a whole number from 0 to 1"),
        ('name = "university"', 'nome = "university"', "witnesses.0.name is missing"),
        ('name = "university"', 'name = "The University"', "witnesses.0.name must be an id"),
        ('url = "https://', 'url = "ftp://', "logs.0.url must begin with https://"),
    ):
        faults = faults_of(changed(with_them, CHARTER_FILE, old, new))
        assert any(says in fault.what for fault in faults), faults


def test_two_governors_cannot_share_a_key() -> None:
    files = files_of("access-control")
    same = changed(files, CHARTER_FILE, GOVERNORS["second"].hex(), GOVERNORS["first"].hex())
    assert "is the key of first already" in faults_of(same)[0].what


def test_roles_come_from_the_charter() -> None:
    """By id, by wildcard of a kind, and by owning the data; never by what a principal claims."""
    charter = sound(files_of("access-control"))
    assert charter.principal("os:alice").roles == {"reception"}
    assert charter.principal("key:9").roles == {"door"}
    assert charter.principal("key9").roles == frozenset()
    assert charter.principal("os:nobody", owner=True).roles == {"owner"}


# The folder.


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_is_read_without_what_is_no_part_of_a_charter(tmp_path: Path) -> None:
    (write(tmp_path, DEMO) / "README.md").write_text("about it")
    (tmp_path / ".git").mkdir()
    charter: Charter = load_charter(tmp_path)
    assert charter.digest == sound(DEMO).digest


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="cannot be read"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "loop.cedar").symlink_to(tmp_path / "loop.cedar")
    with pytest.raises(Malformed, match="cannot be read"):
        read_folder(tmp_path)


def test_a_file_that_nobody_would_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "huge.cedar").write_bytes(b" " * (MAX_FILE + 1))
    with pytest.raises(Malformed, match="at most"):
        read_folder(tmp_path)


def test_an_unsound_folder_raises_with_every_fault(tmp_path: Path) -> None:
    files = changed(DEMO, CHARTER_FILE, "candidate_cap = 20", "candidate_cap = 99")
    write(tmp_path, changed(files, "demo.cedar", '@principle("measure")', '@principle("guess")'))
    with pytest.raises(Malformed) as caught:
        load_charter(tmp_path)
    assert "the charter has 2 errors" in str(caught.value)
    assert f"{CHARTER_FILE}:{line_with(files, CHARTER_FILE, '= 99')}:" in str(caught.value)


HOSTILE = {
    "parentheses": "(" * 2000 + "true" + ")" * 2000,
    "sets": "[" * 2000 + "]" * 2000 + " == 1",
    "a long chain": "true && " * 100_000 + "true",
    "at the limit": "true && " * 1000 + "true",
    "if within if": "if true then " * 600 + "true" + " else true" * 60,
    "denials": "!" * 5000 + "true",
}


@pytest.mark.parametrize("condition", HOSTILE.values(), ids=HOSTILE)
def test_a_policy_made_to_break_the_parser_is_told(condition: str) -> None:
    """In a thread too, whose stack is smaller; the process lives on."""
    policy = f'@id("x") @principle("measure") permit (principal, action, resource) when {{ {condition} }};'
    with ThreadPoolExecutor(1) as pool:
        faults = pool.submit(faults_of, {**DEMO, "z.cedar": policy.encode()}).result()
    assert {fault.file for fault in faults} == {"z.cedar"}


def test_a_file_of_brackets_is_told() -> None:
    assert "does not parse" in faults_of({**DEMO, CHARTER_FILE: b"a = " + b"[" * 100_000})[0].what


@settings(deadline=None, max_examples=150)
@given(st.sampled_from([CHARTER_FILE, "demo.cedar"]), st.data())
def test_a_charter_with_bytes_spoilt_is_sound_or_told(file: str, data: st.DataObject) -> None:
    """Cut, doubled, replaced: never anything but a charter or its faults, each with a line that is there."""
    text = bytearray(DEMO[file])
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        text[start:end] = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b"[", b"{", b"\n[x]\n", b";"]))
        )
    found = read_charter({**DEMO, file: bytes(text)})
    if isinstance(found, Faulty):
        count = bytes(text).count(b"\n") + 1
        assert found.faults
        assert all(1 <= fault.line <= count or fault.file != file for fault in found.faults)
