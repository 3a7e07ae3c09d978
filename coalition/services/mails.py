"""E-mail that says only that something waits: to whom, when, and never twice of one thing.

When is decided by `coalition.domain.mail`, what waits by `coalition.services.notices`. Up to when somebody was told is
kept after the server took the e-mail: an outage loses nothing, and is made up for at the next round.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from coalition.db import accounts as account_storage
from coalition.db.audit import LogFilter, count_entries
from coalition.db.settings import time_zone
from coalition.documents.reminder import reminder, trial
from coalition.domain.access import Permission, permits, require
from coalition.domain.errors import NotFound, UnknownCode
from coalition.domain.mail import MailChoice, is_news, told_until
from coalition.mailer import Connection, Mailer, MailRefused, mailer_at
from coalition.services import audit, notices, settings
from coalition.services.account_views import AccountView, view
from coalition.services.work import OPERATOR, Runtime, Work, reading, unit_of_work

FAILED: Final = "mail.fail"
REFUSED: Final = "mail.refused"
SAID_AGAIN: Final = timedelta(hours=1)
"""That e-mail cannot be sent goes into the log no more often than this, however often it is tried."""


@dataclass(frozen=True)
class Sent:
    """What one round did."""

    sent: int
    refused: int
    """So many addresses were not taken; the log names the accounts."""


@dataclass(frozen=True)
class _Due:
    """Somebody to be told now."""

    account: AccountView
    language: str
    number: int
    """So many things wait."""
    until: datetime


def is_set_up(runtime: Runtime) -> bool:
    """Tell whether the installation can send e-mail."""
    return bool(runtime.config.mail)


def choose(work: Work, choice: str) -> None:
    """Keep when the actor wants to be told by e-mail.

    Raises UnknownCode for what is no choice.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    require(work.actor, Permission.READ_INBOX)
    if choice not in set(MailChoice):
        raise UnknownCode("e-mail choices", choice)
    account_storage.lock_account(work.session, work.actor.id)
    row = work.session.get_one(account_storage.Account, work.actor.id)
    if row.mail_choice != choice:
        row.mail_choice = choice
        audit.record(work, "account.choose_mail", "account", row.id, choice=choice)


def send_due(runtime: Runtime) -> Sent:
    """Tell everybody by e-mail for whom something new waits and who wants to be told by now.

    Only one process at a time does it. Raises NotFound where no mail server is set, OSError when it cannot be reached:
    that is in the log, and everybody not told yet is told in the next round.
    """
    mailer = _mailer(runtime)
    with runtime.keys.alone("mailing"):
        due = _everybody_due(runtime)
        if not due:
            return Sent(0, 0)
        try:
            with mailer.connected(_password(runtime)) as connection:
                told = [_tell(runtime, connection, item) for item in due]
        except OSError as error:
            _note_failure(runtime, error)
            raise
    return Sent(told.count(True), told.count(False))


def send_trial(runtime: Runtime, address: str) -> None:
    """Send an e-mail to an address to try out whether e-mail arrives.

    Raises NotFound where no mail server is set, MailRefused, OSError.
    """
    mailer = _mailer(runtime)
    with unit_of_work(runtime, OPERATOR) as work:
        require(work.actor, Permission.SEND_MAIL)
        subject, text = trial(settings.read(work).languages[0])
        audit.record(work, "mail.try", "coalition", "mail")
    with mailer.connected(_password(runtime)) as connection:
        connection.send(runtime.config.mail_sender, address, subject, text)


def _mailer(runtime: Runtime) -> Mailer:
    if not is_set_up(runtime):
        raise NotFound("setting", "COALITION_MAIL")
    return mailer_at(runtime.config.mail)


def _password(runtime: Runtime) -> str:
    """Return the password for the mail server; a file that others may read is refused, as a key would be.

    Raises OSError.
    """
    if not runtime.config.mail_password_file:
        return ""
    file = Path(runtime.config.mail_password_file)
    if file.stat().st_mode & stat.S_IRWXO:
        raise PermissionError(f"everybody may read {file}: give it the mode 0600")
    return file.read_text().strip()


def _everybody_due(runtime: Runtime) -> list[_Due]:
    with reading(runtime, OPERATOR) as work:
        require(work.actor, Permission.SEND_MAIL)
        zone, own = time_zone(work.session), settings.read(work).languages
        return [
            _Due(account, account.language if account.language in own else own[0], number, until)
            for account, until, number in _told_now(work, zone)
        ]


def _told_now(work: Work, zone: str) -> Iterator[tuple[AccountView, datetime, int]]:
    """Yield whom something new waits for: only people whom the site lets in, in whatever role has an inbox."""
    for row in account_storage.all_accounts(work.session):
        until = told_until(MailChoice(row.mail_choice), row.mailed_at, work.now, zone)
        account = view(row)
        opens = account.active and account.confirmed and account.has_password
        if until is None or not opens or not permits(account.actor, Permission.READ_INBOX):
            continue
        theirs = replace(work, actor=account.actor)
        if is_news(notices.moments_waiting(theirs), row.mailed_at, until):
            yield account, until, notices.count_waiting(theirs)


def _tell(runtime: Runtime, connection: Connection, due: _Due) -> bool:
    """Send one e-mail and keep up to when it told; returns whether the server took it.

    What it will never take counts as told: the log says whose address is no good, and the inbox has it all.
    """
    subject, text = reminder(due.language, due.number, _sign_in_page(runtime, due.language))
    taken, for_good = True, False
    try:
        connection.send(runtime.config.mail_sender, due.account.email, subject, text)
    except MailRefused as refusal:
        taken, for_good = False, refusal.for_good
    with unit_of_work(runtime, OPERATOR) as work:
        if taken or for_good:
            account_storage.lock_account(work.session, due.account.id)
            work.session.get_one(account_storage.Account, due.account.id).mailed_at = due.until
        if not taken and (for_good or not _was_noted(work, REFUSED, due.account.id)):
            audit.record(work, REFUSED, "account", due.account.id, for_good=for_good)
    return taken


def _sign_in_page(runtime: Runtime, language: str) -> str:
    return f"{runtime.config.address}/{language}/sign-in" if runtime.config.address else ""


def _note_failure(runtime: Runtime, error: OSError) -> None:
    with unit_of_work(runtime, OPERATOR) as work:
        if not _was_noted(work, FAILED, "mail"):
            # The error's class says enough; its message may hold an address.
            audit.record(work, FAILED, "coalition", "mail", error=type(error).__name__)


def _was_noted(work: Work, action: str, subject: str) -> bool:
    since = work.now - SAID_AGAIN
    return bool(count_entries(work.session, LogFilter(actions=(action,), subject=subject, since=since)))
