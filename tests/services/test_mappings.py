"""A member's own spreadsheet: rows become drafts, a later file brings them up to date, nothing is doubled or lost."""

import csv
import io
import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from coalition.db.audit import AuditEntry
from coalition.db.incidents import ImportedRow, Incident
from coalition.db.mappings import SavedMapping, SheetUpload
from coalition.domain.errors import NotAllowedNow, NotFound, NotPermitted, RefusedSheet
from coalition.domain.mappings import Column, RowMapping
from coalition.domain.uploads import KEPT, Act, Stage
from coalition.domain.vocabulary import Role, State
from coalition.services import erasures, incidents, mappings
from coalition.services.incident_views import IncidentView
from coalition.services.mappings import UploadView
from coalition.services.work import reading, unit_of_work
from tests.conftest import Clock, Coalition
from tests.services import records
from tests.services.sheets import ask, mapped, read_in, recorded, run_jobs, seen, sent, sheet

HEADING = ("No", "Date", "Town", "Motive", "What we know")
ROWS = [
    ("17", "05.03.2024", "Sofia", "anti_roma", "A man was beaten at the stop."),
    ("18", "6.3.2024", "Plovdiv", "anti_roma", "A door was painted on."),
]
MAPPING = RowMapping(
    (
        Column("No", target="own_reference"),
        Column("Date", target="date"),
        Column("Town", target="municipality"),
        Column("Motive", target="motivations", separator="semicolon"),
        Column("What we know", target="narrative"),
    ),
    ("no", 1),
    {"country": "BG"},
)
BY_CONTENT = RowMapping(MAPPING.columns, None, MAPPING.defaults)
REAL = Path(__file__).parents[3] / "shared" / "data" / "odihr-incidents.csv"


def changed(row: int, **cells: str) -> list[tuple[str, ...]]:
    """Return the rows with some cells of one of them changed, by heading."""
    names = {"date": 1, "town": 2, "motive": 3, "account": 4}
    rows = [list(cells_of_row) for cells_of_row in ROWS]
    for name, text in cells.items():
        rows[row][names[name]] = text
    return [tuple(cells_of_row) for cells_of_row in rows]


def counts(view: UploadView) -> dict[str, int]:
    return {name: number for name, number in view.line.counts.items() if number and not name.startswith("stored")}


def drafts(coalition: Coalition, who: str = "lead") -> list[IncidentView]:
    """Return the organisation's records in the order in which they were made."""
    with coalition.reading(who) as work:
        wanted = Incident.organisation_id == coalition.people[who].organisation_id
        references = work.session.scalars(select(Incident.reference).where(wanted).order_by(Incident.id))
        return [incidents.unseal_incident(work, reference) for reference in references]


def left(coalition: Coalition, reference: str) -> list[tuple[int, tuple[str, ...], list[tuple[str, str]]]]:
    with coalition.reading("lead") as work:
        found = mappings.problem_rows(work, reference)
    return [(row.line, row.cells, [(item.column, item.code) for item in row.problems]) for row in found.rows]


def test_rows_become_drafts_of_whoever_sent_them(coalition: Coalition):
    view = read_in(coalition, sheet(HEADING, *ROWS), MAPPING)
    assert (view.line.stage, counts(view)) == (Stage.DONE, {"rows": 2, "new": 2})
    first, second = drafts(coalition)
    assert (first.state, first.author, first.organisation.main) == (State.DRAFT, "Lead", "First Member")
    facts = first.facts
    assert (str(facts.date), facts.country, facts.municipality) == ("2024-03-05", "BG", "Sofia")
    assert (facts.own_reference, facts.motivations) == ("17", ("anti_roma",))
    assert facts.narrative == "A man was beaten at the stop."
    assert second.facts.own_reference == "18"
    assert first.submitted_at is None
    assert not first.steps


