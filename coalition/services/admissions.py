"""New people and wider roles: somebody who is established confirms that an administrator's word is true, or refuses.

Without this an administrator could invent a case worker and read as them. The rule is `domain.approvals.may_admit`.
"""

from dataclasses import dataclass
from datetime import datetime

from coalition.db import accounts
from coalition.db import admissions as storage
from coalition.db.invitations import end_invitations
from coalition.db.organisations import Organisation, name_of
from coalition.domain.access import Permission, require
from coalition.domain.approvals import ADMISSION_LASTS
from coalition.domain.errors import NotApproved, NotFound
from coalition.domain.names import Name
from coalition.domain.vocabulary import Role
from coalition.services import audit, standing
from coalition.services.work import Work

NOT_BY_YOU = "admission_not_by_you"


@dataclass(frozen=True)
class AdmissionView:
    """Somebody who waits to be confirmed."""

    reference: str
    name: str
    """Of the person concerned."""
    email: str
    is_new: bool
    """Whether the person gets in for the first time; else what they are changes."""
    role: Role
    """What the person is to be."""
    organisation: Name | None
    """Where; None for the whole coalition."""
    present_role: Role
    present_organisation: Name | None
    asked_by: str
    asked_at: datetime
    until: datetime
    may_confirm: bool
    """Whether the person who looks may confirm or refuse it."""


def _name(organisation: Organisation | None) -> Name | None:
    return name_of(organisation) if organisation else None


def _view(row: storage.Admission, *, may_confirm: bool) -> AdmissionView:
    target = row.account
    return AdmissionView(
        reference=row.reference,
        name=target.name,
        email=target.email,
        is_new=not target.confirmed,
        role=Role(row.role),
        organisation=_name(row.organisation),
        present_role=Role(target.role),
        present_organisation=_name(target.organisation),
        asked_by=row.asker.name,
        asked_at=row.asked_at,
        until=row.asked_at + ADMISSION_LASTS,
        may_confirm=may_confirm,
    )


def list_waiting(work: Work) -> list[AdmissionView]:
    """Return who waits for the actor, and what the actor asked for; nothing for a role that admits nobody.

    Raises NotPermitted.
    """
    require(work.actor, Permission.ADMIT_PEOPLE)
    own = work.session.get_one(accounts.Account, work.actor.id)
    found = []
    for row in storage.admissions(work.session, work.now - ADMISSION_LASTS):
        may = standing.may_be_admitted_by(work, row, own)
        if may or row.asked_by == own.id:
            found.append(_view(row, may_confirm=may))
    return found


def count_waiting(work: Work) -> int:
    """Count who waits for the actor."""
    require(work.actor, Permission.ADMIT_PEOPLE)
    waiting = storage.admissions(work.session, work.now - ADMISSION_LASTS)
    if not waiting:
        return 0
    own = work.session.get_one(accounts.Account, work.actor.id)
    return sum(standing.may_be_admitted_by(work, row, own) for row in waiting)


def read(work: Work, reference: str) -> AdmissionView:
    """Return one request that the actor may confirm or made.

    Raises NotPermitted, NotFound.
    """
    found = next((item for item in list_waiting(work) if item.reference == reference), None)
    if found is None:
        raise NotFound("request", reference)
    return found


def _find(work: Work, reference: str) -> storage.Admission:
    rows = storage.admissions(work.session, work.now - ADMISSION_LASTS)
    found = next((row for row in rows if row.reference == reference), None)
    if found is None:
        raise NotFound("request", reference)
    return found


def _take(work: Work, reference: str) -> storage.Admission:
    """Use a request up that the actor may decide.

    Raises NotPermitted, NotFound, NotApproved.
    """
    require(work.actor, Permission.ADMIT_PEOPLE)
    row = _find(work, reference)
    accounts.lock_account(work.session, row.account_id)
    own = work.session.get_one(accounts.Account, work.actor.id)
    if not standing.may_be_admitted_by(work, row, own):
        raise NotApproved(NOT_BY_YOU)
    if not storage.take_admission(work.session, row.id):
        raise NotFound("request", reference)  # somebody else decided it or took it back a moment ago
    return row


def confirm(work: Work, reference: str) -> bool:
    """Stand for a person: a new one's link opens from now on, a wider role holds; tells whether the person is new.

    Raises NotPermitted, NotFound, NotApproved.
    """
    row = _take(work, reference)
    target, wanted = row.account, standing.wanted_in(row)
    people = {"by": row.asked_by, "and": work.actor.id}
    is_new = not target.confirmed
    target.confirmed = True
    audit.record(work, "account.confirm_admission", "account", target.id, role=wanted.role.value, new=is_new, **people)
    if wanted != standing.standing_of(target):
        standing.become(work, target, wanted, **people)
    return is_new


def refuse(work: Work, reference: str) -> None:
    """Say that a person, or a role, is not right: a new one's link ends, anybody else stays what they are.

    Raises NotPermitted, NotFound, NotApproved.
    """
    row = _take(work, reference)
    _end(work, row, "account.refuse_admission")


def withdraw(work: Work, reference: str) -> None:
    """Take back a request that the actor made.

    Raises NotPermitted, NotFound.
    """
    require(work.actor, Permission.ADMIT_PEOPLE)
    row = _find(work, reference)
    if row.asked_by != work.actor.id or not storage.take_admission(work.session, row.id):
        raise NotFound("request", reference)
    _end(work, row, "account.withdraw_admission")


def _end(work: Work, row: storage.Admission, action: str) -> None:
    if not row.account.confirmed:
        end_invitations(work.session, row.account_id)
    audit.record(work, action, "account", row.account_id, role=row.role, new=not row.account.confirmed)
