import openpyxl
import pytest

from coalition.documents.submission_cells import FIELDS
from coalition.documents.workbook import About, about_rows, submission_workbook
from coalition.domain.codebook import codebook
from coalition.domain.profiles import profile_for, shipped
from tests.documents.samples import ABOUT, submission


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("workbook") / "submission.xlsx"
    with submission() as made:
        submission_workbook(made, ABOUT, path)
    return openpyxl.load_workbook(path)


def rows(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_it_has_the_three_sheets_in_order(book):
    assert book.sheetnames == ["Incidents", "Statistics", "About"]


def test_the_incidents_have_the_profiles_columns(book):
    assert rows(book["Incidents"])[0] == [column.header for column in profile_for(2020).columns]


def test_every_column_of_every_profile_can_be_written():
    for taken in shipped().values():
        assert set(taken.fields) <= set(FIELDS)


def test_each_described_incident_is_a_row_cell_by_cell(book):
    assert rows(book["Incidents"])[1:] == [
        [
            1,
            "2020",
            "Bulgaria",
            "Street or public space",
            "=1+1 was painted on a door, with a threat.",
            "Anti-LGBTI hate crime",
            "Comments, written statements, gestures, graffiti or symbols",
            "Threats",
            "1 × Man, 14 to 17, Belongs to the targeted group",
            "4 × Stranger, Man",
            "Rainbow House\nInterview with the victim",
            "Not reported to the police: No trust in the police",
        ],
        [
            2,
            "2020-03",
            "Bulgaria",
            "Street or public space",
            'A teenage Roma boy was beaten, "kicked" and insulted by a group of four men.',
            "Anti-Roma hate crime, Disability hate crime",
            "Comments, written statements, gestures, graffiti or symbols",
            "Violent attacks against people",
            "1 × Man, 14 to 17, Belongs to the targeted group",
            "4 × Stranger, Man",
            "Roma Legal Centre\nInterview with the victim",
            "Not reported to the police: No trust in the police",
        ],
        [
            3,
            "2020-11",
            "Romania",
            "Street or public space",
            "A synagogue was vandalized.",
            "Anti-Semitic hate crime",
            "Comments, written statements, gestures, graffiti or symbols",
            "Attacks against property",
            "1 × Man, 14 to 17, Belongs to the targeted group",
            "4 × Stranger, Man",
            "Partner, Inc.\nMedia",
            "Not reported to the police: No trust in the police",
        ],
    ]


def test_a_text_that_looks_like_a_formula_stays_text(book):
    cell = book["Incidents"]["E2"]
    assert (cell.value, cell.data_type) == ("=1+1 was painted on a door, with a threat.", "s")


def test_the_name_of_a_source_that_may_be_a_person_never_leaves(book):
    assert "a person's name" not in str(rows(book["Incidents"]))


def test_the_statistical_part_is_counted_by_motivation(book):
    assert rows(book["Statistics"]) == [
        ["Country", "Bias motivation", "Type of incident", "Incidents"],
        ["Bulgaria", "Anti-Roma hate crime", "Violent attacks against people", 2],
        ["Bulgaria", "Disability hate crime", "Violent attacks against people", 1],
    ]


def test_the_about_sheet_says_who_how_and_with_which_lists(book):
    said = {name: text for name, text, *_ in rows(book["About"])}
    assert said["Coalition"] == "Hate Crime Recording Coalition"
    assert (said["Data year"], said["Incidents"]) == ("2020", "5")
    assert (said["Profile"], said["Code book"]) == (profile_for(2020).version, codebook().version)
    text = str(rows(book["About"]))
    phrases = (
        "Free legal help.",
        "consented to its submission",
        "do not show the prevalence",
        "Partner, Inc.",
    )
    for phrase in phrases:
        assert phrase in text


def test_the_sheets_are_ready_to_read_filter_and_print(book):
    sheet = book["Incidents"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:L4"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.column_dimensions["E"].width > 60
    assert sheet["E2"].alignment.wrap_text


def test_its_date_is_the_last_day_of_the_data_year(book):
    assert str(book.properties.created) == str(book.properties.modified) == "2020-12-31 00:00:00"


def test_a_year_without_incidents_still_makes_a_workbook(tmp_path):
    with submission(2015) as made:
        submission_workbook(made, ABOUT, tmp_path / "empty.xlsx")
    book = openpyxl.load_workbook(tmp_path / "empty.xlsx")
    assert len(rows(book["Incidents"])) == 1
    assert ["Incidents", "0"] in [row[:2] for row in rows(book["About"])]


def test_a_coalition_without_members_and_contact_leaves_those_lines_out():
    with submission() as made:
        names = [name for name, _ in about_rows(made, About("Coalition"))]
    assert "Member" not in names
    assert "Contact" not in names
