"""What happened to records that can explain why a submission is another one now: decisions, consents, answers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from coalition.db import incidents as storage
from coalition.db import submissions
from coalition.db.history import change_of, changes_since
from coalition.db.incidents import Incident
from coalition.domain.consents import WAYS_OUT, WayOut
from coalition.domain.reviews import Step
from coalition.domain.versions import ANSWERED, GIVEN, WITHDRAWN, Event
from coalition.services.work import Work

TELLING = frozenset(
    {
        "case_status",
        "chosen_type",
        "country",
        "date",
        "descriptions",
        "indicators",
        "location_type",
        "motivations",
        "offences",
        "perpetrators",
        "reason_not_reported",
        "sources",
        "victims",
    }
)
"""The answers that what leaves is made of. Which others were changed is nobody's business here."""
_LINKS = (Step.LINK.value, Step.UNLINK.value)


def events_of(work: Work, incidents: Collection[str], way: WayOut) -> dict[str, list[Event]]:
    """Return what happened to some records, each with what happened to those that are counted with them.

    Of consents only to what the way out needs.
    """
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for identity, event in _steps(work, incidents):
        found[identity].append(event)
    for identity in incidents:
        incident = work.session.get(Incident, identity)
        if incident is not None:
            found[identity] += [*_consents(incident, way), *_answers(work, identity)]
    return dict(found)


def _steps(work: Work, incidents: Collection[str]) -> Iterator[tuple[str, Event]]:
    rows = list(submissions.steps_about(work.session, incidents))
    others = {row.other_id for row in rows if row.other_id} | {row.incident_id for row in rows if row.step in _LINKS}
    references = submissions.references_of(work.session, others)
    wanted = set(incidents)
    for row in rows:
        if row.incident_id in wanted:
            yield row.incident_id, Event(row.at, row.step, other=references.get(row.other_id or "", ""))
        if row.step in _LINKS and row.other_id in wanted:
            yield row.other_id or "", Event(row.at, row.step, other=references.get(row.incident_id, ""))


def _consents(incident: Incident, way: WayOut) -> Iterator[Event]:
    for row in storage.consents_of(incident):
        if row.purpose in WAYS_OUT[way]:
            if row.noted_at:
                yield Event(row.noted_at, GIVEN)
            if row.withdrawn_at:
                yield Event(row.withdrawn_at, WITHDRAWN)


def _answers(work: Work, identity: str) -> Iterable[Event]:
    for row in changes_since(work.session, identity):
        fields = tuple(sorted(TELLING & set(change_of(work.session, row).differing)))
        if fields:
            yield Event(row.at, ANSWERED, fields)
