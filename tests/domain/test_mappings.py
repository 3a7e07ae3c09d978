"""How cells become facts: dates as people write them, words and codes, proposals, and everything there and back."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from coalition.domain.cells import BadCell, read_date, read_number, read_time
from coalition.domain.codebook import codebook, countries, regions
from coalition.domain.headings import ColumnProfile, must_choose_order, proposed, refined
from coalition.domain.incidents import Facts, Indicator, Need, PartialDate, Proceeding, Source, Victims
from coalition.domain.mappings import (
    CERTAIN,
    PARTS,
    TARGETS,
    BadCells,
    CellProblem,
    Column,
    Kind,
    RowMapping,
    Target,
    codes_of,
    fingerprint,
    fitted,
    mapping_of_text,
    mapping_to_text,
    merged,
    read_row,
    taken_twice,
    targets,
)
from tests.domain.samples import COMPLETE

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("05.03.2024", "2024-03-05"),
        ("5.3.24", "2024-03-05"),
        ("5.3.2024 г.", "2024-03-05"),
        ("05.03.2024 г., 14:20 ч.", "2024-03-05"),
        ("2024-03-05", "2024-03-05"),
        ("2024-03-05T14:20:00.000+02:00", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("25/3/2024", "2024-03-25"),
        ("3/25/2024", "2024-03-25"),
        ("5/5/2024", "2024-05-05"),
        ("5 март 2024 г.", "2024-03-05"),
        ("5 МАРТ 2024", "2024-03-05"),
        ("5th March 2024", "2024-03-05"),
        ("5-Mar-2024", "2024-03-05"),
        ("March 5, 2024", "2024-03-05"),
        ("март 2024", "2024-03"),
        ("2024-03", "2024-03"),
        ("03.2024", "2024-03"),
        ("3/2024", "2024-03"),
        ("2024", "2024"),
        ("2024 г.", "2024"),
        ("45356", "2024-03-05"),
        ("45356.5", "2024-03-05"),
    ],
)
def test_a_date_is_read_as_people_write_it(text: str, meaning: str):
    assert str(read_date(text)) == meaning


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5/3/2024", "which_order"),
        ("5-3-2024", "which_order"),
        ("13/13/2024", "not_a_date"),
        ("31.02.2024", "not_a_date"),
        ("last week", "not_a_date"),
        ("5 мартобер 2024", "not_a_date"),
        ("1850", "too_early"),
        ("05.03.1950", "too_early"),
        ("123456", "not_a_date"),
        ("٢٠٢٤", "not_a_date"),
    ],
)
def test_a_date_that_nobody_can_be_sure_of_is_not_guessed(text: str, code: str):
    with pytest.raises(BadCell) as refusal:
        read_date(text)
    assert refusal.value.code == code


@given(some.text(max_size=30))
def test_no_text_breaks_the_reading_of_dates_times_and_numbers(text: str):
    for reader in (read_date, read_number, read_time):
        with suppress(BadCell):
            reader(text)


def test_the_order_of_day_and_month_is_seen_chosen_or_asked_for():
    def column(*cells: str) -> tuple[Column, ColumnProfile]:
        profile = ColumnProfile("Date", 1, cells[:3], cells, len(cells), len(cells))
        return refined(Column("Date", 1, "date"), profile, {}), profile

    assert not must_choose_order(*column("25/3/2024", "4/3/2024"))
    assert column("25/3/2024", "4/3/2024")[0].day_first is True
    assert column("3/25/2024", "4/3/2024")[0].day_first is False
    assert must_choose_order(*column("5/3/2024", "6/3/2024"))
    assert must_choose_order(*column("5/3/2024", "25/3/2024", "3/25/2024"))
    assert not must_choose_order(*column("5.3.2024", "5/5/2024"))
    assert str(read_date("5/3/2024", day_first=True)) == "2024-03-05"
    assert str(read_date("5/3/2024", day_first=False)) == "2024-05-03"


# --- proposals ---------------------------------------------------------------------------------------------


def profile(header: str, *cells: str) -> ColumnProfile:
    told = tuple(dict.fromkeys(cell for cell in cells if cell))
    return ColumnProfile(header, 1, told[:3], told, sum(map(bool, cells)), len(told))


def targets_of(mapping: RowMapping) -> dict[str, str]:
    return {column.header: column.target for column in mapping.columns}


def test_headings_in_two_languages_are_proposed():
    columns = [profile(name, "text") for name in ("Дата на инцидента", "Town/Village", "Описание", "1. Date", "Цвят")]
    assert targets_of(proposed(columns, 1, {})) == {
        "Дата на инцидента": "date",
        "Town/Village": "municipality",
        "Описание": "narrative",
        "1. Date": "",  # taken already
        "Цвят": "",
    }


def test_an_export_of_kobotoolbox_is_understood():
    columns = [
        profile("start", "2024-03-05T10:00:00.000+02:00"),
        profile("group_a/date_of_incident", "2024-03-05", "2024-03-06"),
        profile("group_a/motives", "anti_roma gender", "gender"),
        profile("group_a/motives/anti_roma", "1", "0"),
        profile("group_a/motives/gender", "1", "1"),
        profile("people/victim_gender", "female", "male"),
        profile("_uuid", "aa-1", "bb-2"),
        profile("_submission_time", "2024-03-07", "2024-03-08"),
    ]
    mapping = proposed(columns, 2, {})
    assert {name: target for name, target in targets_of(mapping).items() if target} == {
        "group_a/date_of_incident": "date",
        "group_a/motives": "motivations",
        "people/victim_gender": "victims.gender",
    }
    assert mapping.key == ("_uuid", 1)
    cells = ["x", "2024-03-05", "anti_roma gender", "1", "1", "female", "aa-1", "y"]
    said = read_row(mapping, cells, TODAY)
    assert (said["motivations"], said["victims"][0]["gender"]) == (("anti_roma", "gender"), "woman")


def test_an_export_of_odk_central_is_understood():
    columns = [
        profile("SubmissionDate", "2024-03-07T08:00:00.000Z"),
        profile("place-town", "Sofia"),
        profile("what-e-mail", "a@example.org"),
        profile("meta-instanceID", "uuid:aa-1"),
        profile("KEY", "uuid:aa-1"),
    ]
    mapping = proposed(columns, 1, {})
    assert {name: target for name, target in targets_of(mapping).items() if target} == {
        "place-town": "municipality",
        "what-e-mail": "contact_email",
    }
    assert mapping.key == ("meta-instanceid", 1)


def test_options_in_columns_of_their_own_add_up():
    columns = [profile(f"q/motives/{code}", "1", "0") for code in ("anti_roma", "gender", "disability")]
    mapping = proposed(columns, 2, {})
    assert set(targets_of(mapping).values()) == {"motivations"}
    assert read_row(mapping, ["1", "0", "TRUE"], TODAY)["motivations"] == ("anti_roma", "disability")
    with pytest.raises(BadCells) as refusal:
        read_row(mapping, ["1", "maybe", ""], TODAY)
    assert refusal.value.problems == (CellProblem("q/motives/gender", "not_yes_or_no"),)


# --- rows --------------------------------------------------------------------------------------------------


def read(cells: Mapping[str, str], *columns: Column, **defaults: str) -> Mapping[str, Any]:
    mapping = RowMapping(columns, None, {name.replace("__", "."): code for name, code in defaults.items()})
    return read_row(mapping, [cells.get(column.header, "") for column in columns], TODAY)


def wrong(cells: Mapping[str, str], *columns: Column, **defaults: str) -> set[tuple[str, str]]:
    with pytest.raises(BadCells) as refusal:
        read(cells, *columns, **defaults)
    return {(problem.column, problem.code) for problem in refusal.value.problems}


def test_everything_that_is_wrong_with_a_row_is_told_at_once():
    columns = (
        Column("date", target="date"),
        Column("number", target="victims.number"),
        Column("motive", target="motivations", separator="semicolon"),
        Column("url", target="sources.url"),
        Column("town", target="municipality"),
    )
    cells = {"date": "someday", "number": "many", "motive": "roma; envy", "url": "javascript:x", "town": "x" * 201}
    assert wrong(cells, *columns) == {
        ("date", "not_a_date"),
        ("number", "not_a_number"),
        ("motive", "unknown_value"),
        ("url", "not_a_link"),
        ("town", "too_long"),
        ("", "says_nothing"),
    }
    assert wrong({"date": "2030", "town": "x"}, *columns) == {("", "in_future")}
    assert wrong({}, *columns) == {("", "says_nothing")}


def test_a_line_without_what_makes_it_one_is_not_dropped_in_silence():
    note = Column("note", target="indicators.note")
    assert wrong({"note": "Words were heard."}, note) == {("", "no_code")}
    said = read({"note": "Words were heard."}, note, indicators__code="expression")
    assert merged(Facts(), said).indicators == (Indicator("expression", "Words were heard."),)
    assert (
        read({"note": "", "x": "y"}, note, Column("x", target="narrative"), indicators__code="expression")["indicators"]
        == ()
    )


def test_several_values_make_several_lines_and_one_value_holds_for_all_of_them():
    said = read(
        {"who": "A; B", "kind": "media"},
        Column("who", target="sources.name", separator="semicolon"),
        Column("kind", target="sources.kind"),
    )
    assert merged(Facts(), said).sources == (Source("media", "A"), Source("media", "B"))
    assert wrong(
        {"who": "; ".join(map(str, range(30)))}, Column("who", target="sources.name", separator="semicolon")
    ) == {("", "too_many_lines")}


def test_an_age_in_years_is_its_band_and_a_word_that_is_left_out_says_nothing():
    ages = {
        text: read({"age": text}, Column("age", target="victims.age_band"))["victims"] for text in ("13", "17", "80")
    }
    assert [line["age_band"] for (line,) in ages.values()] == ["child", "teenager", "older"]
    column = Column("m", target="motivations", values={"none": ""})
    assert read({"m": "None", "t": "x"}, column, Column("t", target="narrative"))["motivations"] == ()


def test_what_the_file_does_not_say_stays():
    before = replace(COMPLETE, victims=(replace(COMPLETE.victims[0], number=1), Victims("group", 9)))
    said = read({"n": "4", "t": ""}, Column("n", target="victims.number"), Column("t", target="narrative"))
    firmly, gently = merged(before, said), merged(before, said, gently=True)
    assert firmly.victims == (replace(COMPLETE.victims[0], number=4),)
    assert gently.victims == (replace(COMPLETE.victims[0], number=4), Victims("group", 9))
    assert (firmly.narrative, gently.narrative) == ("", COMPLETE.narrative)
    assert replace(firmly, victims=(), narrative="") == replace(before, victims=(), narrative="")


def test_a_mapping_is_kept_whole_and_fits_a_file_with_the_same_columns_in_another_order():
    mapping = RowMapping(
        (Column("A", target="date", day_first=True), Column("B", 1, "narrative"), Column("B", 2, "impact")),
        ("a", 1),
        {"country": "BG"},
    )
    assert mapping_of_text(mapping_to_text(mapping)) == mapping
    assert fingerprint(["A", "B", "B"]) == fingerprint(["b", " a ", "B", "", "problem"]) != fingerprint(["A", "B"])
    other, missing = fitted(mapping, ["B", "new", "b", "A"])
    assert [column.target for column in other.columns] == ["narrative", "", "impact", "date"]
    assert missing == ()
    assert fitted(mapping, ["B"])[1] == ("A", "B", "a")


def test_only_facts_of_one_value_are_taken_twice():
    mapping = RowMapping(
        tuple(Column(f"{at}", target=name) for at, name in enumerate(["date", "date", "motivations"] * 2))
    )
    assert taken_twice(mapping) == ("date",)


# --- there and back ----------------------------------------------------------------------------------------

UNMAPPED = {"type_reason", "chosen_scope", "scope_reason", "clearances"}
"""What a person decides in the form beside what the software proposes."""


def test_every_fact_can_be_held_by_a_column():
    plain = {item.name for item in fields(Facts)} - UNMAPPED
    assert {target.fact for target in TARGETS} == plain
    for fact, kind in PARTS.items():
        assert {target.part for target in TARGETS if target.fact == fact} == {item.name for item in fields(kind)}
    assert all(codes_of(target.list_name) for target in TARGETS if target.is_coded)


def _words(most: int = 30) -> some.SearchStrategy[str]:
    letters = some.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\ufffd|")
    return (
        some.lists(some.text(letters, min_size=1, max_size=8), min_size=1, max_size=3)
        .map(" ".join)
        .filter(lambda text: len(text) <= most)
    )


DATES = some.builds(lambda day: PartialDate(day.year, day.month, day.day), some.dates(date(1990, 1, 1), TODAY)) | (
    some.builds(PartialDate, some.integers(1990, 2025), some.none() | some.integers(1, 12))
)


def _value(target: Target) -> some.SearchStrategy[Any]:
    if target.is_coded:
        codes = some.sampled_from(sorted(codes_of(target.list_name)))
        return codes if target.kind is Kind.CODE else some.sets(codes, min_size=1)
    return {
        Kind.DATE: DATES,
        Kind.DAY: some.dates(date(1990, 1, 1), date(2099, 1, 1)),
        Kind.NUMBER: some.integers(1, 999_999),
        Kind.LINK: some.integers(0, 99).map(lambda number: f"https://example.org/{number}"),
    }.get(target.kind, _words())


SAID = some.fixed_dictionaries(
    {}, optional={target.name: _value(target) for target in TARGETS if target.name != "region"}
)


def _cell(target: Target, value: Any) -> str:
    """Write a value as a person who knows the codes does."""
    if target.kind is Kind.CODES:
        return "|".join(sorted(value))
    return str(value)


def _expected(said: Mapping[str, Any]) -> Facts:
    """Build the facts by hand that the cells of one row stand for."""
    values: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name, value in said.items():
        target = targets()[name]
        if target.kind is Kind.CODES:
            value = codebook()[target.list_name].sorted(value)  # noqa: PLW2901 - in the list's order
        if target.fact in PARTS:
            parts.setdefault(target.fact, {})[target.part] = value
        elif target.fact == "descriptions":
            values.setdefault("descriptions", {})[target.part] = value
        else:
            values[name] = frozenset(value) if name == "consents" else value
    for fact, line in parts.items():
        first = fields(PARTS[fact])[0].name
        blank = {first: None if fact == "perpetrators" else ""}
        values[fact] = (PARTS[fact](**{**blank, **line}),)
    return Facts(**values)


@settings(max_examples=40)
@given(SAID, some.randoms(use_true_random=False))
def test_facts_written_as_a_sheet_are_read_back_whole(said: dict[str, Any], chance: Any):
    for fact, part in CERTAIN.items():
        if any(name.startswith(f"{fact}.") for name in said):
            said.setdefault(f"{fact}.{part}", min(codes_of(targets()[f"{fact}.{part}"].list_name)))
    said.setdefault("narrative", "x")
    names = sorted(said)
    chance.shuffle(names)
    columns = tuple(Column(name, target=name, separator="bar", day_first=True) for name in names)
    cells = [_cell(targets()[name], said[name]) for name in names]
    read_back = merged(Facts(), read_row(RowMapping(columns), cells, TODAY))
    wanted = _expected(said)
    assert replace(read_back, time="") == replace(wanted, time="")


def test_a_region_brings_its_country_and_must_lie_in_it():
    region = Column("r", target="region")
    assert merged(Facts(), read({"r": "BG-22", "t": "x"}, region, Column("t", target="narrative"))).country == "BG"
    assert wrong({"r": "BG-22", "c": "RO"}, region, Column("c", target="country")) == {("", "region_elsewhere")}
    name = next(iter(regions("BG"))).label
    assert read({"r": name}, region)["region"] in regions("BG")
    assert len(list(countries())) > 50


def test_lines_of_police_and_support_are_read():
    said = read(
        {"step": "reported", "when": "5 март 2024", "need": "safety|justice", "ask": "2024-06-01"},
        Column("step", target="proceedings.step"),
        Column("when", target="proceedings.date"),
        Column("need", target="needs.need", separator="bar"),
        Column("ask", target="needs.follow_up"),
    )
    facts = merged(Facts(), said)
    assert facts.proceedings == (Proceeding("reported", PartialDate(2024, 3, 5)),)
    asked = date(2024, 6, 1)
    assert facts.needs == (Need("safety", follow_up=asked), Need("justice", follow_up=asked))
