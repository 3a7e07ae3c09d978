"""A lost second factor: two other people, one of them an administrator, and nothing else is lost."""

from datetime import timedelta
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.domain.approvals import Party, may_approve_reset
from coalition.domain.authentication import RESET_LASTS, Stage
from coalition.domain.errors import NotApproved, NotFound, NotPermitted
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role
from coalition.services import accounts, factors, resets, sessions, sign_in, throttle
from coalition.services.sessions import SessionOver
from tests.at_once import at_once
from tests.conftest import PASSWORD, Clock, Coalition

COORDINATOR = "coordinator@example.org"
PARTIES = st.builds(Party, st.sampled_from("abc"), st.sampled_from(SIGN_IN_ROLES), st.booleans())


@given(PARTIES, PARTIES, st.sampled_from("abc"))
def test_two_active_others_are_needed_and_one_is_an_administrator(first: Party, second: Party, target: str):
    allowed = may_approve_reset(first, second, target)
    assert allowed == may_approve_reset(second, first, target), "in either order"
    if allowed:
        assert len({first.id, second.id, target}) == 3
        assert first.active
        assert second.active
        assert Role.ADMINISTRATOR in {first.role, second.role}


def test_every_other_pair_with_an_administrator_may():
    for role in SIGN_IN_ROLES:
        assert may_approve_reset(Party("a", Role.ADMINISTRATOR), Party("b", role), "c")
    others = [role for role in SIGN_IN_ROLES if role is not Role.ADMINISTRATOR]
    assert not [
        pair for pair in product(others, others) if may_approve_reset(Party("a", pair[0]), Party("b", pair[1]), "c")
    ]


def asked(coalition: Coalition, who: str = "coordinator") -> str:
    """Have the administrator say that somebody lost their second factor; returns the request's reference."""
    with coalition.work("administrator") as work:
        resets.ask(work, coalition.people[who].reference)
    with coalition.reading("administrator") as work:
        return next(item.reference for item in resets.list_waiting(work))


def has_factor(coalition: Coalition, who: str = "coordinator") -> bool:
    with coalition.reading(who) as work:
        return bool(factors.list_own(work).factors)


@pytest.mark.parametrize("second", ["lead", "case_worker", "auditor"])
def test_a_second_person_takes_the_factor_away_and_nothing_else(any_coalition: Coalition, second: str):
    with any_coalition.work("coordinator") as work:
        codes = factors.renew_recovery_codes(work)
        session = sessions.begin(work, Stage.OPEN, "", "app")
        throttle.know_device(work, work.actor.id, "my phone")
    reference = asked(any_coalition)
    assert has_factor(any_coalition), "one word changes nothing"
    with any_coalition.work(second) as work:
        resets.confirm(work, reference)
    assert not has_factor(any_coalition)
    origin = Origin(COORDINATOR, "192.0.2.1")
    with any_coalition.reading("coordinator") as work:
        account = sign_in.check_password(work, COORDINATOR, PASSWORD, origin)
        assert sign_in.stage_of(work, account) is Stage.SET_UP
        assert throttle.origin_of(work, COORDINATOR, "192.0.2.1", "my phone").device == ""
    with pytest.raises(SessionOver), any_coalition.reading("operator") as work:
        sessions.resume(work, session)
    with pytest.raises(sign_in.WrongCode), any_coalition.work("coordinator") as work:
        sign_in.take_recovery_code(work, codes[0], origin)
    with any_coalition.work("coordinator") as work:
        assert [sign_in.welcome(work, origin, "x") for _ in range(2)] == [resets.RESET_NOTICE, ""], "told once"
    with any_coalition.reading("operator") as work:
        actions = ("account.ask_factor_reset", "account.reset_factor")
        query = select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.number)
        entries = list(work.session.scalars(query))
    people = any_coalition.people
    assert [entry.action for entry in entries] == list(actions)
    assert entries[1].details == {"by": people["administrator"].id, "and": people[second].id, "count": 1}


