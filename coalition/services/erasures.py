"""Erasing a record takes two people; a hold lets nobody do it. What counting needs stays, and nothing else does.

Who asks and who confirms is decided by `coalition.domain.approvals`, why by `coalition.domain.retention`. Both are
written into the log by account, role and reason.
"""

from dataclasses import dataclass
from datetime import datetime

from coalition.db import erasures as storage
from coalition.db import incidents as incident_storage
from coalition.db.accounts import Account, account_names, account_with_email
from coalition.db.organisations import Organisation, name_of
from coalition.db.retention import take_off
from coalition.db.reviews import handled_record
from coalition.db.same_incident import lock_groups
from coalition.domain.access import Permission, permits, require
from coalition.domain.approvals import (
    ERASURE_LASTS,
    Party,
    check_erasure,
    check_erasure_time,
    erasure_expired,
)
from coalition.domain.consents import WayOut, may_leave
from coalition.domain.errors import AlreadyExists, NotAllowedNow, NotApproved, NotFound
from coalition.domain.names import Name
from coalition.domain.retention import ErasureReason, HoldReason, check_not_held
from coalition.domain.vocabulary import Purpose, Role, State
from coalition.services import audit, evidence_files, releases, same_incident
from coalition.services.incident_views import find, subject_of
from coalition.services.origins import mark_of, origin_of
from coalition.services.work import Work


@dataclass(frozen=True)
class Hold:
    """Why a record may not go, since when, and who said so."""

    reason: str
    at: datetime
    by: str
    """The person's name; empty where the account is gone."""


@dataclass(frozen=True)
class RequestView:
    """One person's wish to erase a record, as a second person sees it: the reference, and nothing of the record."""

    reference: str
    """Of the wish."""
    incident: str
    """Reference of the record."""
    organisation: Name
    reason: str
    asked_by: str
    """The person's name."""
    role: str
    asked_at: datetime
    until: datetime
    """From then on it cannot be confirmed any more."""
    may_confirm: bool
    may_take_back: bool
    locked: bool
    """Whether a hold was put on the record meanwhile."""


@dataclass(frozen=True)
class Keeping:
    """How long and whether a record stays, for the person who looks at it."""

    hold: Hold | None
    request: RequestView | None
    may_hold: bool
    may_lift: bool
    may_ask: bool
    may_copy: bool
    """Whether this person may give the person concerned a copy of everything held about them."""


def keeping_of(work: Work, reference: str) -> Keeping:
    """Return what stands in the way of a record's erasure, and what the reader may do about it."""
    incident = find(work, reference, Permission.READ_INCIDENT)
    subject = subject_of(incident)
    wish = _fresh_request(work, incident)
    held = bool(incident.hold_reason)
    return Keeping(
        hold=_hold_of(work, incident),
        request=_view(work, wish, incident) if wish else None,
        may_hold=not held and permits(work.actor, Permission.HOLD_INCIDENT, subject),
        may_lift=held and permits(work.actor, Permission.LIFT_HOLD, subject),
        may_ask=not held and wish is None and permits(work.actor, Permission.ASK_ERASURE, subject),
        may_copy=permits(work.actor, Permission.COPY_INCIDENT, subject),
    )


def _hold_of(work: Work, incident: incident_storage.Incident) -> Hold | None:
    if not incident.hold_reason or incident.held_at is None:
        return None
    names = account_names(work.session)
    return Hold(incident.hold_reason, incident.held_at, names.get(incident.held_by or "", ""))


def hold_incident(work: Work, reference: str, reason: HoldReason) -> None:
    """Lock a record against discarding, erasing and retention, whoever wants it.

    Raises NotFound, NotPermitted for a colleague who did not record it, Held when it is locked already.
    """
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.HOLD_INCIDENT, subject_of(incident))
    check_not_held(incident.hold_reason or "")
    incident.hold_reason, incident.held_at, incident.held_by = reason.value, work.now, work.actor.id
    take_off(work.session, [incident.id])
    work.session.flush()
    audit.record(work, "incident.hold", "incident", incident.id, reason=reason.value)


def lift_hold(work: Work, reference: str) -> None:
    """Take the lock away: the lead's decision alone.

    Raises NotFound, NotPermitted, NotAllowedNow when there is none.
    """
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.LIFT_HOLD, subject_of(incident))
    if not incident.hold_reason:
        raise NotAllowedNow("lift", incident.state)
    reason = incident.hold_reason
    incident.hold_reason = incident.held_at = incident.held_by = None
    work.session.flush()
    audit.record(work, "incident.lift", "incident", incident.id, reason=reason)


