"""confirmed accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up. Whoever has a password counts as confirmed; for whoever was only invited somebody has to stand first."""
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true()))
    account = sa.table("account", *map(sa.column, ("confirmed", "password_hash", "signed_in_at")))
    only_invited = account.c.password_hash.is_(None) & account.c.signed_in_at.is_(None)
    op.execute(sa.update(account).where(only_invited).values(confirmed=sa.false()))
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.alter_column("confirmed", existing_type=sa.Boolean(), server_default=None)

    op.create_table(
        "admission",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_admission_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name=op.f("fk_admission_asked_by_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_admission_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission")),
        sa.UniqueConstraint("account_id", name=op.f("uq_admission_account_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_admission_reference")),
    )


def downgrade() -> None:
    """Go down. The links of those whom nobody has confirmed end: an earlier version would let them in."""
    invitation = sa.table("invitation", sa.column("account_id"))
    account = sa.table("account", sa.column("id"), sa.column("confirmed"))
    unconfirmed = sa.select(account.c.id).where(account.c.confirmed.is_(sa.false()))
    op.execute(sa.delete(invitation).where(invitation.c.account_id.in_(unconfirmed)))
    op.drop_table("admission")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("confirmed")
