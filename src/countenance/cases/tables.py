"""The tables of the cases.

In clear: random ids, the class of an authority, times and counts. Sealed under the room's key: reference, issuer,
document, people and scope. What must be found without being readable is a keyed digest.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table

from countenance.storage.schema import metadata

authority = Table(
    "authority",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("class", String(63), key="kind", nullable=False),
    Column("words_digest", LargeBinary, nullable=False, index=True),  # of class:reference
    Column("principal_digest", LargeBinary),  # of the principal that it is bound to
    Column("about", LargeBinary, nullable=False),  # sealed
    Column("issued", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("registered", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Column("comparisons", BigInteger),
    Column("used", BigInteger, nullable=False),
    Index("ix_authority_principal_digest", "principal_digest"),
)
