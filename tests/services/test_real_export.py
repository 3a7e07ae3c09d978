"""ODIHR's own export through the whole product: every row arrives, and every total that is shown is the file's.

What the product says is compared with a count that uses nothing of the product: the csv module and a Counter.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from flask import Flask

from coalition.app import create_app
from coalition.config import Config, create_secrets
from coalition.domain.codebook import codebook, countries
from coalition.domain.statistics import Table
from coalition.i18n import territory_name
from coalition.services import imports, summaries
from coalition.services.imports import ImportLine, Outcome
from coalition.services.summaries import PAGE
from coalition.services.work import NOBODY, OPERATOR, Runtime, make_runtime, reading, unit_of_work
from tests.conftest import START, Clock, Coalition, Founding, empty
from tests.page import Browser, Page
from tests.services.building import built as built_submission

EXPORT = Path(__file__).resolve().parents[3] / "shared" / "data" / "odihr-incidents.csv"
ROWS, STATES = 2730, 10
YEARS = (2016, 2017, 2018, 2019, 2020)
ALL = "All incidents"
TYPES = ("Violent attacks against people", "Threats", "Attacks against property")

ON_SQLITE = pytest.mark.parametrize("whole", ["sqlite"], indirect=True)
"""For pages, which show the same frozen summary whatever database it came from."""

Row = Mapping[str, str]


def whole_file() -> list[Row]:
    if not EXPORT.is_file():
        pytest.skip(f"ODIHR's EXPORT IS NOT HERE: nothing is compared with {EXPORT}")
    with EXPORT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def export() -> list[Row]:
    return whole_file()


def of_year(export: list[Row], year: int) -> list[Row]:
    return [row for row in export if row["Date"][:4] == str(year)]


def counted(rows: list[Row]) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Count by (motivation, type), and by type each row once."""
    marks = Counter((mark, row["Type of incident"]) for row in rows for mark in row["Bias motivations"].split(", "))
    return marks, Counter(row["Type of incident"] for row in rows)


@dataclass(frozen=True)
class Installation:
    """An installation that holds the whole export, imported by one member."""

    runtime: Runtime
    app: Flask
    lines: list[ImportLine]


