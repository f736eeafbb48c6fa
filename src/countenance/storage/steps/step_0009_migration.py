"""Migrations: their runs, and what each decided, line by line."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "migration",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("terms", sa.String(64), nullable=False),
        sa.Column("manifest", sa.String(64), nullable=False),
        sa.Column("batch", sa.String(36), nullable=True),
        sa.Column("held", sa.String(36), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("screened", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("census", sa.JSON(), nullable=False),
        sa.Column("account", sa.JSON(), nullable=True),
        sa.Column("verified", sa.JSON(), nullable=True),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration")),
    )
    op.create_index(op.f("ix_migration_gallery"), "migration", ["gallery"])
    op.create_table(
        "migration_line",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(36), nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("unit", sa.LargeBinary(), nullable=False),
        sa.Column("image", sa.Boolean(), nullable=False),
        sa.Column("exit", sa.String(12), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("reached", sa.String(12), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(36), nullable=True),
        sa.Column("where", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_migration_line")),
    )
    op.create_index(op.f("ix_migration_line_run_item"), "migration_line", ["run", "item"])
    op.create_index(op.f("ix_migration_line_key"), "migration_line", ["key"])
    op.create_index(op.f("ix_migration_line_place"), "migration_line", ["place"])
