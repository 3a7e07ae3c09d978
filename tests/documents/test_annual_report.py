import io
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pypdf
import pytest
from fontTools.ttLib import TTFont

from coalition.documents import charts
from coalition.documents.annual_report import ODIHR_CAVEAT, annual_report, grouped, report_html
from coalition.domain.gap import Own, gap, own_incidents
from coalition.domain.official import Cell, Entry, Figure, Kind, Value
from coalition.domain.statistics import TypeCounts
from coalition.domain.summaries import Description
from tests.documents.samples import NAMES, candidates, described, summary

SCRIPTS = {
    "el": "Μια γυναίκα δέχθηκε απειλές. Ἀρχή.",
    "ka": "ახალგაზრდა მამაკაცს დაემუქრნენ ქუჩაში.",
    "hy": "Եկեղեցու պատերը վանդալիզմի ենթարկվեցին։",
    "tr": "Kilisenin duvarlarına tehdit yazıldı: İĞŞ.",
    "uk": "Ґанок будинку підпалили її сусіди.",
}


def read(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf):
    """Return the text as a reader's own program finds it, white space folded."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def table_rows(html):
    """Return the cells of every table row of a report."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(cell.split()) for cell in row] for row in cells]


@pytest.fixture(scope="module")
def english():
    return annual_report(summary(), "en")


def test_the_report_has_cover_contents_and_every_chapter(english):
    text = text_of(english)
    for heading in (
        "Hate Crime Recording Coalition",
        "Contents",
        "Summary",
        "How the incidents were recorded and counted",
        "What the figures show, and what they do not",
        "The figures",
        "The incidents",
        "The members of the coalition",
        "About this report",
    ):
        assert heading in text
    assert re.search(r"Hate incidents Bulgaria, Romania 2020", text)


def test_the_contents_name_the_page_on_which_each_chapter_begins(english):
    pages = [" ".join(page.extract_text().split()) for page in read(english).pages]
    contents = dict(re.findall(r"(The figures|The incidents|The members of the coalition) (\d+)", pages[1]))
    assert len(contents) == 3
    for heading, number in contents.items():
        assert heading in pages[int(number) - 1]
        assert pages[int(number) - 1].endswith(number)


def test_the_table_of_bias_and_type_equals_the_summary():
    year = summary()
    rows = table_rows(report_html(year, "en"))
    for wanted in (
        ["Anti-Roma hate crime", "3", "0", "0", "3"],
        ["Anti-Semitic hate crime", "0", "0", "1", "1"],
        ["Anti-LGBTI hate crime", "0", "1", "0", "1"],
        ["Disability hate crime", "2", "0", "0", "2"],
        ["All incidents", "3", "1", "1", "5"],
    ):
        assert wanted in rows
    assert (year.table.marks, year.incidents) == (7, 5)
    assert "7 motivations were marked for 5 incidents" in report_html(year, "en")


def test_countries_have_a_table_only_when_there_are_several():
    assert ["Romania", "0", "0", "1", "1"] in table_rows(report_html(summary(), "en"))
    alone = summary(candidates=[c for c in candidates() if c.facts.country == "BG"])
    assert "By country" not in report_html(alone, "en")


def test_the_way_from_received_to_counted_is_printed_with_every_reason():
    rows = table_rows(report_html(summary(), "en"))
    for wanted in (
        ["Records received from the members", "12"],
        ["Not accepted", "4"],
        ["Not decided yet", "1"],
        ["With an open question to the member", "1"],
        ["Accepted, but without consent to be counted", "1"],
        ["Counted in this report", "5"],
        ["It is not a criminal offence under national law", "3"],
        ["It is a duplicate of another record", "1"],
    ):
        assert wanted in rows
    # What was frozen before both were told apart cannot be told apart any more.
    early = summary(review=replace(summary().review, questions=None))
    assert ["Not decided yet, or with an open question", "2"] in table_rows(report_html(early, "en"))


def test_the_caveat_is_odihrs_own_in_every_language(english):
    assert ODIHR_CAVEAT in text_of(english)
    assert re.search(rf'lang="en"\s+dir="ltr"\s*>\s*“{ODIHR_CAVEAT}”', report_html(summary(), "bg"))