def test_before_it_is_recorded_everything_is_shown_and_nothing_is_stored(coalition: Coalition):
    reference = sent(coalition, sheet(HEADING, *ROWS, ("19", "someday", "Varna", "envy", "x")))
    view = mapped(coalition, reference, MAPPING)
    assert (view.line.stage, counts(view)) == (Stage.CHECKED, {"rows": 3, "new": 2, "bad": 1})
    assert view.preview
    assert [(line, facts.municipality) for line, facts in view.preview.first] == [(2, "Sofia"), (3, "Plovdiv")]
    assert view.preview.problems == {("Date", "not_a_date"): 1, ("Motive", "unknown_value"): 1}
    bad = ("19", "someday", "Varna", "envy", "x")
    assert left(coalition, reference) == [(4, bad, [("Date", "not_a_date"), ("Motive", "unknown_value")])]
    assert drafts(coalition) == []


def test_a_later_file_brings_up_to_date_what_nobody_changed(coalition: Coalition, clock: Clock):
    read_in(coalition, sheet(HEADING, *ROWS), MAPPING)
    first, second = drafts(coalition)
    clock.now += timedelta(hours=1)
    new = ("19", "2024", "Varna", "gender", "A third.")
    view = read_in(coalition, sheet(HEADING, *changed(0, town="Pernik", account=""), new), MAPPING)
    assert counts(view) == {"rows": 3, "new": 1, "changed": 1, "unchanged": 1}
    after = drafts(coalition)
    assert [item.reference for item in after[:2]] == [first.reference, second.reference]
    assert (after[0].facts.municipality, after[0].facts.narrative) == ("Pernik", "")
    assert (after[0].version, after[1].version) == (2, 1)
    assert after[1].facts == second.facts
    assert (
        read_in(coalition, sheet(HEADING, *changed(0, town="Pernik", account=""), new), MAPPING).line.counts[
            "unchanged"
        ]
        == 3
    )
    assert len(drafts(coalition)) == 3


def test_what_a_person_changed_meanwhile_is_left_alone_unless_ticked(any_coalition: Coalition):
    read_in(any_coalition, sheet(HEADING, *ROWS), MAPPING)
    reference = drafts(any_coalition)[0].reference
    records.save(any_coalition, reference, "lead", narrative="Told again, more exactly.", impact="Afraid to go out.")
    again = sheet(HEADING, *changed(0, town="Pernik", account=""))
    upload = sent(any_coalition, again)
    view = mapped(any_coalition, upload, MAPPING)
    assert counts(view) == {"rows": 2, "unchanged": 1, "conflict": 1}
    assert view.preview
    assert [(item.line, item.reference) for item in view.preview.conflicts] == [(2, reference)]
    assert counts(recorded(any_coalition, upload)) == {"rows": 2, "unchanged": 1, "conflict": 1}
    assert drafts(any_coalition)[0].facts.municipality == "Sofia"
    ticked = read_in(any_coalition, again, MAPPING, overwrite=[reference])
    assert counts(ticked) == {"rows": 2, "changed": 1, "unchanged": 1}
    facts = drafts(any_coalition)[0].facts
    # What the row does not say, and what the file does not speak of, stays as the person typed it.
    assert (facts.municipality, facts.narrative) == ("Pernik", "Told again, more exactly.")
    assert facts.impact == "Afraid to go out."
    assert counts(read_in(any_coalition, again, MAPPING)) == {"rows": 2, "unchanged": 2}


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RETURNED, State.ACCEPTED])
def test_what_was_handed_in_is_listed_and_never_changed(coalition: Coalition, state: State):
    read_in(coalition, sheet(HEADING, *ROWS), MAPPING)
    view = drafts(coalition)[0]
    own = {item: value for item, value in records.answers(records.COMPLETE).items() if item != "municipality"}
    records.save(coalition, view.reference, "lead", **own)
    records.submit(coalition, view.reference, "lead")
    decision = {State.RETURNED: records.ASK, State.ACCEPTED: records.ACCEPT}.get(state)
    if decision:
        records.decide(coalition, view.reference, decision)
    before = records.read(coalition, view.reference, "lead")
    upload = sent(coalition, sheet(HEADING, *changed(0, town="Pernik")))
    assert counts(mapped(coalition, upload, MAPPING)) == {"rows": 2, "unchanged": 1, "closed": 1}
    with coalition.work("lead") as work:
        mappings.decide(work, upload, [view.reference])
    recorded(coalition, upload, [view.reference])
    assert left(coalition, upload) == [(2, changed(0, town="Pernik")[0], [("", "closed")])]
    assert records.read(coalition, view.reference, "lead") == before


