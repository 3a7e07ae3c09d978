"""The conversation about a record: comments, questions with answers, and notes among reviewers. Nothing is changed."""

from datetime import timedelta
from typing import Final

from coalition.db import incidents as incident_storage
from coalition.db import messages as storage
from coalition.domain.access import Permission
from coalition.domain.disclosure import Audience, FieldClass, Occasion, audience_of
from coalition.domain.errors import NotFound
from coalition.domain.messages import Draft, MessageKind, check
from coalition.domain.vocabulary import State
from coalition.services import audit, notices
from coalition.services.incident_views import IncidentView, find, note_reading, subject_of, view_of
from coalition.services.work import Work

TWICE: Final = timedelta(minutes=5)
"""The same words of the same person within this time are one message: a button was pressed twice."""
_ACTS: Final = {
    MessageKind.COMMENT: "incident.comment",
    MessageKind.QUESTION: "incident.ask",
    MessageKind.ANSWER: "incident.answer",
}


def open_conversation(work: Work, reference: str) -> IncidentView:
    """Return a record for a page that shows what was said about it; the reading is noted.

    Raises NotFound.
    """
    incident = find(work, reference, Permission.DISCUSS_INCIDENT)
    view = view_of(work, incident)
    note_reading(work, incident, (FieldClass.NARRATIVE,))
    return view


def outline_conversation(work: Work, reference: str) -> IncidentView:
    """Return what a page needs that only leads to a record, without anything that was said about it.

    Raises NotFound.
    """
    return view_of(work, find(work, reference, Permission.DISCUSS_INCIDENT), Occasion.NAMING)


def comment(work: Work, reference: str, text: str, *, inside: bool = False) -> str:
    """Write something that expects no answer, for the other side or `inside` for the reviewers alone.

    Returns the message's own reference. Raises NotFound, NotAllowedNow where nobody would read it, Incomplete without
    words or with too many.
    """
    return say(work, reference, Draft(MessageKind.COMMENT, text, inside=inside))


def ask(work: Work, reference: str, text: str) -> str:
    """Ask the member about a record, decided or not, without sending it back; the question waits for its answer.

    Raises what `comment` raises.
    """
    return say(work, reference, Draft(MessageKind.QUESTION, text))


def answer(work: Work, reference: str, question: str, text: str) -> str:
    """Answer one of the coalition's questions.

    Raises NotFound also for a question that is not about this record, and what `comment` raises.
    """
    return say(work, reference, Draft(MessageKind.ANSWER, text, answers=question))


def say(work: Work, reference: str, draft: Draft) -> str:
    """Keep a message for good and have the other side told that something waits; returns its reference.

    Raises what `comment` and `answer` raise.
    """
    incident = find(work, reference, Permission.DISCUSS_INCIDENT, to_change=True)
    subject = subject_of(incident)
    audience = audience_of(work.actor, subject)
    if audience is None:
        raise NotFound("incident", reference)
    check(draft, audience, State(incident.state), shared=subject.shared)
    question = _question(work, incident, draft)
    said = _said_already(work, incident, draft, question)
    if said:
        return said
    row = storage.Message(
        incident_id=incident.id,
        kind=draft.kind.value,
        inside=draft.inside,
        of_member=audience is Audience.MEMBER,
        answers_id=question.id if question else None,
        actor_id=work.actor.id,
        at=work.now,
    )
    storage.add_message(work.session, row, draft.text.strip())
    notices.after_message(work, incident, draft.kind, inside=row.inside, of_member=row.of_member)
    audit.record(work, "incident.note" if draft.inside else _ACTS[draft.kind], "incident", incident.id)
    return row.reference


def _question(work: Work, incident: incident_storage.Incident, draft: Draft) -> storage.Message | None:
    if not draft.answers:
        return None
    found = storage.message_with_reference(work.session, incident.id, draft.answers)
    if found is None or found.kind != MessageKind.QUESTION:
        raise NotFound("question", draft.answers)
    return found


def _said_already(
    work: Work, incident: incident_storage.Incident, draft: Draft, question: storage.Message | None
) -> str:
    """Return the reference of the same message, if its writer sent it a moment ago; empty if not."""
    for row in reversed(storage.messages_of(work.session, incident.id, inside=True)):
        if work.now - row.at > TWICE:
            break
        same = (row.actor_id, row.kind, row.inside, row.answers_id) == (
            work.actor.id,
            draft.kind.value,
            draft.inside,
            question.id if question else None,
        )
        if same and storage.text_of(work.session, row) == draft.text.strip():
            return row.reference
    return ""
