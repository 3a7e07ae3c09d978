"""Who needs a second factor, how long a session lasts, how fresh a proof is, what a browser is called."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.authentication import (
    HALF_WAY,
    IDLE,
    LONGEST,
    PROOF_LASTS,
    SecondFactorPolicy,
    SessionEnd,
    Stage,
    end_of,
    is_recent,
    needs_second_factor,
    stage_after_password,
)
from coalition.domain.browsers import told_by
from coalition.domain.recovery import new_code, plain
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_those_who_act_for_the_coalition_always_need_a_second_factor_and_the_others_by_setting():
    needed = {role for role in SIGN_IN_ROLES if needs_second_factor(role, SecondFactorPolicy.COORDINATION)}
    assert needed == {Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR}
    assert all(needs_second_factor(role, SecondFactorPolicy.EVERYBODY) for role in SIGN_IN_ROLES)


@pytest.mark.parametrize(
    ("has", "needs", "stage"),
    [
        (False, False, Stage.OPEN),
        (False, True, Stage.SET_UP),
        (True, False, Stage.SECOND_STEP),
        (True, True, Stage.SECOND_STEP),
    ],
)
def test_a_second_factor_that_is_there_is_always_asked_for(has: bool, needs: bool, stage: Stage):
    assert stage_after_password(has_factor=has, needs_factor=needs) is stage


@pytest.mark.parametrize(
    ("stage", "began", "seen", "end"),
    [
        (Stage.OPEN, timedelta(), timedelta(), None),
        (Stage.OPEN, LONGEST - SECOND, IDLE - SECOND, None),
        (Stage.OPEN, IDLE, IDLE, SessionEnd.IDLE),
        (Stage.OPEN, LONGEST, timedelta(), SessionEnd.LONGEST),
        (Stage.SECOND_STEP, HALF_WAY - SECOND, timedelta(), None),
        (Stage.SECOND_STEP, HALF_WAY, timedelta(), SessionEnd.ENDED),
        (Stage.SET_UP, HALF_WAY, timedelta(), SessionEnd.ENDED),
    ],
)
def test_a_session_ends_at_rest_and_after_its_time(
    stage: Stage, began: timedelta, seen: timedelta, end: SessionEnd | None
):
    assert end_of(stage, NOW - began, NOW - seen, NOW) is end


def test_a_proof_is_fresh_for_ten_minutes():
    assert is_recent(NOW - PROOF_LASTS + SECOND, NOW)
    assert not is_recent(NOW - PROOF_LASTS, NOW)
    assert (timedelta(minutes=30), timedelta(hours=12), timedelta(minutes=10)) == (IDLE, LONGEST, PROOF_LASTS)


@pytest.mark.parametrize(
    ("header", "browser"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537", ("Chrome", "Android")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1", ("Safari", "macOS")),
        ("curl/8.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_told_by_its_family_and_system(header: str, browser: tuple[str, str]):
    assert told_by(header) == browser


def test_recovery_codes_are_long_enough_to_store_as_a_digest_and_forgive_how_they_are_typed():
    made = {new_code() for _ in range(100)}
    assert len(made) == 100
    for code in made:
        assert len(plain(code)) == 28, "28 letters of 32 are 140 bits"
        assert plain(f" {code.lower().replace('-', ' ')} ") == plain(code)
    assert plain("oIl0-1") == plain("0110 1")
