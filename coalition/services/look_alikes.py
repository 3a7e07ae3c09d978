"""Search before create: what may be the same incident, of one's own organisation and of the others."""

from dataclasses import dataclass

from coalition.db import incidents as storage
from coalition.db.organisations import name_of
from coalition.domain.access import Permission, require
from coalition.domain.disclosure import Audience, audience_of_look_alike, disclose
from coalition.domain.likeness import Traits, days_apart, may_be_same
from coalition.domain.names import Name
from coalition.domain.throttling import Use
from coalition.services import audit, throttle
from coalition.services.incident_views import subject_of
from coalition.services.work import Work

MOST = 10
"""More are not shown: whoever sees so many has to say more precisely when and where it was."""


@dataclass(frozen=True)
class LookAlike:
    """A record that may be about the same incident, as somebody who is about to record may see it."""

    organisation: Name
    """Whom to ask."""
    date: str
    region: str
    motivations: tuple[str, ...]
    reference: str = ""
    """Empty for another member's record: that it exists is enough to ask about it."""
    municipality: str = ""
    """Of one's own organisation's records only."""


def look_alikes(work: Work, sought: Traits, leave_out: str = "") -> tuple[LookAlike, ...]:
    """Return what may be the same incident, the nearest in time first; `leave_out` is a reference not to name.

    Raises NotPermitted for whoever does not record.
    """
    require(work.actor, Permission.RECORD_INCIDENT)
    if sought.date is None or not sought.country:
        return ()
    throttle.spend(work, Use.COMPARE)
    near = storage.near_in_time(work.session, sought.date, sought.country, work.actor.organisation or "")
    found: list[tuple[int, bool, int, LookAlike]] = []
    for incident in near:
        audience = audience_of_look_alike(work.actor, subject_of(incident))
        if audience is None or incident.reference == leave_out:
            continue
        facts = disclose(storage.facts_of(incident), audience)
        known = Traits(facts.date, facts.country, facts.region, facts.motivations)
        if known.date is not None and may_be_same(sought, known):
            own = audience is Audience.MEMBER
            alike = LookAlike(
                name_of(incident.organisation),
                str(known.date),
                known.region,
                known.motivations,
                incident.reference if own else "",
                facts.municipality if own else "",
            )
            found.append((days_apart(sought.date, known.date), not own, len(found), alike))
    audit.record(work, "incident.compare", "coalition", "incidents", found=len(found))
    return tuple(alike for _days, _others, _number, alike in sorted(found, key=lambda item: item[:3])[:MOST])
