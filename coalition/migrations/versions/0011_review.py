"""Review by several people: who works on what by when, checks of sources, one count for two records, talk, history."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TEXTS: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "incident": {"verification": sa.String()},
    "incident_step": {
        **dict.fromkeys(("verdict", "before", "independent", "verification"), sa.String()),
        "notes": sa.LargeBinary(),
    },
    "account": {"mail_choice": sa.String()},
    "published_description": {"verification": sa.String()},
}
DEFAULTS = {"mail_choice": "daily"}
_IN_ITS_OWN_ORDER = {"sqlite_with_rowid": False}
"""What is erased is kept in the order of random ids, so that no row tells when it came."""


def upgrade() -> None:
    """Go up: nobody works on anything, nothing was checked, and nothing is known of what was changed before."""
    for table, columns in TEXTS.items():
        with op.batch_alter_table(table, schema=None) as batch:
            for name, kind in columns.items():
                batch.add_column(sa.Column(name, kind, nullable=False, server_default=DEFAULTS.get(name, "")))
        with op.batch_alter_table(table, schema=None) as batch:
            for name, kind in columns.items():
                batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    _further_columns()
    _new_tables()


def _further_columns() -> None:
    with op.batch_alter_table("incident", schema=None) as batch:
        batch.add_column(sa.Column("reviewer_id", sa.String(), nullable=True))
        batch.add_column(sa.Column("review_due", sa.Date(), nullable=True))
        batch.add_column(sa.Column("same_as_id", sa.String(), nullable=True))
        batch.add_column(sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_foreign_key(batch.f("fk_incident_reviewer_id_account"), "account", ["reviewer_id"], ["id"])
        batch.create_foreign_key(
            batch.f("fk_incident_same_as_id_incident"), "incident", ["same_as_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index(batch.f("ix_incident_reviewer_id"), ["reviewer_id"], unique=False)
        batch.create_index(batch.f("ix_incident_same_as_id"), ["same_as_id"], unique=False)
        batch.create_index(batch.f("ix_incident_changed_at"), ["changed_at"], unique=False)
        batch.create_index("ix_incident_organisation_changed_at", ["organisation_id", "changed_at"], unique=False)
        batch.create_index("ix_incident_state_submitted_at", ["state", "submitted_at"], unique=False)
        batch.create_index("ix_incident_state_changed_at", ["state", "changed_at"], unique=False)
        batch.create_index("ix_incident_state_basis", ["state", "basis", "id"], unique=False)
    with op.batch_alter_table("incident_consent", schema=None) as batch:
        batch.create_index("ix_incident_consent_in_force", ["incident_id", "purpose", "withdrawn_at"], unique=False)
    with op.batch_alter_table("incident", schema=None) as batch:
        batch.alter_column("late", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("incident_step", schema=None) as batch:
        batch.add_column(sa.Column("other_id", sa.String(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_incident_step_other_id_incident"), "incident", ["other_id"], ["id"], ondelete="SET NULL"
        )
    with op.batch_alter_table("erased_incident", schema=None, table_kwargs=_IN_ITS_OWN_ORDER) as batch:
        batch.add_column(sa.Column("days", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("asked", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("erased_incident", schema=None, table_kwargs=_IN_ITS_OWN_ORDER) as batch:
        batch.alter_column("asked", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("account", schema=None) as batch:
        batch.add_column(sa.Column("affiliation_id", sa.String(), nullable=True))
        batch.add_column(sa.Column("mailed_at", MOMENT, nullable=True))
        batch.create_foreign_key(
            batch.f("fk_account_affiliation_id_organisation"), "organisation", ["affiliation_id"], ["id"]
        )


def _new_tables() -> None:
    op.create_table(
        "incident_step_source",
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "fact", "live", "published")),
        sa.ForeignKeyConstraint(
            ["step_id"],
            ["incident_step.id"],
            name=op.f("fk_incident_step_source_step_id_incident_step"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("step_id", "position", name=op.f("pk_incident_step_source")),
    )
    op.create_table(
        "incident_change",
        sa.Column("id", sa.String(), nullable=False),
        _of_incident("incident_change"),
        sa.Column("first_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_incident_change_actor_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_change")),
    )
    op.create_index("ix_incident_change_incident_id_version", "incident_change", ["incident_id", "version"])
    op.create_table(
        "incident_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        _of_incident("incident_message"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("of_member", sa.Boolean(), nullable=False),
        sa.Column("answers_id", sa.String(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_incident_message_actor_id_account")),
        sa.ForeignKeyConstraint(
            ["answers_id"],
            ["incident_message.id"],
            name=op.f("fk_incident_message_answers_id_incident_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_message")),
        sa.UniqueConstraint("reference", name=op.f("uq_incident_message_reference")),
    )
    op.create_index("ix_incident_message_incident_id_at", "incident_message", ["incident_id", "at"])
    op.create_index(op.f("ix_incident_message_answers_id"), "incident_message", ["answers_id"])
    _notices_and_filters()


def _notices_and_filters() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        _of_incident("notice"),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notice_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_notice_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_notice_settled_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("reference", name=op.f("uq_notice_reference")),
    )
    op.create_index(op.f("ix_notice_incident_id"), "notice", ["incident_id"])
    op.create_index("ix_notice_organisation_id_settled_at", "notice", ["organisation_id", "settled_at"])
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_saved_filter_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_saved_filter_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("reference", name=op.f("uq_saved_filter_reference")),
    )
    op.create_index(op.f("ix_saved_filter_account_id"), "saved_filter", ["account_id"])
    op.create_index(op.f("ix_saved_filter_made_at"), "saved_filter", ["made_at"])


def _of_incident(table: str) -> sa.Column[Any]:
    foreign = sa.ForeignKey("incident.id", name=op.f(f"fk_{table}_incident_id_incident"), ondelete="CASCADE")
    return sa.Column("incident_id", sa.String(), foreign, nullable=False)


def downgrade() -> None:
    """Go down. What was being reviewed waits again; what was counted with another record is undecided."""
    with op.batch_alter_table("erased_incident", schema=None, table_kwargs=_IN_ITS_OWN_ORDER) as batch:
        batch.drop_column("asked")
        batch.drop_column("days")
    for table in ("saved_filter", "notice", "incident_message", "incident_change", "incident_step_source"):
        op.drop_table(table)
    op.execute("UPDATE incident SET state = 'submitted', decided_at = NULL WHERE state IN ('in_review', 'duplicate')")
    op.execute("DELETE FROM incident_step WHERE step IN ('take', 'put_back', 'propose', 'link', 'unlink')")
    with op.batch_alter_table("account", schema=None) as batch:
        batch.drop_constraint(batch.f("fk_account_affiliation_id_organisation"), type_="foreignkey")
        batch.drop_column("mailed_at")
        batch.drop_column("affiliation_id")
    with op.batch_alter_table("incident_step", schema=None) as batch:
        batch.drop_constraint(batch.f("fk_incident_step_other_id_incident"), type_="foreignkey")
        batch.drop_column("other_id")
    with op.batch_alter_table("incident_consent", schema=None) as batch:
        batch.drop_index("ix_incident_consent_in_force")
    with op.batch_alter_table("incident", schema=None) as batch:
        for index in ("state_basis", "state_changed_at", "state_submitted_at", "organisation_changed_at"):
            batch.drop_index(f"ix_incident_{index}")
        for column in ("changed_at", "same_as_id", "reviewer_id"):
            batch.drop_index(batch.f(f"ix_incident_{column}"))
        batch.drop_constraint(batch.f("fk_incident_same_as_id_incident"), type_="foreignkey")
        batch.drop_constraint(batch.f("fk_incident_reviewer_id_account"), type_="foreignkey")
        for column in ("late", "same_as_id", "review_due", "reviewer_id"):
            batch.drop_column(column)
    for table, columns in TEXTS.items():
        with op.batch_alter_table(table, schema=None) as batch:
            for name in columns:
                batch.drop_column(name)
