"""Reading a member's file: what arrives, what is refused with its line, and what happens the second time."""

import csv
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from coalition.db import incidents as storage
from coalition.db.audit import AuditEntry
from coalition.domain.errors import NotFound, NotPermitted, UnreadableFile
from coalition.domain.exports import COLUMNS
from coalition.domain.incidents import Facts, PartialDate, Source
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State
from coalition.services import imports, incidents, organisations
from coalition.services import queue as queues
from coalition.services.imports import ImportLine, Outcome
from tests.conftest import Clock, Coalition
from tests.services import records

ROW = {
    "Date": "2019-05",
    "Country": "Bulgaria",
    "Bias motivations": "Anti-Roma hate crime",
    "Type of incident": "Threats",
    "Source": "Near Shore",
    "Description": "A family was threatened.",
}


def row(**changes: str) -> dict[str, str]:
    """Return a good row with some cells changed; names of columns in lower case, "type" for the type."""
    names = {"type": "Type of incident", "motivations": "Bias motivations"}
    return ROW | {names.get(name, name.capitalize()): value for name, value in changes.items()}


def file_with(folder: Path, *rows: dict[str, str], name: str = "export.csv", heading: str = ",".join(COLUMNS)) -> Path:
    """Write rows as ODIHR's export does."""
    file = folder / name
    with file.open("w", encoding="utf-8", newline="") as text:
        text.write(heading + "\n")
        csv.writer(text, lineterminator="\n").writerows(item.values() for item in rows)
    return file


def text_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "export.csv"
    file.write_text(text, encoding=encoding)
    return file


def run(coalition: Coalition, file: Path, code: str = "FIRST", **options: bool) -> list[ImportLine]:
    with coalition.work("operator") as work:
        return imports.import_incidents(work, file, code, **options)


def outcomes(lines: list[ImportLine]) -> list[tuple[int, str, str]]:
    return [(line.line, line.outcome.value, line.message) for line in lines]


def stored(coalition: Coalition, who: str = "lead") -> list[incidents.IncidentView]:
    """Return the member's incidents in the order in which they were stored."""
    with coalition.reading(who) as work:
        organisation = coalition.people[who].organisation_id
        query = select(storage.Incident.reference).where(storage.Incident.organisation_id == organisation)
        references = work.session.scalars(query.order_by(storage.Incident.id))
        return [incidents.read_incident(work, reference) for reference in references]


def test_a_row_becomes_an_incident_that_waits_for_the_coordinator(
    any_coalition: Coalition, tmp_path: Path, clock: Clock
):
    file = file_with(tmp_path, row(motivations="Anti-Roma hate crime, Gender-based hate crime"))
    (line,) = run(any_coalition, file)
    (view,) = stored(any_coalition)
    assert line == ImportLine(2, Outcome.IMPORTED, view.reference, "")
    assert view.facts == Facts(
        date=PartialDate(2019, 5),
        country="BG",
        chosen_type="threat",
        motivations=("anti_roma", "gender"),
        sources=(Source("partner_organisation", "Near Shore"),),
        descriptions={"en": "A family was threatened."},
        basis="public_source",
    )
    assert (view.state, view.author, view.organisation.main) == (State.SUBMITTED, "", "First Member")
    assert view.recorded_at == view.submitted_at == clock.now
    assert view.decided_at is None
    assert [step.step for step in view.steps] == [Step.SUBMIT]
    with any_coalition.reading("coordinator") as work:
        assert [item.reference for item in queues.list_reviews(work).lines] == [view.reference]


