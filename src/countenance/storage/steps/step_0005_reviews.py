"""Approvals before a search, reviews after it, and counts of verifications."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_request_digest"), "approval", ["request_digest"])
    op.create_table(
        "verification",
        sa.Column("probe_digest", sa.LargeBinary(), nullable=False),
        sa.Column("other_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("probe_digest", "other_digest", name=op.f("pk_verification")),
    )
    op.create_index(op.f("ix_verification_at"), "verification", ["at"])
    op.create_table(
        "review",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("entry", sa.String(32), nullable=False),
        sa.Column("closing", sa.String(32), nullable=False),
        sa.Column("reviewers", sa.Integer(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_entry"), "review", ["entry"])
    op.create_table(
        "lead",
        sa.Column("review", sa.String(32), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_digest", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["review.id"], name=op.f("fk_lead_review_review")),
        sa.PrimaryKeyConstraint("review", "rank", name=op.f("pk_lead")),
    )
    op.create_index(op.f("ix_lead_subject_digest"), "lead", ["subject_digest"])
    op.create_table(
        "verdict",
        sa.Column("review", sa.String(32), nullable=False),
        sa.Column("reviewer_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["review.id"], name=op.f("fk_verdict_review_review")),
        sa.PrimaryKeyConstraint("review", "reviewer_digest", name=op.f("pk_verdict")),
    )
