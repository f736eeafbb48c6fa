"""The table of API keys.

In clear: a random id, keyed digests of secrets, times. Everything else is sealed under the room's key.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from countenance.storage.schema import metadata

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("digest", LargeBinary, nullable=False),  # of the secret
    Column("old_digest", LargeBinary),  # of the secret before the last rotation
    Column("old_until", BigInteger),
    Column("about", LargeBinary, nullable=False),  # sealed
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked", BigInteger),
)
