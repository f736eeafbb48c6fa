"""Templates of references by other recipes than those that they were enrolled by."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "other_template",
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("space", sa.String(64), nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["reference.id"], name=op.f("fk_other_template_reference")),
        sa.ForeignKeyConstraint(["recipe"], ["recipe.digest"], name=op.f("fk_other_template_recipe")),
        sa.PrimaryKeyConstraint("reference", "space", name=op.f("pk_other_template")),
    )
