"""Who may say what about a record, and what is looked at before it is sent."""

from itertools import product

import pytest

from coalition.domain.disclosure import Audience
from coalition.domain.errors import Incomplete, NotAllowedNow
from coalition.domain.messages import ALLOWED, LONGEST, Draft, MessageKind, check, may_name, may_talk, unseen
from coalition.domain.vocabulary import State

ASKED = "AAAAA-AAAAA"


def draft(kind: MessageKind, *, inside: bool = False, text: str = "Which street?") -> Draft:
    return Draft(kind, text, inside, ASKED if kind is MessageKind.ANSWER else "")


@pytest.mark.parametrize(("audience", "kind", "inside"), [*product(Audience, MessageKind, [False, True])])
def test_only_members_answer_only_the_coalition_asks_and_only_reviewers_write_notes(
    audience: Audience, kind: MessageKind, inside: bool
):
    def said() -> None:
        check(draft(kind, inside=inside), audience, State.ACCEPTED, shared=True)

    if (audience, kind, inside) in ALLOWED:
        said()
    else:
        with pytest.raises(NotAllowedNow):
            said()


def test_nobody_outside_the_two_sides_writes_anything():
    assert {audience for audience, _, _ in ALLOWED} == {Audience.MEMBER, Audience.COALITION}
    assert not [kind for audience, kind, inside in ALLOWED if audience is Audience.MEMBER and inside]


@pytest.mark.parametrize("state", State)
def test_there_is_nobody_to_talk_to_before_a_record_is_handed_in_and_after_it_is_shared_no_more(state: State):
    assert may_talk(state, shared=True) == (state is not State.DRAFT)
    assert not may_talk(state, shared=False)
    with pytest.raises(NotAllowedNow):
        check(draft(MessageKind.COMMENT), Audience.MEMBER, state, shared=False)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LONGEST + 1)])
def test_a_message_has_words_and_not_too_many(text: str):
    with pytest.raises(Incomplete):
        check(draft(MessageKind.COMMENT, text=text), Audience.MEMBER, State.SUBMITTED, shared=True)


def test_an_answer_refers_to_a_question_and_nothing_else_does():
    for wrong in (Draft(MessageKind.ANSWER, "Yes."), Draft(MessageKind.COMMENT, "Yes.", answers=ASKED)):
        with pytest.raises(Incomplete):
            check(wrong, Audience.MEMBER, State.SUBMITTED, shared=True)


@pytest.mark.parametrize(
    ("text", "language", "named"),
    [
        ("Was it Ivan Petrov who called?", "en", "Ivan Petrov"),
        ("Обади ли се Иван Петров?", "bg", "Иван Петров"),
        ("Call +359 888 123 456 about it.", "en", "+359 888 123 456"),
        ("Write to ana@example.org first.", "en", "ana@example.org"),
    ],
)
def test_what_may_name_somebody_is_told_before_it_is_sent(text: str, language: str, named: str):
    assert named in may_name(text, language)


@pytest.mark.parametrize("text", ["Did it happen in Sofia on 3 March?", "Was it a knife or a stone?"])
def test_place_and_day_are_no_reason_to_ask_because_both_sides_read_them_in_the_record(text: str):
    assert may_name(text, "en") == ()


def test_whoever_was_asked_once_is_not_asked_again_but_about_something_new():
    assert unseen(("Ivan",), ()) == ("Ivan",)
    assert unseen(("Ivan",), ("Ivan",)) == ()
    assert unseen(("Ivan", "Maria"), ("Ivan",)) == ("Maria",)
