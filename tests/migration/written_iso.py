"""Face records and their wrappers, written for the tests byte by byte."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

from tests.migration.written import HEIGHT, WIDTH


def record_2005(*pictures: bytes, codec: int = 0, points: int = 3, count: int | None = None, beyond: int = 0) -> bytes:
    """ISO/IEC 19794-5:2005; ``beyond`` is added to what the lengths say."""
    blocks = b""
    for picture in pictures:
        info = struct.pack(">BBHHBBHH", 1, codec, WIDTH, HEIGHT, 0, 0, 0, 0)
        body = struct.pack(">HBBB3sH3s3s", points, 0, 0, 0, b"", 0, b"", b"") + bytes(8 * points) + info + picture
        blocks += struct.pack(">I", len(body) + 4 + beyond) + body
    number = len(pictures) if count is None else count
    return b"FAC\x00010\x00" + struct.pack(">IH", 14 + len(blocks) + beyond, number) + blocks


def record_2011(
    *pictures: bytes,
    codec: int = 0,
    points: int = 2,
    qualities: int = 2,
    beyond: int = 0,
    day: tuple[int, int, int] = (2019, 3, 5),
) -> bytes:
    """ISO/IEC 19794-5:2011; ``beyond`` is added to what the lengths say."""
    blocks = b""
    for picture in pictures:
        head = struct.pack(">HBBBBBHBHHB", *day, 12, 30, 0, 0, 1, 0, 0, qualities) + bytes([70, 0, 1, 0, 1]) * qualities
        head += struct.pack(">HBBBB3sH3s3s", points, 0, 0, 0, 0, b"", 0, b"", b"") + bytes(8 * points)
        head += struct.pack(">BBHHBHBBI", 1, codec, WIDTH, HEIGHT, 0, 0, 0, 1, len(picture) + beyond)
        blocks += struct.pack(">I", len(head) + len(picture) + 4 + beyond) + head + picture
    return b"FAC\x00030\x00" + struct.pack(">IHBH", 17 + len(blocks) + beyond, len(pictures), 0, 0) + blocks


def tlv(tag: bytes, value: bytes, beyond: int = 0) -> bytes:
    length = len(value) + beyond
    size = (length.bit_length() + 7) // 8
    return tag + (bytes([length]) if length < 128 else bytes([0x80 | size]) + length.to_bytes(size, "big")) + value


def passport(*records: bytes, block: bytes = b"\x5f\x2e", beyond: int = 0) -> bytes:
    """ICAO data group 2; ``beyond`` is added to the lengths of the data blocks and all around them."""
    header = tlv(b"\xa1", tlv(b"\x81", b"\x02") + tlv(b"\x87", b"\x01\x01") + tlv(b"\x88", b"\x00\x08"))
    each = b"".join(tlv(b"\x7f\x60", header + tlv(block, record, beyond), beyond) for record in records)
    return tlv(b"\x75", tlv(b"\x7f\x61", tlv(b"\x02", bytes([len(records)])) + each, beyond), beyond)


def block_39794(picture: bytes = b"picture") -> bytes:
    """As a block of ISO/IEC 39794-5 begins in a passport."""
    version = tlv(b"\xa0", tlv(b"\x80", b"\x03") + tlv(b"\x81", b"\x07\xe3"))
    return tlv(b"\xa1", tlv(b"\x65", version + tlv(b"\xa1", tlv(b"\x30", tlv(b"\x80", picture)))))


def birs(blocks: Sequence[tuple[str, bytes]], space: str = "http://standards.iso.org/iso-iec/19785/-3/ed-2/") -> bytes:
    """CBEFF in XML: a modality and a data block each."""
    inner = "".join(
        f"<BIR><BDBInfo><CreationDate>2020-02-02T10:00:00Z</CreationDate><Type>{kind}</Type></BDBInfo>"
        f"<BDB>{base64.b64encode(block).decode()}</BDB></BIR>"
        for kind, block in blocks
    )
    return f'<?xml version="1.0"?><BIR xmlns="{space}"><BIRInfo/>{inner}</BIR>'.encode()
