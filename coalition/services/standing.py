"""What somebody is, and who stands for it: shared by everything that makes, changes or admits people.

An administrator says what somebody should be. Whatever opens something new waits until a person who is established
has confirmed it (`coalition.domain.approvals`); the command line is trusted and stands for whomever it names.
"""

from coalition.db import accounts, admissions, invitations
from coalition.db.kept_forms import forget_forms_of
from coalition.db.sessions import end_sessions
from coalition.domain.approvals import Party, Standing, may_admit
from coalition.domain.authentication import link_opens
from coalition.domain.vocabulary import Role
from coalition.services import audit
from coalition.services.work import Work


def party(row: accounts.Account) -> Party:
    """Return an account as the rules of two people know it.

    Established is who was confirmed and has a password: it was given on the command line, or the person chose it with
    the link that opened after the confirmation, which is their first sign-in.
    """
    established = row.confirmed and row.password_hash is not None
    return Party(row.id, Role(row.role), row.active, row.organisation_id, established)


def standing_of(row: accounts.Account) -> Standing:
    """Return what somebody is."""
    return Standing(Role(row.role), row.organisation_id)


def wanted_in(row: admissions.Admission) -> Standing:
    """Return what somebody is to be."""
    return Standing(Role(row.role), row.organisation_id)


def may_be_admitted_by(work: Work, row: admissions.Admission, confirmer: accounts.Account) -> bool:
    """Tell whether somebody may confirm a request."""
    wanted = wanted_in(row)
    has_lead = accounts.has_established_lead(work.session, wanted.organisation)
    return may_admit(party(confirmer), party(row.asker), row.account_id, wanted, has_lead=has_lead)


def ask(work: Work, row: accounts.Account, wanted: Standing) -> None:
    """Have it wait for somebody established that a person becomes what the actor says; it replaces an earlier wish."""
    admissions.end_admission(work.session, row.id)
    work.session.add(
        admissions.Admission(
            account_id=row.id,
            role=wanted.role.value,
            organisation_id=wanted.organisation,
            asked_by=work.actor.id,
            asked_at=work.now,
        )
    )
    work.session.flush()
    audit.record(work, "account.ask_admission", "account", row.id, role=wanted.role.value, new=not row.confirmed)


def stand_for(work: Work, row: accounts.Account) -> None:
    """Let the command line stand for a person who waited: whoever runs it is trusted."""
    admissions.end_admission(work.session, row.id)
    if not row.confirmed:
        row.confirmed = True
        audit.record(work, "account.confirm_admission", "account", row.id, role=row.role, new=True)


def become(work: Work, row: accounts.Account, wanted: Standing, **people: str) -> None:
    """Give somebody a role and an organisation; their sessions end at once. `people` are the ids of who agreed.

    Whoever leaves a member to review for the coalition comes from that member: they do not decide alone on the records
    that they made or led until then. Only the command line takes that back.
    """
    was, came_from = {"role": row.role, "organisation": row.organisation_id}, row.affiliation_id
    if wanted.role is Role.COORDINATOR and row.confirmed and not row.affiliation_id:
        row.affiliation_id = row.organisation_id
    row.role, row.organisation_id = wanted.role.value, wanted.organisation
    work.session.flush()
    work.session.refresh(row)
    if row.affiliation_id != came_from:
        audit.record(work, "account.change", "account", row.id, fields=["affiliation"])
    end_sessions(work.session, row.id)
    forget_forms_of(work.session, row.id)
    new = {"role": row.role, "organisation": row.organisation_id}
    audit.record(work, "account.change_role", "account", row.id, old=was, new=new, **people)


def is_in_use(row: accounts.Account) -> bool:
    """Tell whether somebody has signed in to an account."""
    return row.signed_in_at is not None


def is_taken(row: accounts.Account, made_by: str | None) -> bool:
    """Tell whether a link leads into what is somebody's already; `made_by` is None for a link of the command line.

    For a link of the site that is so from the first password on: the command line gave it to somebody, and an
    administrator must not get in before them.
    """
    return is_in_use(row) or (made_by is not None and row.password_hash is not None)


def opens(link: invitations.Invitation, row: accounts.Account) -> bool:
    """Tell whether a link opens its account now."""
    return link_opens(admitted=row.confirmed, in_use=is_taken(row, link.made_by), confirmed=link.confirmed)
