"""Who looked: the log about one incident, as the lead of its organisation reads it."""

from datetime import timedelta

import pytest

from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.names import Name
from coalition.domain.vocabulary import State
from coalition.services import incidents, readers, reviews
from coalition.services.readers import PAGE, ReadersPage
from tests.conftest import Clock, Coalition
from tests.services import records

FIRST = Name("First Member", {"bg": "Първи член"})


def readers_of(coalition: Coalition, reference: str, page: int = 1) -> ReadersPage:
    with coalition.reading("lead") as work:
        return readers.readers_of(work, reference, page)


def test_the_lead_sees_who_looked_at_a_record_and_what_they_were_shown(any_coalition: Coalition, clock: Clock):
    reference = records.begun(any_coalition)
    clock.now += timedelta(hours=1)
    records.read(any_coalition, reference)
    records.submit(any_coalition, reference)
    clock.now += timedelta(hours=1)
    with any_coalition.reading("coordinator") as work:
        reviews.open_review(work, reference)
    records.decide(any_coalition, reference)
    found = readers_of(any_coalition, reference)
    assert found.reference == reference
    told = [(entry.who, entry.role, entry.organisation, entry.action, entry.classes) for entry in found.entries]
    assert told == [
        ("Coordinator", "coordinator", None, "incident.accept", ()),
        ("Coordinator", "coordinator", None, "incident.take", ()),
        ("Coordinator", "coordinator", None, "incident.read", ("narrative",)),
        ("Case Worker", "case_worker", FIRST, "incident.submit", ()),
        ("Case Worker", "case_worker", FIRST, "incident.unseal", ("identity", "narrative")),
        ("Case Worker", "case_worker", FIRST, "incident.read", ("narrative",)),
        ("Case Worker", "case_worker", FIRST, "incident.begin", ()),
    ]
    assert [entry.at for entry in found.entries][:2] == [clock.now] * 2


def test_an_attempt_of_somebody_else_is_seen_too(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    with pytest.raises(NotFound), any_coalition.reading("second_worker") as work:
        incidents.read_incident(work, reference)
    entry = readers_of(any_coalition, reference).entries[0]
    assert (entry.who, entry.action, entry.classes) == ("Second Worker", "access.denied", ())
    assert entry.organisation == Name("Second Member", {})


def test_nothing_of_other_incidents_is_among_it(any_coalition: Coalition):
    quiet, busy = records.begun(any_coalition), records.begun(any_coalition)
    records.read(any_coalition, busy)
    assert [entry.action for entry in readers_of(any_coalition, quiet).entries] == ["incident.begin"]


def test_a_long_log_is_read_a_page_at_a_time(coalition: Coalition):
    reference = records.begun(coalition)
    for _ in range(PAGE):
        with coalition.reading("lead") as work:
            incidents.read_incident(work, reference)
    first, second, beyond = (readers_of(coalition, reference, number) for number in (1, 2, 99))
    assert (len(first.entries), len(second.entries), first.pages, first.total) == (PAGE, 1, 2, PAGE + 1)
    assert second.entries[0].action == "incident.begin"
    assert beyond == second


@pytest.mark.parametrize("state", State)
def test_nobody_but_the_lead_of_the_organisation_sees_it(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    with pytest.raises(NotPermitted), coalition.reading("case_worker") as work:
        readers.readers_of(work, reference)
    for who in ("second_worker", "coordinator", "administrator", "operator"):
        with pytest.raises(NotFound), coalition.reading(who) as work:
            readers.readers_of(work, reference)
