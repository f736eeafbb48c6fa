"""Trust policies: who must agree, and every error with its line."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.keyring import TestKey

from countenance.ledger.note import COSIGNATURE
from countenance.ledger.trust_policy import parse_policy
from countenance.ledger.unreadable import Unreadable

LOG = TestKey("log.example/fr", 1)
WITNESSES = {name: TestKey(f"{name.lower()}.example", 10 + i, COSIGNATURE) for i, name in enumerate(("X1", "X2", "Y1"))}
LINES = "".join(f"witness {name} {w.key}\n" for name, w in WITNESSES.items())


def met(policy: str, present: tuple[str, ...]) -> bool:
    return parse_policy(policy.encode()).met_by(WITNESSES[name].key for name in present)


def test_groups_nest_and_count() -> None:
    """The example of the specification, with every subset of witnesses."""
    head = f"# ours\n\tlog {LOG.key} https://log.example/\n\n"
    policy = f"{head}{LINES}group X any X1 X2\ngroup all-of all X Y1\nquorum all-of\n"
    for count in range(4):
        for present in itertools.combinations(WITNESSES, count):
            assert met(policy, present) == ("Y1" in present and ("X1" in present or "X2" in present))
    parsed = parse_policy(policy.encode())
    assert parsed.logs_of("log.example/fr") == (LOG.key,)
    assert parsed.logs_of("log.example/other") == ()


def test_a_quorum_of_two_of_three_one_witness_or_none() -> None:
    """A number, a single name, or nobody."""
    assert met(LINES + "group g 2 X1 X2 Y1\nquorum g\n", ("X1", "Y1"))
    assert not met(LINES + "group g 2 X1 X2 Y1\nquorum g\n", ("X1",))
    assert met(LINES + "quorum X1\n", ("X1",))
    assert not met(LINES + "quorum X1\n", ("X2",))
    assert met("quorum none\n", ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "exactly one quorum"),
        ("quorum none\nquorum none\n", "line 2: a policy has exactly one quorum"),
        ("quorum X1\n", "line 1: nothing above is called"),
        (LINES + "group g 4 X1 X2 Y1\nquorum g\n", "line 4: a group asks for"),
        (LINES + "group g 0 X1\nquorum g\n", "line 4: a group asks for"),
        (LINES + "group g 01 X1\nquorum g\n", "line 4: a group asks for"),
        (LINES + "group g any\nquorum g\n", "line 4: no line of a policy"),
        (LINES + "group g any g\nquorum g\n", "line 4: nothing above"),
        (LINES + "group g any none\nquorum g\n", "line 4: nothing above"),
        (LINES + "group g any X1\ngroup h any X1\nquorum g\n", "line 5: 'X1' is a member already"),
        (LINES + f"witness X1 {TestKey('z.example', 50, COSIGNATURE).key}\nquorum none\n", "line 4: the name 'X1'"),
        (LINES + f"witness Z {WITNESSES['X1'].key}\nquorum none\n", r"line 4: the key of x1.example stands twice"),
        (f"witness none {WITNESSES['X1'].key}\nquorum none\n", "line 1: the name 'none' is taken"),
        (f"log {WITNESSES['X1'].key}\nquorum none\n", "line 1: the key of x1.example is of type 0x04"),
        (f"witness W {LOG.key}\nquorum none\n", "line 1: the key of log.example/fr is of type 0x01"),
        ("quorum none extra\n", "line 1: no line"),
        ("log\nquorum none\n", "line 1: no line"),
        ("quorum\u00a0none\n", "line 1: no line"),
        ("quorum none\r\n", "no control characters"),
        ("log nonsense\nquorum none\n", "line 1: a verifier key"),
        ("#" * 300_000, "at most"),
    ],
)
def test_every_error_has_its_line(text: str, says: str) -> None:
    """Duplicates, forward references, double members, wrong key types."""
    with pytest.raises(Unreadable, match=says):
        parse_policy(text.encode())


def test_it_holds_as_many_as_the_specification_recommends() -> None:
    """32 witnesses, 32 groups, 32 logs."""
    keys = [TestKey(f"w{i}.example", 100 + i, COSIGNATURE) for i in range(32)]
    logs = "".join(f"log {TestKey(f'l{i}.example', 140 + i).key}\n" for i in range(32))
    witnesses = "".join(f"witness w{i} {k.key}\n" for i, k in enumerate(keys))
    groups = "group g0 any w0\n" + "".join(f"group g{i} all g{i - 1} w{i}\n" for i in range(1, 32))
    policy = parse_policy((logs + witnesses + groups + "quorum g31\n").encode())
    assert policy.met_by(k.key for k in keys)
    assert not policy.met_by(k.key for k in keys[:-1])


@given(st.binary(max_size=100) | st.lists(st.sampled_from(("log", "witness", "group", "quorum", "any", "x", "1", "\n")))
       .map(lambda words: " ".join(words).encode()))  # fmt: skip
def test_hostile_policies_raise_nothing_else(data: bytes) -> None:
    """Fuzz, also with octets that are no UTF-8."""
    for each in (data, LINES.encode() + data):
        with contextlib.suppress(Unreadable):
            parse_policy(each)
