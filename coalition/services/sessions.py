"""Sessions on the server: who is signed in where, for how long, and how to end it from elsewhere."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from coalition.db import sessions as storage
from coalition.db.accounts import Account
from coalition.db.factors import factors_of
from coalition.domain.access import Permission, require
from coalition.domain.authentication import LONGEST, SessionEnd, Stage, end_of, is_recent
from coalition.domain.browsers import told_by
from coalition.domain.errors import CoalitionError, NotFound
from coalition.services import audit
from coalition.services.account_views import AccountView, view
from coalition.services.work import Work

SEEN_EVERY = timedelta(minutes=1)
"""A session's last use is written down no more often than this."""


class SessionOver(CoalitionError):
    """The session that a cookie names is over; `reason` is a SessionEnd."""

    def __init__(self, reason: SessionEnd) -> None:
        """Keep why."""
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class SessionView:
    """One sign-in on one browser."""

    id: str
    reference: str
    account: AccountView
    stage: Stage
    began_at: datetime
    seen_at: datetime
    proven_at: datetime
    browser: str
    system: str

    def is_proven(self, now: datetime) -> bool:
        """Tell whether the person showed who they are only just now."""
        return is_recent(self.proven_at, now)


def _view(row: storage.SignInSession) -> SessionView:
    return SessionView(
        id=row.id,
        reference=row.reference,
        account=view(row.account),
        stage=Stage(row.stage),
        began_at=row.began_at,
        seen_at=row.seen_at,
        proven_at=row.proven_at,
        browser=row.browser,
        system=row.system,
    )


def new_token() -> str:
    """Return a token of 256 bits."""
    return secrets.token_urlsafe(32)


def _token_and_digest() -> tuple[str, str]:
    """Return a new token and its digest: only the digest is stored."""
    token = new_token()
    return token, _digest(token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(work: Work, stage: Stage, user_agent: str, way: str) -> str:
    """Begin a session of the actor; returns the token for the cookie. `way` says what was shown, for the log."""
    storage.forget_sessions(work.session, work.now - 2 * LONGEST)
    token, digest = _token_and_digest()
    browser = told_by(user_agent)
    row = storage.SignInSession(
        digest=digest,
        account_id=work.actor.id,
        stage=stage.value,
        began_at=work.now,
        seen_at=work.now,
        proven_at=work.now,
        browser=browser.family,
        system=browser.system,
    )
    work.session.add(row)
    work.session.flush()
    _note(work, stage, way)
    return token


def _note(work: Work, stage: Stage, way: str) -> None:
    if stage is Stage.OPEN:
        work.session.get_one(Account, work.actor.id).signed_in_at = work.now
    action = "account.sign_in" if stage is Stage.OPEN else "account.first_step"
    audit.record(work, action, "account", work.actor.id, way=way)


def resume(work: Work, token: str) -> SessionView:
    """Return the session that a token names.

    Raises SessionOver.
    """
    row = storage.session_with_digest(work.session, _digest(token))
    if row is None or not row.account.active:
        raise SessionOver(SessionEnd.ENDED)
    over = end_of(Stage(row.stage), row.began_at, row.seen_at, work.now)
    if over:
        raise SessionOver(over)
    return _view(row)


def touch(work: Work, session_id: str) -> None:
    """Write down that a session was used."""
    row = work.session.get(storage.SignInSession, session_id)
    if row:
        row.seen_at = work.now


def go_on(work: Work, session_id: str, way: str) -> str:
    """Open a session fully, or take a new proof in one that is open; its token changes, which this returns.

    Raises SessionOver when it was ended meanwhile.
    """
    row = work.session.get(storage.SignInSession, session_id)
    if row is None or row.account_id != work.actor.id:
        raise SessionOver(SessionEnd.ENDED)
    token, row.digest = _token_and_digest()
    row.seen_at = row.proven_at = work.now
    if Stage(row.stage) is Stage.SET_UP and len(factors_of(work.session, work.actor.id)) > 1:
        # Somebody else set up the first one meanwhile: whoever has only the password does not get in beside them.
        raise SessionOver(SessionEnd.ENDED)
    if Stage(row.stage) is Stage.OPEN:
        audit.record(work, "account.confirm", "account", work.actor.id, way=way)
    else:
        # The twelve hours begin with the whole sign-in.
        row.stage, row.began_at = Stage.OPEN.value, work.now
        _note(work, Stage.OPEN, way)
    return token


def end(work: Work, session_id: str) -> None:
    """End the actor's own session: signing out."""
    row = work.session.get(storage.SignInSession, session_id)
    if row and row.account_id == work.actor.id:
        work.session.delete(row)
        audit.record(work, "account.sign_out", "account", work.actor.id)


def list_own(work: Work) -> list[SessionView]:
    """Return the actor's open sessions, the one that was used last first."""
    require(work.actor, Permission.OWN_ACCOUNT)
    rows = (_view(row) for row in storage.sessions_of(work.session, work.actor.id))
    return [
        item
        for item in rows
        if item.stage is Stage.OPEN and not end_of(item.stage, item.began_at, item.seen_at, work.now)
    ]


def end_own(work: Work, reference: str) -> None:
    """End one of the actor's sessions.

    Raises NotFound.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    row = next((row for row in storage.sessions_of(work.session, work.actor.id) if row.reference == reference), None)
    if row is None:
        raise NotFound("session", reference)
    work.session.delete(row)
    audit.record(work, "account.end_sessions", "account", work.actor.id, count=1)


def end_others(work: Work, keep: str) -> int:
    """End every session of the actor but one; returns how many there were."""
    require(work.actor, Permission.OWN_ACCOUNT)
    count = storage.end_sessions(work.session, work.actor.id, (keep,))
    audit.record(work, "account.end_sessions", "account", work.actor.id, count=count)
    return count


def owner_of(work: Work, token: str) -> AccountView | None:
    """Return whose session a token named, also when it is over by time; it opens nothing by that.

    None for a session that somebody ended, which is no longer known, for one that never was open, and for somebody
    whose access has been stopped.
    """
    row = storage.session_with_digest(work.session, _digest(token))
    if row is None or not row.account.active or Stage(row.stage) is not Stage.OPEN:
        return None
    return view(row.account)
