"""New people and wider roles wait for somebody established; nobody reads through a person they invented."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.domain.approvals import ADMISSION_LASTS
from coalition.domain.authentication import Stage
from coalition.domain.errors import NotApproved, NotFound, NotPermitted
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role
from coalition.services import accounts, admissions, invitations, resets, sessions, sign_in
from coalition.services.account_views import AccountView
from coalition.services.invitations import Link, LinkIsOver, LinkWaits
from coalition.services.sessions import SessionOver
from coalition.services.sign_in import SignInRefused
from coalition.services.work import NOBODY, reading, unit_of_work
from tests.at_once import at_once
from tests.conftest import PASSWORD, Clock, Coalition

NEW = "new@example.org"
CHOSEN = "a sentence of their own"
OF_MEMBERS = (Role.CASE_WORKER, Role.LEAD)


def invited(coalition: Coalition, role: Role = Role.CASE_WORKER, email: str = NEW, code: str = "FIRST") -> Link:
    """Have the administrator add a person."""
    with coalition.work("administrator") as work:
        place = code if role in OF_MEMBERS else None
        made = accounts.create_account(work, email=email, name="New Person", role=role, organisation_code=place)
        return invitations.make_link(work, made.reference)


def waiting(coalition: Coalition, who: str) -> list[str]:
    """Return the references of what waits for somebody."""
    with coalition.reading(who) as work:
        return [item.reference for item in admissions.list_waiting(work) if item.may_confirm]


def reference_of(coalition: Coalition) -> str:
    """Return the reference of what the administrator asked for."""
    with coalition.reading("administrator") as work:
        (item,) = admissions.list_waiting(work)
        return item.reference


def confirmed(coalition: Coalition, who: str) -> bool:
    (reference,) = waiting(coalition, who)
    with coalition.work(who) as work:
        return admissions.confirm(work, reference)


def opened(coalition: Coalition, token: str) -> AccountView:
    with reading(coalition.runtime, NOBODY) as work:
        return invitations.open_link(work, token)


def accepted(coalition: Coalition, token: str) -> AccountView:
    with unit_of_work(coalition.runtime, NOBODY) as work:
        return invitations.accept(work, token, CHOSEN)


def account(coalition: Coalition, email: str) -> AccountView:
    with coalition.reading("operator") as work:
        return accounts.read_account(work, email)


def logged(coalition: Coalition, action: str) -> list[AuditEntry]:
    with coalition.reading("operator") as work:
        rows = list(work.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))
        work.session.expunge_all()
        return rows


def edited(coalition: Coalition, who: str, role: Role, code: str | None, by: str = "administrator") -> bool:
    """Have the administrator change somebody; tells whether it waits."""
    with coalition.work(by) as work:
        name = coalition.people[who].name
        return accounts.edit_account(
            work, coalition.people[who].email, name=name, role=role, organisation_code=code
        ).waits


# --- a new person ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", SIGN_IN_ROLES)
def test_whomever_an_administrator_adds_gets_in_only_once_somebody_else_has_confirmed_them(
    any_coalition: Coalition, role: Role
):
    link = invited(any_coalition, role)
    assert link.waits
    for act in (opened, accepted):
        with pytest.raises(LinkWaits):
            act(any_coalition, link.token)
    with pytest.raises(NotApproved), any_coalition.work("administrator") as work:
        admissions.confirm(work, reference_of(any_coalition))
    assert not account(any_coalition, NEW).has_password
    assert confirmed(any_coalition, "lead" if role in OF_MEMBERS else "coordinator")
    assert accepted(any_coalition, link.token).email == NEW


@pytest.mark.parametrize(
    ("role", "code", "deciding"),
    [
        (Role.CASE_WORKER, "FIRST", {"lead"}),
        (Role.LEAD, "FIRST", {"lead"}),
        (Role.LEAD, "SECOND", {"coordinator"}),
        (Role.COORDINATOR, "", {"coordinator", "second_administrator"}),
        (Role.AUDITOR, "", {"coordinator", "second_administrator"}),
        (Role.ADMINISTRATOR, "", {"coordinator", "second_administrator"}),
    ],
)
def test_who_is_asked(coalition: Coalition, role: Role, code: str, deciding: set[str]):
    with coalition.work("operator") as work:
        coalition.people["second_administrator"] = accounts.create_account(
            work, email="a2@example.org", name="A", role=Role.ADMINISTRATOR, organisation_code=None, password=PASSWORD
        )
    invited(coalition, role, code=code)
    seen = {who for who in coalition.people if who not in {"case_worker", "second_worker", "auditor"}}
    assert {who for who in seen if waiting(coalition, who)} == deciding
    for who in ("case_worker", "second_worker", "auditor"):
        with pytest.raises(NotPermitted):
            waiting(coalition, who)
    reference = reference_of(coalition)
    for who in set(coalition.people) - deciding:
        for act in (admissions.confirm, admissions.refuse):
            with pytest.raises((NotApproved, NotPermitted)), coalition.work(who) as work:
                act(work, reference)
    assert not account(coalition, NEW).confirmed


def test_a_puppet_that_nobody_confirmed_confirms_nobody_and_is_no_second_person(coalition: Coalition):
    invited(coalition, Role.LEAD, code="SECOND")
    invited(coalition, Role.COORDINATOR, "puppet@example.org")
    for email in (NEW, "puppet@example.org"):
        coalition.people["puppet"] = account(coalition, email)
        assert waiting(coalition, "puppet") == []
    with coalition.reading("coordinator") as work:
        (wish,) = [item for item in admissions.list_waiting(work) if item.email == NEW]
    with pytest.raises(NotApproved), coalition.work("puppet") as work:
        admissions.confirm(work, wish.reference)
    with coalition.work("administrator") as work:
        resets.ask(work, coalition.people["auditor"].reference)
    with coalition.reading("puppet") as work:
        assert resets.list_waiting(work) == []
    with pytest.raises(NotApproved), coalition.work("operator") as work:
        resets.reset_for(work, "auditor@example.org", "administrator@example.org", NEW)


def test_a_lead_who_was_only_invited_stands_in_nobodys_way(coalition: Coalition):
    invited(coalition, Role.LEAD, code="SECOND")
    assert confirmed(coalition, "coordinator")
    invited(coalition, Role.CASE_WORKER, "other@example.org", "SECOND")
    assert len(waiting(coalition, "coordinator")) == 1, "the new lead was never there"


def test_even_a_password_opens_nothing_before_the_confirmation(coalition: Coalition):
    with coalition.work("administrator") as work:
        made = {"email": NEW, "name": "New", "role": Role.LEAD, "organisation_code": "FIRST", "password": PASSWORD}
        accounts.create_account(work, **made)
    with pytest.raises(SignInRefused), coalition.reading("operator") as work:
        sign_in.check_password(work, NEW, PASSWORD, Origin(NEW, "192.0.2.1"))
    confirmed(coalition, "lead")
    with coalition.reading("operator") as work:
        assert sign_in.check_password(work, NEW, PASSWORD, Origin(NEW, "192.0.2.1")).confirmed


def test_an_administrator_does_not_get_in_before_somebody_whom_the_command_line_made(coalition: Coalition):
    with coalition.work("administrator") as work:
        link = invitations.make_link(work, "lead@example.org")
    assert link.waits
    with pytest.raises(LinkIsOver):
        opened(coalition, link.token)


def test_refusing_ends_the_link_and_the_administrator_may_ask_again(any_coalition: Coalition):
    link = invited(any_coalition)
    (reference,) = waiting(any_coalition, "lead")
    with any_coalition.work("lead") as work:
        admissions.refuse(work, reference)
    with pytest.raises(LinkIsOver):
        opened(any_coalition, link.token)
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        admissions.confirm(work, reference)
    (entry,) = logged(any_coalition, "account.refuse_admission")
    assert (entry.actor, entry.subject) == (any_coalition.people["lead"].id, account(any_coalition, NEW).id)
    assert entry.details == {"role": "case_worker", "new": True}
    with any_coalition.work("administrator") as work:
        again = invitations.make_link(work, NEW)
    assert again.waits
    confirmed(any_coalition, "lead")
    assert accepted(any_coalition, again.token).email == NEW


def test_a_request_is_taken_back_by_whoever_asked_and_by_nobody_else(coalition: Coalition):
    link = invited(coalition)
    reference = reference_of(coalition)
    with pytest.raises(NotFound), coalition.work("lead") as work:
        admissions.withdraw(work, reference)
    with coalition.work("administrator") as work:
        admissions.withdraw(work, reference)
    assert waiting(coalition, "lead") == []
    with pytest.raises(LinkIsOver):
        opened(coalition, link.token)


def test_a_request_ends_after_two_weeks_and_a_new_link_asks_again(any_coalition: Coalition, clock: Clock):
    invited(any_coalition)
    reference = reference_of(any_coalition)
    clock.now += ADMISSION_LASTS
    assert waiting(any_coalition, "lead") == []
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        admissions.confirm(work, reference)
    with any_coalition.work("administrator") as work:
        link = invitations.make_link(work, NEW)
    assert confirmed(any_coalition, "lead")
    assert opened(any_coalition, link.token).email == NEW


def test_a_newer_link_needs_no_newer_confirmation(coalition: Coalition):
    invited(coalition)
    reference = reference_of(coalition)
    with coalition.work("administrator") as work:
        invitations.make_link(work, NEW)
    assert reference_of(coalition) == reference
    confirmed(coalition, "lead")
    with coalition.work("administrator") as work:
        assert not invitations.make_link(work, NEW).waits


def test_nobody_confirms_what_was_changed_after_they_read_it(coalition: Coalition):
    invited(coalition)
    (read,) = waiting(coalition, "lead")
    with coalition.work("administrator") as work:
        name = "New Person"
        assert accounts.edit_account(work, NEW, name=name, role=Role.LEAD, organisation_code="FIRST").waits
    with pytest.raises(NotFound), coalition.work("lead") as work:
        admissions.confirm(work, read)
    assert confirmed(coalition, "lead")
    assert account(coalition, NEW).role is Role.LEAD


def test_the_word_of_an_administrator_whose_access_was_stopped_is_worth_nothing(coalition: Coalition):
    invited(coalition)
    reference = reference_of(coalition)
    with coalition.work("operator") as work:
        accounts.set_active(work, "administrator@example.org", active=False)
    with pytest.raises(NotApproved), coalition.work("lead") as work:
        admissions.confirm(work, reference)


def test_stopping_access_ends_what_waits(coalition: Coalition):
    invited(coalition)
    with coalition.work("administrator") as work:
        accounts.set_active(work, NEW, active=False)
        accounts.set_active(work, NEW, active=True)
    assert waiting(coalition, "lead") == []
    assert not account(coalition, NEW).confirmed


def test_the_command_line_stands_for_whomever_it_names(coalition: Coalition):
    invited(coalition, Role.LEAD)
    with coalition.work("operator") as work:
        link = invitations.make_link(work, NEW)
    assert not link.waits
    assert waiting(coalition, "lead") == []
    assert accepted(coalition, link.token).confirmed
    with coalition.work("operator") as work:
        made = {"email": "made@example.org", "name": "Made", "role": Role.AUDITOR, "organisation_code": None}
        assert accounts.create_account(work, **made, password=PASSWORD).confirmed
    assert [entry.actor for entry in logged(coalition, "account.confirm_admission")] == ["operator"]


def test_the_log_tells_who_asked_and_who_confirmed_and_nothing_personal(coalition: Coalition):
    invited(coalition)
    confirmed(coalition, "lead")
    (asked,), (agreed,) = (logged(coalition, f"account.{what}_admission") for what in ("ask", "confirm"))
    people, new = coalition.people, account(coalition, NEW)
    assert (asked.actor, asked.subject, asked.details) == (
        people["administrator"].id,
        new.id,
        {"role": "case_worker", "new": True},
    )
    assert (agreed.actor, agreed.subject) == (people["lead"].id, new.id)
    pair = {"by": people["administrator"].id, "and": people["lead"].id}
    assert agreed.details == {"role": "case_worker", "new": True, **pair}


# --- a wider role ------------------------------------------------------------------------------------------


def test_a_wider_role_waits_and_a_narrower_one_acts_at_once(any_coalition: Coalition):
    with any_coalition.work("case_worker") as work:
        token = sessions.begin(work, Stage.OPEN, "", "password")
    assert edited(any_coalition, "case_worker", Role.LEAD, "FIRST")
    assert account(any_coalition, "case_worker@example.org").role is Role.CASE_WORKER
    with any_coalition.reading("operator") as work:
        assert sessions.resume(work, token).account.role is Role.CASE_WORKER
    assert not confirmed(any_coalition, "lead"), "the person is not new"
    with pytest.raises(SessionOver), any_coalition.reading("operator") as work:
        sessions.resume(work, token)
    assert account(any_coalition, "case_worker@example.org").role is Role.LEAD
    (entry,) = logged(any_coalition, "account.change_role")
    assert entry.details["and"] == any_coalition.people["lead"].id
    assert (entry.details["old"]["role"], entry.details["new"]["role"]) == ("case_worker", "lead")
    assert not edited(any_coalition, "case_worker", Role.CASE_WORKER, "FIRST")
    assert account(any_coalition, "case_worker@example.org").role is Role.CASE_WORKER


@pytest.mark.parametrize(
    ("who", "role", "code", "deciding"),
    [
        ("case_worker", Role.CASE_WORKER, "SECOND", "coordinator"),
        ("second_worker", Role.CASE_WORKER, "FIRST", "lead"),
        ("lead", Role.AUDITOR, None, "coordinator"),
        ("auditor", Role.COORDINATOR, None, "coordinator"),
        ("auditor", Role.LEAD, "FIRST", "lead"),
        ("second_worker", Role.ADMINISTRATOR, None, "coordinator"),
    ],
)
def test_another_organisation_or_another_view_waits_for_whoever_answers_for_it(
    coalition: Coalition, who: str, role: Role, code: str | None, deciding: str
):
    before = coalition.people[who]
    assert edited(coalition, who, role, code)
    assert account(coalition, before.email).actor == before.actor
    assert [person for person in ("lead", "coordinator", "administrator") if waiting(coalition, person)] == [deciding]
    confirmed(coalition, deciding)
    after = account(coalition, before.email)
    assert (after.role, after.organisation_code) == (role, code)


def test_the_person_concerned_does_not_confirm_their_own_wider_role(coalition: Coalition):
    edited(coalition, "coordinator", Role.ADMINISTRATOR, None)
    reference = reference_of(coalition)
    with pytest.raises(NotApproved), coalition.work("coordinator") as work:
        admissions.confirm(work, reference)
    edited(coalition, "coordinator", Role.LEAD, "FIRST")
    assert waiting(coalition, "coordinator") == []


def test_taking_something_away_ends_the_wish_for_more_and_another_name_leaves_it(coalition: Coalition):
    edited(coalition, "lead", Role.COORDINATOR, None)
    with coalition.work("administrator") as work:
        kept = {"name": "Another Name", "role": Role.LEAD, "organisation_code": "FIRST"}
        assert not accounts.edit_account(work, "lead@example.org", **kept).waits
    assert len(waiting(coalition, "coordinator")) == 1
    assert not edited(coalition, "lead", Role.CASE_WORKER, "FIRST")
    assert waiting(coalition, "coordinator") == []


def test_refusing_a_wider_role_leaves_the_person_what_they_are(coalition: Coalition):
    edited(coalition, "case_worker", Role.LEAD, "FIRST")
    (reference,) = waiting(coalition, "lead")
    with coalition.work("lead") as work:
        admissions.refuse(work, reference)
    person = account(coalition, "case_worker@example.org")
    assert (person.role, person.confirmed) == (Role.CASE_WORKER, True)


def test_the_command_line_changes_roles_at_once(coalition: Coalition):
    edited(coalition, "case_worker", Role.LEAD, "FIRST")
    with coalition.work("operator") as work:
        assert accounts.set_role(work, "case_worker@example.org", "coordinator").role is Role.COORDINATOR
    assert waiting(coalition, "lead") == []


def test_people_are_listed_with_what_waits(coalition: Coalition):
    invited(coalition)
    edited(coalition, "case_worker", Role.LEAD, "FIRST")
    with coalition.reading("administrator") as work:
        found = {item.account.email: item for item in accounts.list_people(work)}
    assert (found[NEW].account.confirmed, found[NEW].wanted_role) == (False, Role.CASE_WORKER)
    worker = found["case_worker@example.org"]
    assert (worker.account.confirmed, worker.wanted_role) == (True, Role.LEAD)
    assert found["lead@example.org"].wanted_role is None


def test_of_two_who_decide_at_the_same_moment_one_does_it(any_coalition: Coalition):
    invited(any_coalition)
    (reference,) = waiting(any_coalition, "lead")

    def decide(act: object) -> object:
        with any_coalition.work("lead") as work:
            return act(work, reference)

    found = at_once(partial(decide, admissions.confirm), partial(decide, admissions.refuse))
    assert sum(outcome is NotFound for outcome in found) == 1
    assert account(any_coalition, NEW).confirmed is (found[0] is True)


def test_what_waits_says_who_asks_for_whom_and_for_what(coalition: Coalition, clock: Clock):
    edited(coalition, "case_worker", Role.LEAD, "FIRST")
    (reference,) = waiting(coalition, "lead")
    with coalition.reading("lead") as work:
        wish = admissions.read(work, reference)
        assert admissions.count_waiting(work) == 1
    assert (wish.name, wish.email, wish.is_new) == ("Case Worker", "case_worker@example.org", False)
    assert (wish.present_role, wish.role, wish.asked_by) == (Role.CASE_WORKER, Role.LEAD, "Administrator")
    assert wish.until == clock.now + ADMISSION_LASTS
    clock.now += ADMISSION_LASTS - timedelta(seconds=1)
    assert waiting(coalition, "lead") == [reference]
    with pytest.raises(NotFound), coalition.reading("coordinator") as work:
        admissions.read(work, reference)
