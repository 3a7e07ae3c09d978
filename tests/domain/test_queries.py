"""What a receiving body asks: which incidents it is about, how far it has come, how long it waits."""

from datetime import date

import pytest

from coalition.domain.errors import Incomplete, NotAllowedNow
from coalition.domain.queries import (
    LONGEST,
    MOVES,
    About,
    QueryAct,
    QueryState,
    UnreadableLines,
    about,
    checked,
    days_open,
    moved,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", About()),
        ("  \n", About()),
        ("7", About((7,))),
        ("3, 7-9; 7 ABCDE-FGHJK", About((3, 7, 8, 9), ("ABCDE-FGHJK",))),
        ("abcde-fghjk,ABCDE-FGHJK", About((), ("ABCDE-FGHJK",))),
        ("7–9", About((7, 8, 9))),
    ],
)
def test_numbers_spreads_and_references_are_read(typed: str, meant: About) -> None:
    assert about(typed) == meant
    assert about(typed).whole == (meant == About())


@pytest.mark.parametrize("typed", ["seven", "0", "-3", "9-7", "1-2000", "1-", "²", "12345678"])
def test_anything_else_is_refused_and_named(typed: str) -> None:
    with pytest.raises(UnreadableLines) as refused:
        about(f"3, {typed}")
    assert refused.value.problems == (typed.upper(),)


def test_a_letter_about_too_many_incidents_is_refused() -> None:
    with pytest.raises(UnreadableLines) as refused:
        about("1-60, 200-260")
    assert refused.value.problems == ()


def test_only_the_moves_of_the_table_change_a_state() -> None:
    for state in QueryState:
        for act in QueryAct:
            if (state, act) in MOVES:
                assert moved(state, act) is MOVES[state, act]
            else:
                with pytest.raises(NotAllowedNow):
                    moved(state, act)
    assert moved(QueryState.CLOSED, QueryAct.REOPEN) is QueryState.OPEN


def test_days_are_counted_to_the_answer_or_to_today() -> None:
    asked, today = date(2026, 9, 1), date(2026, 9, 20)
    assert days_open(asked, None, today) == 19
    assert days_open(asked, date(2026, 9, 4), today) == 3
    assert days_open(today, asked, today) == 0


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST + 1)])
def test_no_words_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(Incomplete):
        checked(text, "question")
    assert checked("  Why? ", "question") == "Why?"
