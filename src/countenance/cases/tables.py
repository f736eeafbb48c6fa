"""The tables of the cases.

In clear: random ids, the class of an authority, times and counts. Sealed under the room's key: reference, issuer,
document, people, scope, candidates and verdicts. What must be found without being readable is a keyed digest.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

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

approval = Table(
    "approval",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("request_digest", LargeBinary, nullable=False, index=True),  # of what is approved, but for the sample
    Column("about", LargeBinary, nullable=False),  # sealed
    Column("given", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("used", BigInteger),
    Column("revoked", BigInteger),
)

# With whom a probe was compared one to one, by principal and purpose; rows older than the window are deleted.
verification = Table(
    "verification",
    metadata,
    Column("probe_digest", LargeBinary, primary_key=True),  # of principal, purpose and sample
    Column("other_digest", LargeBinary, primary_key=True),  # of whom or what it was compared with
    Column("at", BigInteger, nullable=False, index=True),
)

review = Table(
    "review",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("entry", String(32), nullable=False, index=True),  # the search in the log
    Column("closing", String(32), nullable=False),  # the id that the log's review entry gets, known beforehand
    Column("reviewers", Integer, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("decided", BigInteger),
    Column("about", LargeBinary, nullable=False),  # sealed: who asked what for which purpose
)

lead = Table(
    "lead",
    metadata,
    Column("review", String(32), ForeignKey("review.id"), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("subject_digest", LargeBinary, nullable=False, index=True),
    Column("about", LargeBinary, nullable=False),  # sealed: subject, reference, score
)

verdict = Table(
    "verdict",
    metadata,
    Column("review", String(32), ForeignKey("review.id"), primary_key=True),
    Column("reviewer_digest", LargeBinary, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("about", LargeBinary, nullable=False),  # sealed: who, what, which candidate, why
)
