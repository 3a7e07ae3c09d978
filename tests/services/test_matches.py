"""ODIHR's published list: taken in, matched with what was sent, decided about, kept for the next list."""

import csv
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from coalition.db.incidents import Incident
from coalition.db.published import MatchDecision, PublishedMatch, sent_of
from coalition.domain.errors import NotFound, NotPermitted, UnreadableFile
from coalition.domain.exports import COLUMNS
from coalition.domain.incidents import PartialDate
from coalition.domain.matching import Outcome
from coalition.domain.profiles import shipped_text
from coalition.domain.published import NothingOfYear
from coalition.domain.vocabulary import Purpose, State
from coalition.services import consents, jobs, matches, profiles, published, versions
from coalition.services.matches import YearView
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.services import records
from tests.services.building import built
from tests.services.sheets import run_jobs
from tests.services.versioned import keep_version

YEAR = 2024
BEATEN = "A teenage Roma boy was beaten by a group of four men."
PAINTED = "Swastikas were painted on the door of a synagogue at night."
THREATENED = "Two Roma women were threatened on a bus by an older man."
OURS = ("2024-05", "Bulgaria", "Anti-Roma hate crime", "Violent attacks against people", "First member", BEATEN)
OTHERS = ("2024-07", "Serbia", "Anti-LGBTI hate crime", "Threats", "UNHCR", "A man was threatened in a park.")


def line(**changes: str) -> tuple[str, ...]:
    return tuple(changes.get(name, cell) for name, cell in zip(FIELDS, OURS, strict=True))


FIELDS = ("date", "country", "motivations", "type", "source", "description")


