"""Write the log of who did what."""

from typing import Any

from coalition.db.audit import AuditEntry
from coalition.services.work import Work


def record(work: Work, action: str, subject_kind: str, subject: str, **details: Any) -> None:  # noqa: ANN401 - JSON
    """Append an entry. Details are codes, counts and field names, never content."""
    work.session.add(
        AuditEntry(
            at=work.now,
            actor=work.actor.id,
            role=work.actor.role.value,
            action=action,
            subject_kind=subject_kind,
            subject=subject,
            details=details,
        )
    )