def test_equal_rows_without_a_key_stay_different_and_are_known_again(coalition: Coalition):
    rows = [ROWS[0], ROWS[0], ROWS[1], ROWS[0]]
    assert counts(read_in(coalition, sheet(HEADING, *rows), BY_CONTENT)) == {"rows": 4, "new": 4}
    assert counts(read_in(coalition, sheet(HEADING, *rows, ROWS[0]), BY_CONTENT)) == {
        "rows": 5,
        "new": 1,
        "unchanged": 4,
    }
    # More of the columns is read: the same rows say more now, and none is doubled.
    less = RowMapping((*BY_CONTENT.columns[:4], Column("What we know", target="impact")), None, {})
    assert counts(read_in(coalition, sheet(HEADING, *rows, ROWS[0]), less)) == {"rows": 5, "changed": 5}
    assert len(drafts(coalition)) == 5


def test_a_key_that_is_missing_or_there_twice_is_a_bad_row(coalition: Coalition):
    view = read_in(coalition, sheet(HEADING, *ROWS, ROWS[0], ("", *ROWS[1][1:])), MAPPING)
    assert counts(view) == {"rows": 4, "new": 2, "bad": 2}
    assert [problems for _line, _cells, problems in left(coalition, view.line.reference)] == [
        [("No", "key_twice")],
        [("No", "no_key")],
    ]


def test_what_was_erased_is_not_read_again(coalition: Coalition):
    read_in(coalition, sheet(HEADING, *ROWS), MAPPING)
    reference = drafts(coalition)[0].reference
    records.save(coalition, reference, "lead", **records.answers(records.COMPLETE))
    records.submit(coalition, reference, "lead")
    with coalition.work("operator") as work:
        erasures.erase_incident(
            work, reference, "lead@example.org", "administrator@example.org", erasures.ErasureReason.PERSON_REQUEST
        )
    assert counts(read_in(coalition, sheet(HEADING, *ROWS), MAPPING)) == {"rows": 2, "unchanged": 1, "erased": 1}


# --- kept mappings -----------------------------------------------------------------------------------------


def test_a_mapping_is_kept_by_name_and_taken_for_a_file_with_the_same_columns(coalition: Coalition):
    read_in(coalition, sheet(HEADING, *ROWS), MAPPING, name="Our cases")
    order = (4, 3, 2, 1, 0)
    shuffled = sheet([HEADING[at] for at in order], *([row[at] for at in order] for row in ROWS))
    view = seen(coalition, sent(coalition, shuffled))
    assert view.mapping_name == "Our cases"
    assert view.mapping
    assert [column.target for column in view.mapping.columns] == [MAPPING.columns[at].target for at in order]
    assert counts(mapped(coalition, view.line.reference)) == {"rows": 2, "unchanged": 2}
    other = seen(coalition, sent(coalition, sheet((*HEADING, "More"), (*ROWS[0], "x"))))
    assert (other.mapping, other.mapping_name) == (None, "")
    with coalition.work("lead") as work:
        (line,) = mappings.list_mappings(work)
        assert line.name == "Our cases"
        mappings.forget_mapping(work, line.reference)
    assert seen(coalition, sent(coalition, sheet(HEADING, *ROWS))).mapping is None


