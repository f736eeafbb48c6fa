"""What comes in together is seen together: batches, and which one a subject and a reference came with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gallery"], ["gallery.id"], name=op.f("fk_batch_gallery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_gallery"), "batch", ["gallery"])
    op.add_column("subject", sa.Column("batch", sa.String(36), nullable=False, server_default=""))
    op.create_index(op.f("ix_subject_gallery_batch"), "subject", ["gallery", "batch"])
    with op.batch_alter_table("reference") as table:
        table.add_column(sa.Column("batch", sa.String(36), nullable=False, server_default=""))
        table.add_column(sa.Column("superseded", sa.String(36), nullable=False, server_default=""))
        table.add_column(sa.Column("retain_until", sa.BigInteger(), nullable=True))
        table.drop_constraint(op.f("uq_reference_gallery_sample_digest_face"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_reference_gallery_batch_sample_digest_face"), ["gallery", "batch", "sample_digest", "face"]
        )
    op.create_index(op.f("ix_reference_gallery_sample_digest"), "reference", ["gallery", "sample_digest"])
    op.create_index(op.f("ix_reference_gallery_batch_superseded"), "reference", ["gallery", "batch", "superseded"])
