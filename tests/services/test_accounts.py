"""Accounts: people, roles, stopped access, one's own password, and what others may not do."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from sqlalchemy import func, select

from coalition.db.accounts import Account
from coalition.db.audit import AuditEntry
from coalition.domain.authentication import Stage
from coalition.domain.errors import AlreadyExists, NotFound, NotPermitted, UnknownCode, WeakPassword
from coalition.domain.throttling import FREE, Counter, Origin
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role
from coalition.services import accounts, sessions, sign_in
from coalition.services.account_views import AccountView
from coalition.services.accounts import OwnAccount, WrongPassword
from coalition.services.passwords import hash_password
from coalition.services.sessions import SessionOver
from coalition.services.sign_in import SignInRefused
from coalition.services.throttle import TooManyAttempts
from tests.conftest import PASSWORD, Coalition

HERE = "192.0.2.1"
OTHER_PASSWORD = "quite another sentence"


def opens(coalition: Coalition, email: str, password: str = PASSWORD) -> AccountView:
    """Return whose account a password opens."""
    with coalition.reading("operator") as work:
        return sign_in.check_password(work, email, password, Origin(email.strip().lower(), HERE))


def session_of(coalition: Coalition, who: str) -> str:
    """Begin a session of somebody; returns its token."""
    with coalition.work(who) as work:
        return sessions.begin(work, Stage.OPEN, "", "password")


def is_good(coalition: Coalition, token: str) -> bool:
    """Tell whether a session's token still opens something."""
    with coalition.reading("operator") as work:
        try:
            return sessions.resume(work, token).account.active
        except SessionOver:
            return False


def created(coalition: Coalition, who: str = "administrator", **changes: object) -> AccountView:
    wanted = {
        "email": "new@example.org",
        "name": "New Person",
        "role": Role.CASE_WORKER,
        "organisation_code": "FIRST",
    }
    with coalition.work(who) as work:
        return accounts.create_account(work, **wanted | changes)


def stored(coalition: Coalition, email: str) -> Account:
    with coalition.reading("operator") as work:
        row = work.session.scalars(select(Account).where(Account.email == email)).one()
        work.session.expunge(row)
        return row


def logged(coalition: Coalition, subject: str) -> list[tuple[str, dict[str, object]]]:
    """Return what the log says of an account."""
    with coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.number)
        return [(entry.action, entry.details) for entry in work.session.scalars(query)]


def change_password(coalition: Coalition, who: str, present: str, new: str, keep: str = "") -> None:
    """Change somebody's password as the page does."""
    with coalition.reading(who) as work:
        accounts.check_present_password(work, present, Origin(coalition.people[who].email, HERE))
    with coalition.work(who) as work:
        accounts.change_password(work, new, keep)


@pytest.mark.usefixtures("strong_passwords")
def test_passwords_are_kept_as_argon2id_hashes_with_their_own_salt(coalition: Coalition):
    created(coalition, password=PASSWORD)
    first = stored(coalition, "new@example.org").password_hash
    second = stored(coalition, "lead@example.org").password_hash
    found = extract_parameters(first)
    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024
    assert found.salt_len >= 16
    assert first != second
    assert PASSWORD not in first


@pytest.mark.usefixtures("strong_passwords")
def test_a_hash_of_weaker_parameters_is_renewed_at_sign_in(coalition: Coalition):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with coalition.work("operator") as work:
        work.session.scalars(select(Account).where(Account.email == "lead@example.org")).one().password_hash = weak
    opens(coalition, "lead@example.org")
    with coalition.work("lead") as work:
        sign_in.renew_hash(work, PASSWORD)
    renewed = stored(coalition, "lead@example.org").password_hash
    assert extract_parameters(renewed) == extract_parameters(hash_password("x"))
    opens(coalition, "lead@example.org")
    with coalition.work("lead") as work:
        sign_in.renew_hash(work, PASSWORD)
    assert stored(coalition, "lead@example.org").password_hash == renewed


@pytest.mark.parametrize("kept", ["not a hash", "", None])
def test_a_broken_hash_and_none_open_nothing(coalition: Coalition, kept: str | None):
    with coalition.work("operator") as work:
        work.session.scalars(select(Account).where(Account.email == "lead@example.org")).one().password_hash = kept
    for password in (PASSWORD, "", "not a hash"):
        with pytest.raises(SignInRefused):
            opens(coalition, "lead@example.org", password)


