"""Keeping what could not be saved, on both databases: for one person, sealed, and gone with what it is about."""

from datetime import timedelta

from sqlalchemy import text, update

from coalition.db.kept_forms import KeptForm
from coalition.domain.kept_forms import LASTS
from coalition.services import incidents, kept_forms
from coalition.worker import Worker
from tests.at_once import at_once
from tests.conftest import Clock, Coalition
from tests.services import records

FORM = "incidents.save reference=X section=POLICE"
FIELDS = (("impact", "Ъгъл"), ("impact", "втори"))


def keep(coalition: Coalition, reference: str = "", who: str = "lead", form: str = FORM) -> None:
    with coalition.work(who) as work:
        kept_forms.keep_form(work, form, reference, FIELDS)


def kept(coalition: Coalition, who: str = "lead", form: str = FORM) -> tuple[tuple[str, str], ...] | None:
    with coalition.reading(who) as work:
        found = kept_forms.kept_form(work, form)
    return found.fields if found else None


def rows(coalition: Coalition) -> int:
    with coalition.runtime.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM kept_form")) or 0)


def test_it_comes_back_as_it_was_to_its_person_and_to_nobody_else(any_coalition: Coalition):
    reference = records.begun(any_coalition, who="lead")
    keep(any_coalition, reference)
    keep(any_coalition, form="organisations.create")
    assert kept(any_coalition) == kept(any_coalition, form="organisations.create") == FIELDS
    assert kept(any_coalition, "case_worker") is None
    keep(any_coalition, reference)
    assert rows(any_coalition) == 2, "the newest takes the place of the one before"


def test_a_row_that_is_given_to_another_person_or_record_opens_no_more(any_coalition: Coalition):
    mine, other = (records.begun(any_coalition, who="lead") for _ in range(2))
    keep(any_coalition, mine)
    with any_coalition.work("operator") as work:
        work.session.execute(update(KeptForm).values(account_id=any_coalition.people["case_worker"].id))
    assert kept(any_coalition, "case_worker") is None
    with any_coalition.work("operator") as work:
        another = incidents.storage.id_of_reference(work.session, other)
        work.session.execute(update(KeptForm).values(account_id=any_coalition.people["lead"].id, incident_id=another))
    assert kept(any_coalition) is None


def test_it_goes_with_the_incident_and_so_does_the_key_that_opens_it_in_a_backup(any_coalition: Coalition):
    reference = records.begun(any_coalition, who="lead")
    keep(any_coalition, reference)
    with any_coalition.runtime.engine.connect() as connection:
        row = connection.execute(text("SELECT incident_id, fields, site_fields FROM kept_form")).one()
    assert bytes(row.fields)
    assert not bytes(row.site_fields), "nothing about an incident is sealed with a key that outlives it"
    with any_coalition.work("lead") as work:
        incidents.discard_draft(work, reference, 1)
    assert rows(any_coalition) == 0
    assert any_coalition.runtime.keys.are_destroyed([row.incident_id]) == {row.incident_id}


def test_of_the_same_page_sent_twice_at_the_same_moment_one_waits_for_the_other(any_coalition: Coalition):
    def begin() -> str:
        with any_coalition.work("lead") as work:
            return incidents.begin_incident_once(work, "a" * 43, {"municipality": "Дол"}).reference

    first, second = at_once(begin, begin)
    assert first == second


def test_the_worker_clears_away_what_was_kept_for_a_day(coalition: Coalition, clock: Clock):
    keep(coalition)
    clock.now += LASTS
    with coalition.reading("operator") as work:
        assert not kept_forms.has_expired(work)
    clock.now += timedelta(seconds=1)
    Worker(coalition.runtime)._look()
    assert rows(coalition) == 0
