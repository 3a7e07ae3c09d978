"""retention."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hold_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("review_on", sa.Date(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_incident_held_by_account"), "account", ["held_by"], ["id"])

    op.create_table(
        "due_review",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("due_since", sa.Date(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_due_review_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_due_review")),
    )
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_erasure_request_asked_by_account")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_erasure_request_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_erasure_request_incident_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_erasure_request_reference")),
    )
    op.create_table(
        "erased_incident",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("rejection_reason", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("motivations", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_incident")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("erased_incident", schema=None) as batch_op:
        batch_op.create_index("ix_erased_incident_year_state", ["year", "state"], unique=False)
    op.create_table(
        "doomed_key",
        sa.Column("subject", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_doomed_key")),
    )
    op.create_table(
        "erased_row",
        sa.Column("mark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_erased_row")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Go down."""
    op.drop_table("erased_row")
    op.drop_table("doomed_key")
    op.drop_table("erased_incident")
    op.drop_table("erasure_request")
    op.drop_table("due_review")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_incident_held_by_account"), type_="foreignkey")
        batch_op.drop_column("review_on")
        batch_op.drop_column("hold_reason")
        batch_op.drop_column("held_at")
        batch_op.drop_column("held_by")
