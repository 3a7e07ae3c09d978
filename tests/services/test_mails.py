"""E-mail that says only that something waits, taken by a real mail server over TLS."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPNotSupportedError

import pytest
from sqlalchemy import select, update

from coalition.config import Config, ConfigurationError
from coalition.db.accounts import Account
from coalition.db.audit import AuditEntry
from coalition.domain.errors import NotFound, NotPermitted, UnknownCode
from coalition.domain.vocabulary import State
from coalition.mailer import MailRefused, composed, mailer_at
from coalition.services import mails, messages
from coalition.services.work import OPERATOR, Runtime, unit_of_work
from coalition.worker import Worker
from tests.conftest import Clock, Coalition
from tests.installation import Installation, refused
from tests.services import records
from tests.services.mail_server import Mailbox, mail_server
from tests.services.test_collecting import certificate

CANARY = "Canary7Q"
SENDER = "notices@example.net"
MEMBER = ["case_worker@example.org", "lead@example.org"]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with mail_server(certificate(tmp_path, "localhost")) as made:
        yield made


def with_mail(runtime: Runtime, box: Mailbox, **more: str) -> Runtime:
    config = replace(
        runtime.config, mail=box.address, mail_sender=SENDER, address="https://reports.example.org", **more
    )
    return replace(runtime, config=config)


@pytest.fixture
def mailing(coalition: Coalition, box: Mailbox) -> Coalition:
    """A coalition that sends e-mail, in which everybody wants it at once."""
    made = replace(coalition, runtime=with_mail(coalition.runtime, box))
    everybody_wants(made, "at_once")
    return made


def everybody_wants(coalition: Coalition, choice: str) -> None:
    with unit_of_work(coalition.runtime, OPERATOR) as work:
        work.session.execute(update(Account).values(mail_choice=choice))


def round_of(coalition: Coalition, clock: Clock, **later: int) -> mails.Sent:
    clock.now += timedelta(**later) if later else timedelta(minutes=2)
    return mails.send_due(coalition.runtime)


def actions(coalition: Coalition) -> list[str]:
    with coalition.reading("operator") as work:
        return [entry.action for entry in work.session.scalars(select(AuditEntry).order_by(AuditEntry.number))]


def asked(coalition: Coalition) -> str:
    """Have a question wait for the first member, and for nobody else anything; returns the record's reference."""
    reference = records.in_state(coalition, State.RETURNED, words=f"{CANARY}: which street?")
    with coalition.work("coordinator") as work:
        messages.ask(work, reference, f"{CANARY}: and which day?")
    return reference


def test_the_mail_says_that_something_waits_and_neither_what_nor_about_whom(
    mailing: Coalition, box: Mailbox, clock: Clock
):
    reference = asked(mailing)
    assert round_of(mailing, clock) == mails.Sent(2, 0)
    assert sorted(box.recipients) == MEMBER
    assert box.secured == [True, True]
    for sent in box.taken:
        raw = sent[2].decode()
        assert sent[0] == SENDER
        for told in (CANARY, reference, "First Member", "Coordinator", "Hate", "hate", "incident", "question"):
            assert told not in raw, told
    message = next(item for item in box.messages if item["To"] == "lead@example.org")
    assert message["Subject"] == "Something waits for you"
    assert message.get_content().splitlines()[0] == "1 thing waits for you."
    assert "https://reports.example.org/en/sign-in" in message.get_content()
    assert "http" not in message.get_content().replace("https://reports.example.org/en/sign-in", "")


