"""Lines of migrations are looked up by person too: whoever was erased is not brought back."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_migration_line_person"), "migration_line", ["person"])
