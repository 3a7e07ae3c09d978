"""A submission reads less than a page does, and says the same: nothing is lost, and nothing is opened for nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from coalition.db import incidents as storage
from coalition.db.incidents import Incident, IncidentConsent, accepted_incidents
from coalition.db.keys import Keys
from coalition.db.outgoing import OutgoingIncidents
from coalition.demo.generation import generate
from coalition.documents.submission_cells import Cells
from coalition.domain.consents import Part, WayOut, may_leave
from coalition.domain.incidents import Source
from coalition.domain.profile_checks import FACTS_OF
from coalition.domain.profiles import Profile, profile_for, shipped
from coalition.domain.submissions import Outgoing, counted, outgoing
from coalition.domain.vocabulary import Basis, Purpose, State
from tests.conftest import Coalition

YEAR = 2024
NOW = datetime(2025, 2, 3, tzinfo=UTC)
SOURCES = (Source("media", "The Daily"), Source("witness", "Somebody"), Source("partner_organisation", "Open Wheel"))


def filled(coalition: Coalition) -> None:
    """Store accepted incidents of all kinds: some public, some linked, some with a consent that was taken back."""
    member = coalition.people["lead"].organisation_id or ""
    told = [replace(item.facts, date=replace(item.facts.date, year=YEAR, day=None)) for item in _dated(60)]
    told[::7] = [replace(facts, basis=Basis.PUBLIC_SOURCE, sources=SOURCES) for facts in told[::7]]
    told[1::5] = [replace(facts, descriptions={}) for facts in told[1::5]]
    made = [storage.NewIncident(member, None, State.ACCEPTED, facts, recorded_at=NOW) for facts in told]
    with coalition.work("operator") as work:
        list(storage.insert_incidents(work.session, made))
        ids = list(work.session.scalars(select(Incident.id).order_by(Incident.id)))
        for other, principal in ((ids[3], ids[20]), (ids[4], ids[20]), (ids[5], ids[40])):
            linked = {"state": State.DUPLICATE.value, "same_as_id": principal, "decided_at": NOW}
            work.session.execute(update(Incident).where(Incident.id == other).values(linked))
        gone = update(IncidentConsent).where(IncidentConsent.incident_id.in_(ids[30:34])).values(withdrawn_at=NOW)
        work.session.execute(gone)
        # Of one that leads others ODIHR may not be told: the next one stands for it.
        leading = IncidentConsent.incident_id == ids[20], IncidentConsent.purpose == Purpose.ODIHR.value
        work.session.execute(update(IncidentConsent).where(*leading).values(withdrawn_at=NOW))


def _dated(number: int) -> list:
    return [item for item in generate(number, 5, YEAR).incidents if item.facts.date]


def test_what_is_read_for_a_submission_says_what_the_whole_records_say(any_coalition: Coalition):
    filled(any_coalition)
    for taken in _profiles():
        with any_coalition.reading("operator") as work:
            whole = list(outgoing(accepted_incidents(work.session, YEAR), YEAR, taken))
            less = list(outgoing(OutgoingIncidents(work.session, YEAR, taken), YEAR, taken))
            number = len(OutgoingIncidents(work.session, YEAR, taken))
        assert len(whole) > 30
        assert {len(out.credited) for out in whole} >= {1, 2}
        assert _said(less, taken) == _said(whole, taken)
        assert number >= len(less)


def _profiles() -> list[Profile]:
    """Return every profile that is shipped, and one that shows all that a profile can show."""
    odihr = profile_for(YEAR)
    everything = tuple(replace(odihr.columns[0], field=name) for name in FACTS_OF)
    every, public = replace(odihr, columns=everything), next(one for one in shipped().values() if one.way != odihr.way)
    return [
        *shipped().values(),
        every,
        replace(every, statistics_only=frozenset()),
        replace(odihr, purpose=public.purpose),
    ]


def _said(found: list[Outgoing], taken: Profile) -> list[object]:
    cells = Cells(taken)
    told = ((out.incident, out.part, out.credited, out.linked, counted(out.facts), _told(out, cells)) for out in found)
    return sorted(told)


def _told(out: Outgoing, cells: Cells) -> list[str]:
    return cells.of(out) if out.part is Part.DESCRIPTIVE else cells.counted(out)


def test_what_the_profile_does_not_show_is_not_read(coalition: Coalition):
    filled(coalition)
    taken, few = profile_for(YEAR), ("number", "date", "country", "motivations", "type", "victims")
    short = replace(taken, columns=tuple(replace(taken.columns[0], field=name) for name in few), export=())
    with coalition.reading("operator") as work:
        read = [one.facts for one in OutgoingIncidents(work.session, YEAR, short)]
        more = [one.facts for one in OutgoingIncidents(work.session, YEAR, taken)]
    assert any(facts.victims for facts in read)
    assert not any(line.harm for facts in read for line in facts.victims)
    for name in ("indicators", "perpetrators", "location_type", "case_status"):
        assert any(getattr(facts, name) for facts in more), name
        assert not any(getattr(facts, name) for facts in read), name


def test_of_an_incident_that_is_only_counted_nothing_else_is_read(coalition: Coalition):
    filled(coalition)
    taken = profile_for(YEAR)
    with coalition.reading("operator") as work:
        found = list(outgoing(OutgoingIncidents(work.session, YEAR, taken), YEAR, taken))
    counted_only = [out.facts for out in found if out.part is Part.STATISTICAL]
    assert {facts.type in taken.statistics_only for facts in counted_only} == {True, False}
    for facts in counted_only:
        assert [facts.descriptions, facts.victims, facts.perpetrators, facts.indicators] == [{}, (), (), ()]
    assert all(out.facts.victims for out in found if out.part is Part.DESCRIPTIVE)


def test_records_that_lead_others_come_first_and_then_the_months_in_their_order(any_coalition: Coalition):
    filled(any_coalition)
    with any_coalition.reading("operator") as work:
        found = list(OutgoingIncidents(work.session, YEAR, profile_for(YEAR)))
    leading, single = [bool(one.linked) for one in found], [one.facts.date for one in found if not one.linked]
    assert leading == [True] * 2 + [False] * len(single)
    assert len({date.month for date in single}) > 3
    assert [date.month or 0 for date in single] == sorted(date.month or 0 for date in single)


def test_nothing_is_opened_that_the_receiving_body_may_not_be_told(
    coalition: Coalition, monkeypatch: pytest.MonkeyPatch
):
    filled(coalition)
    opened: set[str] = set()
    records: set[str] = set()
    unseal = Keys.unseal

    def noted(keys: Keys, subject: str, sealed: bytes, about: str) -> bytes:
        opened.add(about.partition("/")[0])
        records.add(subject)
        return unseal(keys, subject, sealed, about)

    monkeypatch.setattr(Keys, "unseal", noted)
    with coalition.reading("operator") as work:
        groups = list(OutgoingIncidents(work.session, YEAR, profile_for(YEAR)))
    read = [record for group in groups for record in group.records]
    kept_back = {record.incident for record in read if not may_leave(record.facts, WayOut.SUBMISSION)}
    assert len(kept_back) > 1
    assert len(records) > 20
    assert records.isdisjoint(kept_back)
    assert opened == {"incident_description.text", "incident_source.name"}
