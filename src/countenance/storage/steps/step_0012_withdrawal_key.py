"""What comes with a gallery from another house: keys by which its withdrawals are known again, and its log's proofs."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withdrawal_key",
        sa.Column("gallery", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("gallery", "id", name=op.f("pk_withdrawal_key")),
    )
    op.create_table(
        "proof_elsewhere",
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["reference.id"], name=op.f("fk_proof_elsewhere_reference")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_proof_elsewhere")),
    )