def test_the_rows_that_were_left_can_be_mended_and_sent_again(coalition: Coalition):
    reference = sent(coalition, sheet(HEADING, ROWS[0], ("18", "13.13.2024", *ROWS[1][2:])))
    mapped(coalition, reference, MAPPING)
    recorded(coalition, reference, name="Ours")
    ((_line, cells, _problems),) = left(coalition, reference)
    mended = sheet((*HEADING, "Problem"), (cells[0], "13.12.2024", *cells[2:], "Date: no date"))
    again = sent(coalition, mended)
    assert seen(coalition, again).mapping_name == "Ours"
    assert counts(mapped(coalition, again)) == {"rows": 1, "new": 1}


KOBO = (
    *("start", "where/date_of_incident", "where/town", "why/motives", "why/motives/anti_roma", "why/motives/gender"),
    *("who/victim_gender", "_id", "_uuid", "_submission_time", "_index"),
)


def kobo(*rows: tuple[str, ...]) -> bytes:
    """Return an export of KoboToolbox: the form, and a sheet for what repeats in it."""
    book = openpyxl.Workbook()
    book.active.title = "Incidents"
    for row in (KOBO, *rows):
        book.active.append(row)
    book.create_sheet("people").append(("age", "_parent_index"))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_submissions_of_kobotoolbox_are_read_as_proposed_and_brought_up_to_date_by_their_uuid(coalition: Coalition):
    first = ("2024-03-06T10:00", "2024-03-05", "Sofia", "anti_roma gender", "1", "1", "female", "7", "aa-1", "x", "1")
    second = ("2024-03-07T10:00", "2024-03-06", "Varna", "gender", "0", "1", "male", "8", "bb-2", "x", "2")
    reference = sent(coalition, kobo(first, second), "export.xlsx")
    view = seen(coalition, reference)
    assert view.profile
    assert (view.profile.sheets, view.profile.sheet) == (("Incidents", "people"), "Incidents")
    assert counts(mapped(coalition, reference)) == {"rows": 2, "new": 2}
    recorded(coalition, reference, name="Kobo")
    facts = drafts(coalition)[0].facts
    assert (str(facts.date), facts.municipality, facts.motivations) == ("2024-03-05", "Sofia", ("anti_roma", "gender"))
    assert facts.victims[0].gender == "woman"
    moved = (*second[:2], "Burgas", *second[3:9], "edited", "1")
    again = sent(coalition, kobo(moved, (*first[:9], "edited", "2")), "export (1).xlsx")
    assert counts(mapped(coalition, again)) == {"rows": 2, "changed": 1, "unchanged": 1}
    recorded(coalition, again)
    assert [view.facts.municipality for view in drafts(coalition)] == ["Sofia", "Burgas"]


# --- what is kept, and by whom it is seen ------------------------------------------------------------------


def everything_stored(coalition: Coalition) -> bytes:
    """Return all bytes below the data folder, and what the database says."""
    data = coalition.runtime.config.data
    return b"".join(path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file())


def test_nothing_of_a_file_lies_in_clear_and_nothing_is_left_when_it_is_done(coalition: Coalition):
    words = ("Zx1canary", "Zx2canary", "Zx3canary", "Zx4canary")
    heading = ("Zx0heading", *HEADING[1:])
    mapping = RowMapping((Column("Zx0heading", target="own_reference"), *MAPPING.columns[1:]), ("zx0heading", 1), {})
    rows = [(words[0], "2024", words[1], "anti_roma", words[2]), (words[3], "someday", "", "", "")]
    reference = sent(coalition, sheet(heading, *rows), name="Zx5file.csv")
    mapped(coalition, reference, mapping)
    all_of_them = [word.encode() for word in (*words, "Zx0heading", "Zx5file")]
    folder = next(path for path in coalition.runtime.config.files.iterdir() if (path / "sheet").exists())
    assert {path.name for path in folder.iterdir()} == {"sheet", "profile", "plan", "problems"}
    assert not [word for word in all_of_them if word in everything_stored(coalition)]
    recorded(coalition, reference, name="Ours")
    assert {path.name for path in folder.iterdir()} == {"problems"}
    assert not [word for word in all_of_them if word in everything_stored(coalition)]
    with coalition.work("lead") as work:
        mappings.discard_upload(work, reference)
    assert not folder.exists()
    with coalition.reading("lead") as work, pytest.raises(NotFound):
        mappings.problem_rows(work, reference)


