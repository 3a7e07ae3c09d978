"""Signing in: the same answer for everybody, waiting after failures, the second step, passkeys."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select

from coalition.db.accounts import Account
from coalition.db.attempts import KnownDevice, SignInAttempt
from coalition.db.audit import AuditEntry
from coalition.db.factors import PasskeyChallenge, SecondFactor
from coalition.domain.authentication import DEVICE_LASTS, Stage
from coalition.domain.errors import NotFound
from coalition.domain.throttling import FREE, LONGEST_WAIT, WINDOW, Counter, Origin
from coalition.domain.vocabulary import Role
from coalition.services import accounts, factors, passkeys, passwords, sessions, settings, sign_in, throttle
from coalition.services.account_views import AccountView
from coalition.services.codes import code_at
from coalition.services.factors import CodeDoesNotFit, LastFactor, TooManyFactors
from coalition.services.passkeys import PasskeyFor, PasskeyRefused, Site
from coalition.services.sign_in import SignInRefused, WrongCode
from coalition.services.throttle import TooManyAttempts
from coalition.services.work import NOBODY, reading, unit_of_work
from tests.conftest import PASSWORD, QUICK, Clock, Coalition
from tests.services.authenticator import Authenticator

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
LEAD = "lead@example.org"
SITE = Site("localhost", "http://localhost", "Coalition")


def enter(
    coalition: Coalition, email: str, password: str = PASSWORD, address: str = HERE, device: str = ""
) -> AccountView:
    """Sign in as the page does: a failure is remembered in a unit of work of its own."""
    with reading(coalition.runtime, NOBODY) as work:
        origin = throttle.origin_of(work, email, address, device)
    try:
        with reading(coalition.runtime, NOBODY) as work:
            return sign_in.check_password(work, email, password, origin)
    except SignInRefused:
        with unit_of_work(coalition.runtime, NOBODY) as work:
            sign_in.remember_failure(work, throttle.PASSWORD, origin)
        raise


def fail(coalition: Coalition, times: int, email: str = LEAD, address: str = HERE, step: str = "password") -> None:
    with coalition.work("operator") as work:
        for _ in range(times):
            sign_in.remember_failure(work, step, Origin(email, address))


# --- the password ------------------------------------------------------------------------------------------


def test_address_and_password_open_the_account(any_coalition: Coalition):
    account = enter(any_coalition, " Lead@Example.org ")
    assert account.id == any_coalition.people["lead"].id
    assert (account.role, account.organisation_code) == (Role.LEAD, "FIRST")
    assert account.actor.organisation == account.organisation_id


def test_an_unknown_address_a_wrong_password_and_a_stopped_account_get_the_same_answer(coalition: Coalition):
    with coalition.work("administrator") as work:
        accounts.set_active(work, "second_worker@example.org", active=False)
    answers = []
    for email, password in (
        ("nobody@example.org", PASSWORD),
        (LEAD, "wrong wrong wrong"),
        ("second_worker@example.org", PASSWORD),
    ):
        with pytest.raises(SignInRefused) as refused:
            enter(coalition, email, password)
        answers.append((type(refused.value), refused.value.args))
    assert len(set(answers)) == 1


class CountingHasher(PasswordHasher):
    """Counts how often a password is checked, and with which parameters."""

    def __init__(self) -> None:
        super().__init__(**QUICK)
        self.checked: list[str] = []

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - the library's name
        self.checked.append(str(extract_parameters(hash)))
        return super().verify(hash, password)


def test_every_attempt_costs_the_same_hashing_whether_there_is_an_account_or_not(
    coalition: Coalition, monkeypatch: pytest.MonkeyPatch
):
    hasher = CountingHasher()
    monkeypatch.setattr(passwords, "HASHER", hasher)
    passwords._decoy_hash()
    with coalition.work("administrator") as work:
        accounts.set_active(work, "second_worker@example.org", active=False)
        invited = {"email": "new@example.org", "name": "New", "role": Role.COORDINATOR, "organisation_code": None}
        accounts.create_account(work, **invited)
    work_done = []
    for email in (LEAD, "nobody@example.org", "second_worker@example.org", "new@example.org"):
        hasher.checked.clear()
        with pytest.raises(SignInRefused):
            enter(coalition, email, "wrong wrong wrong")
        work_done.append(tuple(hasher.checked))
    assert len(work_done[0]) == 1
    assert len(set(work_done)) == 1


def test_a_password_is_taken_in_any_unicode_form(coalition: Coalition):
    with coalition.work("operator") as work:
        accounts.create_account(
            work,
            email="new@example.org",
            name="New",
            role=Role.AUDITOR,
            organisation_code=None,
            password="caf\u00e9 на брега на \u0439",
        )
    assert enter(coalition, "new@example.org", "cafe\u0301 на брега на \u0438\u0306").role is Role.AUDITOR


# --- waiting -----------------------------------------------------------------------------------------------


def test_after_too_many_failures_even_the_right_password_has_to_wait_and_then_opens(
    any_coalition: Coalition, clock: Clock
):
    fail(any_coalition, FREE[Counter.PAIR] - 1)
    enter(any_coalition, LEAD)
    fail(any_coalition, 1)
    for email in (LEAD, " LEAD@example.org"):
        with pytest.raises(TooManyAttempts) as refused:
            enter(any_coalition, email)
    assert refused.value.wait == timedelta(seconds=30)
    clock.now += refused.value.wait
    assert enter(any_coalition, LEAD).role is Role.LEAD


def test_attempts_during_a_wait_make_it_no_longer(coalition: Coalition, clock: Clock):
    fail(coalition, FREE[Counter.PAIR])
    for _ in range(20):
        clock.now += timedelta(seconds=1)
        with pytest.raises(TooManyAttempts):
            enter(coalition, LEAD, "wrong wrong wrong")
    clock.now += timedelta(seconds=10)
    enter(coalition, LEAD)


def test_a_known_device_gets_in_while_the_account_is_attacked_from_everywhere(any_coalition: Coalition, clock: Clock):
    with any_coalition.work("lead") as work:
        throttle.know_device(work, work.actor.id, "my phone")
    for number in range(3 * FREE[Counter.ACCOUNT]):
        fail(any_coalition, 1, address=f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts) as refused:
        enter(any_coalition, LEAD, address="203.0.113.9")
    assert refused.value.wait <= LONGEST_WAIT
    assert enter(any_coalition, LEAD, device="my phone").role is Role.LEAD
    with pytest.raises(TooManyAttempts):
        enter(any_coalition, LEAD, device="another phone")
    clock.now += DEVICE_LASTS
    fail(any_coalition, FREE[Counter.ACCOUNT])
    with pytest.raises(TooManyAttempts):
        enter(any_coalition, LEAD, device="my phone")


def test_a_device_is_known_for_the_account_that_was_signed_in_on_it_only(coalition: Coalition):
    with coalition.work("lead") as work:
        throttle.know_device(work, work.actor.id, "my phone")
    fail(coalition, FREE[Counter.PAIR], "case_worker@example.org")
    with pytest.raises(TooManyAttempts):
        enter(coalition, "case_worker@example.org", device="my phone")


def test_a_stolen_known_device_is_slowed_down_by_itself(coalition: Coalition):
    with coalition.work("lead") as work:
        throttle.know_device(work, work.actor.id, "my phone")
    for _ in range(FREE[Counter.DEVICE]):
        with pytest.raises(SignInRefused):
            enter(coalition, LEAD, "wrong wrong wrong", device="my phone")
    with pytest.raises(TooManyAttempts):
        enter(coalition, LEAD, device="my phone")
    assert enter(coalition, LEAD, address=ELSEWHERE).role is Role.LEAD


def test_one_address_that_tries_many_accounts_is_slowed_down(coalition: Coalition):
    for number in range(FREE[Counter.ADDRESS]):
        fail(coalition, 1, f"somebody{number}@example.org")
    with pytest.raises(TooManyAttempts):
        enter(coalition, LEAD)
    assert enter(coalition, LEAD, address=ELSEWHERE).role is Role.LEAD


def test_an_unknown_address_is_slowed_down_as_well(coalition: Coalition):
    fail(coalition, FREE[Counter.PAIR], "nobody@example.org")
    with pytest.raises(TooManyAttempts):
        enter(coalition, "nobody@example.org")


def test_failures_are_forgotten_once_they_count_no_longer_and_name_nobody(any_coalition: Coalition, clock: Clock):
    fail(any_coalition, 3)
    clock.now += WINDOW + timedelta(seconds=1)
    fail(any_coalition, 1, "coordinator@example.org")
    with any_coalition.reading("operator") as work:
        kept = list(work.session.scalars(select(SignInAttempt)))
        entries = list(work.session.scalars(select(AuditEntry.subject)))
    assert {attempt.at for attempt in kept} == {clock.now}
    assert len(kept) == 3
    assert not [attempt for attempt in kept if HERE in attempt.key or "coordinator" in attempt.key]
    assert not [subject for subject in entries if "@" in subject]


def test_signing_in_forgets_the_failures_of_this_place_and_knows_the_device(any_coalition: Coalition, clock: Clock):
    origin = Origin(LEAD, HERE)
    fail(any_coalition, FREE[Counter.PAIR] - 1)
    with any_coalition.work("lead") as work:
        assert sign_in.welcome(work, origin, "my phone") == ""
    fail(any_coalition, FREE[Counter.PAIR] - 1)
    enter(any_coalition, LEAD)
    clock.now += DEVICE_LASTS + timedelta(seconds=1)
    with any_coalition.work("case_worker") as work:
        sign_in.welcome(work, Origin("case_worker@example.org", HERE), "my phone")
    with any_coalition.reading("operator") as work:
        devices = list(work.session.scalars(select(KnownDevice)))
    assert [device.account_id for device in devices] == [any_coalition.people["case_worker"].id]
    assert "phone" not in devices[0].digest


# --- the second step ---------------------------------------------------------------------------------------


def code(coalition: Coalition, who: str, text: str, address: str = HERE) -> None:
    """Take a code as the page does."""
    origin = Origin(coalition.people[who].email, address)
    try:
        with coalition.work(who) as work:
            sign_in.take_code(work, text, origin)
    except WrongCode:
        with coalition.work("operator") as work:
            sign_in.remember_failure(work, throttle.SECOND_STEP, origin)
        raise


@pytest.mark.parametrize(
    ("policy", "who", "stage"),
    [
        ("coordination", "lead", Stage.OPEN),
        ("coordination", "coordinator", Stage.SECOND_STEP),
        ("everybody", "lead", Stage.SET_UP),
        ("everybody", "coordinator", Stage.SECOND_STEP),
    ],
)
def test_who_needs_a_second_step_is_decided_by_role_and_setting(
    coalition: Coalition, policy: str, who: str, stage: Stage
):
    with coalition.work("operator") as work:
        settings.change(work, second_factor=policy)
    with coalition.reading(who) as work:
        assert sign_in.stage_of(work, coalition.people[who]) is stage


def test_asking_everybody_for_a_second_factor_ends_the_sessions_of_those_without(any_coalition: Coalition):
    tokens = {}
    for who in ("lead", "coordinator"):
        with any_coalition.work(who) as work:
            tokens[who] = sessions.begin(work, Stage.OPEN, "", "password")
    with any_coalition.work("operator") as work:
        settings.change(work, second_factor="everybody")
    with any_coalition.reading("operator") as work:
        assert sessions.resume(work, tokens["coordinator"])
        with pytest.raises(sessions.SessionOver):
            sessions.resume(work, tokens["lead"])


def test_an_unknown_policy_is_refused(coalition: Coalition):
    with pytest.raises(Exception, match="nobody"), coalition.work("operator") as work:
        settings.change(work, second_factor="nobody")


@pytest.mark.parametrize("off", [-1, 0])
def test_a_code_is_good_in_its_half_minute_and_the_next(any_coalition: Coalition, clock: Clock, off: int):
    code(
        any_coalition,
        "coordinator",
        code_at(any_coalition.secrets["coordinator"], clock.now + off * timedelta(seconds=30)),
    )


@pytest.mark.parametrize("off", [-3, -2, 1, 2, 10])
def test_a_code_of_another_time_is_refused(coalition: Coalition, clock: Clock, off: int):
    shown = code_at(coalition.secrets["coordinator"], clock.now + off * timedelta(seconds=30))
    with pytest.raises(WrongCode):
        code(coalition, "coordinator", shown)


@pytest.mark.parametrize("text", ["", "12345", "abcdef", "１２３４５６", "x" * 10_000])
def test_what_is_no_code_is_refused(coalition: Coalition, text: str):
    with pytest.raises(WrongCode):
        code(coalition, "coordinator", text)


def test_a_code_is_taken_once_and_none_before_it_afterwards(any_coalition: Coalition, clock: Clock):
    secret = any_coalition.secrets["coordinator"]
    shown = code_at(secret, clock.now)
    code(any_coalition, "coordinator", f" {shown[:3]} {shown[3:]} ")
    for earlier in (shown, code_at(secret, clock.now - timedelta(seconds=30))):
        with pytest.raises(WrongCode):
            code(any_coalition, "coordinator", earlier)
    clock.now += timedelta(seconds=30)
    code(any_coalition, "coordinator", code_at(secret, clock.now))


def test_somebody_elses_code_is_refused(coalition: Coalition, clock: Clock):
    with pytest.raises(WrongCode):
        code(coalition, "coordinator", code_at(coalition.secrets["administrator"], clock.now))


def test_guessing_codes_is_slowed_down(coalition: Coalition, clock: Clock):
    for _ in range(FREE[Counter.PAIR]):
        with pytest.raises(WrongCode):
            code(coalition, "coordinator", "000000")
    with pytest.raises(TooManyAttempts):
        code(coalition, "coordinator", coalition.code("coordinator"))
    clock.now += LONGEST_WAIT
    code(coalition, "coordinator", coalition.code("coordinator"))


def test_the_secret_of_an_app_lies_sealed_for_its_own_row(coalition: Coalition):
    secret = coalition.secrets["coordinator"]
    with coalition.work("operator") as work:
        rows = {row.account_id: row for row in work.session.scalars(select(SecondFactor))}
        own, other = (rows[coalition.people[who].id] for who in ("coordinator", "administrator"))
        assert secret.encode() not in own.secret
        own.secret = other.secret
    with pytest.raises(Exception, match="second_factor"), coalition.work("coordinator") as work:
        sign_in.take_code(work, "000000", Origin("coordinator@example.org", HERE))


# --- recovery codes ----------------------------------------------------------------------------------------


def renewed(coalition: Coalition, who: str = "coordinator") -> list[str]:
    with coalition.work(who) as work:
        return factors.renew_recovery_codes(work)


def test_each_of_ten_recovery_codes_opens_once(any_coalition: Coalition):
    made = renewed(any_coalition)
    assert len(set(made)) == 10
    origin = Origin("coordinator@example.org", HERE)
    for typed in (made[0], made[1].lower().replace("-", " ")):
        with any_coalition.work("coordinator") as work:
            sign_in.take_recovery_code(work, typed, origin)
        with pytest.raises(WrongCode), any_coalition.work("coordinator") as work:
            sign_in.take_recovery_code(work, typed, origin)
    with any_coalition.reading("coordinator") as work:
        assert factors.list_own(work).recovery_codes_left == 8


def test_new_recovery_codes_end_the_old_and_nobody_elses_open_anything(coalition: Coalition):
    old, others = renewed(coalition), renewed(coalition, "administrator")
    renewed(coalition)
    for typed in (old[0], others[0], "", "0000-0000-0000-0000-0000-0000"):
        with pytest.raises(WrongCode), coalition.work("coordinator") as work:
            sign_in.take_recovery_code(work, typed, Origin("coordinator@example.org", HERE))


def test_recovery_codes_need_something_to_recover(coalition: Coalition):
    with pytest.raises(NotFound):
        renewed(coalition, "lead")


# --- apps --------------------------------------------------------------------------------------------------


def with_app(coalition: Coalition, who: str, clock: Clock) -> list[str]:
    with coalition.work(who) as work:
        new = factors.begin_app(work, "Coalition")
    with coalition.work(who) as work:
        return factors.confirm_app(work, code_at(new.secret, clock.now), "  My   phone ")


def test_an_app_counts_once_its_first_code_was_typed(any_coalition: Coalition, clock: Clock):
    with any_coalition.work("lead") as work:
        first = factors.begin_app(work, "Coalition & friends")
        again = factors.begin_app(work, "Coalition & friends")
        assert not factors.list_own(work).factors
        assert sign_in.stage_of(work, any_coalition.people["lead"]) is Stage.OPEN
    assert first == again
    assert first.uri.startswith("otpauth://totp/")
    for wrong in ("", "000000", code_at(first.secret, clock.now + timedelta(minutes=5))):
        with pytest.raises(CodeDoesNotFit), any_coalition.work("lead") as work:
            factors.confirm_app(work, wrong, "Phone")
    made = with_app(any_coalition, "lead", clock)
    assert len(made) == 10
    with any_coalition.reading("lead") as work:
        own = factors.list_own(work)
        assert sign_in.stage_of(work, any_coalition.people["lead"]) is Stage.SECOND_STEP
    assert [(item.name, item.kind) for item in own.factors] == [("My phone", "app")]
    assert (own.recovery_codes_left, own.required) == (10, False)


def test_an_enrolment_that_was_left_alone_begins_anew(coalition: Coalition, clock: Clock):
    with coalition.work("lead") as work:
        first = factors.begin_app(work, "Coalition")
    clock.now += timedelta(hours=2)
    with coalition.work("lead") as work:
        assert factors.begin_app(work, "Coalition").secret != first.secret


def test_the_last_second_factor_stays_where_one_is_needed(coalition: Coalition, clock: Clock):
    with coalition.reading("coordinator") as work:
        (first,) = factors.list_own(work).factors
    with pytest.raises(LastFactor), coalition.work("coordinator") as work:
        factors.remove(work, first.reference)
    with_app(coalition, "coordinator", clock)
    with coalition.work("coordinator") as work:
        factors.remove(work, first.reference)
    with coalition.reading("coordinator") as work:
        assert [item.name for item in factors.list_own(work).factors] == ["My phone"]


def test_the_last_second_factor_goes_with_its_recovery_codes_where_none_is_needed(coalition: Coalition, clock: Clock):
    with_app(coalition, "lead", clock)
    with coalition.work("lead") as work:
        factors.remove(work, factors.list_own(work).factors[0].reference)
    with coalition.reading("lead") as work:
        own = factors.list_own(work)
    assert (own.factors, own.recovery_codes_left) == ((), 0)


def test_nobody_removes_somebody_elses_second_factor(coalition: Coalition):
    with coalition.reading("coordinator") as work:
        (item,) = factors.list_own(work).factors
    with pytest.raises(NotFound), coalition.work("administrator") as work:
        factors.remove(work, item.reference)


def test_ten_second_factors_are_enough(coalition: Coalition, clock: Clock):
    for _ in range(10):
        with_app(coalition, "lead", clock)
    with pytest.raises(TooManyFactors), coalition.work("lead") as work:
        factors.begin_app(work, "Coalition")


# --- passkeys ----------------------------------------------------------------------------------------------


def with_passkey(coalition: Coalition, who: str = "lead", key: Authenticator | None = None) -> Authenticator:
    key = key or Authenticator()
    with coalition.work(who) as work:
        options = factors.passkey_options(work, SITE)
    with coalition.work(who) as work:
        factors.add_passkey(work, SITE, key.create(options), "Key")
    return key


def options_for(coalition: Coalition, purpose: PasskeyFor, who: str = "") -> str:
    actor = coalition.actor(who) if who else NOBODY
    with unit_of_work(coalition.runtime, actor) as work:
        return sign_in.passkey_options(work, SITE, purpose)


def take(coalition: Coalition, purpose: PasskeyFor, answer: str, who: str = "", site: Site = SITE) -> AccountView:
    actor = coalition.actor(who) if who else NOBODY
    with unit_of_work(coalition.runtime, actor) as work:
        return sign_in.take_passkey(work, site, purpose, answer)


def test_a_passkey_is_a_whole_sign_in_and_a_second_step(any_coalition: Coalition):
    key = with_passkey(any_coalition)
    for purpose, who in ((PasskeyFor.SIGN_IN, ""), (PasskeyFor.SECOND_STEP, "lead"), (PasskeyFor.CONFIRM, "lead")):
        answer = key.get(options_for(any_coalition, purpose, who))
        assert take(any_coalition, purpose, answer, who).email == LEAD
        with pytest.raises(PasskeyRefused):
            take(any_coalition, purpose, answer, who)
    with any_coalition.reading("lead") as work:
        (item,) = factors.list_own(work).factors
    assert (item.kind, item.used_at) == ("passkey", any_coalition.runtime.clock())


def test_before_sign_in_the_question_names_nobodys_keys(coalition: Coalition):
    with_passkey(coalition)
    asked = [json.loads(options_for(coalition, PasskeyFor.SIGN_IN)) for _ in range(2)]
    for options in asked:
        assert options.pop("challenge")
    assert asked[0] == asked[1]
    assert not asked[0].get("allowCredentials")
    assert asked[0]["userVerification"] == "required"


Change = Callable[[Authenticator], None]


@pytest.mark.parametrize(
    ("purpose", "change"),
    [
        (PasskeyFor.SIGN_IN, lambda key: setattr(key, "origin", "https://evil.example")),
        (PasskeyFor.SIGN_IN, lambda key: setattr(key, "host", "evil.example")),
        (PasskeyFor.SIGN_IN, lambda key: setattr(key, "verifies", False)),
        (PasskeyFor.CONFIRM, lambda key: setattr(key, "verifies", False)),
        (PasskeyFor.SIGN_IN, lambda key: setattr(key, "key", Authenticator().key)),
        (PasskeyFor.SIGN_IN, lambda key: setattr(key, "credential_id", b"another")),
        (PasskeyFor.SECOND_STEP, lambda key: setattr(key, "count", -1)),
    ],
)
def test_an_answer_that_does_not_hold_is_refused(coalition: Coalition, purpose: PasskeyFor, change: Change):
    key, who = with_passkey(coalition), "" if purpose is PasskeyFor.SIGN_IN else "lead"
    options = options_for(coalition, purpose, who)
    change(key)
    with pytest.raises(PasskeyRefused):
        take(coalition, purpose, key.get(options), who)


def test_a_second_step_is_content_with_holding_the_key(coalition: Coalition):
    key = with_passkey(coalition)
    key.verifies = False
    take(coalition, PasskeyFor.SECOND_STEP, key.get(options_for(coalition, PasskeyFor.SECOND_STEP, "lead")), "lead")


def test_a_question_is_good_for_its_purpose_its_person_and_five_minutes(coalition: Coalition, clock: Clock):
    key, others = with_passkey(coalition), with_passkey(coalition, "coordinator")
    second = options_for(coalition, PasskeyFor.SECOND_STEP, "lead")
    with pytest.raises(PasskeyRefused):
        take(coalition, PasskeyFor.CONFIRM, key.get(second), "lead")
    second = options_for(coalition, PasskeyFor.SECOND_STEP, "lead")
    with pytest.raises(PasskeyRefused):
        take(coalition, PasskeyFor.SECOND_STEP, others.get(second), "lead")
    with pytest.raises(PasskeyRefused):
        take(coalition, PasskeyFor.SECOND_STEP, key.get(second), "coordinator")
    clock.now += timedelta(minutes=5, seconds=1)
    with pytest.raises(PasskeyRefused):
        take(coalition, PasskeyFor.SECOND_STEP, key.get(second), "lead")
    options_for(coalition, PasskeyFor.SIGN_IN)
    with coalition.reading("operator") as work:
        assert len(list(work.session.scalars(select(PasskeyChallenge)))) == 1, "the others are forgotten"


@pytest.mark.parametrize("answer", ["", "x", "null", "[]", "{}", '{"id": 1}', "x" * 30_000, '{"id":"a","rawId":"a"}'])
def test_what_is_no_answer_is_refused(coalition: Coalition, answer: str):
    for purpose, who in ((PasskeyFor.SIGN_IN, ""), (PasskeyFor.CONFIRM, "lead")):
        with pytest.raises(PasskeyRefused):
            take(coalition, purpose, answer, who)
    with pytest.raises(PasskeyRefused), coalition.work("lead") as work:
        factors.add_passkey(work, SITE, answer, "Key")


def test_a_stopped_account_is_opened_by_no_passkey(coalition: Coalition):
    key = with_passkey(coalition)
    with coalition.work("operator") as work:
        work.session.get_one(Account, coalition.people["lead"].id).active = False
    with pytest.raises(PasskeyRefused):
        take(coalition, PasskeyFor.SIGN_IN, key.get(options_for(coalition, PasskeyFor.SIGN_IN)))


def test_password_failures_hold_no_passkey_up(coalition: Coalition):
    key = with_passkey(coalition)
    fail(coalition, 100)
    assert take(coalition, PasskeyFor.SIGN_IN, key.get(options_for(coalition, PasskeyFor.SIGN_IN))).email == LEAD


def test_one_passkey_belongs_to_one_person(coalition: Coalition):
    key = with_passkey(coalition)
    with pytest.raises(PasskeyRefused):
        with_passkey(coalition, "case_worker", key)
    with coalition.reading("case_worker") as work:
        assert passkeys._passkeys(work, work.actor.id) == []


# --- the log -----------------------------------------------------------------------------------------------


def entries(coalition: Coalition, action: str) -> list[tuple[str, str, dict[str, str]]]:
    with coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number)
        return [(row.actor, row.subject, row.details) for row in work.session.scalars(query)]


def test_a_failed_sign_in_is_logged_with_its_account_and_not_with_what_was_typed(any_coalition: Coalition):
    for email in (LEAD, "nobody@example.org"):
        with pytest.raises(SignInRefused):
            enter(any_coalition, email, "not the password")
    said = {"step": "password"}
    lead = any_coalition.people["lead"].id
    assert entries(any_coalition, "account.sign_in_failed") == [("nobody", lead, said), ("nobody", "-", said)]


def test_whoever_has_to_wait_is_logged_once_a_minute(any_coalition: Coalition, clock: Clock):
    lead = any_coalition.people["lead"].id
    for email in (LEAD, "nobody@example.org"):
        fail(any_coalition, FREE[Counter.PAIR] + 10, email)
        for _ in range(3):
            with pytest.raises(TooManyAttempts):
                enter(any_coalition, email)
    said = {"step": "password"}
    assert entries(any_coalition, "account.held_up") == [("nobody", lead, said), ("nobody", "-", said)]
    clock.now += timedelta(minutes=1, seconds=1)
    with pytest.raises(TooManyAttempts):
        enter(any_coalition, LEAD)
    assert len(entries(any_coalition, "account.held_up")) == 3
