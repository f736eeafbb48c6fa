"""Tombstones are of withdrawals alone, and outlive their gallery."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("tombstone")
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("proposed", sa.BigInteger(), nullable=True),
        sa.Column("proposer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
    )
    op.create_table(
        "tombstone",
        sa.Column("withdrawal", sa.String(36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["withdrawal"], ["withdrawal.id"], name=op.f("fk_tombstone_withdrawal")),
        sa.PrimaryKeyConstraint("withdrawal", "digest", name=op.f("pk_tombstone")),
    )
    op.create_index(op.f("ix_tombstone_digest"), "tombstone", ["digest"])