def test_a_file_goes_after_a_day_and_how_many_rows_came_of_it_stays(coalition: Coalition, clock: Clock):
    waiting = sent(coalition, sheet(HEADING, *ROWS))
    done = read_in(coalition, sheet(HEADING, *ROWS, ROWS[0]), MAPPING).line.reference
    clock.now += KEPT - timedelta(minutes=1)
    with coalition.work("operator") as work:
        assert not mappings.has_unused(work)
    clock.now += timedelta(minutes=2)
    with coalition.work("operator") as work:
        assert mappings.has_unused(work)
        mappings.forget_unused(work)
        assert not mappings.has_unused(work)
    with pytest.raises(NotFound):
        seen(coalition, waiting)
    view = seen(coalition, done)
    assert (counts(view), view.has_problems) == ({"rows": 3, "new": 2, "bad": 1}, False)
    assert not [path for path in coalition.runtime.config.files.rglob("*") if path.is_file()]


@pytest.mark.parametrize("who", ["case_worker", "coordinator", "administrator", "auditor"])
def test_only_the_lead_reads_spreadsheets_in(coalition: Coalition, who: str):
    reference = sent(coalition, sheet(HEADING, *ROWS))
    acts: list[Any] = [
        lambda work: mappings.start_upload(work, "x", io.BytesIO(b"x"), 1),
        lambda work: mappings.upload_of(work, reference),
        lambda work: mappings.keep_columns(work, reference, MAPPING),
        lambda work: mappings.decide(work, reference, ()),
        lambda work: mappings.problem_rows(work, reference),
        lambda work: mappings.discard_upload(work, reference),
        mappings.list_uploads,
        mappings.list_mappings,
    ]
    for act in acts:
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)


def test_another_members_file_and_mapping_do_not_exist(coalition: Coalition):
    reference = sent(coalition, sheet(HEADING, *ROWS))
    mapped(coalition, reference, MAPPING)
    recorded(coalition, reference, name="Ours")
    stranger = replace(coalition.actor("second_worker"), role=Role.LEAD)
    with coalition.work("lead") as work:
        (kept,) = mappings.list_mappings(work)
    for act in (
        lambda work: mappings.upload_of(work, reference),
        lambda work: mappings.discard_upload(work, reference),
        lambda work: mappings.problem_rows(work, reference),
        lambda work: mappings.forget_mapping(work, kept.reference),
        lambda work: mappings.plan_file(work, sheet(HEADING, *ROWS).encode(), "FIRST", "Ours"),
    ):
        with pytest.raises(NotFound), unit_of_work(coalition.runtime, stranger) as work:
            act(work)
    with reading(coalition.runtime, stranger) as work:
        assert (mappings.list_uploads(work), mappings.list_mappings(work)) == ([], [])


def test_what_is_asked_for_twice_or_too_late_is_refused(coalition: Coalition):
    reference = sent(coalition, sheet(HEADING, *ROWS))
    with pytest.raises(NotAllowedNow):
        ask(coalition, reference, Act.STORE)
    mapped(coalition, reference, MAPPING)
    recorded(coalition, reference)
    for act in Act:
        with pytest.raises(NotAllowedNow):
            ask(coalition, reference, act)
    assert len(drafts(coalition)) == 2


def test_a_file_that_is_no_table_says_why(coalition: Coalition):
    view = seen(coalition, sent(coalition, b"PK\x03\x04 cut off", "cases.xlsx"))
    assert (view.line.stage, view.error) == (Stage.REFUSED, "not_a_workbook")
    assert seen(coalition, sent(coalition, "Date;Town\n")).error == "no_rows"
    with pytest.raises(RefusedSheet, match="empty"), coalition.work("lead") as work:
        mappings.start_upload(work, "x", io.BytesIO(b""), 0)
    with pytest.raises(RefusedSheet, match="too large"), coalition.work("lead") as work:
        mappings.start_upload(work, "x", io.BytesIO(b"x"), 25_000_001)


