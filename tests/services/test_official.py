"""Official figures as they are kept: nothing is written over, files add what is new, the gap is what is published."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from coalition.db.audit import AuditEntry
from coalition.db.official import OfficialFigure
from coalition.documents.delimited import csv_text
from coalition.documents.gap import gap_as_csv
from coalition.domain.errors import BadFigure, NotAllowedNow, NotPermitted, RefusedSheet
from coalition.domain.gap import NoRatio, Ratio
from coalition.domain.official import HEADER, Cell, Entry, Figure, Kind, Value, written
from coalition.domain.vocabulary import State
from coalition.services import gap, official, summaries
from coalition.services.official import ImportOutcome
from coalition.services.work import NOBODY, reading
from tests.conftest import START, Clock, Coalition
from tests.domain.samples import facts
from tests.services import records

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "official-figures.csv"
TODAY = START.date()
CELL = Cell("BG", 2024, Figure.RECORDED)
HEADING = "country,year,recorded_by_police,prosecuted,sentenced,source_url"
SOURCE = "https://hatecrime.osce.org/bulgaria?year=2014"


def enter(coalition: Coalition, value: Value, seen_on: date = TODAY, cell: Cell = CELL, who: str = "coordinator"):
    with coalition.work(who) as work:
        return official.enter_figure(work, Entry(cell, value, SOURCE, seen_on, "cases"))


def read_in(coalition: Coalition, *lines: str, seen_on: date | None = None) -> ImportOutcome:
    with coalition.work("operator") as work:
        return official.import_figures(work, "\n".join((HEADING, *lines)).encode(), seen_on)


def current(coalition: Coalition, country: str = "BG") -> dict[tuple[int, Figure], str]:
    with coalition.reading("coordinator") as work:
        found = official.current_entries(work, country)
    return {(entry.cell.year, entry.cell.figure): entry.value.printed for entry in found}


def public_gap(coalition: Coalition):
    with reading(coalition.runtime, NOBODY) as work:
        return gap.public_gap(work)


def test_another_value_is_kept_beside_the_earlier_one_and_the_last_seen_is_in_force(any_coalition: Coalition):
    first = enter(any_coalition, Value(Kind.NOT_AVAILABLE), TODAY - timedelta(days=9))
    assert first
    assert first.in_force
    second = enter(any_coalition, Value(Kind.ZERO))
    assert second
    assert second.in_force
    late = enter(any_coalition, Value(Kind.DASH), TODAY - timedelta(days=5))
    assert late
    assert not late.in_force
    assert enter(any_coalition, Value(Kind.ZERO)) is None, "the same is no revision"
    with any_coalition.reading("coordinator") as work:
        found = official.history(work, first.reference)
        lines = official.overview(work, "BG").current
    assert [view.entry.value.kind for view in found.entries] == [Kind.ZERO, Kind.DASH, Kind.NOT_AVAILABLE]
    assert [view.in_force for view in found.entries] == [True, False, False]
    assert {view.by for view in found.entries} == {"Coordinator"}
    assert lines[CELL].entry.unit_note == "cases"


def test_what_was_a_mistake_is_taken_back_and_stays_in_the_history(coalition: Coalition):
    enter(coalition, Value.of(22), TODAY - timedelta(days=9))
    mistake = enter(coalition, Value.of(222))
    assert mistake
    with coalition.work("coordinator") as work:
        official.take_back(work, mistake.reference)
    assert current(coalition) == {(2024, Figure.RECORDED): "22"}
    with coalition.reading("coordinator") as work:
        found = official.history(work, mistake.reference)
    assert [(view.entry.value.number, view.in_force, view.taken_back_by) for view in found.entries] == [
        (222, False, "Coordinator"),
        (22, True, ""),
    ]
    with pytest.raises(NotAllowedNow), coalition.work("coordinator") as work:
        official.take_back(work, mistake.reference)
    assert enter(coalition, Value.of(222)), "what was taken back can be entered again"


def test_the_log_says_who_entered_what_by_codes_only(coalition: Coalition):
    view = enter(coalition, Value.of(22))
    with coalition.reading("auditor") as work:
        last = work.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert view
    assert (last.action, last.subject) == ("official.enter", view.reference)
    assert last.details == {"country": "BG", "year": 2024, "figure": "recorded_by_police", "value": "number"}


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator", "auditor"])
def test_nobody_else_keeps_official_figures(coalition: Coalition, who: str):
    with pytest.raises(NotPermitted):
        enter(coalition, Value.of(22), who=who)


@pytest.mark.parametrize(("kind", "number"), [("number", None), ("number", 0), ("zero", 0), ("dash", 3), ("", None)])
def test_the_database_itself_takes_no_fifth_statement(any_coalition: Coalition, kind: str, number: int | None):
    row = {"country": "BG", "year": 2020, "figure": "prosecuted", "source_url": SOURCE, "seen_on": TODAY,
           "entered_at": START, "kind": kind, "number": number, "id": "x", "reference": "x", "motivation": "",
           "type": "", "unit_note": ""}  # fmt: skip
    with pytest.raises(IntegrityError), any_coalition.work("operator") as work:
        work.session.execute(insert(OfficialFigure), [row])


def test_a_file_read_twice_adds_nothing_and_does_not_undo_a_correction(any_coalition: Coalition, clock: Clock):
    line = f"Bulgaria,2024,22,Not available,-,{SOURCE}"
    assert read_in(any_coalition, line) == ImportOutcome(3, 0, ())
    clock.now += timedelta(days=30)
    enter(any_coalition, Value.of(25), clock.now.date())
    clock.now += timedelta(days=30)
    assert read_in(any_coalition, line) == ImportOutcome(0, 3, ())
    wanted = {Figure.RECORDED: "25", Figure.PROSECUTED: "Not available", Figure.SENTENCED: "-"}
    assert current(any_coalition) == {(2024, figure): text for figure, text in wanted.items()}
    assert read_in(any_coalition, line, seen_on=clock.now.date()) == ImportOutcome(1, 2, ())
    assert current(any_coalition)[2024, Figure.RECORDED] == "22", "whoever names the day says that it is so again"


def test_a_bad_line_is_named_and_the_others_arrive(coalition: Coalition):
    outcome = read_in(
        coalition,
        f"Bulgaria,2019,22,432,155,{SOURCE}",
        f"Freedonia,2019,1,1,1,{SOURCE}",
        f"Bulgaria,2020,1.180,,,{SOURCE}",
        f"Bulgaria,2019,23,,,{SOURCE}",
        "Bulgaria,2018,,,0,hatecrime.osce.org",
        f"Bulgaria,2017,,,0,{SOURCE}",
    )
    assert (outcome.added, outcome.known) == (4, 0)
    assert [(line.number, line.wrong, line.text) for line in outcome.bad] == [
        (3, "country", "Freedonia"),
        (4, "value", "1.180"),
        (5, "contradicts", "23"),
        (6, "source_url", "hatecrime.osce.org"),
    ]
    assert not outcome.unread


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "not_csv"),
        (b"country,year\nBG,2019\n", "other_columns"),
        (f"{HEADING},note\n".encode(), "other_columns"),
        (f"{HEADING}\n".encode(), "no_rows"),
        (b"x" * (official.MOST_BYTES + 1), "too_large"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_reason(coalition: Coalition, content: bytes, reason: str):
    with pytest.raises(RefusedSheet) as refused, coalition.work("operator") as work:
        official.import_figures(work, content)
    assert refused.value.reason == reason


def test_nobody_has_seen_a_figure_tomorrow(coalition: Coalition):
    with pytest.raises(BadFigure):
        read_in(coalition, f"Bulgaria,2019,22,432,155,{SOURCE}", seen_on=TODAY + timedelta(days=1))


def test_what_is_handed_out_is_read_in_again_with_every_revision(coalition: Coalition):
    enter(coalition, Value(Kind.DASH), TODAY - timedelta(days=9))
    enter(coalition, Value.of(22))
    enter(coalition, Value(Kind.NOT_AVAILABLE), cell=Cell("BG", 2023, Figure.SENTENCED, "anti_roma", "threat"))
    with coalition.reading("coordinator") as work:
        before = official.all_entries(work)
    with coalition.work("coordinator") as work:
        for entry in before:
            official.take_back(work, entry.reference)
    with coalition.work("coordinator") as work:
        content = csv_text(HEADER, map(written, before)).encode()
        assert official.import_figures(work, content) == ImportOutcome(3, 0, ())
        assert official.all_entries(work) == before


def test_the_real_file_is_read_as_it_stands(any_coalition: Coalition):
    if not FILE.is_file():
        pytest.skip(f"THE OFFICIAL FIGURES ARE NOT HERE: nothing is read from {FILE}")
    with any_coalition.work("operator") as work:
        first = official.import_figures(work, FILE.read_bytes())
        again = official.import_figures(work, FILE.read_bytes())
    lines = FILE.read_text(encoding="utf-8").splitlines()[1:]
    assert first == ImportOutcome(3 * len(lines), 0, ())
    assert again == ImportOutcome(0, 3 * len(lines), ())
    for line in lines:
        country, year, *figures, source = line.split(",")
        code = {"Bulgaria": "BG", "Poland": "PL", "Greece": "GR"}.get(country)
        if code:
            found = current(any_coalition, code)
            assert [found[int(year), figure] for figure in Figure] == figures, line
        assert source.startswith("https://hatecrime.osce.org/")


def test_the_public_reads_published_figures_beside_official_ones_and_nothing_else(any_coalition: Coalition):
    records.in_state(any_coalition, State.ACCEPTED)
    records.in_state(any_coalition, State.ACCEPTED, facts(country="RO", region=""))
    enter(any_coalition, Value.of(4))
    (year,) = public_gap(any_coalition).years
    assert (year.own, year.ratio) == (None, NoRatio.NOT_PUBLISHED), "what is not published is not told"
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, 2024)
    records.in_state(any_coalition, State.ACCEPTED)
    (year,) = public_gap(any_coalition).years
    assert year.ratio == Ratio(1, 4), "frozen as it was published, and only what happened in the country"
    enter(any_coalition, Value(Kind.ZERO), cell=CELL)
    (year,) = public_gap(any_coalition).years
    assert year.ratio == NoRatio.ZERO, "official figures are live"


def test_a_report_shows_its_own_count_of_its_year(coalition: Coalition):
    records.in_state(coalition, State.ACCEPTED)
    enter(coalition, Value.of(4))
    enter(coalition, Value.of(9), cell=Cell("BG", 2025, Figure.RECORDED))
    with coalition.work("coordinator") as work:
        shown = gap.gap_of_report(work, summaries.preview_summary(work, 2024))
    assert [(year.year, year.ratio) for year in shown.years] == [(2024, Ratio(1, 4))]


def test_the_four_statements_stay_four_in_the_file_of_the_gap(coalition: Coalition):
    for year, value in enumerate((Value.of(7), *map(Value, list(Kind)[1:])), start=2020):
        enter(coalition, value, cell=Cell("BG", year, Figure.RECORDED))
    lines = [line.split(",") for line in gap_as_csv(public_gap(coalition)).splitlines()]
    assert [(line[4], line[5], line[-1]) for line in lines[1:]] == [
        ("7", "number", "not_published"),
        ("0", "zero", "zero"),
        ("Not available", "not_available", "not_available"),
        ("'-", "dash", "dash"),
    ]
    assert {(line[9], line[10]) for line in lines[1:]} == {("", "not_entered")}
