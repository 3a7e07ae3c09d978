"""Who looked: what the log says about one incident, for the lead of the organisation that recorded it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from coalition.db import audit as storage
from coalition.db.accounts import Account
from coalition.db.organisations import name_of
from coalition.domain.access import Permission, require
from coalition.domain.names import Name
from coalition.services.incident_views import find, subject_of
from coalition.services.work import Work

PAGE = 50


@dataclass(frozen=True)
class Reading:
    """One entry about an incident: somebody saw it or did something with it."""

    who: str
    """Name of the person; empty for the command line and for people who are gone."""
    role: str
    organisation: Name | None
    """The member they work for; None for those who act for the whole coalition."""
    at: datetime
    action: str
    classes: tuple[str, ...]
    """What was shown, as classes of fields; empty for what is no reading."""


@dataclass(frozen=True)
class ReadersPage:
    """One page of the entries about an incident, the newest first."""

    reference: str
    entries: tuple[Reading, ...]
    total: int
    number: int
    pages: int


def readers_of(work: Work, reference: str, page: int = 1) -> ReadersPage:
    """Return who did what with an incident, who only looked at it included (GDPR Art. 5(2); ASVS 5.0, 16.3).

    Raises NotFound for incidents of other members, NotPermitted for whoever is not the lead.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.SEE_READERS, subject_of(incident))
    about = storage.LogFilter(subject_kind="incident", subject=incident.id)
    total = storage.count_entries(work.session, about)
    pages = max(1, -(-total // PAGE))
    number = min(max(page, 1), pages)
    rows = storage.list_entries(work.session, about, offset=(number - 1) * PAGE, limit=PAGE)
    people = {actor: work.session.get(Account, actor) for actor in {row.actor for row in rows}}
    return ReadersPage(incident.reference, tuple(_reading(row, people) for row in rows), total, number, pages)


BY_ITSELF = frozenset({"incident.link", "incident.unlink"})
"""What happens to a record also because of what another member did with its own: who that was is not told."""


def _reading(row: storage.AuditEntry, people: Mapping[str, Account | None]) -> Reading:
    account = people[row.actor]
    if row.action in BY_ITSELF and account and account.organisation:
        return Reading("", "", None, row.at, row.action, ())
    return Reading(
        who=account.name if account else "",
        role=row.role,
        organisation=name_of(account.organisation) if account and account.organisation else None,
        at=row.at,
        action=row.action,
        classes=tuple(row.details.get("classes", ())),
    )
