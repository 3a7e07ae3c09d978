"""The log of who did what: appended to, never changed. Codes and ids, no content."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.types import Moment


class AuditEntry(Base, kw_only=True):
    """One act."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    actor: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
