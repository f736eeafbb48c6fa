"""Dumps and listings of other products, written for the tests after their schemas, with pictures that are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

KEY, OTHER_KEY = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
END = "--\n-- PostgreSQL database dump complete\n--\n"


def copied(value: str | bytes | None) -> str:
    """A value as COPY writes it: null, a bytea in hex, or text with its escapes."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    for plain, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(plain, written)
    return value


def block(table: str, columns: str, rows: Iterable[Sequence[str | bytes | None]]) -> str:
    lines = "".join("\t".join(copied(each) for each in row) + "\n" for row in rows)
    return f"COPY public.{table} ({columns}) FROM stdin;\n{lines}\\.\n\n\n"


def compreface(
    pictures: Sequence[tuple[str, bytes | None]] = (),
    subjects: Sequence[tuple[str, str, str]] = (("s1", KEY, "Ada"),),
    templates: Sequence[tuple[str, str, str | None]] = (),
    *,
    charset: str = "UTF8",
    end: str = END,
) -> bytes:
    """A dump of CompreFace: pictures (id, bytes), subjects (id, key, name), templates (id, subject, picture)."""
    vectors = [(each, subject, "{0.25,-0.5}", "facenet.Calculator", picture) for each, subject, picture in templates]
    text = (
        f"--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = '{charset}';\n\n"
        "CREATE TABLE public.subject (\n    id uuid NOT NULL,\n    subject_name character varying(255)\n);\n\n"
        + block("app", "id, name, guid, api_key", [("1", "home", "g", "k")])
        + block("embedding", "id, subject_id, embedding, calculator, img_id", vectors)
        + block("img", "id, content", pictures)
        + block(
            "model", "id, name, guid, api_key, type", [("1", "door", "g", KEY, "R"), ("2", "till", "h", OTHER_KEY, "R")]
        )
        + block("subject", "id, api_key, subject_name", subjects)
        + end
    )
    return text.encode({"UTF8": "utf-8", "LATIN1": "latin-1"}[charset])