def test_without_a_password_an_account_waits_for_its_link(any_coalition: Coalition):
    account = created(any_coalition, email=" New@Example.ORG ", language="bg")
    assert (account.email, account.name, account.language) == ("new@example.org", "New Person", "bg")
    assert (account.organisation_code, account.has_password) == ("FIRST", False)
    with pytest.raises(SignInRefused):
        opens(any_coalition, "new@example.org", "")


def test_stopping_access_ends_every_session_and_restoring_it_opens_none(any_coalition: Coalition):
    token = session_of(any_coalition, "lead")
    assert is_good(any_coalition, token)
    for active in (False, True):
        with any_coalition.work("administrator") as work:
            accounts.set_active(work, "lead@example.org", active=active)
        assert not is_good(any_coalition, token)
    assert opens(any_coalition, "lead@example.org").active


def test_another_role_or_organisation_ends_every_session_and_another_name_does_not(any_coalition: Coalition):
    reference = any_coalition.people["lead"].reference
    kept = {"name": "Lead", "role": Role.LEAD, "organisation_code": "FIRST"}
    for who, change, ends in (
        ("administrator", {"name": "Another Name"}, False),
        ("administrator", {"role": Role.CASE_WORKER}, True),
        ("operator", {"organisation_code": "SECOND"}, True),
    ):
        token = session_of(any_coalition, "lead")
        with any_coalition.work(who) as work:
            changed = accounts.edit_account(work, reference, **kept | change).account
        kept |= change
        assert is_good(any_coalition, token) is not ends, change
    assert (changed.name, changed.role, changed.organisation_code) == ("Another Name", Role.CASE_WORKER, "SECOND")
    roles = [details for action, details in logged(any_coalition, changed.id) if action == "account.change_role"]
    assert [(entry["old"]["role"], entry["new"]["role"]) for entry in roles] == [
        ("lead", "case_worker"),
        ("case_worker", "case_worker"),
    ]


def test_whoever_acts_for_the_whole_coalition_belongs_to_no_member_any_more(coalition: Coalition):
    with coalition.work("operator") as work:
        account = accounts.set_role(work, "lead@example.org", "coordinator")
    assert (account.role, account.organisation_id) == (Role.COORDINATOR, None)
    with pytest.raises(UnknownCode), coalition.work("operator") as work:
        accounts.set_role(work, "lead@example.org", "case_worker")
    with coalition.work("operator") as work:
        assert accounts.set_role(work, "lead@example.org", "case_worker", "SECOND").organisation_code == "SECOND"


def test_administrators_change_others_and_never_themselves(coalition: Coalition):
    own = coalition.people["administrator"].reference
    for act in (
        lambda work: accounts.set_active(work, own, active=False),
        lambda work: accounts.edit_account(work, own, name="A", role="coordinator", organisation_code=None),
    ):
        with pytest.raises(OwnAccount), coalition.work("administrator") as work:
            act(work)
    assert stored(coalition, "administrator@example.org").role == "administrator"


def test_changing_the_password_ends_the_other_sessions(any_coalition: Coalition):
    other, kept = session_of(any_coalition, "lead"), session_of(any_coalition, "lead")
    with any_coalition.reading("operator") as work:
        keep = sessions.resume(work, kept).id
    change_password(any_coalition, "lead", PASSWORD, OTHER_PASSWORD, keep)
    assert not is_good(any_coalition, other)
    assert is_good(any_coalition, kept)
    assert opens(any_coalition, "lead@example.org", OTHER_PASSWORD).role is Role.LEAD
    with pytest.raises(SignInRefused):
        opens(any_coalition, "lead@example.org")


@pytest.mark.parametrize(
    ("present", "new", "refusal"),
    [("not my password", OTHER_PASSWORD, WrongPassword), (PASSWORD, "too short", WeakPassword)],
)
def test_a_password_changes_only_for_its_owner_and_only_to_a_strong_one(
    coalition: Coalition, present: str, new: str, refusal: type[Exception]
):
    token = session_of(coalition, "lead")
    with pytest.raises(refusal):
        change_password(coalition, "lead", present, new)
    assert opens(coalition, "lead@example.org")
    assert is_good(coalition, token)


