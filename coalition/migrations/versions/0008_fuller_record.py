"""Keep what a case worker knows: grounds, harm, weapon, reliability, steps of justice, needs, clearances, contact."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ADDED: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "incident": {
        **dict.fromkeys(("proposed_type", "chosen_scope", "proposed_scope", "weapon"), sa.String()),
        **dict.fromkeys(("bias_recorded", "consent_by"), sa.String()),
        **dict.fromkeys(("type_reason", "scope_reason"), sa.LargeBinary()),
        **dict.fromkeys(("contact_name", "contact_phone", "contact_email", "contact_safely"), sa.LargeBinary()),
    },
    "incident_victims": {"sub_grounds": sa.LargeBinary(), "harm": sa.String(), "earlier": sa.String()},
    "incident_consent": {"giver": sa.String()},
    "incident_perpetrators": {"capacity": sa.String()},
    "incident_source": {
        "date": sa.LargeBinary(),
        "reliability": sa.String(),
        "credibility": sa.String(),
        "url": sa.LargeBinary(),
    },
}
PARTS: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "incident_proceeding": {
        "step": sa.String(),
        "date": sa.LargeBinary(),
        "reference": sa.LargeBinary(),
        "note": sa.LargeBinary(),
    },
    "incident_need": {"need": sa.String(), "referred_to": sa.LargeBinary(), "outcome": sa.String()},
    "incident_clearance": {
        "language": sa.String(),
        "kind": sa.String(),
        "text": sa.LargeBinary(),
        "reason": sa.LargeBinary(),
    },
}
FURTHER: dict[str, list[sa.Column[Any]]] = {"incident_need": [sa.Column("follow_up", sa.Date(), nullable=True)]}


def upgrade() -> None:
    """Go up: nothing is known yet of what is added."""
    for table, columns in ADDED.items():
        with op.batch_alter_table(table, schema=None) as batch:
            for name, kind in columns.items():
                batch.add_column(sa.Column(name, kind, nullable=False, server_default=""))
        with op.batch_alter_table(table, schema=None) as batch:
            for name, kind in columns.items():
                batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    for table, columns in PARTS.items():
        _create(table, columns.items(), FURTHER.get(table, []))
    with op.batch_alter_table("incident_need", schema=None) as batch:
        batch.create_index(batch.f("ix_incident_need_follow_up"), ["follow_up"], unique=False)


def _create(
    table: str, columns: Iterable[tuple[str, sa.types.TypeEngine[Any]]], further: Iterable[sa.Column[Any]]
) -> None:
    op.create_table(
        table,
        *(sa.Column(name, kind, nullable=False) for name, kind in columns),
        *further,
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f(f"fk_{table}_incident_id_incident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", "position", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Go down."""
    for table in reversed(PARTS):
        op.drop_table(table)
    for table, columns in ADDED.items():
        with op.batch_alter_table(table, schema=None) as batch:
            for name in columns:
                batch.drop_column(name)
