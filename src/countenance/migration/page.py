"""The report as one HTML file for people: no script, no request to anywhere; the browser prints it as PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from countenance.migration.account import ORDER
from countenance.migration.code import Code
from countenance.migration.meanings import MEANINGS

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2430;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ccd}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid #e4e6ee;vertical-align:top}
td.n,th.n{text-align:right}tr.sum{font-weight:600}tr.none{color:#99a}
.verdict{padding:.6rem 1rem;border-radius:.4rem;background:#e9f3ea;border-left:5px solid #2e7d32}
.verdict.open{background:#fff4e0;border-color:#b26a00}.verdict.bad{background:#fbe9e7;border-color:#b3261e}
code{font-size:.85em;overflow-wrap:anywhere}small{color:#667}svg{max-width:100%;height:auto}
@page{size:A4;margin:18mm 16mm 20mm;@bottom-left{content:"Migration report";font:9px sans-serif;color:#667}
@bottom-right{content:counter(page) " / " counter(pages);font:9px sans-serif;color:#667}}
@media print{body{margin:0;max-width:none;padding:0;font-size:12px;print-color-adjust:exact}h1{margin-top:0}
h2,h2+p{break-after:avoid}tr,svg,.verdict{break-inside:avoid}thead{display:table-header-group}tr.none{color:#556}}
"""
"""On paper a table may go over the edge of a page, and its heads come again; a row, a verdict or a chart may not."""
MEANING = {
    "enrolled": "came in",
    "updated": "came in, in place of an earlier picture of the same place",
    "unchanged": "an earlier run decided, nothing has changed",
    "duplicate": "the very same picture was there",
    "rejected": "could not or must not come in; the codes say why",
    "skipped": "not what is migrated: another modality, no picture",
    "tombstoned": "erased or withdrawn before, kept out",
    "held": "odd; a person decides",
    "failed": "our failure; the next run tries again",
}


def page(told: Mapping[str, Any], key: str) -> str:
    """The whole file; ``key`` is the verifier key of the signature beside it."""
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Migration report</title><style>{STYLE}</style></head><body>",
        (
            f"<h1>Migration report</h1><p><small>run <code>{escape(told['run'])}</code>, gallery "
            f"<code>{escape(told['gallery'])}</code>, made {escape(told['made'])}</small></p>"
        ),
        *_verdict(told),
        *_account(told["account"]),
        *_codes(told["codes"]),
        *_verified(told["verified"]),
        *_bars(
            "Quality of what came in",
            "the weakest component of each picture, or the one that was bounded, 0 to 100; a bar for ten values",
            told["quality"],
        ),
        *_bars("How far each got", "lines", told["reached"]),
        *_bars("Deviations that were met and read past", "lines with such a note", told["notes"]),
        *_source(told),
        (
            f"<h2>Signature</h2><p>The file <code>report.note</code> names the digests of this page, of "
            f"<code>report.json</code> and of <code>lines.csv</code>; signed with <code>{escape(key)}</code>.</p>"
        ),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _verdict(told: Mapping[str, Any]) -> Iterator[str]:
    state = "Nothing came in" if told["batch"] is None else f"The batch is {told['batch']['state']}"
    if not told["account"]["balanced"]:
        yield f"<p class='verdict bad'><b>The account does not balance.</b> {escape(state)}.</p>"
    elif told["open"]:
        ends = escape("; ".join(told["open"]))
        yield f"<p class='verdict open'><b>It balances; open: {ends}.</b> {escape(state)}.</p>"
    else:
        yield f"<p class=verdict><b>Every record is accounted for, nothing is open.</b> {escape(state)}.</p>"


