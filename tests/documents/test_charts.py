import re
from xml.etree import ElementTree

import pytest

from coalition import paths
from coalition.documents import charts
from coalition.domain.statistics import Counted, Table, TypeCounts, table
from coalition.i18n import in_language
from tests.documents.samples import summary

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = TypeCounts((0, 0, 0))
MANY = Table((("racist_xenophobic", TypeCounts((18000, 900, 7))),), TypeCounts((18000, 900, 7)))
ONE = table([Counted(2020, None, "BG", "threat", ("disability",))])


def drawn():
    year = summary()
    yield "real bias", charts.bias_by_type(year.table)
    yield "real months", charts.by_month(year.months, year.month_unknown)
    yield "real trend", charts.trend(year.trend)
    yield "no bias", charts.bias_by_type(Table((), NOTHING))
    yield "no months", charts.by_month((0,) * 12, 0)
    yield "no trend", charts.trend(((2020, NOTHING),))
    yield "only unknown months", charts.by_month((0,) * 12, 3)
    yield "one", charts.bias_by_type(ONE)
    yield "many", charts.bias_by_type(MANY)
    yield "many a month", charts.by_month((18000, *range(11)), 1234)
    yield "gap", charts.trend(((2016, TypeCounts((18000, 1, 2))), (2020, TypeCounts((1, 1, 2)))))


CHARTS = dict(drawn())
every_chart = pytest.mark.parametrize("svg", CHARTS.values(), ids=CHARTS)


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - made by our own code


def texts(svg):
    return [element.text for element in parsed(svg).iter(f"{SVG}text")]


def bars(svg, series):
    return [element for element in parsed(svg).iter(f"{SVG}rect") if element.get("class") == series]


@every_chart
def test_a_chart_says_its_title_and_its_content_to_those_who_do_not_see_it(svg):
    root = parsed(svg)
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert title.text
    assert desc.text


@every_chart
def test_a_chart_needs_neither_inline_style_nor_script(svg):
    root = parsed(svg)
    assert not [element for element in root.iter() if element.tag in {f"{SVG}style", f"{SVG}script"}]
    assert not re.search(r"\s(style|on\w+|href)=", svg)


@every_chart
def test_a_chart_has_no_negative_or_endless_size_and_nothing_below_its_edge(svg):
    root = parsed(svg)
    height = float(root.get("height"))
    for element in root.iter():
        for name in ("x", "y", "width", "height"):
            value = element.get(name)
            assert value is None or 0 <= float(value.rstrip("%")) < 5000, (element.tag, name, value)
        if element.tag == f"{SVG}text":
            assert float(element.get("y")) <= height


def test_text_takes_the_colour_of_the_page_and_bars_have_a_colour_of_their_own():
    root = parsed(CHARTS["real bias"])
    assert root.get("fill") == "currentColor"
    assert all(element.get("fill") is None for element in root.iter(f"{SVG}text"))
    assert {bar.get("fill") for bar in bars(CHARTS["real bias"], "series-1")} == {"#0072B2"}


def test_the_bias_chart_has_a_number_for_every_bar_in_the_code_books_order():
    assert texts(CHARTS["real bias"]) == [
        *("Violent attacks", "against people", "Threats", "Attacks against", "property", "All types"),
        *("Anti-Roma hate crime", "3", "3", "0", "0"),
        *("Anti-Semitic hate crime", "1", "0", "0", "1"),
        *("Anti-LGBTI hate crime", "1", "0", "1", "0"),
        *("Disability hate crime", "2", "2", "0", "0"),
    ]


def test_bars_are_as_long_as_their_numbers():
    first, second = bars(CHARTS["real bias"], "series-1")[1:]
    ratio = float(first.get("width").rstrip("%")) / float(second.get("width").rstrip("%"))
    assert ratio == pytest.approx(3 / 2, rel=0.01)


def test_the_months_are_twelve_columns_and_a_note_on_the_unknown_ones():
    shown = texts(CHARTS["real months"])
    assert shown[:6] == ["0", "Jan", "0", "Feb", "2", "Mar"]
    assert shown[-1] == "The month of 1 more incident is not known."
    assert len(bars(CHARTS["real months"], "series-accent")) == 2


def test_the_trend_draws_every_year_between_the_first_and_the_last():
    years = [text for text in texts(CHARTS["gap"]) if text.startswith("20")]
    assert years == ["2016", "2017", "2018", "2019", "2020"] * 4


def test_numbers_are_grouped_as_the_language_groups_them():
    assert "18,000" in texts(CHARTS["many"])
    with in_language("bg"):
        assert "18\N{NO-BREAK SPACE}000" in texts(charts.bias_by_type(MANY))


def test_a_year_without_incidents_says_so():
    for name in ("no bias", "no months", "no trend"):
        assert texts(CHARTS[name]) == ["No incident was counted."]


def test_long_labels_are_wrapped_for_a_phone():
    lines = charts.wrap("Престъпление от омраза на расистка и ксенофобска основа", 30)
    assert lines == ["Престъпление от омраза на", "расистка и ксенофобска основа"]
    assert charts.wrap("Donaudampfschifffahrt kurz", 10) == ["Donaudampfschifffahrt", "kurz"]


def test_labels_are_escaped():
    text = charts._text(["<script>&"], charts._Place(0, 0), 12)
    assert "&lt;script&gt;&amp;" in text


def test_its_fonts_are_those_of_the_site():
    sheet = (paths.STATIC / "css" / "fonts.css").read_text()
    declared = set(re.findall(r'font-family: "([^"]+)"', sheet))
    assert set(charts.FONT_FAMILIES) - {"sans-serif"} == declared
