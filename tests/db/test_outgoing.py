"""A submission reads less than a page does, and says the same: nothing is lost, and nothing is opened for nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from coalition.db import incidents as storage
from coalition.db.incidents import Incident, IncidentConsent, accepted_incidents
from coalition.db.keys import Keys
from coalition.db.outgoing import number_of_outgoing, outgoing_incidents
from coalition.demo.generation import generate
from coalition.domain.incidents import Source
from coalition.domain.profiles import profile_for
from coalition.domain.submissions import Outgoing, outgoing
from coalition.domain.vocabulary import Basis, State
from tests.conftest import Coalition

YEAR = 2024
NOW = datetime(2025, 2, 3, tzinfo=UTC)
SOURCES = (Source("media", "The Daily"), Source("witness", "Somebody"), Source("partner_organisation", "Open Wheel"))


def filled(coalition: Coalition) -> None:
    """Store accepted incidents of all kinds: some public, some linked, some with a consent that was taken back."""
    member = coalition.people["lead"].organisation_id or ""
    told = [replace(item.facts, date=replace(item.facts.date, year=YEAR, day=None)) for item in _dated(60)]
    told[::7] = [replace(facts, basis=Basis.PUBLIC_SOURCE, sources=SOURCES) for facts in told[::7]]
    made = [storage.NewIncident(member, None, State.ACCEPTED, facts, recorded_at=NOW) for facts in told]
    with coalition.work("operator") as work:
        list(storage.insert_incidents(work.session, made))
        ids = list(work.session.scalars(select(Incident.id).order_by(Incident.id)))
        for other, principal in ((ids[3], ids[20]), (ids[4], ids[20]), (ids[5], ids[40])):
            linked = {"state": State.DUPLICATE.value, "same_as_id": principal, "decided_at": NOW}
            work.session.execute(update(Incident).where(Incident.id == other).values(linked))
        gone = update(IncidentConsent).where(IncidentConsent.incident_id.in_(ids[30:34])).values(withdrawn_at=NOW)
        work.session.execute(gone)


def _dated(number: int) -> list:
    return [item for item in generate(number, 5, YEAR).incidents if item.facts.date]


def test_what_is_read_for_a_submission_says_what_the_whole_records_say(any_coalition: Coalition):
    filled(any_coalition)
    taken = profile_for(YEAR)
    with any_coalition.reading("operator") as work:
        whole = list(outgoing(accepted_incidents(work.session, YEAR), YEAR, taken))
        less = list(outgoing(outgoing_incidents(work.session, YEAR, taken.language), YEAR, taken))
        number = number_of_outgoing(work.session, YEAR)
    assert len(whole) > 30
    assert {len(out.credited) for out in whole} >= {1, 2}
    only = [replace(out, facts=replace(out.facts, descriptions=_english(out.facts.descriptions))) for out in whole]
    assert sorted(less, key=_incident) == sorted(only, key=_incident)
    assert number >= len(less)


def _incident(out: Outgoing) -> str:
    return out.incident


def test_records_that_lead_others_come_first_and_then_the_months_in_their_order(any_coalition: Coalition):
    filled(any_coalition)
    with any_coalition.reading("operator") as work:
        found = list(outgoing_incidents(work.session, YEAR, "en"))
    leading, single = [bool(one.linked) for one in found], [one.facts.date for one in found if not one.linked]
    assert leading == [True] * 2 + [False] * len(single)
    assert len({date.month for date in single}) > 3
    assert [date.month or 0 for date in single] == sorted(date.month or 0 for date in single)


def _english(descriptions: dict[str, str]) -> dict[str, str]:
    return {language: text for language, text in descriptions.items() if language == "en"}


def test_nothing_is_opened_that_the_receiving_body_may_not_be_told(
    coalition: Coalition, monkeypatch: pytest.MonkeyPatch
):
    filled(coalition)
    opened: set[str] = set()
    unseal = Keys.unseal

    def noted(keys: Keys, subject: str, sealed: bytes, about: str) -> bytes:
        opened.add(about.partition("/")[0])
        return unseal(keys, subject, sealed, about)

    monkeypatch.setattr(Keys, "unseal", noted)
    with coalition.reading("operator") as work:
        list(outgoing_incidents(work.session, YEAR, "en"))
    assert opened == {"incident_description.text", "incident_source.name"}