def ask_erasure(work: Work, reference: str, reason: ErasureReason) -> str:
    """Ask for a record to be erased; returns the reference of the wish.

    A wish that nobody confirmed in time makes room for a new one. Raises NotFound, Held, AlreadyExists while another
    waits.
    """
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.ASK_ERASURE, subject_of(incident))
    check_not_held(incident.hold_reason or "")
    old = storage.request_about(work.session, incident.id)
    if old is not None:
        if not erasure_expired(old.asked_at, work.now):
            raise AlreadyExists("request to erase", incident.reference)
        work.session.delete(old)
        work.session.flush()
    wish = storage.ErasureRequest(
        incident_id=incident.id, reason=reason.value, asked_by=work.actor.id, asked_at=work.now
    )
    work.session.add(wish)
    work.session.flush()
    audit.record(work, "erasure.ask", "incident", incident.id, reason=reason.value)
    return wish.reference


def waiting_erasures(work: Work) -> list[RequestView]:
    """Return the wishes that wait for a second person: the organisation's, or all for an administrator."""
    require(work.actor, Permission.LIST_ERASURES)
    rows = storage.open_requests(work.session, work.actor.organisation, work.now - ERASURE_LASTS)
    return [_view(work, wish, incident) for wish, incident, _ in rows]


def read_erasure(work: Work, reference: str) -> RequestView:
    """Return one wish that still waits.

    Raises NotFound.
    """
    wish, incident = _find(work, reference)
    return _view(work, wish, incident)


def take_back_erasure(work: Work, reference: str) -> None:
    """Take a wish back: whoever made it, or the organisation's lead.

    Raises NotFound, NotPermitted.
    """
    wish, incident = _find(work, reference)
    if not _may_take_back(work, wish, incident):
        require(work.actor, Permission.LIFT_HOLD, subject_of(incident))
    reason = wish.reason
    if not storage.take_request(work.session, wish.id):
        raise NotFound("request to erase", reference)
    audit.record(work, "erasure.take_back", "incident", incident.id, reason=reason)


def confirm_erasure(work: Work, reference: str) -> str:
    """Be the second person: erase the record; returns its reference, which leads nowhere from now on.

    Raises NotFound, Held, NotApproved when these two people may not do it together or the first asked too long ago.
    """
    wish, incident = _find(work, reference, to_change=True)
    check_erasure_time(wish.asked_at, work.now)
    first, second = _person(work, wish.asked_by), _person(work, work.actor.id)
    reason = ErasureReason(wish.reason)
    if not storage.take_request(work.session, wish.id):
        raise NotFound("request to erase", reference)
    return _erase(work, incident, reason, first, second)


def erase_incident(
    work: Work, reference: str, by: str, and_by: str, reason: ErasureReason = ErasureReason.PERSON_REQUEST
) -> str:
    """Erase a record for two people named by their e-mail addresses; for the command line.

    Whoever runs it answers for the two having agreed. Raises NotFound for record or person, Held, NotApproved.
    """
    require(work.actor, Permission.CONFIRM_ERASURE)
    people = [account_with_email(work.session, email) for email in (by, and_by)]
    for email, account in zip((by, and_by), people, strict=True):
        if account is None:
            raise NotFound("account", email)
    lock_groups(work.session, [reference.upper()])
    incident = incident_storage.incident_with_reference(work.session, reference, lock=True)
    if incident is None:
        raise NotFound("incident", reference)
    first, second = (_as_person(account) for account in people if account is not None)
    return _erase(work, incident, reason, first, second)


def erased_counts(work: Work, year: int | None = None) -> dict[str, int]:
    """Count the organisation's erased records that still count, by state, of one year or of all."""
    require(work.actor, Permission.LIST_INCIDENTS)
    member = work.session.get_one(Organisation, work.actor.organisation)
    years = storage.erased_by_year(work.session, member.code)
    counts = [found for of_year, found in years.items() if year in {None, of_year}]
    return {state: sum(found[state] for found in counts) for state in {key for found in counts for key in found}}


