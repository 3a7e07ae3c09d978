"""One-time links: for whom, for how long, once; and for an account in use, by two people."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.invitations import Invitation
from coalition.domain.authentication import INVITATION_LASTS, Stage
from coalition.domain.errors import NotApproved, NotFound, NotPermitted, WeakPassword
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import Role
from coalition.services import accounts, admissions, incidents, invitations, resets, sessions, sign_in
from coalition.services.account_views import LINK_NOTICE
from coalition.services.invitations import LinkIsOver, OwnLink
from coalition.services.resets import Lost
from coalition.services.sessions import SessionOver
from coalition.services.sign_in import SignInRefused
from coalition.services.work import NOBODY, reading, unit_of_work
from tests.at_once import at_once
from tests.conftest import PASSWORD, Clock, Coalition

NEW = "new@example.org"
CHOSEN = "a sentence of their own"


def invited(coalition: Coalition) -> str:
    """Add a person whom the organisation's lead confirms; returns what their link carries."""
    with coalition.work("administrator") as work:
        account = accounts.create_account(
            work, email=NEW, name="New Person", role=Role.CASE_WORKER, organisation_code="FIRST"
        )
        token = invitations.make_link(work, account.reference).token
    with coalition.work("lead") as work:
        (wish,) = admissions.list_waiting(work)
        admissions.confirm(work, wish.reference)
    return token


def looked_at(coalition: Coalition, token: str) -> str:
    with reading(coalition.runtime, NOBODY) as work:
        return invitations.open_link(work, token).email


def accepted(coalition: Coalition, token: str, password: str = CHOSEN) -> str:
    with unit_of_work(coalition.runtime, NOBODY) as work:
        return invitations.accept(work, token, password).email


def opens(coalition: Coalition, email: str, password: str) -> bool:
    with reading(coalition.runtime, NOBODY) as work:
        try:
            return sign_in.check_password(work, email, password, Origin(email, "192.0.2.1")).active
        except SignInRefused:
            return False


def test_a_link_gives_its_person_a_password_once(any_coalition: Coalition):
    token = invited(any_coalition)
    assert [looked_at(any_coalition, token) for _ in range(3)] == [NEW] * 3
    assert not opens(any_coalition, NEW, CHOSEN)
    assert accepted(any_coalition, token) == NEW
    assert opens(any_coalition, NEW, CHOSEN)
    for act in (looked_at, accepted):
        with pytest.raises(LinkIsOver):
            act(any_coalition, token)


def test_a_link_is_stored_as_a_digest(coalition: Coalition):
    token = invited(coalition)
    with coalition.reading("operator") as work:
        (row,) = work.session.scalars(select(Invitation))
        everything = [str(vars(entry)) for entry in work.session.scalars(select(AuditEntry))]
    assert len(token) >= 43
    assert not [text for text in (str(vars(row)), *everything) if token in text]


def test_a_link_is_good_for_three_days_and_until_a_newer_one(any_coalition: Coalition, clock: Clock):
    first = invited(any_coalition)
    with any_coalition.work("administrator") as work:
        second = invitations.make_link(work, NEW).token
    clock.now += INVITATION_LASTS - timedelta(seconds=1)
    assert looked_at(any_coalition, second) == NEW
    with pytest.raises(LinkIsOver):
        looked_at(any_coalition, first)
    clock.now += timedelta(seconds=1)
    for act in (looked_at, accepted):
        with pytest.raises(LinkIsOver):
            act(any_coalition, second)


@pytest.mark.parametrize("token", ["", "nothing", "x" * 5000, "'; drop table"])
def test_what_is_no_link_gets_the_same_answer(coalition: Coalition, token: str):
    with pytest.raises(LinkIsOver):
        looked_at(coalition, token)


def test_a_weak_password_leaves_the_link_as_it_was(coalition: Coalition):
    token = invited(coalition)
    for weak in ("short", "person person person", "password1234"):
        with pytest.raises(WeakPassword):
            accepted(coalition, token, weak)
    assert accepted(coalition, token) == NEW


