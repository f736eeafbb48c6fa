"""The markup of every page of the room: no script, no request to anywhere, every number with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2430;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #ccd}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #e4e6ee;vertical-align:top}
.few{color:#889}.none{color:#889;text-decoration:line-through}
.box{background:#f5f6fa;padding:.6rem 1rem;border-radius:.4rem}.limits{border-left:4px solid #b3261e;padding-left:1rem}
svg{max-width:100%;height:auto}small{color:#667}
"""


def document(title: str, parts: Iterable[str]) -> str:
    """A whole file around ``parts``."""
    head = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>",
    ]
    return "\n".join([*head, *parts, "</body></html>"]) + "\n"


def limits(sentences: Iterable[str]) -> str:
    """What the data cannot tell."""
    said = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f"<h2>What the data cannot tell</h2><div class=limits>\n{said}\n</div>"


def rate(value: Mapping[str, Any] | None) -> str:
    """A rate or an estimate with its interval, its counts in small print."""
    if value is None or value.get("value") is None:
        return "not measured"
    interval = value.get("ci95")
    text = number(value["value"])
    if interval:
        text += f" [{number(interval[0])}, {number(interval[1])}]"
    if "k" in value:
        text += (
            f" <small>{value['k']:,} of {value['n']:,}; n_eff {value['n_eff']:,.0f}; {escape(value['method'])}</small>"
        )
    else:
        text += f" <small>{escape(value['method'])}</small>"
    return text + (f" <small>{escape(value['note'])}</small>" if value.get("note") else "")


def number(value: float) -> str:
    """Four places, or two digits and a power of ten."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2e}"


def facts(told: Mapping[str, Any]) -> str:
    """A table of names and values."""
    rows = (f"<tr><th>{escape(str(k).replace('_', ' '))}</th><td>{escape(str(v))}</td></tr>" for k, v in told.items())
    return f"<table>{''.join(rows)}</table>"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Cells are markup already, heads are not."""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"
