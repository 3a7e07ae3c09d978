"""Accounts: signing in and being slowed down, passwords, sessions, roles."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from sqlalchemy import func, select

from coalition.db.accounts import Account, SignInAttempt
from coalition.db.audit import AuditEntry
from coalition.domain.errors import AlreadyExists, NotFound, NotPermitted, UnknownCode, WeakPassword
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role
from coalition.services import accounts
from coalition.services.accounts import (
    FAILURE_WINDOW,
    MOST_FAILURES,
    AccountView,
    SignInRefused,
    TooManyAttempts,
)
from tests.conftest import PASSWORD, Clock, Coalition

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def sign_in(coalition: Coalition, email: str, password: str = PASSWORD, address: str = HERE) -> AccountView:
    """Sign in as the page does: a failure is remembered in a unit of work of its own."""
    try:
        with coalition.work("operator") as work:
            return accounts.sign_in(work, email, password, address)
    except SignInRefused:
        with coalition.work("operator") as work:
            accounts.remember_failure(work, email, address)
        raise


def fail(coalition: Coalition, times: int, email: str = "lead@example.org", address: str = HERE) -> None:
    with coalition.work("operator") as work:
        for _ in range(times):
            accounts.remember_failure(work, email, address)


def created(coalition: Coalition, who: str = "administrator", **changes: object) -> tuple[AccountView, str]:
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


def set_password_hash(coalition: Coalition, email: str, value: str) -> None:
    with coalition.work("operator") as work:
        work.session.scalars(select(Account).where(Account.email == email)).one().password_hash = value


def test_address_and_password_open_the_account(any_coalition: Coalition):
    account = sign_in(any_coalition, " Lead@Example.org ")
    assert account.id == any_coalition.people["lead"].id
    assert (account.role, account.organisation_code) == (Role.LEAD, "FIRST")
    assert account.actor.organisation == account.organisation_id


def test_an_unknown_address_a_wrong_password_and_a_stopped_account_get_the_same_answer(coalition: Coalition):
    with coalition.work("administrator") as work:
        accounts.set_active(work, "second_worker@example.org", active=False)
    answers = []
    for email, password in (
        ("nobody@example.org", PASSWORD),
        ("lead@example.org", "wrong wrong wrong"),
        ("second_worker@example.org", PASSWORD),
    ):
        with pytest.raises(SignInRefused) as refused:
            sign_in(coalition, email, password)
        answers.append((type(refused.value), refused.value.args))
    assert len(set(answers)) == 1


def test_an_unknown_address_costs_as_much_work_as_a_known_one(coalition: Coalition):
    # The decoy is a hash of the same kind: its parameters decide how long checking takes.
    decoy, real = accounts._decoy_hash(), stored(coalition, "lead@example.org").password_hash
    assert extract_parameters(decoy) == extract_parameters(real)


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


def test_a_hash_of_weaker_parameters_is_renewed_at_sign_in(coalition: Coalition):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    set_password_hash(coalition, "lead@example.org", weak)
    with coalition.work("lead") as work:
        accounts.note_sign_in(work, PASSWORD)
    renewed = stored(coalition, "lead@example.org").password_hash
    assert extract_parameters(renewed) == extract_parameters(accounts.hash_password("x"))
    sign_in(coalition, "lead@example.org")
    with coalition.work("lead") as work:
        accounts.note_sign_in(work, PASSWORD)
    assert stored(coalition, "lead@example.org").password_hash == renewed


def test_a_broken_hash_opens_nothing(coalition: Coalition):
    set_password_hash(coalition, "lead@example.org", "not a hash")
    with pytest.raises(SignInRefused):
        sign_in(coalition, "lead@example.org")


def test_after_too_many_failures_even_the_right_password_has_to_wait(any_coalition: Coalition, clock: Clock):
    fail(any_coalition, MOST_FAILURES - 1)
    sign_in(any_coalition, "lead@example.org")
    fail(any_coalition, 1)
    with pytest.raises(TooManyAttempts):
        sign_in(any_coalition, "lead@example.org")
    with pytest.raises(TooManyAttempts):
        sign_in(any_coalition, " LEAD@example.org")
    clock.now += FAILURE_WINDOW + timedelta(seconds=1)
    assert sign_in(any_coalition, "lead@example.org").role is Role.LEAD


def test_failed_sign_ins_are_counted_by_themselves(coalition: Coalition):
    fail(coalition, MOST_FAILURES - 2)
    for _ in range(2):
        with pytest.raises(SignInRefused):
            sign_in(coalition, "lead@example.org", "wrong wrong wrong")
    with pytest.raises(TooManyAttempts):
        sign_in(coalition, "lead@example.org")


def test_failures_slow_down_one_account_from_one_place_only(coalition: Coalition):
    fail(coalition, MOST_FAILURES)
    assert sign_in(coalition, "lead@example.org", address=ELSEWHERE).role is Role.LEAD
    assert sign_in(coalition, "coordinator@example.org").role is Role.COORDINATOR


def test_an_unknown_address_is_slowed_down_as_well(coalition: Coalition):
    fail(coalition, MOST_FAILURES, "nobody@example.org")
    with pytest.raises(TooManyAttempts):
        sign_in(coalition, "nobody@example.org")


def test_failures_are_forgotten_once_they_count_no_longer_and_name_nobody(any_coalition: Coalition, clock: Clock):
    fail(any_coalition, 3)
    clock.now += FAILURE_WINDOW + timedelta(seconds=1)
    fail(any_coalition, 1, "coordinator@example.org")
    with any_coalition.reading("operator") as work:
        kept = list(work.session.scalars(select(SignInAttempt)))
        entries = list(work.session.scalars(select(AuditEntry.subject)))
    assert [attempt.at for attempt in kept] == [clock.now]
    assert HERE not in kept[0].key
    assert "coordinator" not in kept[0].key
    assert not [subject for subject in entries if "@" in subject]


def test_stopping_access_ends_every_session_and_restoring_it_opens_none(any_coalition: Coalition):
    stamp = any_coalition.people["lead"].stamp
    with any_coalition.reading("operator") as work:
        found = accounts.account_of_session(work, stamp)
        assert found is not None
        assert found.id == any_coalition.people["lead"].id
    for active in (False, True):
        with any_coalition.work("administrator") as work:
            accounts.set_active(work, "lead@example.org", active=active)
        with any_coalition.reading("operator") as work:
            assert accounts.account_of_session(work, stamp) is None
    assert sign_in(any_coalition, "lead@example.org").active


def test_a_stopped_account_has_no_session_even_with_its_new_stamp(coalition: Coalition):
    with coalition.work("administrator") as work:
        accounts.set_active(work, "lead@example.org", active=False)
    with coalition.reading("operator") as work:
        assert accounts.account_of_session(work, stored(coalition, "lead@example.org").stamp) is None


def test_changing_the_password_ends_the_other_sessions(any_coalition: Coalition):
    old = any_coalition.people["lead"].stamp
    with any_coalition.work("lead") as work:
        changed = accounts.change_password(work, PASSWORD, "quite another sentence")
    with any_coalition.reading("operator") as work:
        assert accounts.account_of_session(work, old) is None
        assert accounts.account_of_session(work, changed.stamp) == changed
    assert sign_in(any_coalition, "lead@example.org", "quite another sentence").id == changed.id
    with pytest.raises(SignInRefused):
        sign_in(any_coalition, "lead@example.org")


@pytest.mark.parametrize(
    ("present", "new", "refusal"),
    [("not my password", "quite another sentence", SignInRefused), (PASSWORD, "too short", WeakPassword)],
)
def test_a_password_changes_only_for_its_owner_and_only_to_a_strong_one(
    coalition: Coalition, present: str, new: str, refusal: type[Exception]
):
    with pytest.raises(refusal), coalition.work("lead") as work:
        accounts.change_password(work, present, new)
    assert sign_in(coalition, "lead@example.org").stamp == coalition.people["lead"].stamp


def test_a_reset_password_is_made_up_and_ends_the_sessions(coalition: Coalition):
    with coalition.work("administrator") as work:
        first = accounts.reset_password(work, "lead@example.org")
        second = accounts.reset_password(work, "Lead@example.org")
    assert first != second
    with pytest.raises(SignInRefused):
        sign_in(coalition, "lead@example.org", first)
    assert sign_in(coalition, "lead@example.org", second).stamp != coalition.people["lead"].stamp


def test_a_new_account_gets_a_password_that_opens_it(any_coalition: Coalition, clock: Clock):
    account, password = created(any_coalition, email=" New@Example.ORG ", language="bg")
    assert (account.email, account.name, account.language) == ("new@example.org", "New Person", "bg")
    assert account.organisation_code == "FIRST"
    assert sign_in(any_coalition, "new@example.org", password).id == account.id
    assert stored(any_coalition, "new@example.org").created_at == clock.now


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
    account, _ = created(coalition, role=role, organisation_code=None, password=PASSWORD)
    assert (account.role, account.organisation_id) == (role, None)


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator"])
def test_only_administrators_look_after_people(coalition: Coalition, who: str):
    for act in (
        accounts.list_accounts,
        lambda work: accounts.set_active(work, "lead@example.org", active=False),
        lambda work: accounts.reset_password(work, "lead@example.org"),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)
    with pytest.raises(NotPermitted):
        created(coalition, who)
    assert stored(coalition, "lead@example.org").active


@pytest.mark.parametrize("act", [accounts.reset_password, lambda w, e: accounts.set_active(w, e, active=True)])
def test_an_address_that_nobody_has_is_not_found(coalition: Coalition, act: object):
    with pytest.raises(NotFound), coalition.work("administrator") as work:
        act(work, "nobody@example.org")


def test_the_log_names_the_account_by_its_id_and_never_a_password(coalition: Coalition):
    account, password = created(coalition)
    with coalition.work("administrator") as work:
        accounts.set_active(work, account.email, active=False)
        second = accounts.reset_password(work, account.email)
    with coalition.reading("operator") as work:
        entries = list(
            work.session.scalars(select(AuditEntry).where(AuditEntry.subject == account.id).order_by(AuditEntry.id))
        )
        everything = [str(vars(entry)) for entry in work.session.scalars(select(AuditEntry))]
    assert [entry.action for entry in entries] == ["account.create", "account.stop", "account.reset_password"]
    assert entries[0].details == {"role": "case_worker"}
    for secret in (password, second, account.email, account.name):
        assert not [text for text in everything if secret in text]


def test_accounts_are_listed_by_name(any_coalition: Coalition):
    with any_coalition.reading("administrator") as work:
        names = [account.name for account in accounts.list_accounts(work)]
        assert work.session.scalar(select(func.count()).select_from(Account)) == len(names) == 5
    assert names == ["Administrator", "Case Worker", "Coordinator", "Lead", "Second Worker"]


def test_signing_in_is_written_down(any_coalition: Coalition, clock: Clock):
    with any_coalition.work("lead") as work:
        accounts.note_sign_in(work, PASSWORD)
    with any_coalition.reading("administrator") as work:
        signed_in = {person.email: person.signed_in_at for person in accounts.list_accounts(work)}
    assert signed_in["lead@example.org"] == clock.now