def test_guessing_the_present_password_is_slowed_down_as_well(coalition: Coalition):
    origin = Origin("lead@example.org", HERE)
    for _ in range(FREE[Counter.PAIR]):
        with coalition.work("operator") as work:
            sign_in.remember_failure(work, "password", origin)
    with pytest.raises(TooManyAttempts):
        change_password(coalition, "lead", PASSWORD, OTHER_PASSWORD)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"email": "LEAD@example.org"}, AlreadyExists),
        ({"email": "no address"}, UnknownCode),
        ({"email": "a b@example.org"}, UnknownCode),
        ({"email": "name@host"}, UnknownCode),
        ({"role": "operator"}, UnknownCode),
        ({"role": "queen"}, UnknownCode),
        ({"organisation_code": None}, UnknownCode),
        ({"role": Role.LEAD, "organisation_code": ""}, UnknownCode),
        ({"organisation_code": "NOWHERE"}, NotFound),
        ({"password": "short"}, WeakPassword),
        ({"password": "new person 1234"}, WeakPassword),
    ],
)
def test_an_account_that_cannot_be_is_not_created(
    coalition: Coalition, changes: dict[str, object], refusal: type[Exception]
):
    with pytest.raises(refusal):
        created(coalition, **changes)
    with coalition.reading("administrator") as work:
        assert len(accounts.list_accounts(work)) == len(coalition.people)


@pytest.mark.parametrize("role", [role for role in SIGN_IN_ROLES if role not in {Role.CASE_WORKER, Role.LEAD}])
def test_the_coalitions_own_people_belong_to_no_member(coalition: Coalition, role: Role):
    account = created(coalition, role=role, organisation_code=None, password=PASSWORD)
    assert (account.role, account.organisation_id) == (role, None)


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator", "auditor"])
def test_only_administrators_look_after_people(coalition: Coalition, who: str):
    reference = coalition.people["second_worker"].reference
    for act in (
        accounts.list_accounts,
        accounts.list_people,
        lambda work: accounts.read_account(work, reference),
        lambda work: accounts.set_active(work, reference, active=False),
        lambda work: accounts.edit_account(work, reference, name="A", role="lead", organisation_code="FIRST"),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)
    with pytest.raises(NotPermitted):
        created(coalition, who)
    assert stored(coalition, "second_worker@example.org").active


@pytest.mark.parametrize("who", ["nobody@example.org", "AAAAA-AAAAA"])
def test_somebody_who_does_not_exist_is_not_found(coalition: Coalition, who: str):
    for act in (accounts.read_account, lambda w, e: accounts.set_active(w, e, active=True)):
        with pytest.raises(NotFound), coalition.work("administrator") as work:
            act(work, who)


def test_the_log_names_the_account_by_its_id_and_nothing_personal(coalition: Coalition):
    account = created(coalition, password=PASSWORD)
    with coalition.work("administrator") as work:
        accounts.set_active(work, account.email, active=False)
    entries = logged(coalition, account.id)
    with coalition.reading("operator") as work:
        everything = [str(vars(entry)) for entry in work.session.scalars(select(AuditEntry))]
    asked = ("account.ask_admission", {"role": "case_worker", "new": True})
    assert entries == [("account.create", {"role": "case_worker"}), asked, ("account.stop", {})]
    for secret in (PASSWORD, account.email, account.name):
        assert not [text for text in everything if secret in text]


def test_people_are_listed_by_name_with_how_their_sign_in_stands(any_coalition: Coalition):
    with any_coalition.reading("administrator") as work:
        people = accounts.list_people(work)
        assert work.session.scalar(select(func.count()).select_from(Account)) == len(people)
    assert [person.account.name for person in people] == sorted(person.account.name for person in people)
    assert {person.account.email.split("@")[0] for person in people if person.has_factor} == {
        "administrator",
        "auditor",
        "coordinator",
    }
    assert not [person for person in people if person.is_invited]


def test_addresses_of_pages_name_people_by_chance(coalition: Coalition):
    references = {person.reference for person in coalition.people.values()}
    assert len(references) == len(coalition.people)
    assert not [text for text in references if "@" in text or text in {p.id for p in coalition.people.values()}]
