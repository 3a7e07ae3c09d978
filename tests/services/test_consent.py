"""Consent that is taken back reaches every way out at once; what was consented to stays proven."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pypdf import PdfReader
from sqlalchemy import event, select, text

from coalition.db import incidents as storage
from coalition.db import releases as release_storage
from coalition.db.audit import AuditEntry
from coalition.db.summaries import PublishedDescription
from coalition.domain.access import Permission, permits
from coalition.domain.consents import (
    TEXT_VERSION,
    WAYS_OUT,
    Included,
    Kind,
    Leaving,
    Mending,
    Part,
    WayOut,
    may_leave,
)
from coalition.domain.errors import ChangedMeanwhile, NoConsent, NotFound, NotPermitted, UnknownCode
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.services import consents, figures, incidents, releases, reports, reviews, summaries, versions
from coalition.services import queue as queues
from coalition.services.consents import CorrectionView, Withdrawal
from coalition.services.releases import Touched
from coalition.services.work import NOBODY
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE, facts, without
from tests.services import records
from tests.services.building import built as built_submission
from tests.services.records import begun, decide, read, save, submit

YEAR = COMPLETE.date.year if COMPLETE.date else 0
CANARY = "канарче-9120"


def accepted(coalition: Coalition, told: Facts = COMPLETE) -> str:
    return records.in_state(coalition, State.ACCEPTED, told)


def take_back(coalition: Coalition, reference: str, *purposes: str, who: str = "case_worker") -> Withdrawal:
    with coalition.work(who) as work:
        return consents.withdraw_consent(work, reference, purposes)


def build(coalition: Coalition, folder: Path, who: str = "operator") -> list[dict[str, str]]:
    """Build the submission and keep that it left; returns its descriptive records."""
    with coalition.reading(who) as work:
        built = built_submission(work, YEAR, folder)
    with coalition.work(who) as work:
        versions.keep(work, built)
    with (folder / "incidents.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def report(coalition: Coalition, folder: Path, language: str = "en") -> str:
    """Make the report and keep that it left; returns its words."""
    file = folder / f"report-{language}.pdf"
    with coalition.reading("operator") as work:
        built = reports.build_report(work, YEAR, language, file)
    with coalition.work("operator") as work:
        reports.note_build(work, built)
    return " ".join("\n".join(page.extract_text() for page in PdfReader(file).pages).split())


def publish(coalition: Coalition) -> None:
    with coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR)


def public_texts(coalition: Coalition) -> list[str]:
    with coalition.reading("operator") as work:
        page = summaries.published_descriptions(work, YEAR)
    assert page.total == len(page.texts)
    return [item.texts["en"] for item in page.texts]


def waiting(coalition: Coalition) -> tuple[CorrectionView, ...]:
    with coalition.reading("coordinator") as work:
        return consents.open_corrections(work)


def log(coalition: Coalition, action: str) -> list[Mapping[str, object]]:
    with coalition.reading("operator") as work:
        query = select(AuditEntry.details).where(AuditEntry.action == action).order_by(AuditEntry.id)
        return list(work.session.scalars(query))


def told(touched: tuple[Touched, ...]) -> dict[str, tuple[str, int | None, str | None, bool]]:
    return {item.kind: (item.part, item.number, item.mending, item.done) for item in touched}


# ------------------------------------------------------------------------------------------ every way out


@dataclass
class Outside:
    """What is on each way out."""

    coalition: Coalition
    folder: Path

    def described(self, words: Iterable[str]) -> dict[str, dict[str, int]]:
        """Take every way out that shows descriptions; returns how often each of some words is there."""
        submitted = [row["Description"] for row in build(self.coalition, self.folder / "submission")]
        printed = report(self.coalition, self.folder)
        publish(self.coalition)
        public = public_texts(self.coalition)
        ways = {"submission": submitted, "report": printed, "public": public}
        return {word: {way: texts.count(word) for way, texts in ways.items()} for word in words}

    def counted(self) -> dict[str, int]:
        """Return how many incidents are on every way out that counts or lists them."""
        with self.coalition.reading("coordinator") as work:
            queue = queues.list_reviews(work, states=(State.ACCEPTED.value,)).total
            summary = figures.year_summary(work, YEAR)
        return {"counted": summary.incidents, "received": summary.review.received, "queue": queue}


DESCRIBED = {"submission": 1, "report": 1, "public": 1}
COUNTED = {"counted": 1, "received": 1, "queue": 1}
EVERYWHERE = {**DESCRIBED, **COUNTED}
NOWHERE = dict.fromkeys(EVERYWHERE, 0)
LEFT = {
    "record": ("Alder.", NOWHERE),
    "share_coalition": ("Birch.", NOWHERE),
    "statistics": ("Cedar.", {**EVERYWHERE, "report": 0, "public": 0, "counted": 0}),
    "odihr": ("Hazel.", {**EVERYWHERE, "submission": 0}),
    "publish": ("Linden.", {**EVERYWHERE, "report": 0, "public": 0}),
    "contact": ("Maple.", EVERYWHERE),
}
"""The word of an incident from which a purpose is taken back, and how often it is then on each way out."""


def test_a_withdrawal_closes_every_way_out_that_needs_the_purpose(any_coalition: Coalition, tmp_path: Path):
    words = [word for word, _ in LEFT.values()]
    references = {
        purpose: accepted(any_coalition, facts(descriptions={"en": word})) for purpose, (word, _) in LEFT.items()
    }
    outside = Outside(any_coalition, tmp_path)
    assert outside.described(words) == dict.fromkeys(words, DESCRIBED)
    assert outside.counted() == dict.fromkeys(COUNTED, len(words))
    for purpose, (_, left) in LEFT.items():
        before = outside.counted()
        take_back(any_coalition, references[purpose], purpose)
        after = outside.counted()
        assert {way: before[way] - after[way] for way in COUNTED} == {way: 1 - left[way] for way in COUNTED}, purpose
    assert outside.described(words) == {word: {way: left[way] for way in DESCRIBED} for word, left in LEFT.values()}


def test_without_consent_to_share_the_coordinator_cannot_open_it_any_more(coalition: Coalition):
    reference = accepted(coalition)
    take_back(coalition, reference, "share_coalition")
    with coalition.reading("coordinator") as work, pytest.raises(NotFound):
        reviews.open_review(work, reference)


def test_the_trend_of_later_years_needs_the_same_consents(any_coalition: Coalition):
    past = facts(date=PartialDate(YEAR - 1))
    reference = accepted(any_coalition, past)
    with any_coalition.reading("coordinator") as work:
        assert [year for year, _ in figures.year_summary(work, YEAR).trend] == [YEAR - 1, YEAR]
    take_back(any_coalition, reference, "share_coalition")
    with any_coalition.reading("coordinator") as work:
        assert [year for year, _ in figures.year_summary(work, YEAR).trend] == [YEAR]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cases=some.lists(
        some.tuples(
            some.sampled_from(["", Basis.CONSENT.value, Basis.PUBLIC_SOURCE.value]),
            some.frozensets(some.sampled_from([purpose.value for purpose in Purpose])),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_way_out_yields_an_incident_without_its_purposes(
    coalition: Coalition, tmp_path: Path, cases: list[tuple[str, frozenset[str]]]
):
    with coalition.work("operator") as work:
        for row in work.session.scalars(select(storage.Incident)):
            storage.erase_incident(work.session, row)
    said = [
        facts(basis=basis, consents=given_, descriptions={"en": f"Case {number}."})
        for number, (basis, given_) in enumerate(cases)
    ]
    member = coalition.people["lead"].organisation_id or ""
    now = datetime(2025, 1, 7, tzinfo=UTC)
    made = [storage.NewIncident(member, None, State.ACCEPTED, item, recorded_at=now) for item in said]
    with coalition.work("operator") as work:
        list(storage.insert_incidents(work.session, made))

    def allowed(way: WayOut) -> set[str]:
        return {item.descriptions["en"] for item in said if may_leave(item, way)}

    with coalition.reading("operator") as work:
        built = built_submission(work, YEAR, tmp_path)
        counted = figures.year_figures(work, YEAR)
    with (tmp_path / "incidents.csv").open(encoding="utf-8", newline="") as file:
        assert {row["Description"] for row in csv.DictReader(file)} == allowed(WayOut.SUBMISSION)
    assert built.counts["incidents"] == len(list(built.leaving.included)) == len(allowed(WayOut.SUBMISSION))
    assert {item.texts["en"] for item in counted.summary.descriptions} == allowed(WayOut.DESCRIPTION)
    assert counted.summary.incidents == len(counted.included) == len(allowed(WayOut.STATISTICS))
    with coalition.reading("coordinator") as work:
        queue = queues.list_reviews(work, states=(State.ACCEPTED.value,)).total
    assert queue == len(allowed(WayOut.REVIEW))


def test_every_purpose_governs_a_way_out_or_the_record_itself():
    governing = frozenset().union(*WAYS_OUT.values())
    assert set(Purpose) - governing == {Purpose.RECORD}


# ------------------------------------------------------------------------------------------ what left, and corrections


def test_what_leaves_is_kept_with_its_incidents(any_coalition: Coalition, tmp_path: Path):
    later = accepted(any_coalition, facts(date=PartialDate(YEAR, 9)))
    earlier = accepted(any_coalition, facts(date=PartialDate(YEAR, 2)))
    number = accepted(any_coalition, facts(descriptions={}))
    build(any_coalition, tmp_path)
    report(any_coalition, tmp_path)
    publish(any_coalition)
    seen = {}
    for reference in (earlier, later, number):
        with any_coalition.reading("case_worker") as work:
            page = consents.read_consents(work, reference)
        seen[reference] = told(page.touched)
    assert seen[earlier] == {
        "submission": ("descriptive", 1, None, False),
        "report": ("described", None, None, False),
        "summary": ("described", None, None, False),
    }
    assert seen[later]["submission"] == ("descriptive", 2, None, False)
    assert seen[number] == {
        "submission": ("statistical", None, None, False),
        "report": ("counted", None, None, False),
        "summary": ("counted", None, None, False),
    }
    with any_coalition.reading("operator") as work:
        rows = list(work.session.scalars(select(release_storage.Release).order_by(release_storage.Release.at)))
    assert {(row.kind, row.year, row.incidents, row.with_own_record) for row in rows} == {
        ("submission", YEAR, 3, 2),
        ("report", YEAR, 3, 2),
        ("summary", YEAR, 3, 2),
    }


def test_a_withdrawal_lists_what_it_touches_and_prepares_the_correction(any_coalition: Coalition, tmp_path: Path):
    accepted(any_coalition, facts(date=PartialDate(YEAR, 2)))
    reference = accepted(any_coalition, facts(narrative=CANARY, municipality=CANARY))
    build(any_coalition, tmp_path)
    report(any_coalition, tmp_path)
    publish(any_coalition)
    done = take_back(any_coalition, reference, "odihr", "publish")
    assert done.purposes == (Purpose.ODIHR, Purpose.PUBLISH)
    assert told(done.touched) == {
        "submission": ("descriptive", 2, "remove", False),
        "report": ("described", None, "undescribe", False),
        "summary": ("described", None, "undescribe", True),
    }
    by_kind = {view.kind: view for view in waiting(any_coalition)}
    assert set(by_kind) == {Kind.SUBMISSION, Kind.REPORT}
    message = by_kind[Kind.SUBMISSION].message
    assert message is not None
    assert by_kind[Kind.SUBMISSION].recipient == "tndinfo@odihr.pl"
    assert message.subject == f"HCR {YEAR} (Hate Crime Recording Coalition): correction"
    assert "Record: No. 2 in the sheet, line 3 of either file" in message.body
    assert json.loads((tmp_path / "manifest.json").read_text())["sha256"]["submission.xlsx"] in message.body
    with (tmp_path / "incidents.csv").open(encoding="utf-8") as file:
        assert len(file.readlines()) == 3
    case = [CANARY, reference, "First Member", "Roma", "Bulgaria", "2024-05", *COMPLETE.descriptions.values()]
    assert [word for word in case if word in message.text] == []
    assert by_kind[Kind.REPORT].message is None


def test_an_incident_in_the_numbers_is_taken_out_of_the_numbers(coalition: Coalition, tmp_path: Path):
    reference = accepted(coalition, facts(descriptions={}, motivations=("anti_roma",)))
    build(coalition, tmp_path)
    take_back(coalition, reference, "odihr")
    (view,) = waiting(coalition)
    assert (view.part, view.number, view.mending) == (Part.STATISTICAL, None, Mending.SUBTRACT)
    assert view.message is not None
    assert "statistics.csv" in view.message.body
    assert "Record:" not in view.message.body
    assert "Roma" not in view.message.text


def test_built_twice_without_a_change_it_is_corrected_once(coalition: Coalition, tmp_path: Path, clock: Clock):
    reference = accepted(coalition)
    build(coalition, tmp_path)
    clock.now += timedelta(days=1)
    build(coalition, tmp_path)
    clock.now += timedelta(days=1)
    accepted(coalition, facts(date=PartialDate(YEAR, 1)))
    build(coalition, tmp_path)
    done = take_back(coalition, reference, "odihr")
    assert [(item.at.day, item.number) for item in done.touched] == [(4, 2), (3, 1)]
    assert sorted(view.number or 0 for view in waiting(coalition)) == [1, 2]


def test_what_needs_none_of_the_purposes_stays(coalition: Coalition, tmp_path: Path):
    reference = accepted(coalition)
    build(coalition, tmp_path)
    publish(coalition)
    done = take_back(coalition, reference, "contact", "police", "refer")
    assert {item.mending for item in done.touched} == {None}
    assert waiting(coalition) == ()
    assert len(public_texts(coalition)) == 1


def test_a_description_goes_off_the_page_at_once_and_the_count_stays_until_it_is_published_again(
    any_coalition: Coalition,
):
    kept = accepted(any_coalition, facts(descriptions={"en": "Kept."}))
    gone = accepted(any_coalition, facts(descriptions={"en": "Gone."}))
    publish(any_coalition)
    assert sorted(public_texts(any_coalition)) == ["Gone.", "Kept."]
    take_back(any_coalition, gone, "statistics")
    with any_coalition.reading("coordinator") as work:
        found = summaries.published_summary(work, YEAR)
        (line,) = summaries.data_years(work)
    assert public_texts(any_coalition) == ["Kept."]
    assert (found.described, found.summary.incidents, line.outdated) == (1, 2, 1)
    (view,) = waiting(any_coalition)
    assert (view.kind, view.mending, view.message) == (Kind.SUMMARY, Mending.RECOUNT, None)
    publish(any_coalition)
    with any_coalition.reading("coordinator") as work:
        assert summaries.published_summary(work, YEAR).summary.incidents == 1
        assert summaries.data_years(work)[0].outdated == 0
    assert waiting(any_coalition) == ()
    take_back(any_coalition, kept, "publish")
    assert public_texts(any_coalition) == []
    assert waiting(any_coalition) == ()


def test_descriptions_that_nobody_can_read_any_more_are_let_go(coalition: Coalition):
    accepted(coalition)
    publish(coalition)
    publish(coalition)

    def rows() -> int:
        with coalition.reading("operator") as work:
            return len(work.session.scalars(select(PublishedDescription)).all())

    assert rows() == 1
    with coalition.work("coordinator") as work:
        summaries.withdraw_summary(work, YEAR)
    assert rows() == 0


def test_a_summary_that_was_replaced_or_taken_off_is_not_touched_any_more(coalition: Coalition):
    reference = accepted(coalition)
    publish(coalition)
    publish(coalition)
    with coalition.reading("case_worker") as work:
        assert [item.kind for item in consents.read_consents(work, reference).touched] == [Kind.SUMMARY]
    with coalition.work("coordinator") as work:
        summaries.withdraw_summary(work, YEAR)
    assert take_back(coalition, reference, "statistics").touched == ()
    assert waiting(coalition) == ()


def test_consent_withdrawn_while_a_submission_is_built_is_noticed(any_coalition: Coalition, tmp_path: Path):
    reference = accepted(any_coalition)
    with any_coalition.reading("operator") as work:
        built = built_submission(work, YEAR, tmp_path)
    assert take_back(any_coalition, reference, "odihr").touched == ()
    with any_coalition.work("operator") as work:
        versions.keep(work, built)
    (view,) = waiting(any_coalition)
    assert (view.mending, view.number) == (Mending.REMOVE, 1)


def test_consent_withdrawn_while_a_year_is_counted_is_not_published(any_coalition: Coalition):
    reference = accepted(any_coalition)
    with any_coalition.reading("coordinator") as work:
        counted = summaries.count_year(work, YEAR)
    take_back(any_coalition, reference, "publish")
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR, counted)
    assert public_texts(any_coalition) == []
    assert waiting(any_coalition) == ()


def erase(coalition: Coalition, reference: str) -> None:
    with coalition.work("operator") as work:
        incident = storage.incident_with_reference(work.session, reference)
        assert incident is not None
        releases.withdraw(work, incident, {Purpose.ODIHR, Purpose.PUBLISH})
        storage.erase_incident(work.session, incident)


def test_erasing_an_incident_leaves_the_numbers_and_the_correction_and_nothing_that_leads_to_it(
    any_coalition: Coalition, tmp_path: Path
):
    reference = accepted(any_coalition)
    build(any_coalition, tmp_path)
    publish(any_coalition)
    erase(any_coalition, reference)
    assert public_texts(any_coalition) == []
    (view,) = waiting(any_coalition)
    assert (view.mending, view.number) == (Mending.REMOVE, 1)
    with any_coalition.reading("operator") as work:
        links = work.session.scalars(select(release_storage.ReleaseIncident)).all()
        kept = {row.kind: row.incidents for row in work.session.scalars(select(release_storage.Release))}
        (correction,) = work.session.scalars(select(release_storage.Correction))
    assert (links, kept, correction.incident_id) == ([], {"submission": 1, "summary": 1}, None)


def test_an_incident_erased_while_a_submission_is_built_is_noticed(any_coalition: Coalition, tmp_path: Path):
    reference = accepted(any_coalition)
    with any_coalition.reading("operator") as work:
        built = built_submission(work, YEAR, tmp_path)
        counted = figures.year_figures(work, YEAR)
    erase(any_coalition, reference)
    with any_coalition.work("operator") as work:
        versions.keep(work, built)
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR, counted)
    assert {(view.kind, view.mending) for view in waiting(any_coalition)} >= {(Kind.SUBMISSION, Mending.REMOVE)}
    assert public_texts(any_coalition) == []


def test_a_description_published_before_its_incident_was_kept_is_found_by_its_codes(any_coalition: Coalition):
    reference = accepted(any_coalition, facts(descriptions={"en": "Gone."}))
    accepted(any_coalition, facts(descriptions={"en": "Another month."}, date=PartialDate(YEAR, 1)))
    accepted(any_coalition, facts(descriptions={"en": "Another motive."}, motivations=("gender",)))
    publish(any_coalition)
    with any_coalition.work("operator") as work:
        work.session.execute(text("UPDATE published_description SET incident_id = NULL"))
    take_back(any_coalition, reference, "publish")
    assert sorted(public_texts(any_coalition)) == ["Another month.", "Another motive."]


def test_a_large_year_is_kept_with_a_handful_of_statements(any_coalition: Coalition):
    made = [
        storage.NewIncident(
            any_coalition.people["lead"].organisation_id or "",
            None,
            State.ACCEPTED,
            Facts(date=PartialDate(YEAR)),
            recorded_at=datetime(2025, 1, 1, tzinfo=UTC),
        )
        for _ in range(2000)
    ]
    statements: list[str] = []

    def noted(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with any_coalition.work("operator") as work:
        list(storage.insert_incidents(work.session, made))
        ids = list(work.session.scalars(select(storage.Incident.id)))
        leaving = Leaving(Kind.SUBMISSION, YEAR, tuple(Included(item, Part.STATISTICAL) for item in ids))
        # Consent is not what this is about: with a basis, nothing calls for a correction.
        work.session.execute(text("UPDATE incident SET basis = 'public_source'"))
        event.listen(any_coalition.runtime.engine, "before_cursor_execute", noted)
        release = releases.record(work, leaving)
        event.remove(any_coalition.runtime.engine, "before_cursor_execute", noted)
        links = work.session.scalars(select(release_storage.ReleaseIncident.incident_id)).all()
    assert (release.incidents, len(links)) == (2000, 2000)
    assert len(statements) < 20


def test_a_correction_is_closed_by_a_person_or_by_publishing_and_the_log_says_so(coalition: Coalition, tmp_path: Path):
    reference = accepted(coalition)
    build(coalition, tmp_path)
    report(coalition, tmp_path)
    take_back(coalition, reference, "odihr", "statistics")
    views = {view.kind: view.reference for view in waiting(coalition)}
    with coalition.work("coordinator") as work:
        consents.close_correction(work, views[Kind.SUBMISSION].lower(), "sent")
        consents.close_correction(work, views[Kind.SUBMISSION], "not_needed")
        consents.close_correction(work, views[Kind.REPORT], "not_needed")
    assert waiting(coalition) == ()
    assert [(entry["kind"], entry["outcome"]) for entry in log(coalition, "correction.close")] == [
        ("submission", "sent"),
        ("report", "not_needed"),
    ]
    with coalition.reading("case_worker") as work:
        touched = consents.read_consents(work, reference).touched
    assert {item.done for item in touched} == {True}


def test_closing_needs_the_coordinator_a_correction_and_an_outcome(coalition: Coalition, tmp_path: Path):
    reference = accepted(coalition)
    build(coalition, tmp_path)
    take_back(coalition, reference, "odihr")
    (view,) = waiting(coalition)
    with coalition.work("coordinator") as work:
        with pytest.raises(UnknownCode):
            consents.close_correction(work, view.reference, "published_again")
        with pytest.raises(NotFound):
            consents.close_correction(work, "AAAAA-AAAAA", "sent")
    for who in ("case_worker", "lead", "administrator"):
        for act in (
            lambda work: consents.close_correction(work, view.reference, "sent"),
            lambda work: consents.read_correction(work, view.reference),
            consents.open_corrections,
        ):
            with coalition.work(who) as work, pytest.raises(NotPermitted):
                act(work)
    assert len(waiting(coalition)) == 1


# ------------------------------------------------------------------------------------------ taking back


def test_taking_back_never_adds_a_consent(coalition: Coalition):
    reference = accepted(coalition)
    before = read(coalition, reference).facts.consents
    done = take_back(coalition, reference, "contact", "publish")
    assert done.purposes == (Purpose.PUBLISH, Purpose.CONTACT)
    assert read(coalition, reference).facts.consents == before - {"contact", "publish"}
    assert read(coalition, reference).state is State.ACCEPTED


@pytest.mark.parametrize("state", list(State))
def test_it_can_be_taken_back_in_every_state(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    take_back(coalition, reference, "odihr")
    assert "odihr" not in read(coalition, reference).facts.consents
    assert read(coalition, reference).state is state


def test_what_is_no_purpose_and_what_was_not_given_is_said(coalition: Coalition):
    reference = accepted(coalition, without(Purpose.ODIHR))
    version = read(coalition, reference).version
    with pytest.raises(UnknownCode):
        take_back(coalition, reference, "everything")
    with pytest.raises(NoConsent) as refused:
        take_back(coalition, reference, "odihr")
    assert refused.value.purposes == ("odihr",)
    assert read(coalition, reference).version == version
    take_back(coalition, reference, "odihr", "publish")
    with pytest.raises(NoConsent):
        take_back(coalition, reference, "publish")


def test_a_public_source_has_no_consent_to_take_back(coalition: Coalition):
    public = facts(basis="public_source", consents=frozenset(), consent_way="", consent_date=None)
    with pytest.raises(NoConsent):
        take_back(coalition, accepted(coalition, public), "publish")


def test_with_the_consent_to_be_recorded_every_other_ends(coalition: Coalition, tmp_path: Path):
    reference = accepted(coalition)
    build(coalition, tmp_path)
    done = take_back(coalition, reference, "record")
    assert set(done.purposes) == set(Purpose)
    assert read(coalition, reference).facts.consents == frozenset()
    with coalition.reading("lead") as work:
        assert consents.read_consents(work, reference).must_go
    assert len(waiting(coalition)) == 1


def test_anybody_of_the_member_can_note_it_and_nobody_else(coalition: Coalition):
    reference = accepted(coalition)
    take_back(coalition, reference, "contact", who="lead")
    take_back(coalition, reference, "police", who="operator")
    for who in ("second_worker", "coordinator", "administrator"):
        with pytest.raises(NotFound):
            take_back(coalition, reference, "odihr", who=who)


def test_a_withdrawal_on_top_of_another_save_is_noticed(coalition: Coalition):
    reference = accepted(coalition)
    version = read(coalition, reference).version
    with coalition.work("case_worker") as work:
        assert consents.withdraw_consent(work, reference, ("contact",), version).version == version + 1
    with coalition.work("lead") as work, pytest.raises(ChangedMeanwhile):
        consents.withdraw_consent(work, reference, ("odihr",), version)


def test_unticking_a_consent_in_the_form_is_a_withdrawal_too(any_coalition: Coalition, tmp_path: Path):
    reference = accepted(any_coalition)
    build(any_coalition, tmp_path)
    publish(any_coalition)
    records.reopen(any_coalition, reference)
    decide(any_coalition, reference, records.ASK)
    save(any_coalition, reference, consents=without(Purpose.ODIHR, Purpose.PUBLISH).consents)
    assert public_texts(any_coalition) == []
    assert [view.mending for view in waiting(any_coalition)] == [Mending.REMOVE]


def test_the_log_names_the_purposes_and_nothing_else(coalition: Coalition, tmp_path: Path):
    reference = accepted(coalition)
    build(coalition, tmp_path)
    publish(coalition)
    take_back(coalition, reference, "odihr", "publish")
    assert log(coalition, "incident.withdraw_consent") == [{"purposes": ["odihr", "publish"]}]
    assert log(coalition, "correction.open") == [{"kind": "submission", "year": YEAR, "what": "remove"}]
    assert log(coalition, "summary.take_off") == [{"descriptions": 1}]


# ------------------------------------------------------------------------------------------ proof


def test_a_withdrawn_consent_stays_as_proof(any_coalition: Coalition, clock: Clock):
    reference = accepted(any_coalition)
    given_at = clock.now
    clock.now += timedelta(days=30)
    take_back(any_coalition, reference, "odihr", who="lead")
    with any_coalition.reading("case_worker") as work:
        proof = consents.prove_consent(work, reference)
    assert len(proof.given) == len(Purpose)
    item = next(item for item in proof.given if item.purpose is Purpose.ODIHR)
    assert (item.way, item.given_on, item.text_version) == ("written", date(2024, 5, 20), TEXT_VERSION)
    assert (item.noted_at, item.noted_by) == (given_at, "Case Worker")
    assert (item.withdrawn_at, item.withdrawn_by) == (clock.now, "Lead")
    assert [other.in_force for other in proof.given].count(False) == 1


def test_consenting_again_is_a_new_consent(any_coalition: Coalition, clock: Clock):
    reference = begun(any_coalition)
    take_back(any_coalition, reference, "odihr")
    clock.now += timedelta(days=2)
    anew = {"consent_by": "guardian", "consent_way": "spoken", "consent_date": date(2026, 3, 4)}
    save(any_coalition, reference, consents=COMPLETE.consents, **anew)
    with any_coalition.reading("case_worker") as work:
        given_ = consents.prove_consent(work, reference).given
    first, second = (item for item in given_ if item.purpose is Purpose.ODIHR)
    assert (first.way, first.given_on, first.in_force) == ("written", date(2024, 5, 20), False)
    assert (second.way, second.given_on, second.in_force) == ("spoken", date(2026, 3, 4), True)
    others = {(item.giver, item.way, item.given_on) for item in given_ if item.purpose is not Purpose.ODIHR}
    assert others == {("person", "written", date(2024, 5, 20))}
    assert (first.giver, second.giver) == ("person", "guardian")
    assert "odihr" in read(any_coalition, reference).facts.consents


def test_without_a_new_consent_another_day_is_a_correction(coalition: Coalition):
    reference = begun(coalition)
    save(coalition, reference, consent_date=date(2024, 5, 21))
    with coalition.reading("lead") as work:
        assert {item.given_on for item in consents.prove_consent(work, reference).given} == {date(2024, 5, 21)}


def test_saving_keeps_the_version_of_the_words_that_were_shown(coalition: Coalition):
    reference = begun(coalition)
    with coalition.runtime.engine.begin() as connection:
        connection.execute(text("UPDATE incident_consent SET text_version = '2020.1'"))
    save(coalition, reference, narrative="Another sentence.")
    with coalition.runtime.engine.connect() as connection:
        versions = set(connection.scalars(text("SELECT text_version FROM incident_consent")))
    assert versions == {"2020.1"}


def test_the_day_of_a_withdrawn_consent_lies_sealed(coalition: Coalition):
    reference = begun(coalition)
    take_back(coalition, reference, "odihr")
    with coalition.runtime.engine.connect() as connection:
        sealed = connection.scalar(text("SELECT given_on FROM incident_consent WHERE purpose = 'odihr'"))
    assert sealed
    assert b"2024-05-20" not in sealed


@pytest.fixture
def proven(coalition: Coalition) -> str:
    """Give an incident with a story, one of whose consents was taken back."""
    reference = accepted(coalition, facts(narrative=CANARY, impact=CANARY, own_reference=CANARY, municipality=CANARY))
    take_back(coalition, reference, "publish")
    return reference


def file_of(coalition: Coalition, reference: str, kind: str, language: str = "en", who: str = "lead") -> bytes:
    with coalition.reading(who) as work:
        return consents.proof_file(work, reference, kind, language)


def test_the_proof_as_data_says_what_when_how_and_in_which_words(coalition: Coalition, proven: str):
    made = json.loads(file_of(coalition, proven, "json"))
    assert (made["format"], made["version"]) == ("coalition-consent-proof", 1)
    assert (made["reference"], made["organisation"], made["basis"]) == (proven, "First Member", "consent")
    assert [item["purpose"] for item in made["consents"] if not item["in_force"]] == ["publish"]
    assert {item["given_on"] for item in made["consents"]} == {"2024-05-20"}
    assert set(made["texts"][TEXT_VERSION]) == {"en", "bg"}
    words = made["texts"][TEXT_VERSION]["bg"]["purposes"]
    assert words["publish"] == "Публикуване на анонимизирано описание"
    assert CANARY not in json.dumps(made, ensure_ascii=False)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", ["Proof of consent", "First Member", "Publish an anonymised description", "20 May 2024", "In writing"]),
        ("bg", ["Публикуване на анонимизирано описание", "Първи член"]),
    ],
)
def test_the_proof_as_pdf_can_be_read_by_everybody(coalition: Coalition, proven: str, language: str, wanted: list[str]):
    reader = PdfReader(BytesIO(file_of(coalition, proven, "pdf", language)))
    words = " ".join("\n".join(page.extract_text() for page in reader.pages).split())
    assert [word for word in [proven, *wanted] if word not in words] == []
    assert CANARY not in words
    assert reader.trailer["/Root"]["/Lang"] == language
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_who_may_not_see_the_day_of_consent_gets_no_proof_and_the_log_says_who_did(coalition: Coalition, proven: str):
    file_of(coalition, proven, "json")
    assert log(coalition, "consent.prove") == [{"classes": ["identity"]}]
    for who in ("second_worker", "coordinator", "administrator", "operator"):
        with pytest.raises(NotFound):
            file_of(coalition, proven, "json", who=who)


# ------------------------------------------------------------------------------------------ beside


def test_an_incident_of_today_can_be_submitted_just_after_midnight(coalition: Coalition, clock: Clock):
    clock.now = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # half past one of the tenth in Sofia
    reference = begun(coalition)
    save(coalition, reference, date=PartialDate(2026, 3, 10), consent_date=date(2026, 3, 10))
    submit(coalition, reference)
    assert read(coalition, reference).state is State.SUBMITTED


def test_nobody_has_no_permission_at_all():
    assert not [permission for permission in Permission if permits(NOBODY, permission)]


def test_reading_a_record_names_no_consent_of_another_member(coalition: Coalition):
    reference = accepted(coalition)
    with coalition.reading("second_worker") as work, pytest.raises(NotFound):
        consents.read_consents(work, reference)
    with coalition.reading("case_worker") as work:
        assert incidents.read_incident(work, reference).facts.consents