def test_an_accepted_import_is_already_reviewed(any_coalition: Coalition, tmp_path: Path, clock: Clock):
    run(any_coalition, file_with(tmp_path, ROW, row(date="2020")), accepted=True)
    views = stored(any_coalition)
    assert [view.state for view in views] == [State.ACCEPTED, State.ACCEPTED]
    assert [view.decided_at for view in views] == [clock.now, clock.now]
    assert [[step.step for step in view.steps] for view in views] == [[Step.SUBMIT, Step.ACCEPT]] * 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"date": "May 2019"}, "Date: 'May 2019' is not YYYY or YYYY-MM"),
        ({"date": ""}, "Date: '' is not YYYY or YYYY-MM"),
        ({"date": "2019-13"}, "Date: '2019-13' is not YYYY or YYYY-MM"),
        ({"date": "1919-05"}, "Date: the year 1919 is before 1990"),
        ({"date": "2026-04"}, "Date: 2026-04 is in the future"),
        ({"country": "Utopia"}, "Country: 'Utopia' is not an OSCE participating State"),
        ({"country": " "}, "Country: empty"),
        ({"type": "Bad weather"}, "Type of incident: 'Bad weather' is unknown"),
        ({"type": ""}, "Type of incident: empty"),
        ({"motivations": "Anti-Roma hate crime, Envy"}, "Bias motivations: 'Envy' is unknown"),
        ({"motivations": ", "}, "Bias motivations: empty"),
        (
            {"motivations": "Bias against Christians and members of other religions"},
            (
                "Bias motivations: 'Bias against Christians and members of other religions' is unknown "
                "(it is now two motivations: a person has to decide which)"
            ),
        ),
        ({"description": "A\0B"}, "the row holds a character that is no text"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_reason_and_the_good_ones_arrive(
    coalition: Coalition, tmp_path: Path, changes: dict[str, str], message: str
):
    lines = run(coalition, file_with(tmp_path, ROW, row(**changes), row(date="2018")))
    assert outcomes(lines) == [(2, "imported", ""), (3, "error", message), (4, "imported", "")]
    assert lines[1].reference == ""
    assert [str(view.facts.date) for view in stored(coalition)] == ["2019-05", "2018"]


def test_a_row_with_too_few_or_too_many_cells_is_named(coalition: Coalition, tmp_path: Path):
    good = "2019,Bulgaria,Anti-Roma hate crime,Threats,Near Shore,Text"
    file = text_file(tmp_path, f"{','.join(COLUMNS)}\n{good},more\n{good}\n2019,Bulgaria\n\n{good}\n")
    assert outcomes(run(coalition, file)) == [
        (2, "error", "the row has 7 cells, the heading has 6"),
        (3, "imported", ""),
        (4, "error", "the row has 2 cells, the heading has 6"),
        (6, "imported", ""),
    ]


def test_a_description_of_several_lines_keeps_them_and_the_line_numbers(any_coalition: Coalition, tmp_path: Path):
    told = 'First line.\nSecond, with "quotes".\n\nFourth.'
    lines = run(any_coalition, file_with(tmp_path, row(description=told), row(country="Utopia"), row(date="2018")))
    assert [(line.line, line.outcome) for line in lines] == [
        (2, Outcome.IMPORTED),
        (6, Outcome.ERROR),
        (7, Outcome.IMPORTED),
    ]
    assert stored(any_coalition)[0].facts.descriptions == {"en": told}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mark_before_the_first_letter_and_other_line_ends_do_not_matter(
    coalition: Coalition, tmp_path: Path, end: str
):
    file = tmp_path / "export.csv"
    lines = [",".join(COLUMNS), "2019,Bulgaria,Anti-Roma hate crime,Threats,Near Shore,Той каза „не“."]
    file.write_bytes(end.join([*lines, ""]).encode("utf-8-sig"))
    assert outcomes(run(coalition, file)) == [(2, "imported", "")]
    assert stored(coalition)[0].facts.descriptions == {"en": "Той каза „не“."}


def test_columns_are_found_by_their_names_wherever_they_stand(coalition: Coalition, tmp_path: Path):
    file = text_file(
        tmp_path,
        "Remark,description,SOURCE,Type of  incident,Bias motivations,Country,Date\n"
        "x,Text,Near Shore,Threats,Anti-Roma hate crime,Bulgaria,2019\n",
    )
    assert outcomes(run(coalition, file)) == [(2, "imported", "")]
    assert stored(coalition)[0].facts.sources == (Source("partner_organisation", "Near Shore"),)


def test_a_file_without_one_of_the_columns_is_refused_as_a_whole(coalition: Coalition, tmp_path: Path):
    heading = ",".join(column for column in COLUMNS if column not in {"Country", "Source"})
    file = text_file(tmp_path, f"{heading}\n2019,Anti-Roma hate crime,Threats,Text\n")
    with pytest.raises(UnreadableFile, match="no column Country, Source in the first line"):
        run(coalition, file)
    assert stored(coalition) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xd0\xcf\x11\xe0 not text",
        b"PK\x03\x04 not a workbook",
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(coalition: Coalition, tmp_path: Path, content: bytes):
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile):
        run(coalition, file)
    assert stored(coalition) == []


def test_a_file_that_is_not_there_is_refused(coalition: Coalition, tmp_path: Path):
    with pytest.raises(UnreadableFile, match="No such file"):
        run(coalition, tmp_path / "missing.csv")
    with pytest.raises(UnreadableFile):
        run(coalition, tmp_path)


def test_two_types_in_one_row_become_the_principal_one(coalition: Coalition, tmp_path: Path):
    file = file_with(
        tmp_path,
        row(type="Attacks against property, Threats"),
        row(type="Threats, Violent attacks against people"),
        row(type="Attacks against property"),
    )
    run(coalition, file)
    assert [view.facts.chosen_type for view in stored(coalition)] == [
        "threat",
        "violent_attack",
        "property_attack",
    ]


