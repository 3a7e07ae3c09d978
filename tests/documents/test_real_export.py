"""ODIHR's own export, in and out again: what leaves is what came, and totals equal an independent count."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from coalition.documents.submission_files import write_submission
from coalition.domain.exports import ExportRow, facts_of, known_names_with_commas
from coalition.domain.same_incident import Candidate
from tests.documents.samples import ABOUT, submission

EXPORT = Path(__file__).resolve().parents[3] / "shared" / "data" / "odihr-incidents.csv"
YEARS = (2016, 2017, 2018, 2019, 2020)


@pytest.fixture(scope="module")
def export():
    if not EXPORT.is_file():
        pytest.skip(f"ODIHR's EXPORT IS NOT HERE: nothing is compared with {EXPORT}")
    with EXPORT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def candidates(export):
    names = known_names_with_commas()
    rows = (ExportRow(line, row) for line, row in enumerate(export, start=2))
    return [Candidate(facts_of(row, names), "A member", str(row.line)) for row in rows]


@pytest.fixture(scope="module", params=YEARS)
def built(request, candidates, tmp_path_factory):
    folder = tmp_path_factory.mktemp(str(request.param))
    with submission(request.param, candidates) as made:
        manifest = write_submission(made, ABOUT, folder)
    return request.param, folder, manifest


def of_year(export, year):
    return [row for row in export if row["Date"][:4] == str(year)]


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_descriptive_part_is_the_export_of_that_year_row_by_row(built, export):
    year, folder, manifest = built
    header, *rows = read(folder / "incidents.csv")
    wanted = of_year(export, year)
    assert header == list(wanted[0])
    assert rows == sorted(list(row.values()) for row in wanted)
    assert manifest["counts"] == {"incidents": len(wanted), "descriptive": len(wanted), "statistical": 0}


def test_the_bytes_of_a_row_are_those_of_the_export(built):
    year, folder, _ = built
    lines = EXPORT.read_bytes().splitlines(keepends=True)
    wanted = [lines[0], *(line for line in lines[1:] if line.startswith(str(year).encode()))]
    assert sorted((folder / "incidents.csv").read_bytes().splitlines(keepends=True)) == sorted(wanted)


def test_the_overview_equals_an_independent_count(built, export):
    year, folder, _ = built
    cells, once = Counter(), Counter()
    for row in of_year(export, year):
        once[row["Country"], row["Type of incident"]] += 1
        for motivation in row["Bias motivations"].split(", "):
            cells[row["Country"], motivation, row["Type of incident"]] += 1
    header, *rows = read(folder / "overview.csv")
    types = header[2:5]
    for country, motivation, *numbers, total in rows:
        shown = dict(zip(types, map(int, numbers), strict=True))
        if motivation == "All incidents":
            counted = {kind: once.pop((country, kind), 0) for kind in types}
        else:
            counted = {kind: cells.pop((country, motivation, kind), 0) for kind in types}
        assert shown == counted
        assert int(total) == sum(counted.values())
    assert not cells
    assert not once
