"""Metadata of galleries and references, reading by page, and the faces that are kept for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gallery", sa.Column("about", sa.LargeBinary(), nullable=True))
    op.add_column("reference", sa.Column("about", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_subject_gallery_id"), "subject", ["gallery", "id"])
    op.create_index(op.f("ix_reference_gallery_id"), "reference", ["gallery", "id"])
    op.create_table(
        "face_id",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("sample_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["recipe"], ["recipe.digest"], name=op.f("fk_face_id_recipe")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_id")),
    )
    op.create_index(op.f("ix_face_id_sample_digest"), "face_id", ["sample_digest"])
    op.create_index(op.f("ix_face_id_expires"), "face_id", ["expires"])
