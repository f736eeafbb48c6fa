"""Transactions and records that are written for the tests, with pictures that are drawn."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import nistitl
import numpy as np
from PIL import Image
from tests.vision.drawn import encoded, face

WIDTH, HEIGHT = 120, 160
TCN = "T-0001"


def portrait(kind: str = "JPEG", seed: int = 0) -> bytes:
    """A drawn face in grain, so that its bytes are many and different for each seed."""
    drawn = np.asarray(face(160).crop((20, 0, 140, 160)), dtype=np.int16)
    grain = np.random.default_rng(seed).integers(-9, 10, drawn.shape)
    picture = Image.fromarray(np.clip(drawn + grain, 0, 255).astype(np.uint8))
    return encoded(picture, kind, **({"quality": 90} if kind == "JPEG" else {}))


def written(
    pictures: Sequence[bytes] = (),
    *,
    label: str = "FACE",
    codec: str = "JPEGB",
    size: tuple[int, int] = (WIDTH, HEIGHT),
    captured: str = "20190305",
    names: Sequence[tuple[int, str]] = ((18, "DOE, JANE"), (14, "P-77"), (22, "19800102")),
    number: str = TCN,
    finger: bool = False,
    extra: Sequence[tuple[int, str]] = (),
) -> bytes:
    """A clean transaction: Type-1, Type-2 with ``names``, a Type-4 where asked, and a Type-10 for each picture."""
    message = nistitl.Message()
    message.TOT = "FRS"
    message[0].TCN = number
    message[0].ORI, message[0].DAI, message[0].DAT = "AGENCY1", "HOME", "20190306"
    message[0].DOM = "NORAM"
    text = nistitl.AsciiRecord(2)
    text.IDC = 0
    for tag, value in names:
        text += nistitl.Field(2, tag, value)
    message += text
    if finger:
        print_ = nistitl.BinaryRecord(4)
        print_.IDC = 9
        # Bytes that look like separators and tags: only its length tells where it ends.
        print_.value = b"\x01" * 13 + b"\x1c10.9\x00\x1c2.0" * 6
        message += print_
    for idc, picture in enumerate(pictures, start=1):
        record = nistitl.AsciiRecord(10)
        record.IDC, record.IMT, record.SRC, record.PHD = idc, label, "AGENCY1", captured
        record.HLL, record.VLL, record.CGA, record.CSP = size[0], size[1], codec, "SRGB"
        for tag, value in extra:
            record += nistitl.Field(10, tag, value)
        record.DATA = picture
        message += record
    data: bytes = message.NIST
    return data


def written_xml(
    *pictures: bytes, kind: str = "FACE", text: str = "", prologue: str = "", quantity: int | None = None
) -> bytes:
    """The same as a transaction in the XML encoding, with one Type-10 for each picture."""
    part = "FaceImage" if kind == "FACE" else "PhysicalFeatureImage"
    faces = "".join(
        f"""<itl:PackageFacialAndSMTImageRecord>
    <biom:ImageReferenceIdentification><nc:IdentificationID>{idc}</nc:IdentificationID></biom:ImageReferenceIdentification>
    <biom:{part}>
      <nc:BinaryBase64Object>{base64.encodebytes(picture).decode()}</nc:BinaryBase64Object>
      <biom:ImageCaptureDetail><biom:CaptureDate><nc:Date>2019-03-05</nc:Date></biom:CaptureDate></biom:ImageCaptureDetail>
      <biom:ImageCompressionAlgorithmText>JPEGB</biom:ImageCompressionAlgorithmText>
      <biom:ImageHorizontalLineLengthPixelQuantity>{WIDTH}</biom:ImageHorizontalLineLengthPixelQuantity>
      <biom:ImageCategoryCode>{kind}</biom:ImageCategoryCode>
      <biom:ImageVerticalLineLengthPixelQuantity>{HEIGHT}</biom:ImageVerticalLineLengthPixelQuantity>
    </biom:{part}>
  </itl:PackageFacialAndSMTImageRecord>"""
        for idc, picture in enumerate(pictures, start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>{prologue}
<itl:NISTBiometricInformationExchangePackage xmlns:itl="http://biometrics.nist.gov/standard/2011"
  xmlns:biom="http://niem.gov/niem/biometrics/1.0" xmlns:nc="http://niem.gov/niem/niem-core/2.0" xmlns:own="urn:own">
  <itl:PackageInformationRecord><biom:Transaction>
    <biom:TransactionOriginatingOrganization><nc:OrganizationIdentification>
      <nc:IdentificationID>AGENCY1</nc:IdentificationID></nc:OrganizationIdentification>
    </biom:TransactionOriginatingOrganization>
    <biom:TransactionControlIdentification><nc:IdentificationID>{TCN}</nc:IdentificationID>
    </biom:TransactionControlIdentification>
    <biom:TransactionContentSummary>
      <biom:ContentRecordQuantity>{1 + len(pictures) if quantity is None else quantity}</biom:ContentRecordQuantity>
    </biom:TransactionContentSummary>
  </biom:Transaction></itl:PackageInformationRecord>
  <itl:PackageDescriptiveTextRecord><own:Detail><own:Name>{text}</own:Name><own:Key>P-77</own:Key></own:Detail>
  </itl:PackageDescriptiveTextRecord>{faces}
</itl:NISTBiometricInformationExchangePackage>
""".encode()
