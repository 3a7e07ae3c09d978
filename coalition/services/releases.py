"""What left the coalition, and what has to be mended when a consent behind it is gone.

Shared by whatever freezes something (submission, report, summary) and by whatever takes consent away (a withdrawal,
the form, an erasure). It checks no permission: the action that calls it did.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from coalition.db import incidents as incident_storage
from coalition.db import releases as storage
from coalition.db import summaries as summary_storage
from coalition.db.incidents import Incident
from coalition.db.releases import Correction, Link, Release
from coalition.domain.consents import Included, Kind, Leaving, Mending, Part, lost, mending
from coalition.domain.incidents import Facts
from coalition.domain.vocabulary import Purpose, Role
from coalition.services import audit
from coalition.services.work import Work

OWN_RECORD = frozenset({Part.DESCRIPTIVE, Part.DESCRIBED, Part.TOLD})


@dataclass(frozen=True)
class Touched:
    """Something that left with an incident in it, and what becomes of that."""

    kind: Kind
    year: int
    at: datetime
    language: str
    part: Part
    number: int | None
    """The record's number in the file, where records are numbered."""
    mending: Mending | None
    """What is to be done; None where it stands as it is."""
    done: bool
    """Whether it was done already: a description off the page, a correction that was sent."""


def account_of(work: Work) -> str | None:
    """Return the id of the acting account, None for the command line."""
    return None if work.actor.role in {Role.OPERATOR, Role.NOBODY} else work.actor.id


def record(work: Work, leaving: Leaving, *, job_id: str | None = None, publication_id: str | None = None) -> Release:
    """Keep what leaves now and with which incidents.

    Consent that was withdrawn, or an incident that was erased, while it was being made calls for a correction at once.
    """
    release = Release(
        kind=leaving.kind.value,
        year=leaving.year,
        at=work.now,
        actor_id=account_of(work),
        job_id=job_id,
        publication_id=publication_id,
        language=leaving.language,
        fingerprint=leaving.fingerprint,
        purpose=leaving.purpose.value if leaving.kind is Kind.SUBMISSION else None,
    )
    work.session.add(release)
    work.session.flush()
    for item, is_there in storage.add_links(work.session, release, leaving.included):
        release.incidents += item.part is not Part.TOLD
        release.with_own_record += item.part in OWN_RECORD
        if not is_there:
            _open(work, release, item, None, _mending_of_erased(item.part))
    for item in storage.links_without_consent(work.session, release):
        incident = work.session.get_one(Incident, item.incident)
        _correct(
            work, incident.id, Link(release, item.part, item.number), _mending(release, item.part, _missing(incident))
        )
    return release


def _mending_of_erased(part: Part) -> Mending:
    """Return what is to be done about an incident that is gone: its record goes, its numbers may stay."""
    return mending(part, {Purpose.ODIHR, Purpose.PUBLISH}) or Mending.RECOUNT


def _mending(release: Release, part: Part, gone: Collection[Purpose]) -> Mending | None:
    return mending(part, gone, storage.purpose_of(release))


def _missing(incident: Incident) -> frozenset[Purpose]:
    facts = incident_storage.facts_of(incident)
    return frozenset(purpose for purpose in Purpose if not facts.allows(purpose))


def _open(work: Work, release: Release, item: Included, incident_id: str | None, what: Mending) -> Correction:
    row = Correction(
        release_id=release.id,
        incident_id=incident_id,
        part=item.part.value,
        number=item.number,
        mending=what.value,
        opened_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row


def withdraw_changes(work: Work, incident: Incident, before: Facts, after: Facts) -> tuple[Touched, ...]:
    """Do what a change of facts calls for when it takes away something that was allowed."""
    return withdraw(work, incident, lost(before, after))


def withdraw(work: Work, incident: Incident, gone: Collection[Purpose]) -> tuple[Touched, ...]:
    """Take an incident back from everything it left in, as far as some purposes are not allowed any more.

    Its description goes off the public pages at once; for what is frozen a correction is opened, unless there is one
    already. Returns what it is in, the latest first. Call it before an incident is erased: what it is in is forgotten
    with it, the corrections stay.
    """
    if mending(Part.DESCRIBED, gone):
        taken = summary_storage.take_off(work.session, incident)
        if taken:
            audit.record(work, "summary.take_off", "incident", incident.id, descriptions=taken)
    for link in storage.links_of(work.session, incident.id):
        _correct(work, incident.id, link, _mending(link.release, link.part, gone))
    return touched(work, incident)


def _correct(work: Work, incident_id: str, link: Link, what: Mending | None) -> None:
    if what is None or _is_done_at_once(link, what):
        return
    known = {(row.release_id, row.mending) for row in storage.corrections_of(work.session, incident_id)}
    if (link.release.id, what.value) in known:
        return
    row = _open(work, link.release, Included(incident_id, link.part, link.number), incident_id, what)
    audit.record(
        work, "correction.open", "correction", row.id, kind=link.release.kind, year=link.release.year, what=what.value
    )


def _is_done_at_once(link: Link, what: Mending) -> bool:
    return link.release.kind == Kind.SUMMARY and what is Mending.UNDESCRIBE


def touched(work: Work, incident: Incident) -> tuple[Touched, ...]:
    """Return what an incident is in, the latest first, with what has to be done about it."""
    missing = _missing(incident)
    rows = storage.corrections_of(work.session, incident.id)
    links = storage.links_of(work.session, incident.id)
    return tuple(_touched(link, _mending(link.release, link.part, missing), rows) for link in links)


def _touched(link: Link, what: Mending | None, rows: Collection[Correction]) -> Touched:
    release = link.release
    mended = {row.mending for row in rows if row.release_id == release.id and row.closed_at}
    return Touched(
        kind=Kind(release.kind),
        year=release.year,
        at=release.at,
        language=release.language,
        part=link.part,
        number=link.number,
        mending=what,
        done=what is not None and (_is_done_at_once(link, what) or what.value in mended),
    )
