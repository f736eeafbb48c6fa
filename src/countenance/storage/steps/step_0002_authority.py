"""Authorities on file."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authority",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("class", sa.String(63), nullable=False),
        sa.Column("words_digest", sa.LargeBinary(), nullable=False),
        sa.Column("principal_digest", sa.LargeBinary(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("registered", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.Column("comparisons", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority")),
    )
    op.create_index(op.f("ix_authority_words_digest"), "authority", ["words_digest"])
    op.create_index(op.f("ix_authority_principal_digest"), "authority", ["principal_digest"])
