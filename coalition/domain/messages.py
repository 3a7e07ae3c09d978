"""What reviewers and members say to each other about a record: who may say what, and which question is open.

Nothing that was said is changed or taken back, so that whoever decides can be shown what they knew: a conversation is
part of the record and goes with it when it is erased (GDPR Art. 17), not before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from coalition.domain.anonymity import Kind, flagged
from coalition.domain.disclosure import Audience
from coalition.domain.errors import Incomplete, NotAllowedNow
from coalition.domain.incidents import Problem
from coalition.domain.vocabulary import State

LONGEST: Final = 4000
"""Characters of one message."""
TOLD_BEFORE_SENDING: Final = frozenset({Kind.NAME, Kind.PHONE, Kind.EMAIL, Kind.ACCOUNT, Kind.NUMBER, Kind.PLATE})
"""What may name a person. Place and day stand in the record that both sides read, so they are no reason to ask."""


class MessageKind(StrEnum):
    """What a message is."""

    COMMENT = "comment"
    """Expects nothing."""
    QUESTION = "question"
    """The coalition asks the member; it is open until an answer refers to it."""
    ANSWER = "answer"
    """The member answers one question."""


ALLOWED: Final = frozenset(
    {
        (Audience.MEMBER, MessageKind.COMMENT, False),
        (Audience.MEMBER, MessageKind.ANSWER, False),
        (Audience.COALITION, MessageKind.COMMENT, False),
        (Audience.COALITION, MessageKind.COMMENT, True),
        (Audience.COALITION, MessageKind.QUESTION, False),
    }
)
"""Who may write what: (as whom they read the record, kind, whether it stays among reviewers)."""


@dataclass(frozen=True)
class Draft:
    """A message before it is sent."""

    kind: MessageKind
    text: str
    inside: bool = False
    answers: str = ""
    """Reference of the question that it answers."""


def may_talk(state: State, *, shared: bool) -> bool:
    """Tell whether there is anybody to talk to: what was never handed in, or is shared no more, nobody else reads."""
    return shared and state is not State.DRAFT


def check(draft: Draft, audience: Audience, state: State, *, shared: bool) -> None:
    """Let a message pass.

    Raises NotAllowedNow where nobody would read it, or for what this reader does not write; Incomplete without a text,
    with one that is too long, and for an answer to nothing or a question that answers.
    """
    if not may_talk(state, shared=shared) or (audience, draft.kind, draft.inside) not in ALLOWED:
        raise NotAllowedNow(draft.kind.value, state.value)
    if not draft.text.strip():
        raise Incomplete([Problem("text", "text_missing")])
    if len(draft.text) > LONGEST:
        raise Incomplete([Problem("text", "text_long")])
    if (draft.kind is MessageKind.ANSWER) != bool(draft.answers):
        raise Incomplete([Problem("answers", "question_missing")])


def may_name(text: str, language: str) -> tuple[str, ...]:
    """Return the words of a message that may name somebody, each once, for whoever is about to send it.

    They are asked to look again and nothing is refused: what is a name and what only looks like one, a person decides.
    """
    found = (flag.text for flag in flagged(text, language) if flag.kind in TOLD_BEFORE_SENDING)
    return tuple(dict.fromkeys(found))


def unseen(found: Iterable[str], seen: Iterable[str]) -> tuple[str, ...]:
    """Return what was found in a message that its writer was not asked about before."""
    asked = frozenset(seen)
    return tuple(text for text in found if text not in asked)