def test_the_trend_is_printed_once_there_is_a_second_year():
    year = summary()
    assert "Over the years" not in report_html(year, "en")
    two = replace(year, trend=((2019, TypeCounts((1, 2, 3))), *year.trend))
    html = report_html(two, "en")
    assert ["2019", "1", "2", "3", "6"] in table_rows(html)
    assert "For 2019 the coalition counted 6 incidents." in html


def test_each_incident_is_printed_once_under_its_first_motivation():
    groups = grouped(summary().descriptions, "en")
    assert [group.motivation for group in groups] == ["anti_roma", "anti_semitic", "anti_lgbti"]
    assert [entry.others for group in groups for entry in group.entries] == [("disability",), (), ()]


def test_a_description_in_another_language_is_marked_as_such():
    html = report_html(summary(), "bg")
    assert "Заплаха на врата." in html
    assert re.search(r'lang="en"\s+dir="ltr"\s*>\s*A synagogue was vandalized', html)
    assert not re.search(r'lang="bg"[^>]*>\s*Заплаха', html)


def test_the_date_is_the_month_and_the_sources_are_credited(english):
    text = text_of(english)
    assert "March 2020" in text
    assert "14" not in re.sub(r"14 to 17", "", text)
    assert "Recorded by: Partner, Inc." in text


def test_what_a_description_says_is_text_and_never_markup():
    year = replace(
        summary(),
        descriptions=tuple(
            replace(item, texts={"en": '<img src="http://127.0.0.1:9/x.png">'}) for item in summary().descriptions
        ),
    )
    assert '<img src="http://127.0.0.1:9/x.png">' in text_of(annual_report(year, "en"))


def test_an_empty_year_is_a_report_that_says_so():
    pdf = annual_report(summary(2015, members=()), "en")
    text = text_of(pdf)
    assert "No incident of 2015 met the criterion" in text
    assert "No incident was counted for 2015." in text
    assert "The incidents" not in text
    assert len(read(pdf).pages) <= 7


@pytest.fixture(scope="module")
def every_script():
    return in_scripts(SCRIPTS)


def test_every_script_has_glyphs_and_can_be_found_again(every_script):
    text = text_of(every_script)
    for sentence in (*SCRIPTS.values(), NAMES["bg"]):
        assert sentence in text
    names = {font["/BaseFont"] for page in read(every_script).pages for font in page_fonts(page)}
    assert all("Noto-Sans" in name for name in names), names
    for script in ("Latin", "Latin-Extended", "Cyrillic", "Greek", "Greek-Extended", "Armenian", "Georgian"):
        assert any(name.endswith(f"Noto-Sans-{script}") for name in names), script


def page_fonts(page):
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def undrawn(pdf):
    """Return the characters for which an embedded font has no outline: WeasyPrint prints them as nothing."""
    missing = set()
    for font in page_fonts(read(pdf).pages[0]):
        file = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]["/FontFile2"].get_data()
        glyphs = TTFont(io.BytesIO(file))["glyf"]
        mapped = font["/ToUnicode"].get_data().split(b"beginbfchar")[1]
        pairs = re.findall(rb"<(\w{4})> <(\w+)>\n", mapped)
        for glyph, codes in pairs:
            text, number = bytes.fromhex(codes.decode()).decode("utf-16-be"), int(glyph, 16)
            outline = number < len(glyphs.glyphOrder) and glyphs[glyphs.glyphOrder[number]].numberOfContours
            if text.strip() and not outline:
                missing.add(text)
    return missing


def in_scripts(texts):
    items = (Description("2020-05", "BG", "threat", ("anti_lgbti",), {code: texts[code]}, ()) for code in texts)
    return annual_report(replace(summary(), descriptions=tuple(items)), "bg")


def test_no_character_is_missing_in_its_font(every_script):
    unassigned = "\u2fe1"
    assert undrawn(every_script) == set()
    assert undrawn(in_scripts({"en": f"No font has this: {unassigned}"})) == {unassigned}


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not installed")
def test_another_reader_finds_the_same_text(english, tmp_path):
    (tmp_path / "report.pdf").write_bytes(english)
    done = subprocess.run(["pdftotext", str(tmp_path / "report.pdf"), "-"], capture_output=True, check=True)
    text = " ".join(done.stdout.decode().split())
    assert "A teenage Roma boy was beaten" in text
    assert "Anti-Semitic hate crime" in text


