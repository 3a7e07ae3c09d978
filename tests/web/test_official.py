"""Official figures: the coordinator enters what a source prints, the public reads it beside what is published."""

import io
from collections.abc import Callable

import pytest

from coalition.domain.official import Cell, Entry, Figure, Kind, Value
from coalition.services import official, summaries
from tests.conftest import START, Coalition
from tests.page import Browser, Page, inspected
from tests.web.filing import accepted

SignIn = Callable[[str], Browser]
ENTER, FILE = "/en/official-figures/enter", "/en/official-figures/file"
SOURCE = "https://hatecrime.osce.org/bulgaria"
TYPED = {"year": "2024", "figure": "recorded_by_police", "kind": "number", "number": "727", "source_url": SOURCE,
         "unit_note": "cases", "seen_on-day": "2", "seen_on-month": "3", "seen_on-year": "2026"}  # fmt: skip
HEADING = "country,year,recorded_by_police,prosecuted,sentenced,source_url"


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def send(browser: Browser, content: str, **fields: str) -> tuple[int, Page]:
    data = {"csrf_token": browser.token(), "file": (io.BytesIO(content.encode()), "figures.csv"), **fields}
    response = browser.client.post(FILE, data=data)
    return response.status_code, inspected(response)


def table(page: Page, name: str) -> list[list[str]]:
    """Return the words of a table's body, by the id of its caption."""
    (found,) = [item for item in page.all("table") if any(part.get("id") == name for part in item.iter("caption"))]
    (body,) = found.iter("tbody")
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in body]


def test_a_figure_is_entered_revised_and_taken_back(coordinator: Browser) -> None:
    page = coordinator.get("/en/official-figures")
    assert "No official figure is entered of this country yet" in page.text
    page = coordinator.get(page.links()["Enter a figure"])
    assert page.form(ENTER).values["country"] == ["BG"]
    assert page.form(ENTER).values["seen_on-day"] == ["2"], "today, unless somebody says otherwise"
    page = coordinator.submit(ENTER, **TYPED)
    assert "What stood there before is kept." in page.text
    assert table(page, "table-official") == [
        ["2024", "727: Recorded by police, 2024", "Enter: Prosecuted, 2024", "Enter: Sentenced, 2024"]
    ]
    page = coordinator.get(page.links()["727: Recorded by police, 2024"])
    page = coordinator.get(page.links()["Enter another value"])
    kept = page.form(ENTER).values
    assert (kept["year"], kept["figure"], kept["source_url"]) == (["2024"], ["recorded_by_police"], [SOURCE])
    page = coordinator.submit(ENTER, kind="not_available", number="")
    assert "Saved." in page.text
    page = coordinator.get(page.links()["Not available: Recorded by police, 2024"])
    lines = table(page, "table-history")
    assert [(line[0], line[4]) for line in lines] == [("Not available", "In force"), ("727", "Earlier")]
    first = page.forms()[1].action
    page = coordinator.submit(first)
    assert [(line[0], line[4].split()[0]) for line in table(page, "table-history")] == [
        ("Not available", "Taken"),
        ("727", "In"),
    ]
    assert "had been taken back already" in coordinator.post(first, {"csrf_token": coordinator.token()}).text
    coordinator.get(ENTER)
    assert "This is known already." in coordinator.submit(ENTER, **TYPED).text


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"kind": ""}, "Choose what the source says"),
        ({"number": ""}, "Write the number."),
        ({"number": "1.180"}, "Number: write a whole number from 0 to 999,999,999."),
        ({"source_url": "hatecrime.osce.org"}, "Enter an address that begins with https://"),
        ({"source_url": "javascript:alert(1)"}, "Enter an address that begins with https://"),
        ({"year": "2027"}, "This is no year from 1990 to this one."),
        ({"seen_on-day": "3"}, "This is no day from 1990 to today; in a file it is written as 2026-01-31."),
        ({"seen_on-day": ""}, "Write day, month and year."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    coordinator: Browser, typed: dict[str, str], error: str
) -> None:
    coordinator.get(ENTER)
    page = coordinator.submit(ENTER, status=422, **{**TYPED, **typed})
    assert page.errors() == [error]
    kept = page.form(ENTER).values
    wanted = {name: [text] if text or name != "kind" else [] for name, text in {**TYPED, **typed}.items()}
    assert {name: kept[name] for name in TYPED} == wanted


