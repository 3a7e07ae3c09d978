"""A version keeps what its profile said; an own profile says what it is a copy of.

A published list keeps the language of what it was matched with, and a match whether the record was sent as a number.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: of what is there already nothing is known."""
    with op.batch_alter_table("submission_version", schema=None) as batch:
        batch.add_column(sa.Column("profile_text", sa.String(), nullable=True))
    with op.batch_alter_table("submission_profile", schema=None) as batch:
        batch.add_column(sa.Column("copied_from", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("submission_profile", schema=None) as batch:
        batch.alter_column("copied_from", existing_type=sa.String(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("published_list", schema=None) as batch:
        batch.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("published_list", schema=None) as batch:
        batch.alter_column("language", existing_type=sa.String(), existing_nullable=False, server_default=None)
    # Until the list is matched again, what was sent as a number counts as before.
    with op.batch_alter_table("published_match", schema=None) as batch:
        batch.add_column(sa.Column("described", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("published_match", schema=None) as batch:
        batch.alter_column("described", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    """Go down: versions are explained by the present texts again."""
    with op.batch_alter_table("published_match", schema=None) as batch:
        batch.drop_column("described")
    with op.batch_alter_table("published_list", schema=None) as batch:
        batch.drop_column("language")
    with op.batch_alter_table("submission_profile", schema=None) as batch:
        batch.drop_column("copied_from")
    with op.batch_alter_table("submission_version", schema=None) as batch:
        batch.drop_column("profile_text")