def test_an_organisation_with_a_comma_in_its_name_stays_one(coalition: Coalition, tmp_path: Path):
    with coalition.work("administrator") as work:
        organisations.create_organisation(work, "THIRD", "Women, Work and Rights")
    known = "Eurasian Coalition on Health, Rights, Gender and Sexual Diversity"
    run(coalition, file_with(tmp_path, row(source=f"Near Shore, {known}, Women, Work and Rights, Far Shore")))
    assert [source.name for source in stored(coalition)[0].facts.sources] == [
        "Near Shore",
        known,
        "Women, Work and Rights",
        "Far Shore",
    ]


def test_equal_rows_are_different_incidents(any_coalition: Coalition, tmp_path: Path):
    lines = run(any_coalition, file_with(tmp_path, ROW, ROW, row(date="2018"), ROW))
    assert [line.outcome for line in lines] == [Outcome.IMPORTED] * 4
    assert len({line.reference for line in lines}) == len(stored(any_coalition)) == 4


def test_reading_a_file_twice_adds_nothing(any_coalition: Coalition, tmp_path: Path):
    file = file_with(tmp_path, ROW, ROW, row(country="Utopia"), row(date="2018"))
    first = run(any_coalition, file)
    second = run(any_coalition, file, accepted=True)
    assert [line.reference for line in second] == [line.reference for line in first]
    assert outcomes(second) == [
        (2, "unchanged", "imported before"),
        (3, "unchanged", "imported before"),
        (4, "error", "Country: 'Utopia' is not an OSCE participating State"),
        (5, "unchanged", "imported before"),
    ]
    assert [view.state for view in stored(any_coalition)] == [State.SUBMITTED] * 3


def test_a_longer_file_adds_only_what_is_new_also_among_equal_rows(any_coalition: Coalition, tmp_path: Path):
    first = run(any_coalition, file_with(tmp_path, ROW, row(date="2018")))
    lines = run(any_coalition, file_with(tmp_path, row(date="2017"), ROW, ROW, row(date="2018"), ROW))
    assert [line.outcome.value for line in lines] == [
        "imported",
        "unchanged",
        "imported",
        "unchanged",
        "imported",
    ]
    assert [lines[1].reference, lines[3].reference] == [line.reference for line in first]
    assert len(stored(any_coalition)) == 5


def test_a_shorter_file_takes_nothing_away(coalition: Coalition, tmp_path: Path):
    run(coalition, file_with(tmp_path, ROW, ROW, row(date="2018")))
    run(coalition, file_with(tmp_path, ROW))
    assert len(stored(coalition)) == 3


def test_an_incident_that_was_changed_since_is_not_read_again(coalition: Coalition, tmp_path: Path):
    file = file_with(tmp_path, ROW)
    (line,) = run(coalition, file)
    records.withdraw(coalition, line.reference, "lead")
    records.save(coalition, line.reference, "lead", country="RO")
    assert [item.outcome for item in run(coalition, file)] == [Outcome.UNCHANGED]
    assert [view.facts.country for view in stored(coalition)] == ["RO"]


def test_a_second_member_reading_the_same_file_gets_incidents_of_its_own(any_coalition: Coalition, tmp_path: Path):
    file = file_with(tmp_path, ROW, ROW)
    first, second = run(any_coalition, file), run(any_coalition, file, "second")
    assert [line.outcome for line in second] == [Outcome.IMPORTED] * 2
    assert not {line.reference for line in first} & {line.reference for line in second}
    assert len(stored(any_coalition)) == len(stored(any_coalition, "second_worker")) == 2


def test_a_dry_run_says_what_would_happen_and_stores_nothing(any_coalition: Coalition, tmp_path: Path):
    run(any_coalition, file_with(tmp_path, ROW))
    lines = run(any_coalition, file_with(tmp_path, ROW, ROW, row(date="x")), dry_run=True)
    assert outcomes(lines) == [
        (2, "unchanged", "imported before"),
        (3, "imported", "dry run: not stored"),
        (4, "error", "Date: 'x' is not YYYY or YYYY-MM"),
    ]
    assert lines[1].reference == ""
    assert len(stored(any_coalition)) == 1
    assert [line.outcome for line in run(any_coalition, file_with(tmp_path, ROW, ROW))] == [
        Outcome.UNCHANGED,
        Outcome.IMPORTED,
    ]


