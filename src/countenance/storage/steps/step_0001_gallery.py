"""Galleries, subjects, references, tombstones, use counters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pairing",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_keys", sa.String(32), nullable=False),
        sa.Column("erasures", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
    )
    op.create_table(
        "gallery",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("pseudonym", sa.String(32), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("keep", sa.String(8), nullable=False),
        sa.Column("space", sa.String(64), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gallery")),
        sa.UniqueConstraint("name_digest", name=op.f("uq_gallery_name_digest")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_gallery_pseudonym")),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("key", sa.String(36), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("retain_until", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gallery"], ["gallery.id"], name=op.f("fk_subject_gallery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("gallery", "name_digest", name=op.f("uq_subject_gallery_name_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_subject_key")),
    )
    op.create_index(op.f("ix_subject_retain_until"), "subject", ["retain_until"])
    op.create_table(
        "recipe",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("space", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recipe")),
    )
    op.create_table(
        "reference",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("sample_digest", sa.LargeBinary(), nullable=False),
        sa.Column("face", sa.String(8), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.String(8), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["gallery"], ["gallery.id"], name=op.f("fk_reference_gallery")),
        sa.ForeignKeyConstraint(["recipe"], ["recipe.digest"], name=op.f("fk_reference_recipe")),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_reference_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference")),
        sa.UniqueConstraint("gallery", "sample_digest", "face", name=op.f("uq_reference_gallery_sample_digest_face")),
        sa.UniqueConstraint("gallery", "seq", name=op.f("uq_reference_gallery_seq")),
    )
    op.create_index(op.f("ix_reference_subject"), "reference", ["subject"])
    op.create_table(
        "picture",
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["reference.id"], name=op.f("fk_picture_reference")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_picture")),
    )
    op.create_table(
        "tombstone",
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("sample_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gallery"], ["gallery.id"], name=op.f("fk_tombstone_gallery")),
        sa.PrimaryKeyConstraint("gallery", "sample_digest", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "retired_key",
        sa.Column("id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retired_key")),
    )
    op.create_table(
        "gallery_use",
        sa.Column("pseudonym", sa.String(32), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name=op.f("pk_gallery_use")),
    )
