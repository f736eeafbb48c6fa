"""An authority that expires between the intent and the comparison permits nothing any more."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from countenance.assembly import House
from countenance.service.asking import Asking, Refused
from countenance.service.identify import identify
from countenance.settings import read_settings
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.permit import RefusalReason
from countenance.terms.principal import Principal
from countenance.terms.sample import Sample


class Clock:
    """Real time until ``leap`` is set, then later by so many seconds at each look."""

    leap = 0.0
    passed = 0.0

    def __call__(self) -> float:
        self.passed += self.leap
        return time.time() + self.passed


def test_expired_between_intent_and_compare_is_refused_and_nothing_is_compared(
    countenance: Any, data: Path, pictures: Mapping[str, Path]
) -> None:
    words = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
    enrolled = countenance("--data", data, "enrol", pictures["obama.jpg"], "-g", "g", "-s", "Obama", *words, "--json")
    assert enrolled.code == 0
    clock = Clock()
    with House.open(read_settings(data), clock) as house:
        now = int(time.time())
        me = house.asking(None, None).principal
        record = AuthorityRecord(
            id="", kind="guardian-request", reference="case-9", issuer="a guardian", document="", issued=now - 10,
            expires=now + 600, registrar="os:somebody-else", registered=now,
        )  # fmt: skip
        house.authorities.register(record)
        asking = Asking(Principal(me.id, me.roles), "missing-person", Authority.parse("guardian-request:case-9"))
        house.rooms.vision()  # so that loading the models does not take the time
        clock.leap = 400.0  # the intent is asked at +400 s, the comparison at +800 s
        answer = identify(house.rooms, asking, gallery="g", sample=Sample.read(pictures["obama2.jpg"]))
        clock.leap = clock.passed = 0.0
        assert isinstance(answer, Refused)
        assert answer.refusal.reason is RefusalReason.AUTHORITY_EXPIRED
        last = [json.loads(data) for _, data in house.ledger.entries()][-1]
    assert (last["k"], last["res"], last["ctr"]) == ("outcome", "aborted", None)