def test_a_machine_says_that_it_is_one_and_nothing_of_itself(mailing: Coalition, box: Mailbox, clock: Clock):
    asked(mailing)
    round_of(mailing, clock)
    message = box.messages[0]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.net>", message["Message-ID"])
    assert message["Message-ID"] != box.messages[1]["Message-ID"]
    assert set(box.greetings) == {"[127.0.0.1]"}
    allowed = {
        "To", "From", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert set(message.keys()) == allowed


def test_each_reads_it_in_their_language(mailing: Coalition, box: Mailbox, clock: Clock):
    with unit_of_work(mailing.runtime, OPERATOR) as work:
        work.session.execute(update(Account).where(Account.email == "lead@example.org").values(language="bg"))
    asked(mailing)
    round_of(mailing, clock)
    found = {item["To"]: item for item in box.messages}
    assert "/bg/sign-in" in found["lead@example.org"].get_content()
    assert "/en/sign-in" in found["case_worker@example.org"].get_content()


def test_nobody_is_told_twice_of_one_thing_and_everybody_once_of_the_next(
    mailing: Coalition, box: Mailbox, clock: Clock
):
    reference = asked(mailing)
    round_of(mailing, clock)
    assert round_of(mailing, clock, minutes=20) == mails.Sent(0, 0)
    with mailing.work("coordinator") as work:
        messages.comment(work, reference, "One more thing")
    assert round_of(mailing, clock) == mails.Sent(2, 0)
    assert box.messages[-1].get_content().splitlines()[0] == "2 things wait for you."


def test_at_most_one_in_a_quarter_of_an_hour(mailing: Coalition, box: Mailbox, clock: Clock):
    reference = asked(mailing)
    round_of(mailing, clock)
    with mailing.work("coordinator") as work:
        messages.comment(work, reference, "One more thing")
    assert round_of(mailing, clock, minutes=5) == mails.Sent(0, 0)
    assert round_of(mailing, clock, minutes=11) == mails.Sent(2, 0)
    assert len(box.taken) == 4


def test_the_daily_mail_goes_at_eight_in_the_morning_of_the_coalition(mailing: Coalition, box: Mailbox, clock: Clock):
    everybody_wants(mailing, "daily")
    assert round_of(mailing, clock) == mails.Sent(0, 0)
    asked(mailing)  # a little after noon in Sofia
    assert round_of(mailing, clock, hours=17) == mails.Sent(0, 0)
    assert round_of(mailing, clock, hours=3) == mails.Sent(2, 0)
    assert round_of(mailing, clock, hours=24) == mails.Sent(0, 0), "it still waits, and they know"
    assert len(box.taken) == 2


def test_who_wants_none_gets_none(mailing: Coalition, box: Mailbox, clock: Clock):
    with mailing.work("lead") as work:
        mails.choose(work, "never")
    asked(mailing)
    round_of(mailing, clock)
    assert box.recipients == ["case_worker@example.org"]


def test_it_is_quiet_when_nothing_waits(mailing: Coalition, box: Mailbox, clock: Clock):
    assert round_of(mailing, clock) == mails.Sent(0, 0)
    assert box.greetings == [], "the server is not even asked"


@pytest.mark.parametrize("change", [{"active": False}, {"confirmed": False}, {"password_hash": None}])
def test_whoever_the_site_does_not_let_in_gets_none(
    mailing: Coalition, box: Mailbox, clock: Clock, change: dict[str, object]
):
    with unit_of_work(mailing.runtime, OPERATOR) as work:
        work.session.execute(update(Account).where(Account.email == "lead@example.org").values(**change))
    asked(mailing)
    round_of(mailing, clock)
    assert box.recipients == ["case_worker@example.org"]


def test_administrators_and_auditors_have_no_inbox_and_get_none(mailing: Coalition, box: Mailbox, clock: Clock):
    records.in_state(mailing, State.SUBMITTED)
    round_of(mailing, clock)
    assert box.recipients == ["coordinator@example.org"]


def test_an_outage_loses_nothing_is_in_the_log_once_an_hour_and_names_nobody(
    mailing: Coalition, box: Mailbox, clock: Clock
):
    asked(mailing)
    box.is_down = True
    for _ in range(3):
        with pytest.raises(OSError):  # noqa: PT011 - whatever kind: each is one
            round_of(mailing, clock)
    assert actions(mailing).count("mail.fail") == 1
    with mailing.reading("operator") as work:
        entry = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.fail")).one()
        assert set(entry.details) == {"error"}
        assert "@" not in str(entry.details)
    box.is_down = False
    assert round_of(mailing, clock) == mails.Sent(2, 0)


def test_one_address_that_is_refused_for_now_is_tried_again_and_keeps_nobody_waiting(
    mailing: Coalition, box: Mailbox, clock: Clock
):
    asked(mailing)
    box.refused["case_worker@example.org"] = "450 Later"
    assert round_of(mailing, clock) == mails.Sent(1, 1)
    assert round_of(mailing, clock) == mails.Sent(0, 1)
    assert actions(mailing).count("mail.refused") == 1
    box.refused.clear()
    assert round_of(mailing, clock) == mails.Sent(1, 0)
    assert sorted(box.recipients) == MEMBER


def test_an_address_that_is_no_good_is_tried_once_a_wait(mailing: Coalition, box: Mailbox, clock: Clock):
    asked(mailing)
    box.refused["lead@example.org"] = "550 Nobody of that name"
    assert round_of(mailing, clock) == mails.Sent(1, 1)
    assert round_of(mailing, clock, minutes=20) == mails.Sent(0, 0)
    assert actions(mailing).count("mail.refused") == 1


@pytest.mark.parametrize(
    "address",
    [
        "lead@example.org\nBcc: all@example.org",
        "lead@example.org\r\nRCPT TO:<all@example.org>",
        "lead@example.org, all@example.org",
        "lead@example.org,all@example.org",
        "<all@example.org>",
        "",
    ],
)
def test_no_address_smuggles_in_another_line_or_another_reader(
    mailing: Coalition, box: Mailbox, clock: Clock, address: str
):
    with unit_of_work(mailing.runtime, OPERATOR) as work:
        work.session.execute(update(Account).where(Account.email == "lead@example.org").values(email=address))
    asked(mailing)
    assert round_of(mailing, clock) == mails.Sent(1, 1)
    assert box.recipients == ["case_worker@example.org"]
    assert b"all@example.org" not in b"".join(data for _, _, data in box.taken)


def test_a_subject_with_a_line_break_is_refused_before_anything_is_sent():
    with pytest.raises(ValueError, match="linefeed"):
        composed(SENDER, "lead@example.org", "Something\nBcc: all@example.org", "x")


def test_without_tls_nothing_is_said_to_another_machine_and_no_unknown_authority_is_believed(
    mailing: Coalition, box: Mailbox, clock: Clock
):
    asked(mailing)
    config = replace(mailing.runtime.config, mail=f"smtp://localhost:{box.port}")
    with pytest.raises(OSError, match="certificate"):
        mails.send_due(replace(mailing.runtime, config=config, clock=lambda: clock.now + timedelta(minutes=2)))
    box.offers_tls = False
    # 127.0.0.1 in short, which is not known to be this machine.
    config = replace(mailing.runtime.config, mail=f"smtp://127.1:{box.port}")
    with pytest.raises(SMTPNotSupportedError):
        mails.send_due(replace(mailing.runtime, config=config, clock=lambda: clock.now + timedelta(minutes=2)))
    assert box.taken == []


def test_a_server_on_this_machine_may_do_without_tls(mailing: Coalition, box: Mailbox, clock: Clock):
    asked(mailing)
    box.offers_tls = False
    assert round_of(mailing, clock) == mails.Sent(2, 0)
    assert box.secured == [False, False]


def test_the_password_comes_from_a_file_that_others_cannot_read(
    coalition: Coalition, box: Mailbox, clock: Clock, tmp_path: Path
):
    file = tmp_path / "password"
    file.write_text("let me in\n")
    file.chmod(0o600)
    made = replace(coalition, runtime=with_mail(coalition.runtime, box, mail_password_file=str(file)))
    named = replace(made.runtime.config, mail=box.address.replace("://", "://sender%40example.net@"))
    made = replace(made, runtime=replace(made.runtime, config=named))
    everybody_wants(made, "at_once")
    asked(made)
    file.chmod(0o604)
    with pytest.raises(PermissionError):
        round_of(made, clock)
    file.chmod(0o600)
    assert round_of(made, clock) == mails.Sent(2, 0)
    assert box.logins == [("sender@example.net", "let me in")]


def test_no_site_address_means_no_link(mailing: Coalition, box: Mailbox, clock: Clock):
    config = replace(mailing.runtime.config, address="")
    made = replace(mailing, runtime=replace(mailing.runtime, config=config))
    asked(made)
    round_of(made, clock)
    assert "http" not in box.messages[0].get_content()


def test_what_is_taken_back_before_the_mail_goes_is_not_told(mailing: Coalition, clock: Clock):
    reference = asked(mailing)
    records.withdraw(mailing, reference)
    assert round_of(mailing, clock) == mails.Sent(0, 0)


def test_everybody_chooses_for_themselves_and_only_what_there_is(coalition: Coalition):
    with coalition.work("lead") as work:
        mails.choose(work, "at_once")
        assert work.session.get_one(Account, work.actor.id).mail_choice == "at_once"
    with coalition.work("lead") as work, pytest.raises(UnknownCode):
        mails.choose(work, "hourly")
    with coalition.work("auditor") as work, pytest.raises(NotPermitted):
        mails.choose(work, "daily")
    assert actions(coalition)[-1] == "account.choose_mail"


def test_without_a_mail_server_there_is_the_inbox_only(coalition: Coalition):
    assert not mails.is_set_up(coalition.runtime)
    with pytest.raises(NotFound, match="COALITION_MAIL"):
        mails.send_due(coalition.runtime)


def test_the_worker_sends_by_itself(mailing: Coalition, box: Mailbox, clock: Clock):
    asked(mailing)
    clock.now += timedelta(minutes=2)
    worker = Worker(mailing.runtime, look_every=0.05, remind_every=0.05)
    worker.start()
    end = time.monotonic() + 20
    while len(box.taken) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    worker.stop()
    assert sorted(box.recipients) == MEMBER


def test_two_workers_send_each_mail_once(mailing: Coalition, box: Mailbox, clock: Clock):
    asked(mailing)
    clock.now += timedelta(minutes=2)
    workers = [Worker(mailing.runtime, look_every=0.05, remind_every=0.05) for _ in range(2)]
    for worker in workers:
        worker.start()
    time.sleep(1)
    for worker in workers:
        worker.stop()
    assert sorted(box.recipients) == MEMBER


# --- the configuration and the command line -----------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://name:secret@mail.example.org",  # pragma: allowlist secret - invented
        "smtp://mail.example.org/inbox",
        "smtp://mail.example.org?tls=no",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(tmp_path: Path, address: str):
    with pytest.raises(ConfigurationError, match="COALITION_MAIL") as told:
        Config.from_env({"COALITION_DATA": str(tmp_path), "COALITION_MAIL": address, "COALITION_MAIL_SENDER": SENDER})
    assert "secret" not in str(told.value)


def test_the_usual_ports_are_known():
    assert (mailer_at("smtp://mail.example.org").port, mailer_at("smtps://mail.example.org").port) == (587, 465)
    assert mailer_at("smtps://me%40example.org@mail.example.org:2525?ca=/x.pem").user == "me@example.org"


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.org\nBcc: c@d.org", "a@b.org, c@d.org"])
def test_a_sender_that_is_no_address_is_refused_at_the_start(tmp_path: Path, sender: str):
    env = {"COALITION_DATA": str(tmp_path), "COALITION_MAIL": "smtp://localhost", "COALITION_MAIL_SENDER": sender}
    with pytest.raises(ConfigurationError, match="COALITION_MAIL_SENDER"):
        Config.from_env(env)


@pytest.mark.parametrize(
    "address", ["reports.example.org", "http://reports.example.org", "https://x.org/path", "https://u@x.org"]
)
def test_the_link_leads_to_a_site_over_https(tmp_path: Path, address: str):
    with pytest.raises(ConfigurationError, match="COALITION_ADDRESS"):
        Config.from_env({"COALITION_DATA": str(tmp_path), "COALITION_ADDRESS": address})
    assert (
        Config.from_env({"COALITION_ADDRESS": "https://reports.example.org/"}).address == "https://reports.example.org"
    )


def test_a_trial_says_what_it_is_and_an_address_that_is_none_is_refused(mailing: Coalition, box: Mailbox):
    mails.send_trial(mailing.runtime, "somebody@example.org")
    assert box.recipients == ["somebody@example.org"]
    assert "command line" in box.messages[0].get_content()
    with pytest.raises(MailRefused):
        mails.send_trial(mailing.runtime, "a@b.org, c@d.org")


def test_the_command_line_tries_out_sends_and_says_in_one_line_what_is_wrong(tmp_path: Path, box: Mailbox):
    installation = Installation(tmp_path / "data")
    installation.done("db", "upgrade")
    assert "COALITION_MAIL" in refused(installation.run("mail", "send"))
    env = {"COALITION_MAIL": box.address, "COALITION_MAIL_SENDER": SENDER}
    assert "took it" in installation.run("mail", "test", "somebody@example.org", **env).stdout
    assert "Sent 0" in installation.run("mail", "send", **env).stdout
    box.refused["nobody@example.org"] = "550 nobody@example.org is not here"
    said = refused(installation.run("mail", "test", "nobody@example.org", **env))
    assert "nobody@example.org" not in said
