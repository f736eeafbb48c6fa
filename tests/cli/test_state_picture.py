"""The picture of a statement: drawn from the published log, every purpose with its row."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countenance.assembly import open_house
from countenance.ledger.recount import Count
from countenance.ledger.statement import Statement, parse_statement
from countenance.service.count_epochs import count_epochs
from countenance.service.manage import create_gallery
from countenance.terms.errors import LogDamaged

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
def stated(data: Path, tmp_path: Path, countenance: Any) -> tuple[Path, Statement, Path]:
    """Three epochs: galleries made under two purposes, and refusals."""
    with open_house(data) as house:
        for epoch in range(3):
            for number in range(2 + epoch):
                asking = house.asking("missing-person", "guardian-request:case")
                create_gallery(house.rooms, asking, name=f"g{epoch}{number}")
            create_gallery(house.rooms, house.asking("access-control", "consent:form"), name=f"door{epoch}")
            create_gallery(house.rooms, house.asking("family-separation", "consent:form"), name="never")
            house.ledger.close_epoch(early=True)
    out, picture = tmp_path / "statement", tmp_path / "use.png"
    done = countenance(
        "--data", data, "state", "--from", TODAY, "--to", TODAY, "--out", out, "--picture", picture, "--json"
    )
    assert (done.code, done.json["picture"]) == (0, str(picture)), done.err
    return data, parse_statement(out.read_text().partition("\n\n— ")[0] + "\n"), picture


def test_the_picture_shows_each_epoch_as_the_published_log_has_it(stated: tuple[Path, Statement, Path]) -> None:
    """The epochs add up to the statement, and the file is a picture of a readable size."""
    data, said, picture = stated
    epochs = count_epochs(data, said)
    assert {e: c["missing-person"].permitted for e, c in epochs.items()} == {1: 2, 2: 3, 3: 4}
    assert {e: c["family-separation"] for e, c in epochs.items()} == dict.fromkeys((1, 2, 3), Count(refused=1))
    from PIL import Image

    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"
        assert drawn.width >= 1200
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24) or ()}
    assert {(0x1B, 0x6C, 0xA8), (0xD9, 0x82, 0x2B)} <= colours


def test_a_statement_that_the_published_log_does_not_give_is_not_drawn(stated: tuple[Path, Statement, Path]) -> None:
    """One count more, or another root, and counting says so."""
    data, said, _ = stated
    lines = dict(said.lines)
    lines["missing-person"] = lines["missing-person"]._replace(counted=Count(other=99))
    for false in (said._replace(lines=lines), said._replace(root=bytes(32))):
        with pytest.raises(LogDamaged, match="does not give"):
            count_epochs(data, false)


def test_without_matplotlib_nothing_is_stated_and_the_extra_is_named(
    data: Path, tmp_path: Path, countenance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked before the statement is made: a picture that cannot be drawn closes no epoch."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    out = tmp_path / "statement"
    words = ("state", "--from", TODAY, "--to", TODAY, "--out", out, "--close-epoch", "--picture", tmp_path / "x.png")
    done = countenance("--data", data, *words, "--json")
    assert done.code == 13
    assert "countenance[plots]" in done.out + done.err
    assert not out.exists()
