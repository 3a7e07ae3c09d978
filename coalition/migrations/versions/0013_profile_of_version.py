"""A version keeps what its profile said; an own profile says what it is a copy of."""

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


def downgrade() -> None:
    """Go down: versions are explained by the present texts again."""
    with op.batch_alter_table("submission_profile", schema=None) as batch:
        batch.drop_column("copied_from")
    with op.batch_alter_table("submission_version", schema=None) as batch:
        batch.drop_column("profile_text")
