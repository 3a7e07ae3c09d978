"""saved mappings."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "saved_mapping",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_saved_mapping_changed_by_account")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_saved_mapping_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_mapping")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_saved_mapping_organisation_id_name")),
        sa.UniqueConstraint("reference", name=op.f("uq_saved_mapping_reference")),
    )
    op.create_table(
        "sheet_upload",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("files_kept", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sheet_upload_account_id_account")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sheet_upload_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_upload")),
        sa.UniqueConstraint("reference", name=op.f("uq_sheet_upload_reference")),
    )
    op.create_index(op.f("ix_sheet_upload_changed_at"), "sheet_upload", ["changed_at"])
    with op.batch_alter_table("imported_row") as table:
        table.add_column(sa.Column("said", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("imported_row") as table:
        table.alter_column("said", existing_type=sa.String(), server_default=None)
        table.alter_column("version", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """Go down. Files that were not imported yet stay in the data folder, sealed; nothing leads to them."""
    with op.batch_alter_table("imported_row") as table:
        table.drop_column("version")
        table.drop_column("said")
    op.drop_table("sheet_upload")
    op.drop_table("saved_mapping")
