"""What a file is by its first bytes: the allow-list of picture formats, and names for what is none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """``name`` is for people, with its article; ``plugin`` is Pillow's id, empty where it is not read here."""

    name: str
    plugin: str = ""
    end: bytes = b""
    """What stands at the end of a whole file, where the format has such a mark."""


PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

JPEG = Format("a JPEG picture", "JPEG", b"\xff\xd9")
PNG = Format("a PNG picture", "PNG", b"IEND\xaeB`\x82")
GIF = Format("a GIF picture", "GIF", b"\x3b")
BMP = Format("a BMP picture", "BMP")
WEBP = Format("a WebP picture", "WEBP")
TIFF = Format("a TIFF picture", "TIFF")
JPEG_2000 = Format("a JPEG 2000 picture", "JPEG2000", b"\xff\xd9")
NETPBM = Format("a Netpbm picture", "PPM")
AVIF = Format("an AVIF picture", "AVIF")
HEIF = Format("a HEIF picture", "HEIF")
ICON = Format("an icon of bare bitmaps")

READ = (
    (b"\xff\xd8\xff", JPEG),
    (PNG_MAGIC, PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
    (b"P4", NETPBM),
    (b"P5", NETPBM),
    (b"P6", NETPBM),
    (b"BM", BMP),
    (b"\x00\x00\x01\x00", ICON),
)
NOT_READ = (
    (b"%PDF", "a PDF document"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"FLV", "a Flash video"),
    (b"OggS", "an Ogg stream"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"\x00\x00\x01\xb3", "an MPEG video"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"FAC\x00", "a face record of ISO/IEC 19794-5"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def identify(data: bytes) -> Format | None:
    """The format of ``data`` by its magic bytes, never by a file's name; None where nothing is recognised."""
    for magic, form in READ:
        if data.startswith(magic):
            return form
    if data[:4] == b"RIFF":
        return WEBP if data[8:12] == b"WEBP" else Format("an AVI video" if data[8:12] == b"AVI " else "a RIFF file")
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    for magic, name in NOT_READ:
        if data.startswith(magic):
            return Format(name)
    return Format("text") if _is_text(data[:512]) else None


def _by_brand(data: bytes) -> Format:
    """ISO/IEC 14496-12, ``ftyp``: major brand, minor version, compatible brands, four bytes each."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    if brands & _AVIF_BRANDS:
        return AVIF
    if brands & _HEIF_BRANDS:
        return HEIF
    return Format("an MP4 or QuickTime video")


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The cut at 512 bytes may fall within one character.
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(c.isprintable() or c in "\t\r\n\f" for c in text)
