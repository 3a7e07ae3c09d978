"""Consent that is taken back reaches every way out; what was consented to stays proven."""

from datetime import UTC, datetime

from sqlalchemy import text

from coalition.domain.access import Permission, permits
from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import State
from coalition.services import figures, incidents, submissions
from coalition.services.work import NOBODY
from tests.domain.samples import COMPLETE
from tests.services.records import begun, decide, read, save, submit

YEAR = COMPLETE.date.year


def accepted(coalition):
    reference = begun(coalition)
    submit(coalition, reference)
    decide(coalition, reference)
    return reference


def take_back(coalition, reference, *purposes):
    version = read(coalition, reference).version
    with coalition.work("case_worker") as work:
        return incidents.withdraw_consent(work, reference, version, purposes)


def test_consent_can_be_taken_back_after_the_decision(any_coalition, tmp_path):
    reference = accepted(any_coalition)
    take_back(any_coalition, reference, "odihr", "statistics")
    view = read(any_coalition, reference)
    assert view.state is State.ACCEPTED
    assert not view.facts.consents & {"odihr", "statistics"}
    with any_coalition.reading("coordinator") as work:
        assert submissions.build_submission(work, YEAR, tmp_path)["counts"]["incidents"] == 0
        assert figures.year_summary(work, YEAR).incidents == 0


def test_taking_back_never_adds_a_consent(coalition):
    reference = accepted(coalition)
    before = read(coalition, reference).facts.consents
    take_back(coalition, reference, "contact", "publish")
    assert read(coalition, reference).facts.consents == before - {"contact", "publish"}


def test_without_consent_to_share_a_record_leaves_the_coalitions_counts(any_coalition):
    reference = accepted(any_coalition)
    take_back(any_coalition, reference, "share_coalition")
    with any_coalition.reading("coordinator") as work:
        summary = figures.year_summary(work, YEAR)
    assert (summary.incidents, summary.review.received, summary.review.accepted) == (0, 0, 0)


def test_saving_keeps_the_version_of_the_words_that_were_shown(coalition):
    reference = begun(coalition)
    with coalition.runtime.engine.begin() as connection:
        connection.execute(text("UPDATE incident_consent SET text_version = '2020.1'"))
    save(coalition, reference, narrative="Another sentence.")
    with coalition.runtime.engine.connect() as connection:
        versions = set(connection.scalars(text("SELECT text_version FROM incident_consent")))
    assert versions == {"2020.1"}


def test_an_incident_of_today_can_be_submitted_just_after_midnight(coalition, clock):
    clock.now = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # half past one of the tenth in Sofia
    reference = begun(coalition)
    save(coalition, reference, date=PartialDate(2026, 3, 10), consent_date=datetime(2026, 3, 10).date())  # noqa: DTZ001
    submit(coalition, reference)
    assert read(coalition, reference).state is State.SUBMITTED


def test_nobody_has_no_permission_at_all():
    assert not [permission for permission in Permission if permits(NOBODY, permission)]
