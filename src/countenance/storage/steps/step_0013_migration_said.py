"""Lines of migrations know by a keyed digest which basis and date the source gave: another one is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("migration_line", sa.Column("said", sa.LargeBinary(), nullable=True))