def test_a_workbook_is_read_from_the_sheet_of_odihrs_download(any_coalition: Coalition, tmp_path: Path):
    workbook = openpyxl.Workbook()
    workbook.active.title = "Cover"
    workbook.active.append(["Not the data"])
    sheet = workbook.create_sheet("Report Export")
    sheet.append(list(COLUMNS))
    rest = ["Bulgaria", "Anti-Roma hate crime", "Threats", "Near Shore", "Той каза, „не“."]
    for when in (2019, date(2019, 5, 1), datetime(2020, 12, 31, 10, 0), "2018-02", "2017"):  # noqa: DTZ001 - a cell
        sheet.append([when, *rest])
    sheet.append([None] * 6)
    sheet.append([3019, *rest])
    workbook.save(tmp_path / "export.xlsx")
    lines = run(any_coalition, tmp_path / "export.xlsx")
    assert [line.line for line in lines] == [2, 3, 4, 5, 6, 8]
    assert lines[-1].message == "Date: 3019 is in the future"
    views = stored(any_coalition)
    assert [str(view.facts.date) for view in views] == ["2019", "2019-05", "2020-12", "2018-02", "2017"]
    assert {tuple(view.facts.descriptions.values()) for view in views} == {("Той каза, „не“.",)}


def test_a_workbook_and_a_csv_file_with_the_same_rows_are_the_same_incidents(coalition: Coalition, tmp_path: Path):
    workbook = openpyxl.Workbook()
    workbook.active.append(list(COLUMNS))
    workbook.active.append([date(2019, 5, 1), *list(ROW.values())[1:]])
    workbook.save(tmp_path / "export.xlsx")
    run(coalition, file_with(tmp_path, ROW))
    assert [line.outcome for line in run(coalition, tmp_path / "export.xlsx")] == [Outcome.UNCHANGED]


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator", "administrator"])
def test_only_the_command_line_imports(coalition: Coalition, tmp_path: Path, who: str):
    file = file_with(tmp_path, ROW)
    with pytest.raises(NotPermitted), coalition.work(who) as work:
        imports.import_incidents(work, file, "FIRST")
    assert stored(coalition) == []


def test_a_member_that_does_not_exist_gets_nothing(coalition: Coalition, tmp_path: Path):
    with pytest.raises(NotFound):
        run(coalition, file_with(tmp_path, ROW), "NOWHERE")


def test_the_log_counts_what_was_read_and_holds_none_of_it(coalition: Coalition, tmp_path: Path):
    run(coalition, file_with(tmp_path, row(description="Canary7731", source="Canary7731"), ROW), accepted=True)
    with coalition.reading("operator") as work:
        entries = list(work.session.scalars(select(AuditEntry)))
    (entry,) = [entry for entry in entries if entry.action == "incident.import"]
    assert entry.details == {"rows": 2, "accepted": True}
    assert entry.subject == coalition.people["lead"].organisation_id
    assert not [entry for entry in entries if "Canary7731" in str(vars(entry))]


def settled(coalition: Coalition, file: Path) -> list[tuple[int, Outcome]]:
    return [(line.line, line.outcome) for line in run(coalition, file)]


def test_an_unclosed_quote_costs_its_own_row_only(coalition: Coalition, tmp_path: Path):
    good = ",".join(ROW.values())
    broken = good.replace("A family", '"A family')
    file = text_file(tmp_path, "\n".join((",".join(COLUMNS), broken, good, good, "")))
    assert settled(coalition, file) == [(2, Outcome.ERROR), (3, Outcome.IMPORTED), (4, Outcome.IMPORTED)]


def test_a_byte_that_is_no_utf8_costs_its_own_row_only(coalition: Coalition, tmp_path: Path):
    good = ",".join(ROW.values()).encode()
    file = tmp_path / "export.csv"
    file.write_bytes(b"\n".join((",".join(COLUMNS).encode(), good, good.replace(b"family", b"famil\xe9"), good)))
    assert settled(coalition, file) == [(2, Outcome.IMPORTED), (3, Outcome.ERROR), (4, Outcome.IMPORTED)]


def test_a_row_under_a_newer_or_an_older_label_is_the_same_row(coalition: Coalition, tmp_path: Path):
    assert settled(coalition, file_with(tmp_path, row())) == [(2, Outcome.IMPORTED)]
    relabelled = row(type="Threats/Harassment", motivations="Bias against Roma and Sinti")
    assert settled(coalition, file_with(tmp_path, relabelled)) == [(2, Outcome.UNCHANGED)]


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8"), ("\t", "utf-16")])
def test_what_spreadsheets_in_other_languages_save_is_read_too(
    coalition: Coalition, tmp_path: Path, separator: str, encoding: str
):
    file = tmp_path / "export.csv"
    with file.open("w", encoding=encoding, newline="") as text:
        csv.writer(text, delimiter=separator).writerows([COLUMNS, ROW.values()])
    assert settled(coalition, file) == [(2, Outcome.IMPORTED)]
    assert settled(coalition, file_with(tmp_path, row())) == [(2, Outcome.UNCHANGED)]
