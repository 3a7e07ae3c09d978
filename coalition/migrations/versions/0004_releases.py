"""Keep what left with which incidents, published descriptions one by one, and withdrawn consents as proof."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PUBLICATION = sa.table("publication", sa.column("id", sa.String()), sa.column("summary", sa.JSON()))
DESCRIPTION = sa.table(
    "published_description",
    *(sa.column(name, sa.String()) for name in ("publication_id", "incident_id", "date", "country", "type")),
    sa.column("position", sa.Integer()),
    sa.column("motivations", sa.String()),
    sa.column("texts", sa.JSON()),
    sa.column("sources", sa.JSON()),
)


def upgrade() -> None:
    """Go up."""
    _create_releases()
    _create_descriptions()
    _move_descriptions_out()
    with op.batch_alter_table("incident_consent") as batch:
        batch.add_column(sa.Column("way", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("given_on", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("noted_by", sa.String(), nullable=True))
        batch.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("withdrawn_by", sa.String(), nullable=True))
        for column in ("noted_by", "withdrawn_by"):
            batch.create_foreign_key(batch.f(f"fk_incident_consent_{column}_account"), "account", [column], ["id"])
    op.execute(sa.text("UPDATE incident_consent SET given_on = :nothing").bindparams(nothing=b""))
    with op.batch_alter_table("incident_consent") as batch:
        batch.alter_column("way", existing_type=sa.String(), existing_nullable=False, server_default=None)
        batch.alter_column("given_on", existing_type=sa.LargeBinary(), nullable=False)


def downgrade() -> None:
    """Go down: what was withdrawn is forgotten, and the descriptions lie among the figures again."""
    op.execute("DELETE FROM incident_consent WHERE withdrawn_at IS NOT NULL")
    with op.batch_alter_table("incident_consent") as batch:
        for column in ("noted_by", "withdrawn_by"):
            batch.drop_constraint(batch.f(f"fk_incident_consent_{column}_account"), type_="foreignkey")
        for column in ("withdrawn_by", "withdrawn_at", "noted_by", "noted_at", "given_on", "way"):
            batch.drop_column(column)
    _move_descriptions_in()
    for table in ("published_description", "correction", "release_incident", "release"):
        op.drop_table(table)


def _create_releases() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("publication_id", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("with_own_record", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_release_actor_id_account")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_release_job_id_job"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_release_publication_id_publication"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_index("ix_release_kind_year", "release", ["kind", "year"], unique=False)
    op.create_table(
        "release_incident",
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_incident_release_id_release"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_release_incident_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", "incident_id", name=op.f("pk_release_incident")),
    )
    op.create_index(op.f("ix_release_incident_incident_id"), "release_incident", ["incident_id"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("mending", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_correction_release_id_release"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_correction_incident_id_incident"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_correction_closed_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("reference", name=op.f("uq_correction_reference")),
        sa.UniqueConstraint(
            "release_id", "incident_id", "mending", name=op.f("uq_correction_release_id_incident_id_mending")
        ),
    )
    for column in ("release_id", "incident_id"):
        op.create_index(op.f(f"ix_correction_{column}"), "correction", [column], unique=False)


def _create_descriptions() -> None:
    op.create_table(
        "published_description",
        sa.Column("publication_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("date", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("motivations", sa.String(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_published_description_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_published_description_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", "position", name=op.f("pk_published_description")),
    )
    op.create_index(
        op.f("ix_published_description_incident_id"), "published_description", ["incident_id"], unique=False
    )


def _move_descriptions_out() -> None:
    """Give every published description a row of its own. Of which incident it is was never kept."""
    connection = op.get_bind()
    for publication, summary in connection.execute(sa.select(PUBLICATION)).all():
        figures = dict(summary)
        if "descriptions" not in figures:
            continue
        rows = [
            {
                "publication_id": publication,
                "position": position,
                "incident_id": None,
                "date": item["date"],
                "country": item["country"],
                "type": item["type"],
                "motivations": "|" + "".join(f"{code}|" for code in item["motivations"]),
                "texts": item["texts"],
                "sources": item["sources"],
            }
            for position, item in enumerate(figures.pop("descriptions"))
        ]
        if rows:
            connection.execute(sa.insert(DESCRIPTION), rows)
        connection.execute(sa.update(PUBLICATION).where(PUBLICATION.c.id == publication).values(summary=figures))


def _move_descriptions_in() -> None:
    connection = op.get_bind()
    for publication, summary in connection.execute(sa.select(PUBLICATION)).all():
        if not summary:
            continue
        query = sa.select(DESCRIPTION).where(DESCRIPTION.c.publication_id == publication)
        descriptions = [
            {
                "date": row.date,
                "country": row.country,
                "type": row.type,
                "motivations": [code for code in row.motivations.split("|") if code],
                "texts": row.texts,
                "sources": row.sources,
            }
            for row in connection.execute(query.order_by(DESCRIPTION.c.position))
        ]
        values = {**summary, "descriptions": descriptions}
        connection.execute(sa.update(PUBLICATION).where(PUBLICATION.c.id == publication).values(summary=values))