BUILD = """
import sys
from coalition.documents.annual_report import annual_report
from tests.documents.samples import summary
sys.stdout.buffer.write(annual_report(summary(), "bg"))
"""


def test_made_twice_it_is_the_same_to_the_byte():
    """In processes of their own, with other hash seeds, a second apart: neither order nor clock may show."""
    made = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", BUILD],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        )
        made.append(done.stdout)
        time.sleep(1.1 if seed == "1" else 0)
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF-1.7")


def test_hundreds_of_descriptions_are_all_printed():
    pdf = annual_report(replace(summary(), descriptions=described(150)), "en")
    text = text_of(pdf)
    assert set(re.findall(r"Incident number (\d+):", text)) == {str(number) for number in range(150)}
    assert "150 of the incidents are described here" in text


def test_the_charts_of_the_report_are_figures_with_a_spoken_text():
    charts = re.findall(r"<svg.*?</svg>", report_html(summary(), "en"), re.DOTALL)
    assert len(charts) == 2
    for svg in charts:
        chart = ElementTree.fromstring(svg)  # noqa: S314 - made by our own code
        assert chart.find("{http://www.w3.org/2000/svg}title").text


def beside(**changes):
    """Return the gap of the sample's year: one of each statement, the last one revised."""

    def entry(year, value, figure=Figure.RECORDED, day=1):
        return Entry(Cell("BG", year, figure), value, "https://example.org/figures", date(2026, 1, day), "cases")

    entered = [
        entry(2017, Value(Kind.DASH)),
        entry(2018, Value(Kind.NOT_AVAILABLE)),
        entry(2019, Value(Kind.ZERO)),
        entry(2020, Value.of(700)),
        entry(2020, Value.of(727), day=9),
        entry(2020, Value.of(353), Figure.PROSECUTED),
    ]
    own = {2018: Own(3, date(2019, 5, 1)), 2020: Own(own_incidents(summary(), "BG"), None)}
    return gap("BG", own, [replace(item, **changes) for item in entered])


def test_only_what_happened_in_the_country_stands_beside_its_figures():
    year = summary()
    assert (year.incidents, own_incidents(year, "BG"), own_incidents(year, "RO")) == (5, 4, 1)
    assert own_incidents(year, "GR") == 0


def test_the_gap_is_a_chapter_once_there_is_an_official_figure():
    assert 'id="gap"' not in report_html(summary(), "en", gap("BG", {2020: Own(4, None)}, []))
    rows = table_rows(re.sub("</?(strong|em)>", "", report_html(summary(), "en", beside())))
    for wanted in (
        ["2020", "4", "727", "353", "not entered", "1 : 182"],
        ["2019", "nothing published", "0", *("not entered",) * 2],
        ["2018", "3", "Not available", *("not entered",) * 2, "None: the source says “Not available”"],
        ["2017", "nothing published", "- (dash)", *("not entered",) * 2, "None: the source prints a dash"],
        ["2020", "Recorded by police", "700", "1 Jan 2026"],
    ):
        assert any(row[: len(wanted)] == wanted for row in rows), wanted
    text = text_of(annual_report(summary(), "bg", beside()))
    assert "https://example.org/figures" in text.replace(" ", "")
    assert "353" in text


def test_the_chart_of_the_gap_shows_each_of_the_four_statements_differently():
    svg = charts.gap_by_year(beside().years)
    chart = ElementTree.fromstring(svg)  # noqa: S314 - made by our own code
    space = "{http://www.w3.org/2000/svg}"
    shown = [element.text for element in chart.iter(f"{space}text")]
    assert shown[2:] == [
        *("2017", "nothing published", "- (dash)"),
        *("2018", "3", "Not available"),
        *("2019", "nothing published", "0"),
        *("2020", "4", "727"),
    ]
    kinds = [element.get("class") for element in chart.iter(f"{space}rect")][2:]
    assert kinds == [
        *("series-accent", "chart-line"),  # 2018, own: a bar on an axis
        "chart-hollow",  # not available: an empty box and no axis
        "chart-line",  # 0: an axis without a bar
        *("series-accent", "chart-line", "series-2", "chart-line"),
    ]
    assert "2017: nothing published / - (dash); 2018: 3 / Not available" in chart.find(f"{space}desc").text
    assert charts.gap_by_year(()).startswith("<svg")
