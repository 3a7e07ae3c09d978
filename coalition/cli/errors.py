"""Expected errors as one line on standard error."""

import smtplib
import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import sqlalchemy.exc

from coalition.config import ConfigurationError
from coalition.db.keys import KeyMissing
from coalition.db.tables import UnusableRole
from coalition.documents.writing import WritingFailed
from coalition.domain.errors import (
    AlreadyExists,
    CannotLink,
    CoalitionError,
    Held,
    NotApproved,
    NotFound,
    NotPermitted,
    UnknownCode,
    UnusableName,
    WeakPassword,
)
from coalition.encryption import CannotOpen
from coalition.i18n import UnusableLanguage
from coalition.mailer import MailRefused

_PASSWORD_REASONS = {
    "too_short": "the password needs at least 12 characters",
    "too_long": "the password has more than 256 characters",
    "too_plain": "the password repeats the same few characters",
    "too_common": "the password is mostly a common word or the person's own name",
    "common": "this is one of the passwords that are tried first",
}


_APPROVAL_REASONS = {
    "reset_needs_two": "it takes two other people whose access is not stopped, one of them an administrator",
    "link_needs_two": (
        "the account is in use: name two other people whose access is not stopped, one of them an administrator, "
        "with --by and --and"
    ),
    "same_person": "it takes two different people",
    "inactive": "the access of one of the two is stopped",
    "outsider": "one of the two neither belongs to the member organisation nor is an administrator",
    "no_lead": "one of the two has to be the lead of the member organisation",
    "expired": "it was asked for too long ago",
}

_LINK_REASONS = {
    "itself": "a record cannot be counted with itself, or with one that is counted with it",
    "twice": "the same record is named twice",
    "draft": "it is a draft",
    "not_shared": "there is no consent to share it with the coalition",
    "returned": "a question about it waits for an answer",
    "rejected": "it is not accepted, so it does not count",
    "with_another": "it is counted with another record already; unlink it first",
    "not_linked": "it is counted by itself already",
    "leads_others": "these are counted with it; unlink each of them",
    "too_many": "the most at once are",
}

_SENTENCES: dict[type[Exception], Callable[[Any], str]] = {
    CannotLink: lambda error: f"{_LINK_REASONS[error.reason]}: {', '.join(error.references)}",
    NotFound: lambda error: f"there is no {error.kind} {error.key}",
    AlreadyExists: lambda error: f"{error.kind} {error.key} exists already",
    UnknownCode: lambda error: f"{error.text!r} is not among the {error.list_name}",
    MailRefused: lambda _: "the server does not take an e-mail for this address",
    Held: lambda error: f"the incident is locked against erasing: {error.reason.replace('_', ' ')}",
    NotPermitted: lambda error: f"the role does not permit this ({error.permission})",
    NotApproved: lambda error: _APPROVAL_REASONS.get(error.reason, error.reason.replace("_", " ")),
    WeakPassword: lambda error: _PASSWORD_REASONS[error.reason],
    UnusableName: lambda _: "a name has 1 to 200 characters",
    UnicodeEncodeError: lambda _: "what was given is not UTF-8 text",
    UnicodeDecodeError: lambda _: "what was given is not UTF-8 text",
    CannotOpen: lambda error: f"the keys do not open {error}",
    socket.gaierror: lambda _: "this is no address of this computer",
}

_MISSING = ("no such table", "no such column", "undefinedtable", "undefinedcolumn")
"""How SQLite's messages, and the classes of PostgreSQL's errors, say that the tables are not there or not current."""


def _sentence(error: Exception) -> str:
    """Say an error in one line."""
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        return _database_sentence(error.orig or error)
    if isinstance(error, smtplib.SMTPException):
        # What the server said may hold an address.
        return f"the mail server does not take it: {type(error).__name__}"
    say = _SENTENCES.get(type(error), str)
    return say(error) or type(error).__name__


def _database_sentence(error: BaseException) -> str:
    # The database's own message may hold what somebody wrote: it is looked at, never shown.
    text = f"{type(error).__name__} {error}".lower()
    if "locked" in text:
        return "the database is busy; try again"
    if any(words in text for words in _MISSING):
        return "the database cannot be used; has `coalition db upgrade` been run?"
    return f"the database refused: {type(error).__name__}"


_EXPECTED = (
    CannotOpen,
    CoalitionError,
    ConfigurationError,
    KeyMissing,
    MailRefused,
    OSError,
    UnicodeError,
    UnusableLanguage,
    UnusableRole,
    WritingFailed,
    sqlalchemy.exc.DBAPIError,
)


def plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Turn an expected error into one line on standard error and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's
        try:
            command(*args, **kwargs)
        except _EXPECTED as error:
            raise click.ClickException(" ".join(_sentence(error).split())) from None

    return run
