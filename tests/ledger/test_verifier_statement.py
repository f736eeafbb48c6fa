"""Statements: every purpose listed, fixed words, nothing hidden, nothing claimed that was not known all the time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.minilog import DIGEST, PURPOSES, Story, busy_story

from countenance.ledger.entry import entry_id, parse
from countenance.ledger.recount import Count, counts_digest
from countenance.ledger.statement import WORDING_SHA256, differences, parse_statement, state
from countenance.ledger.unreadable import Unreadable
from countenance.ledger.uses import Uses

STORY = busy_story()
STATEMENT = STORY.statement(0, 3)
OTHER_DIGEST = "cd" * 32


def test_a_statement_lists_every_purpose_and_is_read_back() -> None:
    """Registered ones, forbidden ones, zeros, and what was outside the register."""
    text = STATEMENT.text
    assert parse_statement(text) == STATEMENT
    assert "count access-control registered 3 0 0 0 3 0 0\n" in text
    assert "count missing-person registered 16 0 0 16 0 0 0\n" in text
    assert "count protest-monitoring forbidden 0 0 3 0 0 0 0\n" in text
    assert "count unregistered outside 0 0 3 0 0 0 0\n" in text
    assert "zero protest-monitoring\n" in text
    assert "No comparison was recorded under the purpose protest-monitoring (0 permitted, 3 refused).\n" in text
    assert "registered 16, standing 3, only declared by the caller 0, none 0." in text
    assert "without a recorded outcome: 1." in text
    assert "Closed early, below the charter's minimum of requests: epochs 3.\n" in text
    assert "UNWITNESSED" in text
    assert "does not say that nobody compared faces otherwise" in text


def test_the_wording_is_fixed_by_its_digest() -> None:
    """Another wording is another version of the format: change both or none."""
    assert f"wording {WORDING_SHA256}\n" in STATEMENT.text
    assert WORDING_SHA256 == "3044ae6a791aea0ce97ccb988d23ffee2f63e4ad9c709e52eeb09773562cff84"


@given(st.integers(0, len(STATEMENT.text) - 1), st.sampled_from("a0 \n-"))
@settings(max_examples=200, deadline=None)
def test_no_word_of_a_statement_can_be_changed_alone(at: int, char: str) -> None:
    """The words for people follow from the numbers; whoever changes a number must change them all, and it shows."""
    text = STATEMENT.text[:at] + char + STATEMENT.text[at + 1 :]
    if text == STATEMENT.text:
        return
    try:
        again = parse_statement(text)
    except Unreadable:
        return
    assert differences(again, STATEMENT)


@given(st.text(max_size=80), st.integers(0, 600))
def test_hostile_statements_raise_nothing_else(text: str, at: int) -> None:
    """Fuzz: alone, and let into a true one."""
    for each in (text, STATEMENT.text[:at] + text + STATEMENT.text[at:], "countenance-statement/v1\n" + text):
        try:
            parse_statement(each)
        except Unreadable:
            continue


def test_a_single_governor_is_named() -> None:
    """And several are called distinct keys, since nobody can prove distinct people."""
    assert "was adopted by a single governor." in busy_story(governors=1).statement(0, 3).text
    assert "was adopted under 2 distinct keys." in STATEMENT.text


def test_witnesses_are_named_instead() -> None:
    """Where the checkpoint bears their lines."""
    text = busy_story().statement(0, 3, ("a.example", "b.example")).text
    assert "Countersigned by: a.example, b.example.\n" in text
    assert "UNWITNESSED" not in text
    assert parse_statement(text).cosigned == ("a.example", "b.example")


def test_gaps_that_touch_the_period_are_named() -> None:
    """And others are not."""
    story = Story(minimum=0)
    story.ask()
    story.close()
    story.add("gap", first=0, last=1, why="restore")
    story.close()
    story.ask()
    story.close()
    assert "epochs 0 to 1.\n" in story.statement(1, 2).text
    assert "gaps none\n" in story.statement(2, 2).text


def test_non_use_is_claimed_only_of_what_was_known_the_whole_time() -> None:
    """A purpose that entered the register later is listed as `partly`, without a claim."""
    story = Story(minimum=0)
    story.ask()
    story.adopt(OTHER_DIGEST, {**PURPOSES, "border-control": True}, governors=2, minimum=0, start=1)
    story.close()
    story.ask()
    story.close()
    said = story.statement(0, 1)
    assert said.lines["border-control"].status == "partly"
    assert said.zeros == ["access-control", "protest-monitoring"]
    assert [c[0] for c in said.charters] == [DIGEST, OTHER_DIGEST]
    assert "border-control" in story.statement(1, 1).zeros


def test_a_purpose_that_changed_sides_is_partly() -> None:
    """Registered first and forbidden later is neither."""
    story = Story(minimum=0)
    story.adopt(OTHER_DIGEST, {**PURPOSES, "access-control": True}, governors=2, minimum=0, start=1)
    story.close()
    story.close()
    assert story.statement(0, 1).lines["access-control"].status == "partly"
    assert story.statement(1, 1).lines["access-control"].status == "forbidden"


def test_only_closed_epochs_are_stated() -> None:
    """The running one is named in the refusal."""
    story = Story(minimum=0)
    story.ask()
    story.close()
    with pytest.raises(Unreadable, match="epoch 1 is not closed"):
        state(story.recount(), 0, 1, bytes(32))
    story.close()
    with pytest.raises(Unreadable, match="does not come before"):
        state(story.recount(), 1, 0, bytes(32))


def test_a_later_statement_agrees_with_an_earlier_one() -> None:
    """Counts of closed epochs never change; only what is unpaired may fall when an outcome comes late."""
    story = busy_story()
    before = story.statement(0, 3)
    late = next(iter(story.recount().open))
    story.outcome(late)
    story.close(early=True)
    after = story.statement(0, 3)
    assert after.lines == before.lines
    assert (before.unpaired, after.unpaired) == (1, 0)
    assert story.recount().statements == 2


def unlawful(change: str) -> Story:
    story = Story(minimum=3)
    intent = story.intent()
    match change:
        case "another charter":
            story.intent(pol=OTHER_DIGEST)
        case "forbidden":
            story.intent("protest-monitoring")
        case "unknown":
            story.intent("shopping")
        case "unknown refused":
            story.intent("shopping", allowed=False)
        case "same id":
            story.intent(id=intent)
        case "two outcomes":
            story.outcome(intent)
            story.outcome(intent)
        case "outcome of a refusal":
            story.outcome(story.intent(allowed=False))
        case "outcome of nothing":
            story.outcome(entry_id(bytes(16)))
        case "epoch skipped":
            story.add("hold", ev="set", ep=1)
        case "early unsaid":
            story.close()
        case "days backwards":
            story.close(early=True, days=3)
            story.day = 0
            story.close(early=True)
        case "charter at once":
            story.adopt(OTHER_DIGEST, PURPOSES, governors=1, minimum=0, start=0)
        case "purpose of nothing":
            story.add("purpose", of=entry_id(bytes(16)), pur="shopping", forbidden=False, text="")
        case "register long":
            charter = next(parse(e).fields for e in story.entries if b'"charter"' in e)
            story.add("purpose", of=charter["id"], pur="shopping", forbidden=False, text="")
        case "governor forged":
            true = next(parse(e).fields for e in story.entries if b'"charter"' in e)
            signed = {name: true[name] for name in ("gov", "sig", "min", "n")}
            story.add("charter", digest=OTHER_DIGEST, **{**signed, "from": 1})
        case "false statement":
            story.close(early=True)
            story.add("statement", first=0, last=0, size=len(story.entries), sha="00" * 32, counts="00" * 32)
        case "statement too soon":
            story.add("statement", first=0, last=0, size=3, sha="00" * 32, counts="00" * 32)
        case "false tally":
            story.add("tally", pur="missing-person", registered=2, standing=0, self=0, none=0, refused=0)
        case "key of another":
            story.add("key", ev="added", use="statements", vkey=str(story.log.key))
        case "goes on after its end":
            story.add("shard", ev="ends", origin="log.example/2027", size=None, root=None)
            story.intent()
        case "continues too late":
            story.add("shard", ev="continues", origin="log.example/2025", size=3, root="00" * 32)
    return story


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("another charter", "field pol: cites another charter"),
        ("forbidden", "field pur: permits protest-monitoring, which is forbidden"),
        ("unknown", "field pur: permits shopping, which is not in the register"),
        ("unknown refused", "field pur: shopping is not in the register"),
        ("same id", "field id: two intents"),
        ("two outcomes", "field of: no permitted intent"),
        ("outcome of a refusal", "field of: no permitted intent"),
        ("outcome of nothing", "field of: no permitted intent"),
        ("epoch skipped", "field ep: epoch 0 is running, not 1"),
        ("early unsaid", "field early: closes with 1 requests, fewer than the charter's 3"),
        ("days backwards", "field start: epoch 1 starts before"),
        ("charter at once", "field from: a charter after the first"),
        ("purpose of nothing", "field of: does not belong"),
        ("register long", "field pur: the charter announced 3"),
        ("governor forged", "field sig: a governor's signature"),
        ("false statement", "field counts: states other counts"),
        ("statement too soon", "field last: speaks of epochs that were not closed"),
        ("false tally", "tallies missing-person as"),
        ("key of another", "field vkey: a key for statements of this log is named log.example/fr/statements"),
        ("goes on after its end", "the log ended"),
        ("continues too late", "field ev: a log says what it continues"),
    ],
)
def test_a_log_that_breaks_its_rules_is_found_out(change: str, says: str) -> None:
    """Each rule, with a log that breaks it alone."""
    with pytest.raises(Unreadable, match=re.escape(says)):
        unlawful(change).recount()


def test_intents_need_the_whole_register() -> None:
    """A charter whose purposes are not all in the log permits nothing."""
    story = Story(minimum=0)
    story.entries = story.entries[:-1]
    story.intent()
    with pytest.raises(Unreadable, match="1 of the charter's purposes are not in the log"):
        story.recount()
    bare = Story()
    bare.entries = bare.entries[:2]
    bare.intent()
    with pytest.raises(Unreadable, match="no charter is in force"):
        bare.recount()


def test_true_tallies_and_late_closes_are_lawful() -> None:
    """Tallies are cumulative; after 31 days an epoch may be small without being early."""
    story = Story(minimum=5)
    story.ask()
    story.intent(allowed=False)
    story.add("tally", pur="missing-person", registered=1, standing=0, self=0, none=0, refused=1)
    story.day = 0
    story.add("epoch", start="2026-10-01", end="2026-11-01", early=False)
    story.epoch += 1
    story.ask()
    story.add("tally", pur="missing-person", registered=2, standing=0, self=0, none=0, refused=1)
    assert story.recount().kinds["tally"] == 2


def test_counts_of_nothing_have_a_digest_too() -> None:
    """An empty period is stated like any other."""
    assert counts_digest({}) != counts_digest({"a": Count(1)})


@given(st.permutations(range(1, 13)), st.integers(0, 12))
def test_uses_may_come_in_any_order(order: list[int], kept: int) -> None:
    """What is missing is what did not come; what comes twice shows."""
    uses = Uses()
    came = order[:kept]
    for use in came:
        uses.take(use)
    assert uses.missing == (max(came) - len(came) if came else 0)
    assert uses.repeated == 0
    for use in came:
        uses.take(use)
    assert uses.repeated == len(came)


def test_a_carried_counter_goes_on() -> None:
    """A new shard says where each gallery's counter stood; a jump shows as missing."""
    story = Story(minimum=0)
    story.add("gallery", gal="k2J9xQ_a", ev="carried", band="1-10", ctr=40)
    story.outcome(story.intent(), ctr=41)
    assert story.recount().uses_missing == 0
    story.outcome(story.intent(), ctr=44)
    assert story.recount().uses_missing == 2
