"""One-time links: how a new person, or somebody who forgot the password, comes to a password of their own.

A new person's link opens once somebody established has confirmed the person (`coalition.services.admissions`), one for
an account that is in use once a second person has confirmed the link (`coalition.services.resets`).
"""

import hashlib
import secrets
from dataclasses import dataclass

from coalition.db import accounts, admissions, attempts
from coalition.db import invitations as storage
from coalition.db.sessions import end_sessions
from coalition.domain.access import Permission, require
from coalition.domain.approvals import admission_expired, may_approve_reset
from coalition.domain.authentication import INVITATION_LASTS
from coalition.domain.errors import CoalitionError, NotApproved, NotFound
from coalition.domain.vocabulary import Role
from coalition.services import audit, standing
from coalition.services.account_views import LINK_NOTICE, AccountView, keep_notice, view
from coalition.services.passwords import hash_password, refuse_weak
from coalition.services.work import Work

LINK_NEEDS_TWO = "link_needs_two"


class LinkIsOver(CoalitionError):
    """The link was used, replaced, is too old or not confirmed yet; or it never was. Always the same answer."""


class LinkWaits(CoalitionError):
    """The link is good, but nobody has confirmed yet that the person belongs to the coalition. It stays good."""


class OwnLink(CoalitionError):
    """Whoever is signed in changes their own password, and makes no link for it."""


@dataclass(frozen=True)
class Link:
    """A link just made."""

    account: AccountView
    token: str
    """What the link carries: told once, stored as a digest."""
    waits: bool
    """Whether it opens only once somebody else has confirmed it, or the person."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(work: Work, who: str, approved_by: tuple[str, str] | None = None) -> Link:
    """Make a one-time link for somebody, by reference or e-mail address.

    It ends an earlier one. Until it is used, nothing about the account changes. For an account in use it waits for a
    second person; on the command line, where nobody can confirm it later, `approved_by` names the two by their e-mail
    addresses. A person whom nobody has confirmed yet is asked for again if the request is too old; the command line
    stands for them by itself. Raises NotFound, OwnLink, NotApproved.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row = _account(work, who)
    if not row.active:
        raise NotFound("account", who)
    if row.id == work.actor.id:
        raise OwnLink
    accounts.lock_account(work.session, row.id)
    people = _approve(work, row, approved_by)
    _have_admitted(work, row)
    storage.end_invitations(work.session, row.id)
    token = secrets.token_urlsafe(32)
    link = storage.Invitation(
        account_id=row.id,
        digest=_digest(token),
        made_at=work.now,
        made_by=None if work.actor.role is Role.OPERATOR else work.actor.id,
        confirmed=bool(people),
    )
    work.session.add(link)
    work.session.flush()
    waits = not standing.opens(link, row)
    if standing.is_taken(row, link.made_by):
        keep_notice(row, LINK_NOTICE)
    audit.record(work, "account.invite", "account", row.id, waits=waits, **people)
    return Link(view(row), token, waits)


def _have_admitted(work: Work, row: accounts.Account) -> None:
    """See to it that somebody is asked to confirm a person who waits for it."""
    if work.actor.role is Role.OPERATOR:
        standing.stand_for(work, row)
    elif not row.confirmed:
        request = admissions.admission_of(work.session, row.id)
        if request is None or admission_expired(request.asked_at, work.now) or not _still_asks(request):
            standing.ask(work, row, standing.standing_of(row))


def _still_asks(request: admissions.Admission) -> bool:
    """Tell whether whoever asked is still somebody who may ask."""
    return request.asker.active and request.asker.role == Role.ADMINISTRATOR


def _account(work: Work, who: str) -> accounts.Account:
    find = accounts.account_with_email if "@" in who else accounts.account_with_reference
    row = find(work.session, who)
    if row is None:
        raise NotFound("account", who)
    return row


def _approve(work: Work, row: accounts.Account, approved_by: tuple[str, str] | None) -> dict[str, str]:
    """Return the ids of the two people who stand for a link made on the command line; nothing where none are needed."""
    if work.actor.role is not Role.OPERATOR:
        if approved_by:
            raise NotApproved(LINK_NEEDS_TWO)  # nobody on the site speaks for others
        return {}
    if approved_by is None:
        if standing.is_in_use(row):
            raise NotApproved(LINK_NEEDS_TWO)
        return {}
    first, second = (_account(work, email) for email in approved_by)
    if not may_approve_reset(standing.party(first), standing.party(second), row.id):
        raise NotApproved(LINK_NEEDS_TWO)
    return {"by": first.id, "and": second.id}


def _invitation(work: Work, token: str) -> storage.Invitation:
    row = storage.invitation_with_digest(work.session, _digest(token))
    if row is None or row.made_at <= work.now - INVITATION_LASTS or not row.account.active:
        raise LinkIsOver
    if not row.account.confirmed:
        raise LinkWaits
    if not standing.opens(row, row.account):
        raise LinkIsOver
    return row


def open_link(work: Work, token: str) -> AccountView:
    """Return for whom a link is. Looking at it does not use it up: programs that preview links look as well.

    Raises LinkIsOver, LinkWaits.
    """
    return view(_invitation(work, token).account)


def accept(work: Work, token: str, password: str) -> AccountView:
    """Give the account of a link its password, and use the link up; every session of the account ends.

    Raises LinkIsOver, LinkWaits, WeakPassword.
    """
    found = _invitation(work, token)
    row = found.account
    refuse_weak(password, row.email, row.name)
    if not storage.take_invitation(work.session, found.id):
        raise LinkIsOver  # somebody else used it a moment ago
    row.password_hash = hash_password(password)
    end_sessions(work.session, row.id)
    attempts.forget_devices(work.session, row.id)
    work.session.flush()
    audit.record(work, "account.accept_invitation", "account", row.id)
    return view(row)