@pytest.mark.parametrize("second", ["administrator", "coordinator"])
def test_neither_the_same_person_nor_the_one_concerned_confirms(coalition: Coalition, second: str):
    reference = asked(coalition)
    with pytest.raises(NotApproved), coalition.work(second) as work:
        resets.confirm(work, reference)
    assert has_factor(coalition)


def test_a_request_ends_after_three_days_and_can_be_taken_back(any_coalition: Coalition, clock: Clock):
    reference = asked(any_coalition)
    clock.now += RESET_LASTS
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        resets.confirm(work, reference)
    again = asked(any_coalition)
    assert again != reference
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        resets.withdraw(work, again)
    with any_coalition.work("administrator") as work:
        resets.withdraw(work, again)
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        resets.confirm(work, again)
    assert has_factor(any_coalition)


def test_a_request_of_somebody_whose_access_was_stopped_is_worth_nothing(coalition: Coalition):
    reference = asked(coalition)
    with coalition.work("operator") as work:
        accounts.set_active(work, "administrator@example.org", active=False)
    with pytest.raises(NotApproved), coalition.work("lead") as work:
        resets.confirm(work, reference)


def test_requests_are_seen_by_who_may_decide_and_not_by_the_person_concerned(coalition: Coalition, clock: Clock):
    asked(coalition)
    seen = {}
    for who in coalition.people:
        with coalition.reading(who) as work:
            seen[who] = [item.may_confirm for item in resets.list_waiting(work)]
    assert seen["administrator"] == [False]
    assert seen["coordinator"] == []
    assert seen["lead"] == seen["auditor"] == [True]
    clock.now += RESET_LASTS + timedelta(seconds=1)
    with coalition.reading("lead") as work:
        assert resets.list_waiting(work) == []


def test_only_administrators_ask_and_not_for_themselves_nor_for_who_has_none(coalition: Coalition):
    with pytest.raises(NotPermitted), coalition.work("lead") as work:
        resets.ask(work, coalition.people["coordinator"].reference)
    with pytest.raises(NotApproved), coalition.work("administrator") as work:
        resets.ask(work, coalition.people["administrator"].reference)
    for who in (coalition.people["lead"].reference, "AAAAA-AAAAA"):
        with pytest.raises(NotFound), coalition.work("administrator") as work:
            resets.ask(work, who)


@pytest.mark.parametrize(
    ("by", "second", "refusal"),
    [
        ("administrator", "lead", None),
        ("lead", "administrator", None),
        ("administrator", "administrator", NotApproved),
        ("administrator", "coordinator", NotApproved),
        ("coordinator", "administrator", NotApproved),
        ("lead", "auditor", NotApproved),
        ("administrator", "second_worker", NotApproved),
        ("administrator", "nobody", NotFound),
    ],
)
def test_on_the_command_line_the_same_two_are_needed(
    coalition: Coalition, by: str, second: str, refusal: type[Exception] | None
):
    with coalition.work("operator") as work:
        accounts.set_active(work, "second_worker@example.org", active=False)
    arguments = (COORDINATOR, f"{by}@example.org", f"{second}@example.org")
    if refusal:
        with pytest.raises(refusal), coalition.work("operator") as work:
            resets.reset_for(work, *arguments)
    else:
        with coalition.work("operator") as work:
            resets.reset_for(work, *arguments)
    assert has_factor(coalition) is bool(refusal)


def test_an_administrator_does_not_speak_for_two(coalition: Coalition):
    for who, refusal in (("administrator", NotApproved), ("lead", NotPermitted)):
        with pytest.raises(refusal), coalition.work(who) as work:
            resets.reset_for(work, COORDINATOR, "administrator@example.org", "lead@example.org")


def test_of_two_who_confirm_at_the_same_moment_one_does_it(any_coalition: Coalition):
    reference = asked(any_coalition)

    def confirm(who: str) -> resets.Lost:
        with any_coalition.work(who) as work:
            return resets.confirm(work, reference)

    found = at_once(partial(confirm, "lead"), partial(confirm, "auditor"))
    assert sorted(map(str, found)) == sorted([str(resets.Lost.FACTOR), str(NotFound)])
    with any_coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.action == "account.reset_factor")
        assert len(list(work.session.scalars(query))) == 1