def test_a_job_that_breaks_off_goes_on_where_it_was(
    coalition: Coalition, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    rows = [(str(number), "2024", "Sofia", "anti_roma", f"Number {number}") for number in range(30)]
    reference = sent(coalition, sheet(HEADING, *rows))
    mapped(coalition, reference, MAPPING)
    parts = mappings.in_parts
    monkeypatch.setattr(mappings, "in_parts", lambda planned: parts(planned, 10))
    stored, calls = mappings.store_rows, list[int]()

    def power_cut(*arguments: Any) -> list[str]:
        calls.append(1)
        if len(calls) > 2:
            raise RuntimeError("power cut")
        return stored(*arguments)

    monkeypatch.setattr(mappings, "store_rows", power_cut)
    with coalition.work("lead") as work:
        mappings.decide(work, reference, ())
    ask(coalition, reference, Act.STORE)
    run_jobs(coalition)
    assert len(drafts(coalition)) == 20
    monkeypatch.setattr(mappings, "store_rows", stored)
    clock.now += timedelta(minutes=1)
    run_jobs(coalition)
    view = seen(coalition, reference)
    assert (view.line.stage, counts(view), len(drafts(coalition))) == (Stage.DONE, {"rows": 30, "new": 30}, 30)


def test_the_log_holds_numbers_only(coalition: Coalition):
    read_in(coalition, sheet(HEADING, *ROWS), MAPPING, name="Our cases")
    read_in(coalition, sheet(HEADING, *changed(0, town="Pernik")), MAPPING)
    with coalition.reading("operator") as work:
        entries = list(work.session.scalars(select(AuditEntry).order_by(AuditEntry.number)))
        kept = [(entry.action, entry.details) for entry in entries if entry.actor == coalition.people["lead"].id]
        keyed = set(work.session.scalars(select(ImportedRow.digest)))
        assert {len(digest) for digest in keyed} == {64}
    actions = [action for action, _details in kept]
    assert {"upload.begin", "import.request", "import.build", "mapping.save", "incident.import", "upload.record"} <= {
        *actions
    }
    said = str(kept)
    assert not [word for word in ("Sofia", "Pernik", "Our cases", "Motive", "cases.csv", "beaten") if word in said]
    assert ("incident.save", {"fields": ["municipality"], "changes": {}}) in kept


# --- the real thing ----------------------------------------------------------------------------------------


def test_two_thousand_real_rows_are_read_by_a_kept_mapping_and_none_is_merged(coalition: Coalition):
    if not REAL.exists():
        message = f"NOT TESTED WITH REAL DATA: {REAL} is not there"
        pytest.fail(message) if os.environ.get("COALITION_TESTS_REQUIRE") == "all" else pytest.skip(message)
    with REAL.open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    times = Counter(map(tuple, rows))
    rows = sorted(rows, key=lambda row: -times[tuple(row)])[:2000]
    assert len(rows) - len(set(map(tuple, rows))) > 10, "there are equal rows among them"
    mapping = RowMapping(
        (
            Column("Date", target="date"),
            Column("Country", target="country"),
            Column("Bias motivations", target="motivations", separator="comma"),
            Column("Type of incident", target="chosen_type"),
            Column("Source", target="sources.name"),
            Column("Description", target="descriptions.en"),
        ),
        None,
        {"basis": "public_source", "sources.kind": "partner_organisation"},
    )
    few = sheet(heading, *rows[:1])
    read_in(coalition, few, mapping, name="ODIHR")
    reference = sent(coalition, sheet(heading, *rows))
    assert seen(coalition, reference).mapping_name == "ODIHR"
    checked = mapped(coalition, reference)
    found = counts(checked)
    assert found["new"] + found.get("bad", 0) + 1 == len(rows)
    assert set(checked.preview.problems if checked.preview else ()) <= {
        ("Bias motivations", "unknown_value"),
        ("Type of incident", "unknown_value"),
        ("Source", "too_long"),
        ("Description", "too_long"),
    }
    assert found["new"] > 1900
    assert counts(recorded(coalition, reference)) == found
    with coalition.reading("operator") as work:
        stored = work.session.scalar(select(func.count()).select_from(Incident))
        assert stored == found["new"] + 1
        assert work.session.scalar(select(func.count()).select_from(SavedMapping)) == 1
        assert work.session.scalar(select(func.count()).select_from(SheetUpload)) == 2


# --- what happens in the meantime --------------------------------------------------------------------------


def test_a_row_that_is_taken_over_gives_no_withdrawn_consent_again(coalition: Coalition):
    heading = (*HEADING, "Consents")
    columns = (*MAPPING.columns, Column("Consents", target="consents", separator="semicolon"))
    mapping = RowMapping(columns, MAPPING.key, MAPPING.defaults)
    read_in(coalition, sheet(heading, (*ROWS[0], "record;odihr")), mapping)
    reference = drafts(coalition)[0].reference
    records.save(coalition, reference, "lead", consents=frozenset({"record"}))
    again = sheet(heading, (*changed(0, town="Pernik")[0], "record;odihr;statistics"))
    read_in(coalition, again, mapping, overwrite=[reference])
    facts = drafts(coalition)[0].facts
    assert (facts.municipality, facts.consents) == ("Pernik", {"record", "statistics"})
    # A later file, when nobody has changed the record since.
    later = sheet(heading, (*changed(0, town="Ruse")[0], "record;odihr"))
    read_in(coalition, later, mapping)
    assert drafts(coalition)[0].facts.consents == {"record"}


def test_once_the_consent_to_be_recorded_is_withdrawn_no_row_gives_another(coalition: Coalition):
    heading = (*HEADING, "Consents")
    columns = (*MAPPING.columns, Column("Consents", target="consents", separator="semicolon"))
    mapping = RowMapping(columns, MAPPING.key, MAPPING.defaults)
    read_in(coalition, sheet(heading, (*ROWS[0], "record")), mapping)
    reference = drafts(coalition)[0].reference
    records.save(coalition, reference, "lead", consents=frozenset())
    again = sheet(heading, (*ROWS[0], "record;statistics"))
    read_in(coalition, again, mapping, overwrite=[reference])
    assert drafts(coalition)[0].facts.consents == frozenset()


def test_a_file_that_is_thrown_away_while_a_job_works_on_it_does_not_come_back(coalition: Coalition):
    rows = [(str(number), *ROWS[0][1:]) for number in range(201)]
    reference = sent(coalition, sheet(HEADING, *rows))
    with coalition.work("lead") as work:
        mappings.keep_columns(work, reference, MAPPING)
    ask(coalition, reference, Act.CHECK)
    (folder,) = (path.parent for path in coalition.runtime.config.files.rglob("sheet"))

    def thrown_away(_done: int, _total: int, _step: str) -> None:
        with coalition.work("lead") as work:
            mappings.discard_upload(work, reference)

    with coalition.reading("lead") as work, pytest.raises(NotFound):
        mappings.work_on(work, reference, Act.CHECK, thrown_away)
    assert not folder.exists()


def test_whoever_looks_at_the_rows_of_a_file_is_noted_and_how_far_it_is_opens_nothing(coalition: Coalition):
    reference = sent(coalition, sheet(HEADING, *ROWS))
    wanted = select(AuditEntry).where(AuditEntry.action == "upload.read")
    with coalition.reading("lead") as work:
        assert mappings.standing_of(work, reference).stage is Stage.MAPPING
    with coalition.reading("lead") as work:
        assert work.session.scalars(wanted).all() == []
    seen(coalition, reference)
    with coalition.reading("lead") as work:
        (entry,) = work.session.scalars(wanted)
    assert (entry.actor, entry.subject_kind) == (coalition.people["lead"].id, "upload")
    assert set(entry.details["classes"]) >= {"identity", "narrative"}
