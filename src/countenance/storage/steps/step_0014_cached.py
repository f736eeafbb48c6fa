"""What a node has on its disk of galleries' indices is named beside what it is a copy of."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cached",
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.Column("space", sa.String(64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["gallery"], ["gallery.id"], name=op.f("fk_cached_gallery")),
        sa.PrimaryKeyConstraint("gallery", "log", name=op.f("pk_cached")),
    )