def test_a_link_for_a_lost_password_changes_nothing_until_it_is_used(any_coalition: Coalition):
    with any_coalition.work("lead") as work:
        session = sessions.begin(work, Stage.OPEN, "", "password")
    token = link_of(any_coalition)
    confirmed(any_coalition, "auditor")
    assert opens(any_coalition, "lead@example.org", PASSWORD)
    accepted(any_coalition, token)
    assert opens(any_coalition, "lead@example.org", CHOSEN)
    assert not opens(any_coalition, "lead@example.org", PASSWORD)
    with pytest.raises(SessionOver), any_coalition.reading("operator") as work:
        sessions.resume(work, session)


def test_whoever_has_a_second_factor_still_shows_it_after_a_link(coalition: Coalition):
    with coalition.work("operator") as work:
        token = invitations.make_link(work, "coordinator@example.org").token
    accepted(coalition, token)
    with coalition.reading("coordinator") as work:
        assert sign_in.stage_of(work, coalition.people["coordinator"]) is Stage.SECOND_STEP


def test_stopping_access_and_changing_the_password_end_the_link(coalition: Coalition):
    token = invited(coalition)
    with coalition.work("administrator") as work:
        accounts.set_active(work, NEW, active=False)
        accounts.set_active(work, NEW, active=True)
        other = invitations.make_link(work, "lead@example.org").token
    with coalition.work("lead") as work:
        accounts.change_password(work, CHOSEN)
    for over in (token, other):
        with pytest.raises(LinkIsOver):
            looked_at(coalition, over)


def test_links_are_made_for_others_by_administrators(coalition: Coalition):
    with pytest.raises(OwnLink), coalition.work("administrator") as work:
        invitations.make_link(work, "administrator@example.org")
    for who in ("lead", "coordinator", "auditor"):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            invitations.make_link(work, "case_worker@example.org")
    with pytest.raises(NotFound), coalition.work("administrator") as work:
        invitations.make_link(work, "nobody@example.org")


# --- an account in use -------------------------------------------------------------------------------------


def used(coalition: Coalition, who: str = "lead") -> None:
    """Have somebody sign in."""
    with coalition.work(who) as work:
        sessions.begin(work, Stage.OPEN, "", "password")


def link_of(coalition: Coalition, who: str = "lead") -> str:
    """Have the administrator make a link for somebody; returns what it carries."""
    with coalition.work("administrator") as work:
        return invitations.make_link(work, coalition.people[who].reference).token


def waiting(coalition: Coalition, who: str) -> list[str]:
    with coalition.reading(who) as work:
        return [item.reference for item in resets.list_waiting(work) if item.lost is Lost.PASSWORD]


def confirmed(coalition: Coalition, second: str) -> None:
    (reference,) = waiting(coalition, second)
    with coalition.work(second) as work:
        assert resets.confirm(work, reference) is Lost.PASSWORD


def told(coalition: Coalition, who: str = "lead") -> str:
    with coalition.work(who) as work:
        return sign_in.welcome(work, Origin(f"{who}@example.org", "192.0.2.1"), "phone")


def test_an_administrator_alone_reaches_nobodys_account(any_coalition: Coalition):
    used(any_coalition)
    token = link_of(any_coalition)
    (reference,) = waiting(any_coalition, "administrator")
    for who in ("administrator", "lead"):
        with pytest.raises((NotApproved, NotFound)), any_coalition.work(who) as work:
            resets.confirm(work, reference)
    for act in (looked_at, accepted):
        with pytest.raises(LinkIsOver):
            act(any_coalition, token)
    for made_by in ("administrator", "operator"):
        alone = ("administrator@example.org", "administrator@example.org")
        with pytest.raises(NotApproved), any_coalition.work(made_by) as work:
            invitations.make_link(work, "lead@example.org", alone)
    with pytest.raises(NotPermitted), any_coalition.reading("administrator") as work:
        incidents.list_incidents(work)
    assert opens(any_coalition, "lead@example.org", PASSWORD)
    assert not opens(any_coalition, "lead@example.org", CHOSEN)


def test_a_first_link_of_the_command_line_does_not_open_once_its_person_has_signed_in_otherwise(
    any_coalition: Coalition,
):
    with any_coalition.work("operator") as work:
        token = invitations.make_link(work, "lead@example.org").token
    assert looked_at(any_coalition, token) == "lead@example.org"
    used(any_coalition)
    for act in (looked_at, accepted):
        with pytest.raises(LinkIsOver):
            act(any_coalition, token)


