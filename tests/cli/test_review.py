"""The verbs around a search: approvals are given, listed and taken back; a case is listed, shown and decided."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEARCH = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")


def test_a_case_is_opened_shown_and_decided(countenance: Any, data: Path, pictures: Mapping[str, Path]) -> None:
    """From the search to the result, by the words that are printed."""
    mine = ("--data", data)
    assert countenance(*mine, "enrol", pictures["obama.jpg"], "-g", "g", "-s", "Ada", *SEARCH, "--json").code == 0
    found = countenance(*mine, "identify", pictures["obama2.jpg"], "-g", "g", *SEARCH, "--json").json
    case = found["case"]
    assert case == found["faces"][0]["case"]
    listed = countenance(*mine, "review", "list", "--json").json["reviews"]
    assert case in {each["case"] for each in listed}
    shown = countenance(*mine, "review", "show", case, "--json").json["review"]
    assert [each["subject"] for each in shown["candidates"]] == ["Ada"]
    assert (shown["given"], shown["verdicts"], shown["result"]) == (0, [], None)
    assert countenance(*mine, "review", "decide", case, "--json").code == 2
    assert countenance(*mine, "review", "decide", case, "--none", "--unsure").code == 2
    done = countenance(*mine, "review", "decide", case, "--candidate", "1", "--reason", "the scar", "--json").json
    assert (done["review"]["result"], done["review"]["verdicts"][0]["reason"]) == ("confirmed", "the scar")
    again = countenance(*mine, "review", "decide", case, "--none", "--json")
    assert (again.code, again.json["error"]["kind"]) == (12, "BrokenInput")
    assert "Ada" in countenance(*mine, "review", "show", case).out
    assert "confirmed" in countenance(*mine, "review", "list", "--all").out
    assert case not in {each["case"] for each in countenance(*mine, "review", "list", "--json").json["reviews"]}


def test_an_approval_is_given_listed_and_taken_back(countenance: Any, data: Path, pictures: Mapping[str, Path]) -> None:
    mine = ("--data", data)
    given = countenance(*mine, "approvals", "give", *SEARCH, "--sample", pictures["obama.jpg"], "--json").json[
        "approval"
    ]
    assert (given["act"], given["used"], given["revoked"]) == ("search", None, None)
    assert given["expires"] - given["given"] == 86_400
    assert countenance(*mine, "approvals", "list", "--json").json["approvals"] == [given]
    assert "open" in countenance(*mine, "approvals", "list").out
    assert "revoked" in countenance(*mine, "approvals", "revoke", given["id"]).out
    assert countenance(*mine, "approvals", "revoke", given["id"], "--json").json["approval"]["revoked"]
    for words in (("give", *SEARCH, "-g", "nowhere"), ("give", *SEARCH, "--act", "enrol"), ("revoke", "nobody")):
        refused = countenance(*mine, "approvals", *words, "--json")
        assert (refused.code, set(refused.json)) == (12, {"version", "error"})


def test_what_is_declared_is_asked_for_and_shown(countenance: Any, data: Path, pictures: Mapping[str, Path]) -> None:
    """``--ages`` and ``--minor`` reach the charter, and lists show them."""
    mine, dataset = ("--data", data), ("--purpose", "evaluation", "--authority", "dataset:lfw")
    made = countenance(*mine, "galleries", "create", "young", "--ages", "minors", *dataset, "--json").json
    assert made["gallery"]["ages"] == "minors"
    pair = (pictures["obama.jpg"], pictures["obama2.jpg"])
    for words in (("verify", *pair), ("group", *pair), ("find-similar", *pair), ("identify", pair[0], "-g", "young")):
        refused = countenance(*mine, *words, "--minor", *dataset, "--json")
        assert (refused.code, refused.json["refusal"]["policies"]) == (10, ["gate-minors"])
    assert countenance(*mine, "enrol", pair[0], "-g", "young", "-s", "Ada", *dataset, "--json").code == 10
    assert countenance(*mine, "enrol", pair[0], "-g", "young", "-s", "Ada", *SEARCH, "--json").code == 0
    [ada] = countenance(*mine, "subjects", "list", "-g", "young", "--json").json["subjects"]
    assert (ada["minor"], ada["metadata"]) == (True, {})
    wrong = countenance(*mine, "galleries", "create", "old", *dataset)
    assert wrong.code == 0
    refused = countenance(*mine, "enrol", pair[1], "-g", "old", "-s", "Bea", "--minor", *SEARCH, "--json")
    assert (refused.code, refused.json["counts"]) == (12, {"unreadable": 1})
