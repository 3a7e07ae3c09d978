"""What somebody typed and could not save: kept for them alone until it is saved, for a day at most.

Nothing of it is in the log: it is not part of any record yet, and its person wrote it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from coalition.db import kept_forms as storage
from coalition.db.accounts import lock_account
from coalition.db.incidents import id_of_reference
from coalition.domain.access import Permission, require
from coalition.domain.kept_forms import MOST, expired_before, worth_keeping
from coalition.services.work import Work


@dataclass(frozen=True)
class KeptView:
    """A form as it was typed."""

    fields: tuple[tuple[str, str], ...]
    kept_at: datetime


def keep_form(work: Work, form: str, reference: str, fields: Iterable[tuple[str, str]]) -> None:
    """Keep what the actor typed into a form, in the place of what was kept of it before.

    `reference` is what the form's address names; where that is an incident, what is kept goes with it.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    storage.forget_expired(work.session, expired_before(work.now))
    # Two requests may keep the same form at the same moment.
    lock_account(work.session, work.actor.id)
    row = storage.kept_form(work.session, work.actor.id, form)
    if row is None:
        row = storage.KeptForm(account_id=work.actor.id, form=form, kept_at=work.now)
        row.incident_id = id_of_reference(work.session, reference) if reference else None
    row.kept_at = work.now
    storage.seal_fields(work.session, row, json.dumps(worth_keeping(fields), ensure_ascii=False))
    work.session.add(row)
    work.session.flush()
    storage.forget_beyond(work.session, work.actor.id, MOST)


def kept_form(work: Work, form: str) -> KeptView | None:
    """Return what is kept of a form of the actor, None when nothing is."""
    require(work.actor, Permission.OWN_ACCOUNT)
    row = storage.kept_form(work.session, work.actor.id, form)
    if row is None or row.kept_at < expired_before(work.now):
        return None
    text = storage.open_fields(work.session, row)
    return None if text is None else KeptView(tuple((name, value) for name, value in json.loads(text)), row.kept_at)


def forget_form(work: Work, form: str) -> None:
    """Forget what is kept of a form of the actor: it is saved."""
    storage.forget_form(work.session, work.actor.id, form)


def has_expired(work: Work) -> bool:
    """Tell whether something was kept for a day and is to go."""
    return storage.has_expired(work.session, expired_before(work.now))


def forget_expired(work: Work) -> None:
    """Forget what was kept for a day."""
    storage.forget_expired(work.session, expired_before(work.now))
