"""The log: written with the change or after the reading, chained, and whatever is done to it is found."""

import threading

import pytest
from sqlalchemy import text

from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.log import Fault
from coalition.services import audit, incidents
from coalition.services.work import unit_of_work
from tests.conftest import Clock, Coalition
from tests.services import records


def verdict(coalition: Coalition) -> audit.Verdict:
    """Check the log."""
    with coalition.reading("operator") as work:
        return audit.verify_log(work)


def entries(coalition: Coalition, **wanted: object) -> list[tuple[str, str]]:
    """Return (who, what) of the entries, the oldest first."""
    with coalition.reading("operator") as work:
        page = audit.read_log(work, **wanted)  # type: ignore[arg-type]
    return [(entry.name or entry.actor, entry.action) for entry in reversed(page.entries)]


def act(coalition: Coalition, number: int = 5) -> None:
    """Write some entries."""
    for count in range(number):
        with coalition.work("case_worker") as work:
            audit.record(work, "test.act", "test", f"t{count}", count=count, codes=("a", "b"))


def meddle(coalition: Coalition, statement: str) -> None:
    """Change the log behind the product's back."""
    with coalition.runtime.engine.begin() as connection:
        connection.execute(text(statement))


def last_number(coalition: Coalition) -> int:
    """Return the number of the newest entry."""
    with coalition.reading("operator") as work:
        return audit.read_log(work).entries[0].number


def test_entries_are_numbered_without_gaps_and_the_log_is_intact(any_coalition: Coalition):
    act(any_coalition)
    found = verdict(any_coalition)
    assert found.fault is None
    assert found.entries == last_number(any_coalition) >= 5


def test_what_is_rolled_back_leaves_no_entry_and_no_gap(any_coalition: Coalition):
    act(any_coalition, 1)
    before = last_number(any_coalition)

    def fail() -> None:
        with any_coalition.work("case_worker") as work:
            audit.record(work, "test.act", "test", "lost")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    act(any_coalition, 1)
    assert last_number(any_coalition) == before + 1
    assert verdict(any_coalition).fault is None


def test_what_was_read_is_in_the_log_when_the_reading_is_over(any_coalition: Coalition):
    with any_coalition.reading("case_worker") as work:
        audit.record(work, "test.read", "test", "t1", classes=["narrative"])
    assert entries(any_coalition, actions=("test.read",)) == [("Case Worker", "test.read")]
    assert verdict(any_coalition).fault is None


def test_a_refused_permission_is_in_the_log_although_nothing_else_happened(any_coalition: Coalition):
    def ask() -> None:
        with any_coalition.work("case_worker") as work:
            audit.record(work, "test.act", "test", "t1")
            require(work.actor, Permission.BUILD_SUBMISSION)

    with pytest.raises(NotPermitted):
        ask()
    assert entries(any_coalition, actions=("test.act", "access.denied")) == [("Case Worker", "access.denied")]
    with any_coalition.reading("operator") as work:
        (entry,) = audit.read_log(work, actions=("access.denied",)).entries
    assert entry.details == {"permission": "submission:build"}


