"""A lead reads the organisation's own spreadsheet in on a telephone, mends it, and sends it again."""

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import PATIENCE, Site
from tests.journeys.people import PHONE, Person, word

SHEET = """\
Номер;Дата;Град;Мотив;Пол;Описание
17;05.03.2024;София;роми;м;Мъж беше ударен на спирката.
18;6.3.2024 г.;Пловдив;роми, ЛГБТИ;жена;На врата беше изписана заплаха.
19;13/13/2024;Варна;ромска общност;жена;Счупен прозорец на дом.
"""


class Lead(Person):
    """Reads a spreadsheet in."""

    def sends(self, file: Path) -> None:
        """Choose a file and have it read."""
        self.opens("imports")
        self.page.locator("input[type=file]").set_input_files(file)
        self.finds_nothing_wrong()
        self.presses("Read the file")

    def waits_for(self, heading: str) -> None:
        """Wait until a job is done and its page leads on."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(word(heading), timeout=PATIENCE * 1000)
        self.finds_nothing_wrong()

    def records(self) -> None:
        """Say yes to what is shown, and wait until it is recorded."""
        self.presses("Record as drafts")
        self.page.get_by_text(word("The file is recorded")).wait_for()
        self.finds_nothing_wrong()


pytestmark = pytest.mark.journey


@pytest.fixture
def lead(site: Site, chromium: Browser) -> Lead:
    """Sign a lead in on a telephone."""
    lead = Lead(chromium, site.address, PHONE)
    lead.comes_in(site.account("lead", "--organisation", site.member(), name="Лида"))
    return lead


def test_a_spreadsheet_is_read_in_mended_and_sent_again(lead: Lead, tmp_path: Path) -> None:
    file = tmp_path / "случаи.csv"
    file.write_bytes(SHEET.encode("cp1251"))
    lead.sends(file)
    lead.waits_for("What the columns hold")
    lead.page.get_by_label(word("Which column names a row for good?")).select_option(label="Номер")
    lead.presses("Go on")
    lead.waits_for("What the words mean")
    lead.page.get_by_label("ромска общност").select_option("anti_roma")
    lead.presses("Compare with what is recorded")
    lead.waits_for("What would be recorded")
    lead.reads("София")
    lead.page.get_by_label(word("Keep these columns under the name")).fill("Нашите случаи")
    lead.records()
    bad = lead.fetches("problems.xlsx", tmp_path)

    book = openpyxl.load_workbook(bad)
    (heading, row) = book.active.iter_rows()
    assert [cell.value for cell in heading][-1] == "problem"
    assert row[0].value == "19"
    row[1].value = "13.03.2024"
    book.save(bad)
    lead.sends(bad)
    lead.waits_for("What the columns hold")
    lead.reads("Нашите случаи")
    lead.presses("Go on")
    lead.waits_for("What the words mean")
    lead.presses("Compare with what is recorded")
    lead.waits_for("What would be recorded")
    lead.records()
    lead.opens("incidents")
    for town in ("София", "Пловдив", "Варна"):
        lead.reads(town)
