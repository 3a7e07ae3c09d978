"""The published summary: what it counts, what it tells, and that it stands still once it is out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.domain.errors import NotFound, NotPermitted, UnknownCode
from coalition.domain.incidents import PartialDate, Source
from coalition.domain.summaries import YearSummary
from coalition.domain.vocabulary import Purpose, State
from coalition.services import organisations, settings, summaries
from coalition.services.summaries import YearLine
from coalition.services.work import NOBODY, reading
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts, without
from tests.services import records
from tests.services.records import REJECT

YEAR = 2024
CANARY = "канарче-7731"


def publish(coalition: Coalition, year: int = YEAR) -> YearSummary:
    with coalition.work("coordinator") as work:
        return summaries.publish_summary(work, year)


def preview(coalition: Coalition, year: int = YEAR) -> YearSummary:
    with coalition.reading("coordinator") as work:
        return summaries.preview_summary(work, year)


def public(coalition: Coalition, year: int = YEAR) -> YearSummary:
    with reading(coalition.runtime, NOBODY) as work:
        found = summaries.published_summary(work, year)
        page = summaries.published_descriptions(work, year)
    assert found.described == page.total == len(page.texts)
    return replace(found.summary, descriptions=tuple(reversed(page.texts)))


def public_years(coalition: Coalition) -> list[int]:
    with reading(coalition.runtime, NOBODY) as work:
        return summaries.published_years(work)


def test_a_summary_counts_the_accepted_incidents_of_its_year(any_coalition: Coalition):
    records.in_state(any_coalition, State.ACCEPTED, facts(motivations=("anti_roma", "gender")))
    records.in_state(any_coalition, State.ACCEPTED, facts(date=PartialDate(YEAR), country="RO", region=""))
    records.in_state(any_coalition, State.ACCEPTED, facts(date=PartialDate(2023, 1)), who="second_worker")
    for state in (State.DRAFT, State.SUBMITTED, State.RETURNED, State.REJECTED):
        records.in_state(any_coalition, state)
    summary = preview(any_coalition)
    assert (summary.year, summary.incidents, summary.table.marks) == (YEAR, 2, 3)
    assert [(code, counts.incidents) for code, counts in summary.table.rows] == [
        ("anti_roma", 2),
        ("gender", 1),
    ]
    assert [(code, table.incidents) for code, table in summary.countries] == [("BG", 1), ("RO", 1)]
    assert (summary.months[4], summary.month_unknown, summary.several_motivations) == (1, 1, 1)
    assert [(year, counts.incidents) for year, counts in summary.trend] == [(2023, 1), (YEAR, 2)]
    review = summary.review
    assert (review.received, review.accepted, review.undecided, review.not_counted) == (5, 2, 2, 0)
    assert review.questions == 1, "of the two undecided ones"
    assert review.rejected == (("not_criminal", 1),)
    assert [member.names[""] for member in summary.members] == ["First Member", "Second Member"]
    assert summary.coalition_in("bg") == "Коалиция за регистриране на престъпления от омраза"


def test_what_may_not_be_counted_is_in_no_figure_but_is_said_to_be_left_out(any_coalition: Coalition):
    records.in_state(any_coalition, State.ACCEPTED)
    records.in_state(any_coalition, State.ACCEPTED, without(Purpose.STATISTICS))
    records.in_state(
        any_coalition, State.ACCEPTED, facts(date=PartialDate(2023), consents=without(Purpose.STATISTICS).consents)
    )
    summary = preview(any_coalition)
    assert summary.incidents == 1
    assert len(summary.descriptions) == 1
    assert (summary.review.accepted, summary.review.not_counted) == (2, 1)
    assert [(year, counts.incidents) for year, counts in summary.trend] == [(YEAR, 1)]


def test_a_description_is_published_only_with_consent_to_publish(any_coalition: Coalition):
    records.in_state(any_coalition, State.ACCEPTED)
    records.in_state(any_coalition, State.ACCEPTED, without(Purpose.PUBLISH))
    records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={}))
    summary = preview(any_coalition)
    assert summary.incidents == 3
    (described,) = summary.descriptions
    assert dict(described.texts) == facts().descriptions
    assert (described.date, described.country, described.type) == ("2024-05", "BG", "violent_attack")
    assert described.sources == ("First Member", "Near Shore")


def test_a_public_source_needs_no_consent(coalition: Coalition):
    told = facts(
        basis="public_source",
        consents=frozenset(),
        consent_way="",
        consent_date=None,
        sources=(Source("partner_organisation", "Near Shore"),),
    )
    records.in_state(coalition, State.ACCEPTED, told)
    summary = preview(coalition)
    assert (summary.incidents, summary.descriptions[0].sources) == (1, ("Near Shore",))


def test_nothing_internal_reaches_the_summary(coalition: Coalition):
    told = facts(
        narrative=CANARY,
        impact=CANARY,
        municipality=CANARY,
        own_reference=CANARY,
        authorities_response=CANARY,
        sources=(Source("victim_interview", CANARY, CANARY), Source("media", CANARY)),
    )
    records.in_state(coalition, State.ACCEPTED, told)
    assert CANARY not in repr(publish(coalition))
    assert CANARY not in repr(public(coalition))


def test_what_is_published_does_not_change_with_the_records(any_coalition: Coalition, clock: Clock):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    published = publish(any_coalition)
    assert published.incidents == 1
    clock.now += timedelta(days=1)
    records.in_state(any_coalition, State.ACCEPTED, who="second_worker")
    records.reopen(any_coalition, reference)
    records.decide(any_coalition, reference, REJECT)
    with any_coalition.work("administrator") as work:
        settings.change(work, name={"en": "Renamed"})
        organisations.create_organisation(work, "THIRD", "Third Member")
        organisations.describe_organisation(work, "FIRST", name="Renamed", names={}, about={}, website="")
    assert public(any_coalition) == published
    assert preview(any_coalition) != published


def test_publishing_again_replaces_what_the_public_reads(any_coalition: Coalition, clock: Clock):
    publish(any_coalition)
    records.in_state(any_coalition, State.ACCEPTED)
    clock.now += timedelta(days=1)
    again = publish(any_coalition)
    assert public(any_coalition) == again
    assert again.incidents == 1
    with reading(any_coalition.runtime, NOBODY) as work:
        assert summaries.published_summary(work, YEAR).published_at == clock.now
    assert public_years(any_coalition) == [YEAR]


def test_a_withdrawn_summary_is_gone_and_no_older_one_takes_its_place(any_coalition: Coalition):
    publish(any_coalition, 2023)
    publish(any_coalition)
    publish(any_coalition)
    assert public_years(any_coalition) == [YEAR, 2023]
    with any_coalition.work("coordinator") as work:
        summaries.withdraw_summary(work, YEAR)
    assert public_years(any_coalition) == [2023]
    with pytest.raises(NotFound):
        public(any_coalition)
    with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
        summaries.withdraw_summary(work, YEAR)
    publish(any_coalition)
    assert public(any_coalition).year == YEAR
    assert public_years(any_coalition) == [YEAR, 2023]


def test_a_year_that_was_never_published_is_not_found(coalition: Coalition):
    records.in_state(coalition, State.ACCEPTED)
    with pytest.raises(NotFound):
        public(coalition)
    assert public_years(coalition) == []


def test_what_is_stored_is_read_back_unchanged(any_coalition: Coalition):
    records.in_state(any_coalition, State.ACCEPTED, facts(motivations=("anti_roma", "disability")))
    records.in_state(any_coalition, State.REJECTED)
    records.in_state(any_coalition, State.ACCEPTED, facts(date=PartialDate(2022)))
    published = publish(any_coalition)
    assert public(any_coalition) == published
    assert published.incidents == 1


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_publishes(coalition: Coalition, who: str):
    publish(coalition)
    for act in (
        lambda work: summaries.publish_summary(work, 2023),
        lambda work: summaries.preview_summary(work, 2023),
        lambda work: summaries.withdraw_summary(work, YEAR),
        summaries.data_years,
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)
    assert public_years(coalition) == [YEAR]


def test_the_coordinator_sees_every_year_with_incidents_handed_in(any_coalition: Coalition, clock: Clock):
    records.in_state(any_coalition, State.ACCEPTED)
    records.in_state(any_coalition, State.SUBMITTED)
    records.in_state(any_coalition, State.RETURNED)
    records.in_state(any_coalition, State.REJECTED, facts(date=PartialDate(2022)))
    records.in_state(any_coalition, State.DRAFT, facts(date=PartialDate(2021)))
    publish(any_coalition)
    with any_coalition.reading("coordinator") as work:
        assert summaries.data_years(work) == [
            YearLine(YEAR, 1, 1, clock.now, questions=1),
            YearLine(2022, 0, 0, None),
        ]


def test_publishing_and_withdrawing_are_in_the_log(coalition: Coalition):
    records.in_state(coalition, State.ACCEPTED)
    publish(coalition)
    with coalition.work("coordinator") as work:
        summaries.withdraw_summary(work, YEAR)
    with coalition.reading("operator") as work:
        entries = list(
            work.session.scalars(
                select(AuditEntry).where(AuditEntry.subject_kind == "publication").order_by(AuditEntry.id)
            )
        )
    assert [(entry.action, entry.details) for entry in entries] == [
        ("summary.publish", {"year": YEAR, "incidents": 1}),
        ("summary.withdraw", {"year": YEAR}),
    ]
    assert {entry.actor for entry in entries} == {coalition.people["coordinator"].id}


def test_a_year_that_has_not_begun_cannot_be_published(coalition: Coalition):
    with coalition.work("coordinator") as work, pytest.raises(UnknownCode):
        summaries.publish_summary(work, work.today.year + 1)
