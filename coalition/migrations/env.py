"""Alembic's environment: it is handed an open connection, so it needs no configuration file."""

from typing import Literal

from alembic import context

from coalition.db import tables
from coalition.db.types import Moment


def _render_type(kind: str, value: object, _autogen: object) -> str | Literal[False]:
    # A migration must not change when our types do, so it names what they are stored as.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    render_as_batch=True,
    compare_type=True,
    render_item=_render_type,
)
with context.begin_transaction():
    context.run_migrations()