def test_asking_for_a_foreign_incident_is_in_the_log_and_looks_like_asking_for_none(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    for asked in (reference, "AAAAA-AAAAA"):
        with pytest.raises(NotFound), any_coalition.reading("second_worker") as work:
            incidents.read_incident(work, asked)
    assert entries(any_coalition, actions=("access.denied",)) == [("Second Worker", "access.denied")]


@pytest.mark.parametrize("column", ["actor", "role", "action", "subject_kind", "subject", "hash"])
def test_an_altered_entry_is_found(any_coalition: Coalition, column: str):
    act(any_coalition)
    number = last_number(any_coalition) - 2
    meddle(any_coalition, f"UPDATE audit_entry SET {column} = 'x' WHERE number = {number}")  # noqa: S608
    assert verdict(any_coalition).fault == Fault(number, "altered")


def test_an_altered_moment_is_found(any_coalition: Coalition):
    act(any_coalition)
    number = last_number(any_coalition) - 1
    meddle(any_coalition, f"UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE number = {number}")  # noqa: S608
    assert verdict(any_coalition).fault == Fault(number, "altered")


def test_a_removed_entry_is_found(any_coalition: Coalition):
    act(any_coalition)
    number = last_number(any_coalition) - 2
    meddle(any_coalition, f"DELETE FROM audit_entry WHERE number = {number}")  # noqa: S608
    assert verdict(any_coalition).fault == Fault(number, "missing")


def test_entries_exchanged_are_found(any_coalition: Coalition):
    act(any_coalition)
    last = last_number(any_coalition)
    for old, new in ((last, 9999), (last - 1, last), (9999, last - 1)):
        meddle(any_coalition, f"UPDATE audit_entry SET number = {new} WHERE number = {old}")  # noqa: S608
    assert verdict(any_coalition).fault == Fault(last - 1, "altered")


def test_entries_cut_off_the_end_are_found(any_coalition: Coalition):
    act(any_coalition)
    last = last_number(any_coalition)
    meddle(any_coalition, f"DELETE FROM audit_entry WHERE number > {last - 2}")  # noqa: S608
    assert verdict(any_coalition).fault == Fault(last - 1, "cut_off")


def test_entries_cut_off_the_end_are_found_for_ever_although_the_log_goes_on(any_coalition: Coalition):
    act(any_coalition)
    last = last_number(any_coalition)
    meddle(any_coalition, f"DELETE FROM audit_entry WHERE number > {last - 2}")  # noqa: S608
    act(any_coalition, 6)
    assert verdict(any_coalition).fault == Fault(last - 1, "cut_off")


def test_a_log_that_was_emptied_is_found(any_coalition: Coalition):
    act(any_coalition)
    meddle(any_coalition, "DELETE FROM audit_entry")
    assert verdict(any_coalition).fault == Fault(1, "cut_off")


def test_many_at_once_make_one_chain(any_coalition: Coalition):
    errors: list[Exception] = []

    def write(who: str) -> None:
        try:
            for count in range(10):
                with unit_of_work(any_coalition.runtime, any_coalition.actor(who)) as work:
                    audit.record(work, "test.act", "test", who, count=count)
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in ("case_worker", "lead", "second_worker")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = verdict(any_coalition)
    assert found.fault is None
    assert len(entries(any_coalition, actions=("test.act",))) == 30


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator", "administrator"])
def test_nobody_but_the_auditor_and_the_operator_reads_the_log(coalition: Coalition, who: str):
    for ask in (audit.read_log, audit.verify_log, audit.log_actions, audit.log_actors, audit.whole_log):
        with pytest.raises(NotPermitted), coalition.reading(who) as work:
            next(iter(ask(work)))  # type: ignore[call-overload]


def test_the_log_names_people_and_the_references_of_incidents_that_are_there(any_coalition: Coalition, clock: Clock):
    reference = records.begun(any_coalition)
    with any_coalition.reading("operator") as work:
        page = audit.read_log(work, actions=("incident.begin",))
    (entry,) = page.entries
    assert (entry.name, entry.role, entry.subject) == ("Case Worker", "case_worker", reference)
    assert entry.at == clock.now


def test_the_log_is_read_page_by_page_the_newest_first(any_coalition: Coalition, clock: Clock):
    act(any_coalition, 60)
    with any_coalition.reading("operator") as work:
        first, second = (audit.read_log(work, actions=("test.act",), page=page) for page in (1, 2))
        nothing = audit.read_log(work, since=clock.now.replace(year=2030))
        whole = [entry.number for entry in audit.whole_log(work)]
    assert [first.total, first.pages, len(first.entries), len(second.entries)] == [60, 2, 50, 10]
    numbers = [entry.number for entry in (*first.entries, *second.entries)]
    assert numbers == sorted(numbers, reverse=True)
    assert (nothing.total, nothing.pages, nothing.entries) == (0, 1, ())
    assert whole == list(range(1, len(whole) + 1))
