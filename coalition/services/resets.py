"""What somebody lost that they sign in with: two other people, one of them an administrator, let them replace it.

A second factor is taken away; of a password, a one-time link (`coalition.services.invitations`) begins to open. Either
way one person asks, and nothing happens until another confirms it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coalition.db import accounts, attempts, factors
from coalition.db import invitations as storage
from coalition.db.sessions import end_sessions
from coalition.domain.access import Permission, require
from coalition.domain.approvals import may_approve_reset
from coalition.domain.authentication import INVITATION_LASTS, RESET_LASTS
from coalition.domain.errors import NotApproved, NotFound
from coalition.domain.vocabulary import Role
from coalition.services import audit
from coalition.services.account_views import LINK_NOTICE, keep_notice
from coalition.services.standing import party
from coalition.services.work import Work

RESET_NOTICE = "factor_reset"
"""What the person is told at the next sign-in."""
NOT_THESE_TWO = "reset_needs_two"


class Lost(StrEnum):
    """What somebody lost."""

    FACTOR = "factor"
    """The second factor: it is taken away."""
    PASSWORD = "password"  # noqa: S105 - the name of what was lost
    """The password: the link that was made opens."""


@dataclass(frozen=True)
class ResetView:
    """A request that waits for a second person."""

    reference: str
    lost: Lost
    name: str
    """Of the person concerned."""
    account_reference: str
    requested_by: str
    requested_at: datetime
    may_confirm: bool
    """Whether the person who looks may be the second."""


@dataclass(frozen=True)
class _Request:
    """A request as it is stored: of a lost factor, or a link that waits."""

    row: storage.FactorReset | storage.Invitation
    lost: Lost
    requested_by: str
    requested_at: datetime

    @property
    def is_of_factor(self) -> bool:
        return self.lost is Lost.FACTOR


def ask(work: Work, reference: str) -> None:
    """Say that somebody lost their second factor; nothing happens until another person confirms it.

    Raises NotFound, NotApproved for oneself.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row = accounts.account_with_reference(work.session, reference)
    if row is None or not factors.has_factor(work.session, row.id):
        raise NotFound("account", reference)
    if row.id == work.actor.id:
        raise NotApproved(NOT_THESE_TWO)
    accounts.lock_account(work.session, row.id)
    storage.end_reset(work.session, row.id)
    work.session.add(storage.FactorReset(account_id=row.id, requested_by=work.actor.id, requested_at=work.now))
    audit.record(work, "account.ask_factor_reset", "account", row.id)


def _of_factor(row: storage.FactorReset) -> _Request:
    return _Request(row, Lost.FACTOR, row.requested_by, row.requested_at)


def _of_password(row: storage.Invitation) -> _Request:
    return _Request(row, Lost.PASSWORD, row.made_by or "", row.made_at)


def _waiting(work: Work) -> list[_Request]:
    found = [_of_factor(row) for row in storage.resets(work.session, work.now - RESET_LASTS)]
    links = storage.unconfirmed_invitations(work.session, work.now - INVITATION_LASTS)
    found += [_of_password(row) for row in links]
    return sorted(found, key=lambda item: item.requested_at)


def list_waiting(work: Work) -> list[ResetView]:
    """Return the requests that the actor may confirm or made; the person concerned does not decide about it."""
    require(work.actor, Permission.OWN_ACCOUNT)
    found = []
    own = work.session.get_one(accounts.Account, work.actor.id)
    for item in _waiting(work):
        target = work.session.get_one(accounts.Account, item.row.account_id)
        requester = work.session.get_one(accounts.Account, item.requested_by)
        may = may_approve_reset(party(requester), party(own), target.id)
        if may or requester.id == own.id:
            found.append(
                ResetView(
                    reference=item.row.reference,
                    lost=item.lost,
                    name=target.name,
                    account_reference=target.reference,
                    requested_by=requester.name,
                    requested_at=item.requested_at,
                    may_confirm=may,
                )
            )
    return found


def _find(work: Work, reference: str) -> _Request:
    found = next((item for item in _waiting(work) if item.row.reference == reference), None)
    if found is None:
        raise NotFound("request", reference)
    return found


def confirm(work: Work, reference: str) -> Lost:
    """Be the second person; returns what was lost.

    Of a lost factor: the second factors and recovery codes go, the sessions end, everything else stays. Of a lost
    password: the link opens from now on. Raises NotFound, NotApproved.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    item = _find(work, reference)
    requester = work.session.get_one(accounts.Account, item.requested_by)
    confirmer = work.session.get_one(accounts.Account, work.actor.id)
    target = work.session.get_one(accounts.Account, item.row.account_id)
    if not may_approve_reset(party(requester), party(confirmer), target.id):
        raise NotApproved(NOT_THESE_TWO)
    take = storage.take_reset if item.is_of_factor else storage.confirm_invitation
    if not take(work.session, item.row.id):
        raise NotFound("request", reference)  # somebody else confirmed it or took it back a moment ago
    if item.is_of_factor:
        _reset(work, target, requester, confirmer)
    else:
        _let_open(work, target, requester, confirmer)
    return item.lost


def reset_for(work: Work, email: str, by: str, second: str) -> None:
    """Take away a second factor for two people who said so to whoever runs the command line.

    Raises NotFound, NotApproved.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    if work.actor.role is not Role.OPERATOR:
        raise NotApproved(NOT_THESE_TWO)
    _reset(work, _with_email(work, email), _with_email(work, by), _with_email(work, second))


def _with_email(work: Work, email: str) -> accounts.Account:
    row = accounts.account_with_email(work.session, email)
    if row is None:
        raise NotFound("account", email)
    return row


def _reset(work: Work, target: accounts.Account, requester: accounts.Account, confirmer: accounts.Account) -> None:
    if not may_approve_reset(party(requester), party(confirmer), target.id):
        raise NotApproved(NOT_THESE_TWO)
    count = factors.remove_factors(work.session, target.id)
    storage.end_reset(work.session, target.id)
    end_sessions(work.session, target.id)
    attempts.forget_devices(work.session, target.id)
    keep_notice(target, RESET_NOTICE)
    work.session.flush()
    people = {"by": requester.id, "and": confirmer.id}
    audit.record(work, "account.reset_factor", "account", target.id, count=count, **people)


def _let_open(work: Work, target: accounts.Account, requester: accounts.Account, confirmer: accounts.Account) -> None:
    keep_notice(target, LINK_NOTICE)
    work.session.flush()
    people = {"by": requester.id, "and": confirmer.id}
    audit.record(work, "account.confirm_link", "account", target.id, **people)


def withdraw(work: Work, reference: str) -> None:
    """Take back a request that the actor made; a link that waited opens nothing any more.

    Raises NotFound.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    item = _find(work, reference)
    if item.requested_by != work.actor.id:
        raise NotFound("request", reference)
    target = item.row.account_id
    take = storage.take_reset if item.is_of_factor else storage.take_invitation
    if not take(work.session, item.row.id):
        raise NotFound("request", reference)
    action = "account.withdraw_factor_reset" if item.is_of_factor else "account.withdraw_link"
    audit.record(work, action, "account", target)