def _verified(verified: Mapping[str, Any] | None) -> Iterator[str]:
    yield "<h2>Tried on a sample</h2>"
    if verified is None:
        yield "<p>Not yet: <code>countenance migrate verify</code>.</p>"
        return
    yield "<table><thead><tr><th>looked for by</th><th class=n>tried</th><th class=n>not found first</th>"
    yield "<th class=n>at most, at 95 %</th><th class=n>below the threshold</th></tr></thead>"
    for title, trials in (
        ("another picture", verified["other_pictures"]),
        ("a changed copy of its own: no accuracy", verified["self_match"]),
    ):
        bound = "–" if trials["bound95"] is None else f"{trials['bound95']:.2%}"
        cells = (trials["tried"], trials["missed"], bound, trials["below_threshold"])
        yield f"<tr><td>{title}</td>{''.join(f'<td class=n>{each}</td>' for each in cells)}</tr>"
    yield "</table>"
    if verified["rule_of_three"]:
        yield f"<p>Rule of three: {escape(verified['rule_of_three'])}.</p>"
    here = verified["threshold_here"]
    value = "too few of them to say" if here["threshold"] is None else f"{here['threshold']:.4f}"
    yield f"<p>Threshold in use {verified['threshold_in_use']:.4f}; for a false positive rate of {here['fpir']:g} in a "
    yield f"search of this gallery, by the nearest strangers of {here['probes']:,} probes: {value}.</p>"


def _account(account: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>The account</h2><table><thead><tr><th></th><th class=n>pictures</th><th class=n>units</th>"
    yield "<th class=n>persons</th><th>that is</th></tr></thead>"
    grains = (account, account["units"], account["persons"])
    yield from _row("sum", "discovered", grains, "counted by a pass of its own, where the source can tell")
    for each in ORDER:
        name = each.value
        yield from _row("" if any(grain[name] for grain in grains) else "none", name, grains, MEANING[name])
    yield "</table><p><small>A unit or a person is told by the best of its pictures.</small></p>"


def _row(style: str, name: str, grains: tuple[Any, ...], meaning: str) -> Iterator[str]:
    cells = "".join(f"<td class=n>{grain[name]:,}</td>" for grain in grains)
    yield f"<tr class='{style}'><td>{name}</td>{cells}<td>{escape(meaning)}</td></tr>"


def _codes(codes: list[Mapping[str, Any]]) -> Iterator[str]:
    if not codes:
        return
    yield "<h2>Why something did not come in</h2>"
    yield "<table><thead><tr><th>code</th><th class=n>lines</th><th>that is; examples</th></tr></thead>"
    for each in codes:
        examples = " ".join(f"<code>{escape(name[:13])}…</code>" for name in each["examples"])
        says = f"{escape(MEANINGS[Code(each['code'])])}<br><small>{examples}</small>"
        yield f"<tr><td>{escape(each['code'])}</td><td class=n>{each['lines']:,}</td><td>{says}</td></tr>"
    yield "</table><p><small>Examples by id only; lines.csv has all of them.</small></p>"


def _bars(title: str, what: str, counts: Mapping[str, int]) -> Iterator[str]:
    """A horizontal bar for each; lengths are in proportion."""
    if not any(counts.values()):
        return
    most, step = max(counts.values()), 22
    yield f"<h2>{escape(title)}</h2><p><small>{escape(what)}</small></p>"
    yield f"<svg viewBox='0 0 720 {step * len(counts) + 4}' width=720 font-size=13 fill=#1f2430 role=img>"
    for place, (name, count) in enumerate(counts.items()):
        y, width = step * place, 420 * count / most
        yield f"<text x=190 y={y + 15} text-anchor=end>{escape(name)}</text>"
        yield f"<rect x=200 y={y + 3} width={width:.1f} height={step - 6} fill=#1f5fa8 />"
        yield f"<text x={206 + width:.1f} y={y + 15}>{count:,}</text>"
    yield "</svg>"


def _source(told: Mapping[str, Any]) -> Iterator[str]:
    source, census = told["source"], told["source"]["census"]
    rows = {
        "kind of source": f"{source['kind']}, reader version {source['reader']}",
        "counted beforehand": ", ".join(
            f"{name}: by the reading alone, the source does not tell them" if count is None else f"{count:,} {name}"
            for name, count in census.items()
        ),
        "digest of its file list": source["manifest_sha256"],
        "begun, ended": f"{told['begun']}, {told['ended'] or 'not yet'}; {told['seconds']:,} seconds at work",
    }
    yield "<h2>The source</h2><table>"
    for name, value in rows.items():
        yield f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
    yield "</table>"
