"""Several nodes over one store: what was removed from a gallery, who is told, counts by log, lifted withdrawals."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removal",
        sa.Column("gallery", sa.String(36), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("reference", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(["gallery"], ["gallery.id"], name=op.f("fk_removal_gallery")),
        sa.PrimaryKeyConstraint("gallery", "seq", name=op.f("pk_removal")),
    )
    op.create_table(
        "use_count",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("pseudonym", sa.String(32), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log", "pseudonym", name=op.f("pk_use_count")),
    )
    op.execute(
        "INSERT INTO use_count (log, pseudonym, used, reserved) SELECT '', pseudonym, used, reserved FROM gallery_use"
    )
    op.drop_table("gallery_use")
    op.add_column("withdrawal", sa.Column("lifted", sa.Boolean(), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION countenance_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_notify('countenance', OLD.id || ' ' || OLD.pseudonym); RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER gallery_tell AFTER UPDATE OF seq OR DELETE ON gallery "
            "FOR EACH ROW EXECUTE FUNCTION countenance_tell()"
        )
