"""What was said about a record, as one thread: the messages, and the words that went with its steps, in their order."""

from dataclasses import dataclass
from datetime import datetime

from coalition import i18n
from coalition.domain.disclosure import Audience
from coalition.domain.messages import MessageKind, may_talk
from coalition.domain.reviews import OF_THE_MEMBER, Step
from coalition.domain.vocabulary import Purpose, State
from coalition.i18n import _, labels
from coalition.services.incident_views import IncidentView, StepView
from coalition.services.message_views import MessageView


@dataclass(frozen=True)
class Said:
    """One thing that was said."""

    anchor: str
    """Where it stands on the page."""
    what: str
    who: str
    at: datetime
    text: str
    side: str
    """Whose words they are: member, coalition, or inside for a note that stays among reviewers."""
    open: bool = False
    """Whether it waits for an answer."""
    reference: str = ""
    """Of the question, where it can be answered by a message of its own."""
    answers: str = ""
    """Anchor of the question that it answers."""
    with_record: bool = False
    """Whether it is a question that is answered by submitting the record again."""


@dataclass(frozen=True)
class Thread:
    """All that was said about a record."""

    incident: str
    """Reference of the record."""
    open: tuple[Said, ...]
    """Questions that wait for an answer; on pages they stand first."""
    said: tuple[Said, ...]
    """The rest, oldest first."""
    of_member: bool
    """Whether the reader belongs to the recording organisation."""
    may_write: bool
    """Whether somebody on the other side would read it."""
    may_amend: bool
    """Whether the reader may answer the question with which the record came back."""


def thread_of(view: IncidentView, *, asked_above: bool = False) -> Thread:
    """Return the thread of a record as its reader may see it.

    `asked_above`: the page itself asks on top the question with which the record came back.
    """
    of_member = view.audience is not Audience.COALITION
    returned = view.steps[-1] if view.state is State.RETURNED and view.steps else None
    everything = [
        *(_of_message(item) for item in view.messages),
        *(_of_step(number, item, waits=item is returned) for number, item in enumerate(view.steps) if item.text),
    ]
    everything.sort(key=lambda item: item.at)
    first = tuple(item for item in everything if item.open and not (asked_above and item.with_record))
    return Thread(
        incident=view.reference,
        open=first,
        said=tuple(item for item in everything if item not in first),
        of_member=of_member,
        may_write=may_talk(view.state, shared=view.facts.allows(Purpose.SHARE_COALITION)),
        may_amend=of_member and view.may_amend,
    )


def _of_message(item: MessageView) -> Said:
    return Said(
        anchor=_anchor(item.reference),
        what=_what(item),
        who=_who(i18n.name_of(item.by), of_member=item.of_member),
        at=item.at,
        text=item.text,
        side="inside" if item.inside else "member" if item.of_member else "coalition",
        open=item.open,
        reference=item.reference if item.kind is MessageKind.QUESTION else "",
        answers=_anchor(item.answers) if item.answers else "",
    )


def _anchor(reference: str) -> str:
    return f"said-{reference.lower()}"


def _what(item: MessageView) -> str:
    if item.inside:
        return _("Note among reviewers")
    return {
        MessageKind.COMMENT: _("Comment"),
        MessageKind.QUESTION: _("Question"),
        MessageKind.ANSWER: _("Answer"),
    }[item.kind]


def _who(name: str, *, of_member: bool) -> str:
    if of_member:
        return name
    return _("%(name)s, for the coalition", name=name) if name else _("The coalition")


def _of_step(number: int, item: StepView, *, waits: bool) -> Said:
    of_member = item.step in OF_THE_MEMBER
    return Said(
        anchor=f"said-with-step-{number}",
        what=labels.label("steps", item.step),
        who=_who(i18n.name_of(item.by), of_member=of_member) or labels.label("roles", "operator"),
        at=item.at,
        text=item.text,
        side="member" if of_member else "inside" if item.step is Step.PROPOSE else "coalition",
        open=waits,
        with_record=waits,
    )