def _erase(work: Work, incident: incident_storage.Incident, reason: ErasureReason, first: Party, second: Party) -> str:
    check_erasure(first, second, incident.organisation_id)
    check_not_held(incident.hold_reason or "")
    kept = _keep_count(work, incident, reason)
    stands = kept or same_incident.others_stand(work, incident)
    same_incident.let_go(work, incident)
    # Before the record goes: what it is in is forgotten with it, the corrections stay (GDPR Art. 17(2), 19).
    gone = {Purpose.ODIHR, Purpose.PUBLISH} if stands else {Purpose.ODIHR, Purpose.PUBLISH, Purpose.STATISTICS}
    releases.withdraw(work, incident, gone)
    audit.record(
        work,
        "incident.erase",
        "incident",
        incident.id,
        reason=reason.value,
        asked_by=first.id,
        confirmed_by=second.id,
        counted=kept,
    )
    reference = incident.reference
    _mark(work, incident)
    evidence_files.forget_files(work, incident.id)
    incident_storage.erase_incident(work.session, incident)
    return reference


def _mark(work: Work, incident: incident_storage.Incident) -> None:
    """See to it that the file it came from, or its own export, does not bring the record back."""
    rows = incident_storage.imported_rows(work.session, incident.id)
    known = [(row.digest, row.occurrence) for row in rows] + [(origin_of(incident.reference), 1)]
    storage.keep_marks(work.session, [mark_of(work, incident.organisation_id, *item) for item in known])


def _keep_count(work: Work, incident: incident_storage.Incident, reason: ErasureReason) -> bool:
    """Keep what the coalition's figures need of a record, as far as the person agreed to be counted.

    What was recorded in error is no incident and counts no more; what is counted through another record goes on there.
    """
    state = same_incident.counts_as(work, incident)
    counts = may_leave(incident_storage.facts_of(incident), WayOut.STATISTICS)
    if reason is ErasureReason.RECORDED_IN_ERROR or state is None or incident.year is None or not counts:
        return False
    row = storage.ErasedIncident(
        member=incident.organisation.code,
        state=state.value,
        year=incident.year,
        rejection_reason=incident.rejection_reason,
    )
    handled = handled_record(work.session, incident.id)
    row.days, row.asked = handled.days, handled.asked
    if state is State.ACCEPTED:
        row.month, row.country, row.type = incident.month, incident.country, incident.type
        row.motivations = " ".join(part.code for part in incident.motivations)
    work.session.add(row)
    return True


def _find(
    work: Work, reference: str, *, to_change: bool = False
) -> tuple[storage.ErasureRequest, incident_storage.Incident]:
    found = storage.request_with_reference(work.session, reference, lock=to_change)
    if found is None:
        raise NotFound("request to erase", reference)
    wish, incident = found
    if not permits(work.actor, Permission.CONFIRM_ERASURE, subject_of(incident)):
        work.deny(Permission.CONFIRM_ERASURE, "incident", incident.id)
        raise NotFound("request to erase", reference)
    return wish, incident


def _fresh_request(work: Work, incident: incident_storage.Incident) -> storage.ErasureRequest | None:
    wish = storage.request_about(work.session, incident.id)
    return wish if wish and not erasure_expired(wish.asked_at, work.now) else None


def _view(work: Work, wish: storage.ErasureRequest, incident: incident_storage.Incident) -> RequestView:
    asker = work.session.get_one(Account, wish.asked_by)
    expired = erasure_expired(wish.asked_at, work.now)
    return RequestView(
        reference=wish.reference,
        incident=incident.reference,
        organisation=name_of(incident.organisation),
        reason=wish.reason,
        asked_by=asker.name,
        role=asker.role,
        asked_at=wish.asked_at,
        until=wish.asked_at + ERASURE_LASTS,
        may_confirm=not expired and not incident.hold_reason and _may_confirm(work, wish, incident),
        may_take_back=_may_take_back(work, wish, incident),
        locked=bool(incident.hold_reason),
    )


def _may_confirm(work: Work, wish: storage.ErasureRequest, incident: incident_storage.Incident) -> bool:
    first, second = _person(work, wish.asked_by), _person(work, work.actor.id)
    try:
        check_erasure(first, second, incident.organisation_id)
    except NotApproved:
        return False
    return True


def _may_take_back(work: Work, wish: storage.ErasureRequest, incident: incident_storage.Incident) -> bool:
    return wish.asked_by == work.actor.id or permits(work.actor, Permission.LIFT_HOLD, subject_of(incident))


def _person(work: Work, account_id: str) -> Party:
    account = work.session.get(Account, account_id)
    if account is None:
        raise NotFound("account", account_id)
    return _as_person(account)


def _as_person(account: Account) -> Party:
    return Party(account.id, Role(account.role), account.active, account.organisation_id)
