"""What was said about a record, as its reader may see it: frozen views, made through the policy.

It is part of the record: `incident_views.view_of` holds it, and reading the record is what the log notes.
"""

from dataclasses import dataclass
from datetime import datetime

from coalition.db import incidents as incident_storage
from coalition.db import messages as storage
from coalition.db.accounts import account_names
from coalition.db.organisations import name_of
from coalition.domain.disclosure import VISIBLE, Audience, Occasion, class_of_message, class_of_writer
from coalition.domain.messages import MessageKind
from coalition.domain.names import Name
from coalition.services.work import Work


@dataclass(frozen=True)
class MessageView:
    """One message about a record."""

    reference: str
    kind: MessageKind
    inside: bool
    """Whether it stays among reviewers."""
    of_member: bool
    """Whether the recording organisation said it."""
    answers: str
    """Reference of the question that it answers; empty for none."""
    open: bool
    """Whether it is a question that waits for its answer."""
    by: str | Name
    """Name of the person, for the coalition of the member's organisation; empty for the command line."""
    at: datetime
    text: str


_CONVERSING = frozenset({Occasion.READING, Occasion.UNSEALING})
"""The occasions on which a record is read as a whole. What is handed on holds no conversation."""


def messages_of(
    work: Work, incident: incident_storage.Incident, audience: Audience, occasion: Occasion
) -> tuple[MessageView, ...]:
    """Return what was said about an incident as an audience may see it on an occasion, oldest first."""
    seen = VISIBLE[audience]
    if occasion not in _CONVERSING or class_of_message(inside=False) not in seen:
        return ()
    rows = storage.messages_of(work.session, incident.id, inside=class_of_message(inside=True) in seen)
    if not rows:
        return ()
    names = account_names(work.session)
    references = {row.id: row.reference for row in rows}
    answered = {row.answers_id for row in rows}
    return tuple(
        MessageView(
            reference=row.reference,
            kind=MessageKind(row.kind),
            inside=row.inside,
            of_member=row.of_member,
            answers=references.get(row.answers_id or "", ""),
            open=row.kind == MessageKind.QUESTION and row.id not in answered,
            by=names.get(row.actor_id or "", "")
            if class_of_writer(of_member=row.of_member) in seen
            else name_of(incident.organisation),
            at=row.at,
            text=storage.text_of(work.session, row),
        )
        for row in rows
    )
