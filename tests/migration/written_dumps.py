"""Dumps and listings of other products, written for the tests after their schemas, with pictures that are drawn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

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


def face_listed(
    face: str, image: str, external: str, box: Sequence[float] = (0, 0, 1, 1), user: str = ""
) -> dict[str, Any]:
    """An entry of Rekognition's ListFaces."""
    sides = dict(zip(("Left", "Top", "Width", "Height"), box, strict=True))
    made = {"FaceId": face, "BoundingBox": sides, "ImageId": image, "ExternalImageId": external, "Confidence": 99.9}
    return {**made, "IndexFacesModelVersion": "7.0", **({"UserId": user} if user else {})}


def rekognition(*faces: dict[str, Any], token: str = "") -> bytes:
    """A page of ListFaces as the command line tool writes it."""
    more = {"NextToken": token} if token else {}
    return json.dumps({"Faces": faces, "FaceModelVersion": "7.0", **more}, indent=4).encode()


def azure_persons(*persons: tuple[str, str, str, Sequence[str]]) -> bytes:
    """A page of a person group's persons: id, name, userData, faces."""
    names = ("personId", "name", "userData", "persistedFaceIds")
    return json.dumps([dict(zip(names, each, strict=True)) for each in persons]).encode()


def azure_faces(*faces: tuple[str, str]) -> bytes:
    """Persisted faces: id, userData."""
    return json.dumps([{"persistedFaceId": face, "userData": said} for face, said in faces]).encode()


def pfif_person(record: str, **fields: str) -> str:
    """A person of PFIF with these fields; dates that no test is about are given."""
    fields = {
        "person_record_id": record,
        "entry_date": "2010-01-16T02:07:57Z",
        "source_date": "2010-01-16T02:07:57Z",
    } | fields
    return f"<pfif:person>{_elements(fields)}</pfif:person>"


def pfif_note(record: str, person: str, **fields: str) -> str:
    """A note about a person."""
    fields = {"note_record_id": record, "person_record_id": person, "text": "seen", "status": "believed_alive"} | fields
    return f"<pfif:note>{_elements(fields)}</pfif:note>"


def pfif(*records: str, version: str = "1.4", prologue: str = "") -> bytes:
    """A file of PFIF with these persons and notes."""
    space = f"http://zesty.ca/pfif/{version}"
    return f'<?xml version="1.0"?>{prologue}<pfif:pfif xmlns:pfif="{space}">{"".join(records)}</pfif:pfif>'.encode()


def _elements(fields: dict[str, str]) -> str:
    return "".join(f"<pfif:{name}>{escape(value)}</pfif:{name}>" for name, value in fields.items())


def xmp(
    regions: Sequence[tuple[str, str, Sequence[float]]],
    applied: tuple[int, int] | None = None,
    *,
    elements: bool = False,
    unit: str = "normalized",
) -> bytes:
    """A packet with regions (name, type, centre and size), written with attributes or with ``elements``."""

    def one(name: str, kind: str, area: Sequence[float]) -> str:
        sides = {**dict(zip("xywh", area, strict=True)), "unit": unit}
        named = {"mwg-rs:Name": escape(name)} if name else {}
        if elements:
            told = "".join(f"<{key}>{value}</{key}>" for key, value in {**named, "mwg-rs:Type": kind}.items())
            inner = "".join(f"<stArea:{key}>{value}</stArea:{key}>" for key, value in sides.items())
            area_text = f'<mwg-rs:Area rdf:parseType="Resource">{inner}</mwg-rs:Area>'
            return f'<rdf:li rdf:parseType="Resource">{told}{area_text}</rdf:li>'
        told = "".join(f' {key}="{value}"' for key, value in {**named, "mwg-rs:Type": kind}.items())
        inner = "".join(f' stArea:{key}="{value}"' for key, value in sides.items())
        return f"<rdf:li><rdf:Description{told}><mwg-rs:Area{inner}/></rdf:Description></rdf:li>"

    size = "" if applied is None else (
        f'<mwg-rs:AppliedToDimensions stDim:w="{applied[0]}" stDim:h="{applied[1]}" stDim:unit="pixel"/>'
    )  # fmt: skip
    listed = "".join(one(*each) for each in regions)
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#">
<mwg-rs:Regions rdf:parseType="Resource">{size}<mwg-rs:RegionList><rdf:Bag>{listed}</rdf:Bag></mwg-rs:RegionList>
</mwg-rs:Regions></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def with_xmp(jpeg: bytes, packet: bytes) -> bytes:
    """A JPEG with a packet in an application segment 1 of its own."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + packet
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]
