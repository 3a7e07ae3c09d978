"""The submission as a product: profiles, versions, questions, the cycle, what was published, official figures."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go up: everything begins empty."""
    _versions()
    _profiles()
    _calendar()
    _official()
    _published()
    _queries()


def downgrade() -> None:
    """Go down: what was kept of all this goes."""
    for table in ("submission_choice", "submission_profile_text", "submission_profile"):
        op.drop_table(table)
    for table in ("query_case", "submission_query", "submission_check"):
        op.drop_table(table)
    for table in ("match_decision", "published_match", "published_line", "published_list"):
        op.drop_table(table)
    for table in ("incident_likeness", "reminder", "calendar_date", "cycle_date"):
        op.drop_table(table)
    op.drop_table("official_figure")
    with op.batch_alter_table("release_incident", schema=None) as batch:
        batch.drop_column("cells")
    with op.batch_alter_table("release", schema=None) as batch:
        batch.drop_column("purpose")
    op.drop_table("submission_version")


def _versions() -> None:
    op.create_table(
        "submission_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("built_at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("files_id", sa.String(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("sent_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_version")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_submission_version_release_id_release"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_submission_version_actor_id_account")),
        sa.ForeignKeyConstraint(["sent_by"], ["account.id"], name=op.f("fk_submission_version_sent_by_account")),
        sa.UniqueConstraint("release_id", name=op.f("uq_submission_version_release_id")),
        sa.UniqueConstraint("year", "profile", "number", name=op.f("uq_submission_version_year_profile_number")),
    )
    with op.batch_alter_table("release_incident", schema=None) as batch:
        batch.add_column(sa.Column("cells", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("release", schema=None) as batch:
        batch.add_column(sa.Column("purpose", sa.String(), nullable=True))


def _official() -> None:
    op.create_table(
        "official_figure",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("motivation", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("unit_note", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("taken_back_at", MOMENT, nullable=True),
        sa.Column("taken_back_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_figure")),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_official_figure_actor_id_account")),
        sa.ForeignKeyConstraint(
            ["taken_back_by"], ["account.id"], name=op.f("fk_official_figure_taken_back_by_account")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_official_figure_reference")),
        sa.CheckConstraint(
            "(kind = 'number' AND number IS NOT NULL AND number > 0)"
            " OR (kind IN ('zero', 'not_available', 'dash') AND number IS NULL)",
            name=op.f("ck_official_figure_one_statement"),
        ),
    )
    op.create_index(op.f("ix_official_figure_country_year"), "official_figure", ["country", "year"])


def _calendar() -> None:
    op.create_table(
        "cycle_date",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("milestone", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", "milestone", name=op.f("pk_cycle_date")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_cycle_date_changed_by_account")),
    )
    op.create_table(
        "calendar_date",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("reach", sa.String(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_date")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_calendar_date_changed_by_account")),
        sa.UniqueConstraint("reference", name=op.f("uq_calendar_date_reference")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_reminder_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_reminder_actor_id_account")),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_reminder_settled_by_account")),
        sa.UniqueConstraint("reference", name=op.f("uq_reminder_reference")),
        sa.UniqueConstraint("organisation_id", "day", name=op.f("uq_reminder_organisation_id_day")),
    )
    op.create_table(
        "incident_likeness",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("compared_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident_likeness")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_likeness_incident_id_incident"), ondelete="CASCADE"
        ),
    )


def _published() -> None:
    op.create_table(
        "published_list",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.Column("imported_by", sa.String(), nullable=True),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("matched_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_list")),
        sa.UniqueConstraint("reference", name=op.f("uq_published_list_reference")),
        sa.ForeignKeyConstraint(["imported_by"], ["account.id"], name=op.f("fk_published_list_imported_by_account")),
    )
    op.create_index("ix_published_list_year_imported_at", "published_list", ["year", "imported_at"])
    op.create_table(
        "published_line",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_published_line")),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["published_list.id"],
            name=op.f("fk_published_line_list_id_published_list"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "published_match",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("motivations", sa.JSON(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("sent", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_match")),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["published_list.id"],
            name=op.f("fk_published_match_list_id_published_list"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_published_match_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("list_id", "incident_id", name=op.f("uq_published_match_list_id_incident_id")),
    )
    op.create_index(op.f("ix_published_match_incident_id"), "published_match", ["incident_id"])
    op.create_index("ix_published_match_list_id_outcome", "published_match", ["list_id", "outcome"])
    op.create_table(
        "match_decision",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("year", "incident_id", name=op.f("pk_match_decision")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_match_decision_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_match_decision_decided_by_account")),
    )
    op.create_index(op.f("ix_match_decision_incident_id"), "match_decision", ["incident_id"])


def _queries() -> None:
    op.create_table(
        "submission_check",
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", "item", name=op.f("pk_submission_check")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["submission_version.id"],
            name=op.f("fk_submission_check_version_id_submission_version"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_submission_check_actor_id_account")),
    )
    op.create_table(
        "submission_query",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=True),
        sa.Column("of_incident", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.Column("reviewer_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("question", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_query")),
        sa.UniqueConstraint("reference", name=op.f("uq_submission_query_reference")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["submission_version.id"], name=op.f("fk_submission_query_version_id_submission_version")
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_submission_query_entered_by_account")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["account.id"], name=op.f("fk_submission_query_reviewer_id_account")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_submission_query_answered_by_account")),
    )
    op.create_index("ix_submission_query_year_state", "submission_query", ["year", "state"])
    op.create_table(
        "query_case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("query_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_case")),
        sa.UniqueConstraint("query_id", name=op.f("uq_query_case_query_id")),
        sa.ForeignKeyConstraint(
            ["query_id"],
            ["submission_query.id"],
            name=op.f("fk_query_case_query_id_submission_query"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_query_case_incident_id_incident"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_query_case_incident_id"), "query_case", ["incident_id"])


def _profiles() -> None:
    op.create_table(
        "submission_profile",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("put_away_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_profile")),
        sa.UniqueConstraint("code", name=op.f("uq_submission_profile_code")),
    )
    op.create_table(
        "submission_profile_text",
        sa.Column("profile_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("profile_id", "number", name=op.f("pk_submission_profile_text")),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["submission_profile.id"],
            name=op.f("fk_submission_profile_text_profile_id_submission_profile"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["account.id"], name=op.f("fk_submission_profile_text_changed_by_account")
        ),
    )
    op.create_table(
        "submission_choice",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_submission_choice")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_submission_choice_changed_by_account")),
    )
