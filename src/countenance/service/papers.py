"""Papers: a report as files that anybody can check with the verifier, and a summary in words."""

from __future__ import annotations

from datetime import UTC, datetime

from countenance.ledger.commitment import opening_text
from countenance.ledger.ledger import NotYet
from countenance.service.report import Concerned, Report


def papers(report: Report) -> dict[str, bytes]:
    """File names (``/`` between folder and file) and contents; one folder an entry, and ``summary.txt``."""
    files = {"summary.txt": _summary(report).encode()}
    for number, each in enumerate(report.entries, 1):
        folder = _folder(number, each)
        files[f"{folder}/entry.json"] = each.public
        if not isinstance(each.proof, NotYet):
            files[f"{folder}/entry.tlog-proof"] = each.proof.encode()
        for opening in each.openings:
            files[f"{folder}/opening-{opening.field}.json"] = opening_text(opening).encode()
    for number, came in enumerate(report.elsewhere, 1):
        files[f"elsewhere-{number:03d}/entry.tlog-proof"] = came.proof.encode()
    return files


def _folder(number: int, each: Concerned) -> str:
    return f"{number:03d}-{each.entry}"


def _summary(report: Report) -> str:
    made = datetime.fromtimestamp(report.made, UTC)
    lines = [
        f"What the log {report.log} has about {report.name}",
        f"in the gallery {report.gallery.name}, which the log calls {report.gallery.pseudonym}",
        f"written on {made:%Y-%m-%d %H:%M} UTC; this report is itself in the log, as entry {report.receipt.entry}",
        "",
    ]
    for number, each in enumerate(report.entries, 1):
        proven = f"not yet, epoch {each.epoch}" if isinstance(each.proof, NotYet) else "entry.tlog-proof"
        opened = ", ".join(o.field for o in each.openings) or "none"
        lines += [
            f"{_folder(number, each)} (epoch {each.epoch})",
            f"  {each.meaning}",
            f"  proof: {proven}",
            f"  opened: {opened}",
            "",
        ]
    if not report.entries:
        lines += ["No entry concerns this subject.", ""]
    lines += [
        "entry.json holds the entry's public bytes. A proof shows that the entry is in the log, an opening what lies",
        "behind it. Check each file, with the log's key, without trusting whoever gave you this:",
        f"  python3 -I verify.pyz FILE --key '{report.log_key}'",
        "Compare this key with one that you have from elsewhere. What says 'not yet' gets its proof when its epoch is",
        "published; ask again. Not opened: who served and at which door, and other people's names. A court can ask for",
        "these fields one by one.",
    ]
    for number, came in enumerate(report.elsewhere, 1):
        lines += [
            "",
            f"elsewhere-{number:03d}: another house enrolled the subject before, and its log has the entry:",
            f"  python3 -I verify.pyz elsewhere-{number:03d}/entry.tlog-proof --key '{came.log}'",
            "  That it is this subject's was said by that house when it gave the gallery away; it can open the entry.",
        ]
    return "\n".join(lines) + "\n"
