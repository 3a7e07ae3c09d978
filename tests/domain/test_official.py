"""Official figures: four statements that never turn into one another, revisions that stay, and the gap beside them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.errors import BadFigure
from coalition.domain.gap import Gap, NoRatio, Own, Ratio, gap
from coalition.domain.official import (
    HEADER,
    LARGEST,
    Cell,
    Entered,
    Entry,
    Figure,
    Kind,
    Value,
    checked,
    in_force,
    is_address,
    read_line,
    read_value,
    written,
)

TODAY = date(2026, 3, 2)
RECORDED = Cell("BG", 2019, Figure.RECORDED)
SOURCE = "https://hatecrime.osce.org/bulgaria"
TWENTY_TWO = Value.of(22)


def entry(value: Value = TWENTY_TWO, seen_on: date = TODAY, cell: Cell = RECORDED, **changes: str) -> Entry:
    return replace(Entry(cell, value, SOURCE, seen_on), **changes)


def day(number: int) -> date:
    return date(2026, 1, number)


# --- the four statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "number", "printed"),
    [
        ("22", Kind.NUMBER, 22, "22"),
        (" 1 180 ", Kind.NUMBER, 1180, "1180"),
        ("1\N{NO-BREAK SPACE}180", Kind.NUMBER, 1180, "1180"),
        ("0", Kind.ZERO, None, "0"),
        ("00", Kind.ZERO, None, "0"),
        ("Not available", Kind.NOT_AVAILABLE, None, "Not available"),
        ("not  AVAILABLE", Kind.NOT_AVAILABLE, None, "Not available"),
        ("-", Kind.DASH, None, "-"),
        ("–", Kind.DASH, None, "-"),
    ],
)
def test_a_number_and_0_and_not_available_and_a_dash_are_four_things(text, kind, number, printed):
    value = read_value(text)
    assert (value.kind, value.number, value.printed) == (kind, number, printed)
    assert read_value(value.printed) == value


def test_an_empty_cell_says_none_of_the_four():
    assert read_value("  ") is None


@pytest.mark.parametrize("text", ["1,180", "1.180", "-5", "+5", "n/a", "12 persons", "٢٢", "²", "9" * 12, "=1+1", "--"])
def test_whatever_is_none_of_the_four_is_refused_and_never_guessed(text):
    with pytest.raises(BadFigure):
        read_value(text)


@pytest.mark.parametrize(
    ("kind", "number"),
    [(Kind.NUMBER, None), (Kind.NUMBER, 0), (Kind.NUMBER, -1), (Kind.NUMBER, LARGEST + 1), (Kind.ZERO, 0),
     (Kind.DASH, 5), (Kind.NOT_AVAILABLE, 1)],
)  # fmt: skip
def test_a_value_cannot_be_two_statements_or_none(kind, number):
    with pytest.raises(BadFigure):
        Value(kind, number)


@given(st.one_of(st.integers(1, LARGEST).map(Value.of), st.sampled_from([Value(kind) for kind in list(Kind)[1:]])))
def test_what_is_written_is_read_back_as_it_was(value):
    told = entry(value, unit_note="cases, not persons", cell=replace(RECORDED, motivation="anti_roma", type="threat"))
    line = read_line(2, dict(zip(HEADER, written(told), strict=True)), TODAY, TODAY)
    assert line.entries == (told,)
    assert line.day_said


# --- what an entry has to be -------------------------------------------------------------------------------


def test_prosecuted_is_never_checked_against_recorded():
    for figure, number in zip(Figure, (22, 432, 155), strict=True):
        assert checked(entry(Value.of(number), cell=replace(RECORDED, figure=figure)), TODAY)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"cell": replace(RECORDED, country="XX")}, "country"),
        ({"cell": replace(RECORDED, year=1989)}, "year"),
        ({"cell": replace(RECORDED, year=2027)}, "year"),
        ({"cell": replace(RECORDED, motivation="hate")}, "motivation"),
        ({"cell": replace(RECORDED, type="arson")}, "type"),
        ({"source_url": "ftp://example.org/x"}, "source_url"),
        ({"source_url": f"https://{'user:secret'}@example.org/"}, "source_url"),
        ({"unit_note": "x" * 301}, "unit_note"),
        ({"seen_on": date(2026, 3, 3)}, "seen_on"),
    ],
)
def test_what_cannot_be_is_named(changed, wrong):
    with pytest.raises(BadFigure) as refused:
        checked(replace(entry(), **changed), TODAY)
    assert refused.value.wrong == wrong


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://",
        "https:// x.org",
        "//x.org",
        "https://[::1",
        "x.org",
        'https://x.org/"',
        "https://x.org:0/",
        "https://x.org/\n",
        "https://x/" + "y" * 2000,
    ],
)
def test_only_an_address_on_the_web_is_a_source(text):
    assert not is_address(text)
    assert is_address("HTTP://example.org:8080/a?b=c#d")


# --- revisions ---------------------------------------------------------------------------------------------


def test_the_value_that_was_seen_last_is_in_force_whenever_it_was_entered():
    earlier, later, other = (
        entry(Value.of(22), day(1)),
        entry(Value.of(25), day(9)),
        entry(cell=replace(RECORDED, year=2020)),
    )
    assert in_force([later, other, earlier]) == {RECORDED: later, other.cell: other}


def test_of_two_values_of_one_day_the_one_that_was_entered_last_is_in_force():
    assert in_force([entry(Value.of(1)), entry(Value(Kind.DASH))])[RECORDED].value == Value(Kind.DASH)


def test_the_same_statement_is_no_revision_however_often_it_is_seen():
    first = Entered([entry(seen_on=day(1))])
    assert first.knows(entry(seen_on=day(9)), day_said=True)
    assert Entered([entry(seen_on=day(9))]).knows(entry(seen_on=day(1)), day_said=True)
    assert not first.knows(entry(Value.of(23), day(9)), day_said=True)
    assert not first.knows(entry(seen_on=day(9), source_url="https://nsi.bg/"), day_said=True)


def test_a_source_that_goes_back_to_an_earlier_value_has_been_revised():
    entered = Entered([entry(Value.of(25), day(5)), entry(Value.of(22), day(1))])
    assert not entered.knows(entry(Value.of(22), day(9)), day_said=True)
    assert entered.knows(entry(Value.of(22), day(3)), day_said=True)


def test_a_file_that_is_read_again_does_not_undo_what_was_corrected_since():
    entered = Entered([entry(Value.of(22), day(1)), entry(Value.of(25), day(5))])
    assert entered.knows(entry(Value.of(22), day(9)), day_said=False)


# --- lines of a file ---------------------------------------------------------------------------------------


def line(**cells: str):
    usual = {"country": "Bulgaria", "year": "2019", "recorded_by_police": "22", "prosecuted": "432", "sentenced": "155",
             "source_url": SOURCE}  # fmt: skip
    return read_line(7, usual | cells, day(1), TODAY)


def test_a_line_has_up_to_three_figures_and_empty_cells_say_nothing():
    found = line(prosecuted="", sentenced="-", motivation="Anti-Roma hate crime", type="Threats")
    cell = Cell("BG", 2019, Figure.RECORDED, "anti_roma", "threat")
    assert [(item.cell, item.value) for item in found.entries] == [
        (cell, Value.of(22)),
        (replace(cell, figure=Figure.SENTENCED), Value(Kind.DASH)),
    ]
    assert {item.seen_on for item in found.entries} == {day(1)}
    assert not found.day_said


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"country": "Freedonia"}, "country"),
        ({"country": ""}, "country"),
        ({"year": "19"}, "year"),
        ({"prosecuted": "many"}, "value"),
        ({"motivation": "envy"}, "motivation"),
        ({"type": "noise"}, "type"),
        ({"seen_on": "1.2.2026"}, "seen_on"),
        ({"seen_on": "2026-03-09"}, "seen_on"),
        ({"source_url": ""}, "source_url"),
        ({"recorded_by_police": "", "prosecuted": "", "sentenced": " "}, "nothing"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(cells, wrong):
    with pytest.raises(BadFigure) as refused:
        line(**cells)
    assert refused.value.wrong == wrong


# --- the gap -----------------------------------------------------------------------------------------------


def gap_of(value: Value | None, own: int | None = 24) -> Gap:
    entries = [entry(value)] if value else [entry(cell=replace(RECORDED, figure=Figure.SENTENCED))]
    return gap("BG", {} if own is None else {2019: Own(own, day(1))}, entries)


@pytest.mark.parametrize(
    ("value", "own", "ratio"),
    [
        (Value.of(22), 24, Ratio(24, 22)),
        (Value.of(22), 0, Ratio(0, 22)),
        (Value.of(22), None, NoRatio.NOT_PUBLISHED),
        (Value(Kind.ZERO), 24, NoRatio.ZERO),
        (Value(Kind.NOT_AVAILABLE), 24, NoRatio.NOT_AVAILABLE),
        (Value(Kind.DASH), 24, NoRatio.DASH),
        (None, 24, NoRatio.NOT_ENTERED),
    ],
)
def test_there_is_a_ratio_only_of_two_numbers_and_otherwise_a_reason(value, own, ratio):
    (year,) = gap_of(value, own).years
    assert year.ratio == ratio


@pytest.mark.parametrize(
    ("own", "recorded", "sides"),
    [(24, 22, (1.1, 1)), (24, 727, (1, 30)), (22, 22, (1.0, 1)), (0, 22, (0, 22)), (1, 3, (1, 3.0)), (300, 7, (43, 1))],
)
def test_a_ratio_has_1_on_its_smaller_side(own, recorded, sides):
    assert Ratio(own, recorded).sides == sides


def test_the_gap_shows_every_year_of_the_country_and_what_was_revised():
    entries = [
        entry(Value.of(20), day(1)),
        entry(Value.of(22), day(5)),
        entry(Value(Kind.DASH), cell=Cell("BG", 2016, Figure.PROSECUTED)),
        entry(Value.of(9), cell=Cell("PL", 2010, Figure.RECORDED)),
        entry(Value.of(3), cell=Cell("BG", 2019, Figure.RECORDED, "anti_roma")),
    ]
    found = gap("BG", {2021: Own(5, day(1))}, entries)
    assert [item.year for item in found.years] == [2016, 2017, 2018, 2019, 2020, 2021]
    assert found.years[3].figures == {Figure.RECORDED: entries[1]}
    assert (found.revised, found.parts) == ((entries[0],), (entries[4],))
    assert found.sources() == (entries[2], entries[1])


def test_the_section_of_a_year_ends_with_it_and_begins_with_what_is_known():
    found = gap("BG", {2021: Own(5, day(1))}, [entry(cell=Cell("BG", 2009 + n, Figure.RECORDED)) for n in range(3)])
    assert [item.year for item in found.until(2019).years] == [2010, 2011, *range(2012, 2020)]
    assert [item.year for item in found.until(2021).years] == [2021]
    assert not found.until(2021).has_official
    assert gap("BG", {}, []).years == ()
