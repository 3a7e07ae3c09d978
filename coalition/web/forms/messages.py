"""What somebody writes about a record, and when they want to be told by e-mail."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from flask import request
from wtforms import RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from coalition import i18n
from coalition.domain.mail import MailChoice
from coalition.domain.messages import LONGEST, Draft, MessageKind, may_name, unseen
from coalition.i18n import L_, _, format_datetime
from coalition.web.forms.base import Form, clean
from coalition.web.threads import Said, Thread

_COMMENT, _QUESTION, _NOTE = "comment", "question", "note"
_ANSWER: Final = re.compile(r"answer-([A-Z0-9]{5}-[A-Z0-9]{5})")
_SHOWN = 60
"""Characters of a question that are shown beside its choice."""


class MessageForm(Form):
    """A comment, a question, an answer or a note."""

    kind = RadioField(L_("What do you write?"), [InputRequired(L_("Choose what it is"))], validate_choice=False)
    text = TextAreaField(
        L_("Your words"),
        [
            DataRequired(L_("Write something")),
            Length(max=LONGEST, message=L_("Write at most 4,000 characters")),
        ],
        description=L_("Ask for no name, write no name. What is sent stays: nobody can change it or take it back."),
        render_kw={"rows": 6},
    )

    def offer(self, thread: Thread, zone: str) -> None:
        """Offer what the reader of a thread may write, and choose what they most likely mean."""
        offered = _for_member(thread, zone) if thread.of_member else _for_reviewer()
        self.kind.choices = offered
        if self.kind.data not in offered:
            answers = [code for code in offered if _ANSWER.fullmatch(code)]
            self.kind.data = answers[0] if len(answers) == 1 else _COMMENT

    @property
    def hints(self) -> Mapping[str, str]:
        """What each choice means."""
        return {
            _QUESTION: _("The record stays as it is, decided or not. The question waits until somebody answers it."),
            _NOTE: _("Only reviewers see it, the organisation never does."),
        }

    @property
    def draft(self) -> Draft | None:
        """What was written; None for a choice that there is not. The form must be valid."""
        chosen, text = str(self.kind.data or ""), self.text.data or ""
        answer = _ANSWER.fullmatch(chosen)
        if answer:
            return Draft(MessageKind.ANSWER, text, answers=answer[1])
        if chosen == _QUESTION:
            return Draft(MessageKind.QUESTION, text)
        return Draft(MessageKind.COMMENT, text, inside=chosen == _NOTE) if chosen in {_COMMENT, _NOTE} else None

    @property
    def named(self) -> tuple[str, ...]:
        """What of the words may name somebody."""
        return may_name(self.text.data or "", i18n.current_language())

    @property
    def to_look_at(self) -> tuple[str, ...]:
        """What may name somebody and was not shown to the writer before they pressed the button."""
        return unseen(self.named, (clean(text) for text in request.form.getlist("seen")))


def _for_member(thread: Thread, zone: str) -> dict[str, str]:
    questions: Iterable[Said] = (item for item in thread.open if item.reference)
    answers = {
        f"answer-{item.reference}": _(
            "An answer to the question of %(when)s: “%(begins)s”",
            when=format_datetime(item.at, zone),
            begins=_beginning(item.text),
        )
        for item in questions
    }
    return {**answers, _COMMENT: _("A comment to the coalition")}


def _for_reviewer() -> dict[str, str]:
    return {
        _COMMENT: _("A comment to the organisation"),
        _QUESTION: _("A question to the organisation"),
        _NOTE: _("A note among reviewers"),
    }


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()}…"


class MailForm(Form):
    """When somebody is told by e-mail."""

    choice = RadioField(
        L_("When do you want to be told by e-mail that something waits?"),
        [InputRequired(L_("Choose when"))],
        description=L_("The e-mail says how many things wait, and nothing else."),
    )

    @classmethod
    def of(cls, chosen: str = "") -> "MailForm":
        """Return the form; with what was chosen before it shows that, whatever else the page was sent."""
        form = cls(formdata=None, data={"choice": chosen}) if chosen else cls()
        form.choice.choices = {
            MailChoice.AT_ONCE.value: _("At once, at most every 15 minutes"),
            MailChoice.DAILY.value: _("Once a day, in the morning"),
            MailChoice.NEVER.value: _("Never"),
        }
        return form
