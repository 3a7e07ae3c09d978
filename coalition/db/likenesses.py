"""How much a record that waits looks like another one: kept, because comparing takes longer than a page may."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from coalition.db.base import Base
from coalition.db.types import Moment


class IncidentLikeness(Base, kw_only=True):
    """The highest likeness of one record to any other that the coalition may see. It names no other record.

    It holds for one version of the record: after a change the record is compared anew.
    """

    __tablename__ = "incident_likeness"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int]
    score: Mapped[float]
    """From 0 to 1; 0 where nothing looks like it."""
    compared_at: Mapped[datetime] = mapped_column(Moment)