def importing(runtime: Runtime, file: Path, code: str = "FIRST") -> list[ImportLine]:
    with unit_of_work(runtime, OPERATOR) as work:
        return imports.import_incidents(work, file, code, accepted=True)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def whole(
    request: pytest.FixtureRequest,
    export: list[Row],
    founding: Founding,
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """Import the export once per database, and publish every year of it."""
    folder = tmp_path_factory.mktemp("whole")
    variables = {"COALITION_DATA": str(folder)}
    if request.param == "postgresql":
        variables["COALITION_DATABASE_URL"] = request.getfixturevalue("migrated_server")
    config = Config.from_env(variables)
    create_secrets(config)
    if request.param == "sqlite":
        (folder / "coalition.sqlite3").write_bytes(migrated_file.read_bytes())
    runtime = make_runtime(config, Clock(START))
    founding.repeated_in(runtime)
    lines = importing(runtime, EXPORT)
    with unit_of_work(runtime, OPERATOR) as work:
        for year in YEARS:
            summaries.publish_summary(work, year)
    app = create_app(config, runtime)
    app.testing = True
    yield Installation(runtime, app, lines)
    empty(runtime)
    runtime.dispose()
    assert len(export) == len(lines)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def shown(table: Table) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Return a table of the product in the words of the export."""
    motivations, types = codebook()["bias_motivations"], codebook()["incident_types"].codes
    names = [codebook()["incident_types"][code].label for code in types]
    marks = Counter(
        {
            (motivations[code].label, name): number
            for code, row in table.rows
            for name, number in zip(names, row.by_type, strict=True)
        }
    )
    return +marks, +Counter(dict(zip(names, table.total.by_type, strict=True)))


def test_the_file_is_the_one_these_tests_were_written_for(export: list[Row]):
    repeated = sum(number for number in Counter(tuple(row.values()) for row in export).values() if number > 1)
    assert (len(export), len({row["Country"] for row in export})) == (ROWS, STATES)
    assert {int(row["Date"][:4]) for row in export} == set(YEARS)
    assert repeated > 0


def test_every_row_arrives(whole: Installation, export: list[Row]):
    assert Counter(line.outcome for line in whole.lines) == {Outcome.IMPORTED: len(export)}
    assert len({line.reference for line in whole.lines}) == len(export)


def test_a_second_run_adds_nothing(whole: Installation, export: list[Row]):
    again = importing(whole.runtime, EXPORT)
    assert Counter(line.outcome for line in again) == {Outcome.UNCHANGED: len(export)}
    assert [line.reference for line in again] == [line.reference for line in whole.lines]
    with reading(whole.runtime, OPERATOR) as work:
        assert sum(line.accepted for line in summaries.data_years(work)) == len(export)


@pytest.mark.parametrize("year", YEARS)
def test_the_descriptive_part_is_the_export_of_that_year(
    whole: Installation, export: list[Row], year: int, tmp_path: Path
):
    wanted = of_year(export, year)
    with reading(whole.runtime, OPERATOR) as work:
        manifest = built_submission(work, year, tmp_path).manifest
    written = rows_of(tmp_path / "incidents.csv")
    assert list(written[0]) == list(wanted[0])
    assert Counter(tuple(row.values()) for row in written) == Counter(tuple(row.values()) for row in wanted)
    assert manifest["counts"] == {"incidents": len(wanted), "descriptive": len(wanted), "statistical": 0}
    compare_overview(rows_of(tmp_path / "overview.csv"), wanted)


def compare_overview(overview: list[dict[str, str]], wanted: list[Row]) -> None:
    for state in {row["Country"] for row in wanted}:
        marks, once = counted([row for row in wanted if row["Country"] == state])
        block = [row for row in overview if row["Country"] == state]
        assert block[-1]["Bias motivation"] == ALL
        assert {kind: int(block[-1][kind]) for kind in TYPES} == {kind: once[kind] for kind in TYPES}
        assert int(block[-1]["Incidents"]) == once.total()
        written = Counter({(row["Bias motivation"], kind): int(row[kind]) for row in block[:-1] for kind in TYPES})
        assert +written == marks
        for row in block[:-1]:
            assert int(row["Incidents"]) == sum(int(row[kind]) for kind in TYPES)
    assert {row["Country"] for row in overview} == {row["Country"] for row in wanted}


@pytest.mark.parametrize("year", YEARS)
def test_the_published_summary_counts_what_the_file_holds(whole: Installation, export: list[Row], year: int):
    wanted = of_year(export, year)
    with reading(whole.runtime, NOBODY) as work:
        summary = summaries.published_summary(work, year).summary
        described = summaries.published_descriptions(work, year, size=len(wanted) or 1)
    assert shown(summary.table) == counted(wanted)
    by_state = {countries()[code].label: table for code, table in summary.countries}
    assert set(by_state) == {row["Country"] for row in wanted}
    for state, table in by_state.items():
        assert shown(table) == counted([row for row in wanted if row["Country"] == state])
    months = Counter(row["Date"][5:7] for row in wanted)
    assert summary.months == tuple(months[f"{month:02}"] for month in range(1, 13))
    assert summary.month_unknown == months[""]
    assert summary.several_motivations == sum(", " in row["Bias motivations"] for row in wanted)
    assert (summary.review.received, summary.review.accepted) == (len(wanted), len(wanted))
    assert described.total == len(wanted)
    assert Counter(item.texts["en"] for item in described.texts) == Counter(row["Description"] for row in wanted)
    trend = {past: len(of_year(export, past)) for past in YEARS if past <= year}
    assert {past: counts.incidents for past, counts in summary.trend} == trend


def table_on(page: Page, caption: str) -> list[tuple[str, ...]]:
    """Return the rows of a table below its heading, cells as text."""
    table = next(table for table in page.all("table") if words(next(table.iter("caption"))) == caption)
    return [tuple(words(cell) for cell in row) for row in table.iter("tr")][1:]


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def line(name: str, numbers: list[int]) -> tuple[str, ...]:
    """Return a row of such a table: a name, a number per type, their sum."""
    return (name, *(f"{number:,}" for number in (*numbers, sum(numbers))))


@ON_SQLITE
@pytest.mark.parametrize("year", YEARS)
def test_the_public_page_shows_the_totals_of_the_file(whole: Installation, export: list[Row], year: int):
    wanted = of_year(export, year)
    marks, once = counted(wanted)
    page = Browser(whole.app.test_client()).get(f"/en/figures/{year}")
    total = line("All incidents, each counted once", [once[kind] for kind in TYPES])
    *rows, foot = table_on(page, "Incidents by bias motivation and type")
    assert sorted(rows) == sorted(
        line(motivation, [marks[motivation, kind] for kind in TYPES])
        for motivation in {motivation for motivation, _ in marks}
    )
    assert foot == total
    *rows, foot = table_on(page, "Incidents by country and type")
    by_state = Counter((row["Country"], row["Type of incident"]) for row in wanted)
    assert sorted(rows) == sorted(
        line(territory_name(countries().find(state).code), [by_state[state, kind] for kind in TYPES])
        for state in {row["Country"] for row in wanted}
    )
    assert foot == total
    assert f"rows add up to {marks.total():,} motivations marked" in page.text


@ON_SQLITE
def test_the_public_can_read_every_description_of_a_year(whole: Installation, export: list[Row]):
    wanted = of_year(export, YEARS[-1])
    browser, found = Browser(whole.app.test_client()), Counter[str]()
    for number in range(1, -(-len(wanted) // PAGE) + 1):
        page = browser.get(f"/en/figures/{YEARS[-1]}/incidents?page={number}")
        texts = [item for item in page.all("p") if "incident-list__text" in (item.get("class") or "").split()]
        found.update(words(text) for text in texts)
    assert found == Counter(" ".join(row["Description"].split()) for row in wanted)


def test_half_of_the_file_and_then_the_whole_adds_only_the_rest(
    coalition: Coalition, export: list[Row], tmp_path: Path
):
    half = tmp_path / "half.csv"
    with half.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(export[0]))
        writer.writeheader()
        writer.writerows(export[: ROWS // 2])
    first, then = importing(coalition.runtime, half), importing(coalition.runtime, EXPORT)
    assert Counter(item.outcome for item in first) == {Outcome.IMPORTED: ROWS // 2}
    assert Counter(item.outcome for item in then) == {
        Outcome.UNCHANGED: ROWS // 2,
        Outcome.IMPORTED: ROWS - ROWS // 2,
    }
    assert [item.reference for item in then[: ROWS // 2]] == [item.reference for item in first]
