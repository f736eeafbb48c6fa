"""Bands: how coarsely a number is told in public."""

from __future__ import annotations

CAP_BANDS = ("0", "1", "2-5", "6-20", "21-50", "51+")
"""For candidate caps and result counts."""

SIZE_BANDS = ("0", "1-10", "11-100", "101-1000", "1001-10000", "10001-100000", "100001-1000000", "1000001-10000000",
              "10000001-100000000", "100000001+")  # fmt: skip
"""For gallery sizes: powers of ten."""


def cap_band(number: int | None) -> str:
    """The band of a candidate cap or of a count; empty where nothing was counted."""
    return "" if number is None else _band(number, CAP_BANDS)


def size_band(references: int | None) -> str:
    """The band of a gallery's number of references; empty where no gallery takes part."""
    return "" if references is None else _band(references, SIZE_BANDS)


def _band(number: int, bands: tuple[str, ...]) -> str:
    if number < 0:
        raise ValueError(f"a band is asked for a count, not for {number}")
    for band in bands[:-1]:
        if number <= int(band.rpartition("-")[2]):
            return band
    return bands[-1]
