"""`coalition incidents import --mapping`: a member's own spreadsheet, read by the mapping that its lead kept."""

import csv
from pathlib import Path

import pytest

from coalition.cli.incidents import _told
from coalition.domain.mappings import Column, RowMapping
from coalition.services import mappings
from coalition.services.sheet_plans import Fate
from tests.conftest import Coalition
from tests.installation import Installation, refused
from tests.services import records
from tests.services.sheets import read_in, sheet

HEADING = ("No", "Date", "Town")
MAPPING = RowMapping(
    (Column("No", target="own_reference"), Column("Date", target="date"), Column("Town", target="municipality")),
    ("no", 1),
)


@pytest.fixture
def site(coalition: Coalition) -> Installation:
    """Give an installation in which the first member has read a file and kept its mapping."""
    read_in(coalition, sheet(HEADING, ("1", "2024", "Sofia")), MAPPING, name="Our cases")
    return Installation(coalition.runtime.config.data)


def table(folder: Path, *rows: tuple[str, ...]) -> str:
    file = folder / "cases.csv"
    file.write_text(sheet(HEADING, *rows), encoding="utf-8")
    return str(file)


def test_rows_become_drafts_and_the_report_names_each(site: Installation, tmp_path: Path):
    file = table(tmp_path, ("1", "2023", "Sofia"), ("2", "2024", "Varna"), ("3", "someday", "Ruse"))
    command = ("incidents", "import", file, "--organisation", "FIRST", "--mapping", "Our cases")
    tried = site.run(*command, "--dry-run")
    assert tried.stdout == "1 would be imported, 1 would be updated, 0 unchanged, 1 left.\n"
    report = tmp_path / "report.csv"
    done = site.run(*command, "--report", str(report))
    assert (done.returncode, done.stderr) == (0, "line 4: Date: not a date\n")
    assert done.stdout == "1 imported, 1 updated, 0 unchanged, 1 left.\n"
    with report.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [(row["line"], row["outcome"], bool(row["reference"])) for row in rows] == [
        ("2", "changed", True),
        ("3", "new", True),
        ("4", "error", False),
    ]
    assert site.run(*command).stdout == "0 imported, 0 updated, 2 unchanged, 1 left.\n"


def test_what_cannot_be_read_is_one_line(site: Installation, tmp_path: Path):
    file = table(tmp_path, ("1", "2023", "Sofia"))
    command = ("incidents", "import", file, "--organisation")
    assert refused(site.run(*command, "FIRST", "--mapping", "Nothing")) == "there is no mapping Nothing"
    assert refused(site.run(*command, "SECOND", "--mapping", "Our cases")) == "there is no mapping Our cases"
    both = site.run(*command, "FIRST", "--mapping", "Our cases", "--accepted")
    assert both.returncode != 0
    Path(file).write_text("Other;Columns\n1;2\n", encoding="utf-8")
    assert "other columns" in refused(site.run(*command, "FIRST", "--mapping", "Our cases"))


def test_a_row_whose_record_somebody_changed_just_now_is_a_conflict(coalition: Coalition, site: Installation):
    assert site
    with coalition.reading("operator") as work:
        plan = mappings.plan_file(work, sheet(HEADING, ("1", "2023", "Sofia")).encode(), "FIRST", "Our cases")
    ((row,),) = mappings.parts_of(plan)
    records.save(coalition, row.reference, "lead", narrative="Told again, more exactly.")
    with coalition.work("operator") as work:
        stored = mappings.store_part(work, plan, [row])
    assert _told(plan, [row], stored) == [(2, "conflict", row.reference, "")]
    assert (plan.counts[Fate.CHANGED], plan.counts[Fate.CONFLICT]) == (0, 1)