def test_whoever_chose_a_password_and_did_not_come_further_is_not_overtaken(any_coalition: Coalition):
    accepted(any_coalition, invited(any_coalition))
    with any_coalition.work("administrator") as work:
        link = invitations.make_link(work, NEW)
    assert link.waits
    with pytest.raises(LinkIsOver):
        looked_at(any_coalition, link.token)
    confirmed(any_coalition, "case_worker")
    assert looked_at(any_coalition, link.token) == NEW


def test_a_second_person_lets_the_link_open_and_the_person_is_told(any_coalition: Coalition):
    used(any_coalition)
    link_of(any_coalition)
    assert [told(any_coalition) for _ in range(2)] == [LINK_NOTICE, ""], "told before anybody confirmed it, once"
    token = link_of(any_coalition)
    assert waiting(any_coalition, "lead") == [], "the person concerned does not decide"
    confirmed(any_coalition, "coordinator")
    assert waiting(any_coalition, "coordinator") == []
    assert accepted(any_coalition, token) == "lead@example.org"
    assert told(any_coalition) == LINK_NOTICE
    with any_coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.action == "account.confirm_link")
        (entry,) = work.session.scalars(query)
    people = any_coalition.people
    assert entry.subject == people["lead"].id
    assert entry.details == {"by": people["administrator"].id, "and": people["coordinator"].id}


def test_what_others_did_is_told_together(coalition: Coalition):
    used(coalition, "coordinator")
    with coalition.work("operator") as work:
        resets.reset_for(work, "coordinator@example.org", "administrator@example.org", "lead@example.org")
    link_of(coalition, "coordinator")
    assert told(coalition, "coordinator").split() == [resets.RESET_NOTICE, LINK_NOTICE]


def test_a_link_that_waits_is_taken_back_replaced_or_too_old(any_coalition: Coalition, clock: Clock):
    used(any_coalition)
    first = link_of(any_coalition)
    (reference,) = waiting(any_coalition, "administrator")
    with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
        resets.withdraw(work, reference)
    with any_coalition.work("administrator") as work:
        resets.withdraw(work, reference)
    with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
        resets.confirm(work, reference)
    second = link_of(any_coalition)
    (old,) = waiting(any_coalition, "coordinator")
    third = link_of(any_coalition)
    with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
        resets.confirm(work, old)
    clock.now += INVITATION_LASTS
    assert waiting(any_coalition, "coordinator") == []
    for token in (first, second, third):
        with pytest.raises(LinkIsOver):
            looked_at(any_coalition, token)


def test_on_the_command_line_two_people_stand_for_the_link(coalition: Coalition):
    used(coalition)
    administrator, auditor = "administrator@example.org", "auditor@example.org"
    refused = (None, (administrator, administrator), (administrator, "lead@example.org"), (auditor, auditor))
    for people in refused:
        with pytest.raises(NotApproved), coalition.work("operator") as work:
            invitations.make_link(work, "lead@example.org", people)
    with pytest.raises(NotApproved), coalition.work("administrator") as work:
        invitations.make_link(work, "lead@example.org", (administrator, auditor))
    with coalition.work("operator") as work:
        link = invitations.make_link(work, "lead@example.org", (auditor, administrator))
    assert not link.waits
    assert accepted(coalition, link.token) == "lead@example.org"


# --- at the same moment ------------------------------------------------------------------------------------


def test_of_two_who_use_a_link_at_the_same_moment_one_gets_in(any_coalition: Coalition):
    token = invited(any_coalition)
    passwords = ["the one sentence of theirs", "another sentence of theirs"]
    found = at_once(*(partial(accepted, any_coalition, token, chosen) for chosen in passwords))
    assert sorted(map(str, found)) == sorted([NEW, str(LinkIsOver)])
    good = passwords[found.index(NEW)]
    assert [opens(any_coalition, NEW, password) for password in passwords] == [good == each for each in passwords]


def test_of_two_who_confirm_and_take_back_at_the_same_moment_one_comes_first(any_coalition: Coalition):
    used(any_coalition)
    link_of(any_coalition)
    (reference,) = waiting(any_coalition, "coordinator")

    def confirm(who: str) -> Lost:
        with any_coalition.work(who) as work:
            return resets.confirm(work, reference)

    found = at_once(partial(confirm, "coordinator"), partial(confirm, "auditor"))
    assert sorted(map(str, found)) == sorted([str(Lost.PASSWORD), str(NotFound)])
