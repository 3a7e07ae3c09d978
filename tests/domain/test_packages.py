"""The check list before a version is sent: everything is said, nothing is passed over."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from coalition.domain.errors import NotAllowedNow
from coalition.domain.packages import BY_HAND, Check, Known, Outcome, Tick, check_ticking, findings

LOOKED = Tick(datetime(2026, 4, 1, tzinfo=UTC), "Ana Petrova")
READY = Known(ticks=dict.fromkeys(BY_HAND, LOOKED))


def outcomes(known: Known) -> dict[Check, Outcome]:
    return {found.check: found.outcome for found in findings(known)}


def test_every_line_is_there_once_and_in_order() -> None:
    assert [found.check for found in findings(READY)] == list(Check)
    assert set(outcomes(READY).values()) == {Outcome.MET}


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        (Check.LATEST, {"latest": False}),
        (Check.UNCHANGED, {"differences": 3}),
        (Check.CORRECTIONS, {"corrections": 1}),
        (Check.DECIDED, {"waiting": 2}),
        (Check.DEADLINE, {"days_left": -1}),
        (Check.RECIPIENT, {"recipient": False}),
        (Check.CONTACT, {"contact": False}),
        (Check.MEMBERS, {"silent_members": 1}),
        (Check.INDICATORS, {"without_indicator": 1}),
        (Check.SIGNATURE, {"signature": False}),
        (Check.PDF, {"pdf": False}),
        (Check.SIZE, {"too_large": True}),
    ],
)
def test_each_thing_that_is_wrong_opens_its_own_line_and_no_other(check: Check, changes: dict[str, object]) -> None:
    found = outcomes(replace(READY, **changes))  # type: ignore[arg-type] # the fields of Known
    assert [one for one, outcome in found.items() if outcome is not Outcome.MET] == [check]


def test_what_cannot_be_told_is_not_said_to_be_well() -> None:
    unknown = replace(READY, differences=None, without_indicator=None, signature=None, too_large=None)
    unclear = {one for one, outcome in outcomes(unknown).items() if outcome is Outcome.UNCLEAR}
    assert unclear == {Check.UNCHANGED, Check.INDICATORS, Check.SIGNATURE, Check.SIZE}


def test_the_day_of_the_deadline_is_in_time_and_the_days_after_it_are_counted() -> None:
    assert outcomes(replace(READY, days_left=0))[Check.DEADLINE] is Outcome.MET
    late = {found.check: found for found in findings(replace(READY, days_left=-12))}
    assert late[Check.DEADLINE].number == 12


def test_whoever_built_it_is_no_second_reader_but_may_sign() -> None:
    builder = replace(LOOKED, builder=True)
    found = outcomes(Known(ticks={Check.READ: builder, Check.SIGNED: builder}))
    assert (found[Check.READ], found[Check.SIGNED], found[Check.CALL]) == (
        Outcome.NOT_MET,
        Outcome.MET,
        Outcome.UNCLEAR,
    )


def test_nothing_is_ticked_any_more_once_it_was_sent() -> None:
    check_ticking(None)
    with pytest.raises(NotAllowedNow, match="tick is not possible in state sent"):
        check_ticking(LOOKED.at)
