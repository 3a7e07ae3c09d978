"""What the product writes opens in a program that other people use: LibreOffice shows every cell and every word."""

import csv
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from coalition.documents.cover_letter import letter_docx
from coalition.documents.problem_sheet import problems_as_workbook
from coalition.documents.workbook import submission_workbook
from coalition.domain.profiles import shipped
from coalition.domain.same_incident import Candidate
from coalition.domain.submissions import STATISTICS_HEADER, statistics_rows
from tests.documents.samples import ABOUT, assault, candidates, submission
from tests.documents.test_cover_letter import LETTER

EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
"""Comma, double quotes, UTF-8, no formula shown as one, numbers as they are stored, a file for each sheet."""
HOSTILE = (
    "=1+1", "+359", "-1", "@SUM(1)", "'quoted", "007", "1/2", "2020-03-01", "TRUE", "  spaces  ", "http://evil.example",
    'Two "lines"\nand, a semicolon; here', "Момчето е бито", "Ձեռքով", "יד שלום", "x" * 4000,
)  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have LibreOffice convert everything at once, each start costs seconds; returns the folder of what it read."""
    program = shutil.which("soffice")
    if program is None:
        message = "NOT READ BY LIBREOFFICE: install Debian's libreoffice-calc-nogui and libreoffice-writer-nogui"
        pytest.fail(message) if os.environ.get("COALITION_TESTS_REQUIRE") == "all" else pytest.skip(message)
    folder = tmp_path_factory.mktemp("office")
    write(folder)
    home = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind, files in ((EVERY_SHEET, "*.xlsx"), ("txt:Text (encoded):UTF8", "*.docx")):
        command = [program, home, "--headless", "--convert-to", kind, "--outdir", folder / "read", *folder.glob(files)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stderr
    return folder / "read"


def write(folder: Path) -> None:
    """Write one workbook for each profile, the workbook of what was not read, and letters."""
    for code, taken in shipped().items():
        with submission(2020, some(), taken) as made:
            submission_workbook(made, ABOUT, folder / f"{code}.xlsx")
    (folder / "problems.xlsx").write_bytes(
        problems_as_workbook(["Reason", "Text"], [["no_date", one] for one in HOSTILE])
    )
    for language in ("en", "bg"):
        letter = replace(LETTER, profile=replace(LETTER.profile, language=language))
        (folder / f"letter-{language}.docx").write_bytes(letter_docx(letter))


def some() -> list[Candidate]:
    """Return incidents whose descriptions are what other programs take for something else."""
    return candidates() + [Candidate(assault(descriptions={"en": text}), "=Member, Ltd.") for text in HOSTILE]


def rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


def shown(cells: Iterator[list[str | int]]) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in cells]


@pytest.mark.parametrize("code", list(shipped()))
def test_every_cell_of_a_submission_is_read_as_it_was_meant(office: Path, code: str) -> None:
    taken = shipped()[code]
    with submission(2020, some(), taken) as made:
        fields = [column.field for column in taken.columns]
        incidents = shown(line.shown(fields) for line in made.lines())
        statistics = shown(map(list, statistics_rows(taken, made.statistics)))
    assert rows(office / f"{code}-Incidents.csv") == [[column.header for column in taken.columns], *incidents]
    assert rows(office / f"{code}-Statistics.csv") == [list(STATISTICS_HEADER), *statistics]
    assert ["Contact", ABOUT.contact] in rows(office / f"{code}-About.csv") or taken.language != "en"


def test_every_cell_of_what_was_not_recorded_is_read_as_it_was_meant(office: Path) -> None:
    assert rows(office / "problems-Sheet1.csv") == [["Reason", "Text"], *(["no_date", text] for text in HOSTILE)]


@pytest.mark.parametrize("language", ["en", "bg"])
def test_every_word_of_the_cover_letter_is_read(office: Path, language: str) -> None:
    read = " ".join((office / f"letter-{language}.txt").read_text(encoding="utf-8-sig").split())
    made = docx.Document(str(office.parent / f"letter-{language}.docx"))
    told = [paragraph.text for paragraph in made.paragraphs]
    told += [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    assert len(told) > 30
    assert [text for text in told if " ".join(text.split()) not in read] == []