def test_a_file_is_read_and_every_bad_line_is_named(coordinator: Browser) -> None:
    coordinator.get(FILE)
    status, page = send(
        coordinator, f"{HEADING}\nBulgaria,2019,22,432,155,{SOURCE}\n<b>Atlantis</b>,2019,1,1,1,{SOURCE}\n"
    )
    assert status == 200
    assert "Figures added: 3. Known before: 0. Lines that were not read: 1." in page.text
    assert table(page, "table-bad") == [["3", "This is no participating State of the OSCE.", "<b>Atlantis</b>"]]
    for content, words in ((f"{HEADING}\nBulgaria,2019,x,,,{SOURCE}\n", "Lines that were not read: 1."),
                           ("a,b\n1,2\n", "The first row has to name the columns country")):  # fmt: skip
        status, page = send(coordinator, content)
        assert status == 422
        assert words in page.text
    assert send(coordinator, "", **{"seen_on-day": "1"})[0] == 422
    handed_out = coordinator.fetch("/en/official-figures.csv")
    assert f"BG,2019,,,,2026-03-02,,432,,{SOURCE}" in handed_out.get_data(as_text=True).splitlines()
    assert handed_out.headers["Content-Disposition"] == 'attachment; filename="official-figures.csv"'


def entered(coalition: Coalition, *said: tuple[int, Value]) -> None:
    with coalition.work("coordinator") as work:
        for year, value in said:
            official.enter_figure(work, Entry(Cell("BG", year, Figure.RECORDED), value, SOURCE, START.date()))


def test_the_public_reads_the_gap_with_its_reasons_and_the_four_statements(
    client: Browser, coalition: Coalition
) -> None:
    accepted(coalition)
    with coalition.work("coordinator") as work:
        summaries.publish_summary(work, 2024)
    page = client.get("/en/figures/2024")
    assert page.by_id("gap") is None, "without official figures there is nothing to stand beside"
    assert "No official figures yet" in client.get("/en/figures/gap").text

    entered(coalition, (2020, Value(Kind.ZERO)), (2021, Value(Kind.NOT_AVAILABLE)), (2022, Value(Kind.DASH)))
    entered(coalition, (2024, Value.of(30)), (2010, Value.of(5)))
    for path in ("/en/figures/2024", "/en/figures/gap"):
        page = client.get(path)
        rows = {row[0]: row for row in table(page, "table-gap")}
        assert rows["2024"] == ["2024", "1", "30", "not entered", "not entered", "1 : 30"]
        assert [rows[year][2] for year in ("2020", "2021", "2022", "2023")] == [
            *("0", "Not available", "- (dash)", "not entered")
        ]
        assert rows["2020"][1] == "nothing published"
        assert rows["2021"][5] == "None: the source says “Not available”"
        assert ("2010" in rows) == (path == "/en/figures/gap")
        assert "do not show the prevalence of hate crime and cannot be used to compare between countries" in page.text
        assert "Different units." in page.text
        assert table(page, "table-gap-sources")[0][1:] == ["hatecrime.osce.org", "not noted", "2 Mar 2026"]
        assert "chart-gap" in page.html
    assert client.get("/en/figures").links()["The gap: own figures beside official ones"] == "/en/figures/gap"
    lines = client.fetch("/en/figures/gap.csv").get_data(as_text=True).splitlines()
    assert len(lines) == 16
    assert lines[-1].startswith("BG,2024,1,2026-03-02,30,number,,2026-03-02,")
    assert client.get("/bg/figures/gap").root.get("lang") == "bg"
