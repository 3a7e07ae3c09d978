"""Sessions on the server: how they begin, rest, end, and who ends them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from coalition.db.sessions import SignInSession
from coalition.domain.authentication import HALF_WAY, IDLE, LONGEST, SessionEnd, Stage
from coalition.domain.errors import NotFound
from coalition.services import accounts, factors, sessions
from coalition.services.codes import code_at
from coalition.services.sessions import SessionOver, SessionView
from tests.conftest import Clock, Coalition

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def begun(coalition: Coalition, who: str = "lead", stage: Stage = Stage.OPEN) -> str:
    with coalition.work(who) as work:
        return sessions.begin(work, stage, FIREFOX, "password")


def resumed(coalition: Coalition, token: str) -> SessionView:
    with coalition.reading("operator") as work:
        return sessions.resume(work, token)


def end_of(coalition: Coalition, token: str) -> SessionEnd | None:
    try:
        resumed(coalition, token)
    except SessionOver as over:
        return over.reason
    return None


def test_a_token_names_a_session_and_is_not_stored(any_coalition: Coalition, clock: Clock):
    token = begun(any_coalition)
    found = resumed(any_coalition, token)
    assert found.account.email == "lead@example.org"
    assert (found.stage, found.browser, found.system) == (Stage.OPEN, "Firefox", "Linux")
    assert found.began_at == found.seen_at == found.proven_at == clock.now
    assert len(token) >= 43, "256 bits"
    with any_coalition.reading("operator") as work:
        (row,) = work.session.scalars(select(SignInSession))
    assert token not in str(vars(row))
    assert FIREFOX not in str(vars(row))
    assert end_of(any_coalition, token + "x") is SessionEnd.ENDED
    assert end_of(any_coalition, "") is SessionEnd.ENDED


def test_a_session_at_rest_ends_after_half_an_hour_and_one_in_use_after_twelve(any_coalition: Coalition, clock: Clock):
    token = begun(any_coalition)
    began = clock.now
    while clock.now < began + LONGEST - timedelta(minutes=20):
        clock.now += timedelta(minutes=20)
        with any_coalition.work("lead") as work:
            sessions.touch(work, sessions.resume(work, token).id)
    clock.now = began + LONGEST
    assert end_of(any_coalition, token) is SessionEnd.LONGEST
    resting = begun(any_coalition)
    clock.now += IDLE
    assert end_of(any_coalition, resting) is SessionEnd.IDLE


def test_a_sign_in_that_stays_half_way_ends_soon(coalition: Coalition, clock: Clock):
    token = begun(coalition, "coordinator", Stage.SECOND_STEP)
    assert resumed(coalition, token).stage is Stage.SECOND_STEP
    clock.now += HALF_WAY
    assert end_of(coalition, token) is SessionEnd.ENDED


@pytest.mark.parametrize("stage", [Stage.SECOND_STEP, Stage.OPEN])
def test_every_proof_changes_the_token(any_coalition: Coalition, clock: Clock, stage: Stage):
    old = begun(any_coalition, "coordinator", stage)
    before = resumed(any_coalition, old)
    clock.now += timedelta(minutes=9)
    with any_coalition.work("coordinator") as work:
        new = sessions.go_on(work, before.id, "app")
    after = resumed(any_coalition, new)
    assert end_of(any_coalition, old) is SessionEnd.ENDED
    assert (after.id, after.stage, after.proven_at) == (before.id, Stage.OPEN, clock.now)
    assert after.began_at == (before.began_at if stage is Stage.OPEN else clock.now)


def test_nobody_goes_on_in_a_session_that_was_ended_or_is_not_theirs(coalition: Coalition):
    session = resumed(coalition, begun(coalition))
    with pytest.raises(SessionOver), coalition.work("coordinator") as work:
        sessions.go_on(work, session.id, "app")
    with coalition.work("lead") as work:
        sessions.end(work, session.id)
    with pytest.raises(SessionOver), coalition.work("lead") as work:
        sessions.go_on(work, session.id, "app")


def test_one_sees_and_ends_ones_own_sessions_only(any_coalition: Coalition, clock: Clock):
    own, other, third = begun(any_coalition), begun(any_coalition), begun(any_coalition)
    foreign = begun(any_coalition, "case_worker")
    begun(any_coalition, "lead", Stage.SET_UP)
    clock.now += timedelta(minutes=1)
    with any_coalition.work("lead") as work:
        sessions.touch(work, sessions.resume(work, own).id)
    with any_coalition.reading("lead") as work:
        listed = sessions.list_own(work)
    assert len(listed) == 3
    assert listed[0].id == resumed(any_coalition, own).id, "the one that was used last comes first"
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        sessions.end_own(work, resumed(any_coalition, foreign).reference)
    with any_coalition.work("lead") as work:
        sessions.end_own(work, resumed(any_coalition, third).reference)
    assert end_of(any_coalition, third) is SessionEnd.ENDED
    with any_coalition.work("lead") as work:
        assert sessions.end_others(work, listed[0].id) == 2
    assert [end_of(any_coalition, token) for token in (own, other, foreign)] == [None, SessionEnd.ENDED, None]


def test_signing_out_ends_the_session_and_nobody_elses(coalition: Coalition):
    token, foreign = begun(coalition), begun(coalition, "case_worker")
    with coalition.work("lead") as work:
        sessions.end(work, resumed(coalition, token).id)
        sessions.end(work, resumed(coalition, foreign).id)
    assert end_of(coalition, token) is SessionEnd.ENDED
    assert end_of(coalition, foreign) is None


def test_signing_in_is_written_down_and_sweeps_what_was_over_long_ago(any_coalition: Coalition, clock: Clock):
    begun(any_coalition)
    clock.now += 2 * LONGEST + timedelta(seconds=1)
    begun(any_coalition, "coordinator", Stage.SECOND_STEP)
    with any_coalition.reading("operator") as work:
        assert work.session.scalar(select(func.count()).select_from(SignInSession)) == 1
    with any_coalition.reading("administrator") as work:
        seen = {person.email.split("@")[0]: person.signed_in_at for person in accounts.list_accounts(work)}
    assert seen["lead"] is not None
    assert seen["coordinator"] is None, "the password alone is no sign-in"


def test_adding_and_removing_a_second_factor_end_every_other_session(any_coalition: Coalition, clock: Clock):
    foreign = begun(any_coalition, "case_worker")
    for act in ("add", "remove"):
        kept, other = begun(any_coalition), begun(any_coalition)
        half_way = begun(any_coalition, stage=Stage.SECOND_STEP)
        with any_coalition.work("lead") as work:
            keep = sessions.resume(work, kept).id
            if act == "add":
                secret = factors.begin_app(work, "Coalition").secret
                factors.confirm_app(work, code_at(secret, clock.now), "Phone", keep)
            else:
                factors.remove(work, factors.list_own(work).factors[0].reference, keep)
        ended = [end_of(any_coalition, token) for token in (kept, other, half_way, foreign)]
        assert ended == [None, SessionEnd.ENDED, SessionEnd.ENDED, None], act