def recorded(coalition: Coalition, *texts: str) -> list[str]:
    return [records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": text})) for text in texts]


def file_of(folder: Path, lines: Sequence[Sequence[str]], name: str = "published.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    return path


def take_in(coalition: Coalition, path: Path) -> None:
    """Take a list in as the page does, and have it matched."""
    with coalition.work("coordinator") as work:
        published.keep_list(work, YEAR, published.read_list(path))
    match_again(coalition)


def match_again(coalition: Coalition) -> None:
    with coalition.work("coordinator") as work:
        matches.begin_matching(work, YEAR, jobs.request_job(work, "matching", {"year": YEAR}))
    run_jobs(coalition)


def seen(coalition: Coalition, outcome: Outcome | None = None) -> YearView:
    with coalition.reading("coordinator") as work:
        return matches.year_of(work, YEAR, outcome)


def outcome_of(coalition: Coalition, reference: str) -> tuple[Outcome, int | None, bool]:
    with coalition.reading("coordinator") as work:
        view = matches.match_of(work, YEAR, reference)
    return view.outcome, view.line, view.decided


def own_name(coalition: Coalition, reference: str) -> str:
    """Return the name that a record is credited by."""
    with coalition.reading("coordinator") as work:
        return next(row.cells[4] for row in matches.sent_rows(work, YEAR) if row.reference == reference)


def test_a_list_is_matched_by_a_job_and_every_record_has_an_outcome(any_coalition: Coalition, tmp_path: Path) -> None:
    beaten, painted, threatened = recorded(any_coalition, BEATEN, PAINTED, THREATENED)
    us = own_name(any_coalition, beaten)
    lines = [OTHERS, line(source=us), line(source=f"UNHCR, {us}", description=THREATENED)]
    take_in(any_coalition, file_of(tmp_path, lines))
    view = seen(any_coalition)
    assert view.counts == {"included": 1, "merged": 1, "not_included": 1}
    assert (view.lines, view.others, view.standing.job_state, view.number, view.pages) == (3, 1, "done", 1, 1)
    assert outcome_of(any_coalition, beaten) == (Outcome.INCLUDED, 3, False)
    assert outcome_of(any_coalition, threatened) == (Outcome.MERGED, 4, False)
    assert outcome_of(any_coalition, painted) == (Outcome.NOT_INCLUDED, None, False)
    (merged,) = seen(any_coalition, Outcome.MERGED).matches
    assert (merged.reference, merged.changed, merged.published) == (threatened, ("source",), lines[2])
    assert merged.sent == line(source=us, description=THREATENED)
    assert [(rate.code, rate.sent, rate.published) for rate in view.rates.types] == [("violent_attack", 3, 2)]
    with any_coalition.reading("coordinator") as work:
        assert [item.number for item in matches.others_of(work, YEAR).lines] == [2]
        assert [item.line and item.line.number for item in matches.likely_lines(work, YEAR, painted)][-1] == 2
        assert [(item.year, item.sent, item.matched) for item in matches.years(work)] == [(YEAR, 3, True)]


def test_what_a_person_said_stays_for_the_next_list_as_long_as_the_line_is_equal(
    coalition: Coalition, tmp_path: Path, clock: Clock
) -> None:
    first, second = recorded(coalition, BEATEN, BEATEN)
    us = own_name(coalition, first)
    other = line(source=us, description=PAINTED)
    take_in(coalition, file_of(tmp_path, [line(source=us), other]))
    holder = first if outcome_of(coalition, first)[1] else second
    left = second if holder == first else first
    assert outcome_of(coalition, left) == (Outcome.NOT_INCLUDED, None, False)

    with coalition.work("coordinator") as work:
        assert matches.decide_line(work, YEAR, holder, 2) is False, "it is so already"
        assert matches.decide_line(work, YEAR, left, 3) is True
    assert outcome_of(coalition, left) == (Outcome.CHANGED, 3, True)
    match_again(coalition)
    assert [outcome_of(coalition, name)[1:] for name in (holder, left)] == [(2, True), (3, True)]

    clock.now += timedelta(days=365)
    take_in(coalition, file_of(tmp_path, [OTHERS, other, line(source=us), line(source=us)], "newer.csv"))
    assert [outcome_of(coalition, name)[1:] for name in (holder, left)] == [(4, True), (3, True)]
    take_in(coalition, file_of(tmp_path, [OTHERS, line(source=us), line(source=us)], "newest.csv"))
    assert outcome_of(coalition, left)[1:] == (4, False), "the line that was meant is gone"
    with coalition.reading("coordinator") as work:
        assert len(published.lists_of(work, YEAR)) == 3

    with coalition.work("coordinator") as work:
        assert matches.decide_missing(work, YEAR, left) is True
    match_again(coalition)
    assert outcome_of(coalition, left) == (Outcome.NOT_INCLUDED, None, True)
    with coalition.work("coordinator") as work:
        assert matches.undo_decision(work, YEAR, left) is True
        assert matches.undo_decision(work, YEAR, left) is False
    match_again(coalition)
    assert outcome_of(coalition, left)[1:] == (4, False)


def test_what_was_frozen_is_matched_and_not_what_a_record_says_now(coalition: Coalition, tmp_path: Path) -> None:
    sent, number = (
        recorded(coalition, BEATEN, PAINTED)[0],
        records.in_state(coalition, State.ACCEPTED, facts(offences=(), chosen_type="property_attack")),
    )
    with coalition.reading("coordinator") as work:
        made = built(work, YEAR, tmp_path / "v1")
    with coalition.work("coordinator") as work:
        versions.keep(work, made, tmp_path / "v1")
    late = records.in_state(coalition, State.ACCEPTED, facts(date=PartialDate(2024, 9)))
    with coalition.reading("coordinator") as work:
        rows = {row.reference: row.cells for row in matches.sent_rows(work, YEAR)}
    assert rows[sent][5] == BEATEN
    assert (rows[number][0], rows[number][3], rows[number][5]) == ("2024-05", "Attacks against property", "")
    assert late not in rows


def test_what_went_to_odihr_is_matched_whatever_profile_the_year_has_now(coalition: Coalition, tmp_path: Path) -> None:
    (reference,) = recorded(coalition, BEATEN)
    assert keep_version(coalition, tmp_path / "to-odihr", YEAR) == 1
    records.in_state(coalition, State.ACCEPTED, facts(date=PartialDate(YEAR, 7)))
    with coalition.work("coordinator") as work:
        profiles.choose(work, YEAR, "national")
    assert keep_version(coalition, tmp_path / "to-the-ministry", YEAR) == 1
    with coalition.reading("coordinator") as work:
        assert [row.reference for row in matches.sent_rows(work, YEAR)] == [reference]


def test_another_language_or_wording_alone_is_no_change(coalition: Coalition, tmp_path: Path) -> None:
    text = shipped_text("odihr-2024").replace('language = "en"', 'language = "bg"')
    text = text.replace('motivations_joiner = ", "', 'motivations_joiner = " / "')
    text = text.replace("[labels.incident_types]", '[labels.incident_types]\nviolent_attack = "Насилие"')
    text = re.sub('header = "(.+)"', r'header = { en = "\1", bg = "\1" }', text)
    with coalition.work("coordinator") as work:
        profiles.add_profile(work, "ours", text, ("en", "bg"))
    told = {"bg": "Младеж от ромски произход беше бит от група мъже."}
    both = ("anti_roma", "anti_lgbti")
    beaten = records.in_state(coalition, State.ACCEPTED, facts(descriptions=told, motivations=both))
    moved, counted = (
        records.in_state(coalition, State.ACCEPTED, facts(descriptions=told, date=PartialDate(2024, month), **more))
        for month, more in ((7, {}), (9, {"chosen_type": "property_attack", "type_reason": "A wall was painted."}))
    )
    us = own_name(coalition, beaten)
    keep_version(coalition, tmp_path / "made", YEAR, profile="ours")
    lines = [
        line(source=us, motivations="Anti-Roma hate crime, Anti-LGBTI hate crime"),
        line(source=us, date="2024-08", type="Threats"),
        line(source=us, date="2024-07", country="Serbia", description=PAINTED),
        line(source=us, date="2024-09", type="Attacks against property", description=""),
        line(source=us, date="2024-07", description="Young Roma man attacked near a station by several people."),
    ]
    with coalition.reading("coordinator") as work:
        sent = {row.reference: row for row in matches.sent_rows(work, YEAR)}
    assert sent[beaten].cells[1:4] == ("Bulgaria", *lines[0][2:4])
    assert sent[beaten].cells[5] == told["bg"]
    take_in(coalition, file_of(tmp_path, lines))
    found = {item.reference: (item.outcome, item.line, item.changed) for item in seen(coalition).matches}
    assert found == {
        beaten: (Outcome.INCLUDED, 2, ()),
        moved: (Outcome.INCLUDED, 6, ()),
        counted: (Outcome.INCLUDED, 5, ()),
    }
    assert seen(coalition).rates.total.sent == 2, "what was sent as a number is in no rate"
    # Chosen by hand it is judged in the same way, also once a version in the language of the list was sent.
    number = keep_version(coalition, tmp_path / "later", YEAR)
    with coalition.work("coordinator") as work:
        versions.mark_sent(work, YEAR, number)
    with coalition.work("coordinator") as work:
        assert matches.match_of(work, YEAR, moved).language == "bg"
        assert matches.likely_lines(work, YEAR, moved)[0].changed == ()
        matches.decide_line(work, YEAR, moved, 3)
    assert seen(coalition, Outcome.CHANGED).matches[0].changed == ("date", "type")


def test_what_was_sent_is_sealed_and_goes_with_the_record(coalition: Coalition, tmp_path: Path) -> None:
    (reference,) = recorded(coalition, BEATEN)
    take_in(coalition, file_of(tmp_path, [line(source=own_name(coalition, reference))]))
    with coalition.work("coordinator") as work:
        matches.decide_line(work, YEAR, reference, 2)
        row = work.session.scalars(select(PublishedMatch)).one()
        assert BEATEN.encode() not in row.sent
        assert sent_of(work.session, row)[5] == BEATEN
    with coalition.work("case_worker") as work:
        consents.withdraw_consent(work, reference, [Purpose.SHARE_COALITION])
    with coalition.reading("coordinator") as work:
        view = matches.match_of(work, YEAR, reference)
        assert (view.withheld, set(view.sent), view.changed) == (True, {""}, ())
    with coalition.work("coordinator") as work:
        work.session.execute(delete(Incident).where(Incident.reference == reference))
        for table in (PublishedMatch, MatchDecision):
            assert work.session.scalar(select(func.count()).select_from(table)) == 0


def test_a_list_of_another_year_or_no_list_is_refused_and_the_same_one_is_not_taken_twice(
    coalition: Coalition, tmp_path: Path
) -> None:
    path = file_of(tmp_path, [OTHERS, line(date="2025-01"), line(date="2023-06")])
    found = published.read_list(path)
    with coalition.work("coordinator") as work:
        with pytest.raises(NothingOfYear):
            published.keep_list(work, 2019, found)
        assert published.keep_list(work, YEAR, found) is True
        assert published.keep_list(work, YEAR, found) is False
        assert [item.lines for item in published.lists_of(work, YEAR)] == [2], "of the year, and the month beside it"
    (tmp_path / "other.csv").write_text("Date;Country\n2024;Serbia\n", encoding="utf-8")
    with pytest.raises(UnreadableFile):
        published.read_list(tmp_path / "other.csv")
    with coalition.reading("coordinator") as work, pytest.raises(NotFound):
        matches.match_lines(work, 2019, found.lines)


@pytest.mark.parametrize("who", ["lead", "administrator"])
def test_nobody_else_sees_or_says_anything(coalition: Coalition, tmp_path: Path, who: str) -> None:
    found = published.read_list(file_of(tmp_path, [OTHERS]))
    with coalition.reading("coordinator") as work:
        assert matches.years(work) == []
    for act in (
        lambda work: published.keep_list(work, YEAR, found),
        matches.years,
        lambda work: matches.sent_rows(work, YEAR),
        lambda work: matches.decide_missing(work, YEAR, "AAAAA-AAAAA"),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)
