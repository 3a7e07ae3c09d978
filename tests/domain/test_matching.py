"""What ODIHR made of what was sent: the assignment is the best there is, and each outcome is what it says."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.domain.assignment import assign
from coalition.domain.inclusion import Became, rates_of
from coalition.domain.matching import Match, Matching, Outcome, Sent, match, resembling, roughly_alike
from coalition.domain.published import Cells, Line, in_reach, is_described, name_key, names_of, plain, said_of

# --- the assignment ----------------------------------------------------------------------------------------

Problem = tuple[list[dict[int, int]], list[int], list[int]]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a few kinds of takers and things, some of which are worth the same."""
    things = draw(st.lists(st.integers(0, 2), max_size=4))
    value = st.integers(1, draw(st.sampled_from((2, 9))))
    offers = st.dictionaries(st.integers(0, max(0, len(things) - 1)), value, max_size=4 if things else 0)
    worth = draw(st.lists(offers, max_size=4))
    takers = draw(st.lists(st.integers(0, 2), min_size=len(worth), max_size=len(worth)))
    return worth, takers, things


def best_by_trying(worth: Sequence[Mapping[int, int]], takers: Sequence[int], things: Sequence[int]) -> int:
    each = [taker for taker, number in enumerate(takers) for _ in range(number)]

    def from_here(place: int, left: tuple[int, ...]) -> int:
        if place == len(each):
            return 0
        best = from_here(place + 1, left)
        for thing, value in worth[each[place]].items():
            if left[thing]:
                fewer = (*left[:thing], left[thing] - 1, *left[thing + 1 :])
                best = max(best, value + from_here(place + 1, fewer))
        return best

    return from_here(0, tuple(things))


@settings(max_examples=150)
@given(problems())
def test_no_other_assignment_is_worth_more(problem: Problem) -> None:
    worth, takers, things = problem
    flow = assign(worth, takers, things)
    assert sum(worth[taker][thing] * number for (taker, thing), number in flow.items()) == best_by_trying(*problem)
    for taker, most in enumerate(takers):
        assert sum(number for (one, _thing), number in flow.items() if one == taker) <= most
    for thing, most in enumerate(things):
        assert sum(number for (_taker, one), number in flow.items() if one == thing) <= most
    assert all(number > 0 for number in flow.values())


# --- outcomes ----------------------------------------------------------------------------------------------

NAMES = names_of([["Open Door", "Отворена врата"], ["Health, Rights and Dignity (HRD)"]], ["The Coalition"])
ROW = ("2020-05", "Poland", "Anti-Roma hate crime", "Threats", "Open Door", "A Roma woman was threatened by two men.")
OTHER_TEXT = "Swastikas were painted on the gate of a Jewish cemetery at night."


def row(**changes: str) -> Cells:
    names = ("date", "country", "motivations", "type", "source", "description")
    return tuple(changes.get(name, cell) for name, cell in zip(names, ROW, strict=True))


def matched(sent: Sequence[Cells], published: Sequence[Cells], year: int | None = 2020, **said: int | None) -> Matching:
    """Match some rows, named R0, R1 …, with some lines; the first is on line 2."""
    rows = [Sent(f"R{number}", cells) for number, cells in enumerate(sent)]
    lines = [Line(number, cells) for number, cells in enumerate(published, start=2)]
    return match(rows, lines, NAMES, year, said)


def only(published: Cells, sent: Cells = ROW) -> Match:
    return matched([sent], [published]).matches[0]


@pytest.mark.parametrize(
    "published",
    [
        row(type="Threats/Harassment"),
        row(motivations="Bias against Roma and Sinti"),
        row(source="Отворена врата"),
        row(source="The Coalition"),
        row(source="The Coalition, Open Door"),
        row(description="A Roma woman was threatened by  two men"),
    ],
)
def test_another_version_of_a_label_or_another_of_our_names_is_no_change(published: Cells) -> None:
    found = only(published)
    assert (found.outcome, found.changed, found.score) == (Outcome.INCLUDED, (), 1.0)


def test_what_stands_in_a_cell_in_another_order_is_no_change() -> None:
    sent = row(
        motivations="Anti-Roma hate crime, Gender-based hate crime", source="Health, Rights and Dignity, Open Door"
    )
    turned = row(
        motivations="Gender-based hate crime, Anti-Roma hate crime",
        source="Open Door, Health, Rights and Dignity (HRD)",
    )
    assert only(turned, sent).outcome is Outcome.INCLUDED


@pytest.mark.parametrize(
    ("published", "changed"),
    [
        (row(date="2020-06"), ("date",)),
        (row(date="2020"), ("date",)),
        (row(country="Serbia"), ("country",)),
        (row(motivations="Anti-Roma hate crime, Gender-based hate crime"), ("motivations",)),
        (row(motivations="A motivation that nobody knows"), ("motivations",)),
        (row(type="Violent attacks against people"), ("type",)),
        (row(description="A woman was threatened by two men."), ("description",)),
        (row(description=""), ("description",)),
        (row(date="2020-04", type="Violent attacks against people"), ("date", "type")),
        (row(source="UNHCR"), ("source",)),
    ],
)
def test_what_was_changed_is_named_by_its_cells(published: Cells, changed: tuple[str, ...]) -> None:
    # Somebody else's line credits us: so we know by which name ODIHR knows us.
    found = matched([ROW], [published, row(description=OTHER_TEXT, date="2020-11")]).matches[0]
    assert (found.outcome, found.changed, found.line and found.line.number) == (Outcome.CHANGED, changed, 2)
    assert 0 < found.score < 1


def test_an_older_motivation_that_may_be_two_is_the_one_that_was_sent() -> None:
    older = row(motivations="Bias against Christians and members of other religions")
    assert only(older, row(motivations="Anti-Christian hate crime")).outcome is Outcome.INCLUDED
    assert only(older).changed == ("motivations",)


def test_a_line_that_credits_others_as_well_is_merged() -> None:
    found = only(row(source="UNHCR, Open Door"))
    assert (found.outcome, found.changed) == (Outcome.MERGED, ("source",))


def test_two_of_ours_on_one_line_are_both_merged_and_the_line_is_nobody_elses() -> None:
    second = row(
        source="Health, Rights and Dignity (HRD)", description="Two men followed a Roma woman and threatened her."
    )
    found = matched([ROW, second], [row(source="Open Door, Health, Rights and Dignity (HRD)")])
    assert [(item.outcome, item.line and item.line.number) for item in found.matches] == [(Outcome.MERGED, 2)] * 2
    assert found.others == ()


@pytest.mark.parametrize(("sent", "published"), [(3, 2), (2, 3), (3, 0), (2, 2)])
def test_of_equal_rows_as_many_are_included_as_there_are_equal_lines(sent: int, published: int) -> None:
    found = matched([ROW] * sent, [row(description=OTHER_TEXT, source="UNHCR"), *[ROW] * published])
    pairs = min(sent, published)
    outcomes = [item.outcome for item in found.matches]
    assert outcomes == [Outcome.INCLUDED] * pairs + [Outcome.NOT_INCLUDED] * (sent - pairs)
    lines = [item.line.number for item in found.matches if item.line]
    assert lines == list(range(3, 3 + pairs)), "each has a line of its own, the first ones first"
    assert [line.number for line in found.others] == [2, *range(3 + pairs, 3 + published)]


def test_no_row_takes_a_line_that_another_needs_more() -> None:
    # Taken greedily, in any order, one of both would stay without.
    near, far = row(description="A Roma woman was threatened by two men in a shop."), ROW
    found = matched([near, far], [ROW, row(description="A Roma woman was threatened by two men in a large shop.")])
    assert [item.line and item.line.number for item in found.matches] == [3, 2]


def test_somebody_elses_line_is_ours_only_with_nearly_the_same_description() -> None:
    credited = row(description=OTHER_TEXT, date="2020-11", type="Attacks against property")
    resembling_ours = row(source="UNHCR", description="A Roma man was threatened by two men.")
    found = matched([ROW], [credited, resembling_ours, row(source="UNHCR", country="Serbia")])
    assert found.matches[0].outcome is Outcome.NOT_INCLUDED
    assert [line.number for line in found.others] == [2, 3, 4]


def test_a_list_that_knows_us_by_no_name_is_matched_by_all_the_rest() -> None:
    found = only(row(source="A name we never heard", description="A Roma woman was threatened by two unknown men."))
    assert (found.outcome, found.changed) == (Outcome.CHANGED, ("source", "description"))


def test_an_incident_that_was_sent_as_a_number_is_found_without_description() -> None:
    number = row(description="", type="Attacks against property")
    found = matched([number], [row(description=OTHER_TEXT, type="Attacks against property"), number])
    assert (found.matches[0].outcome, found.matches[0].line) == (Outcome.INCLUDED, Line(3, number))
    nothing_like_it = matched([number], [row(description="", type="Threats")])
    assert nothing_like_it.matches[0].outcome is Outcome.NOT_INCLUDED


def test_what_was_never_said_cannot_differ() -> None:
    counted = row(date="", source="", description="", type="Attacks against property")
    assert only(row(description="", type="Attacks against property"), counted).outcome is Outcome.INCLUDED


def test_lines_of_other_years_are_not_ours_whatever_they_say() -> None:
    found = matched([ROW], [row(date="2019-05"), row(date="2021")])
    assert found.matches[0].outcome is Outcome.NOT_INCLUDED
    assert matched([row(date="2020-12")], [row(date="2021-01")]).matches[0].changed == ("date",)
    assert [in_reach(said_of(row(date=date), NAMES), 2020) for date in ("2019-12", "2021-01", "2019-11", "2021")] == [
        *(True, True, False, False)
    ]


def test_what_a_person_said_goes_before_and_the_others_are_matched_around_it() -> None:
    found = matched([ROW, ROW, ROW], [ROW, ROW, row(description=OTHER_TEXT)], R0=4, R1=None)
    assert [(item.line and item.line.number, item.decided) for item in found.matches] == [
        (4, True), (None, True), (2, False)
    ]  # fmt: skip
    assert [line.number for line in found.others] == [3]
    both = matched([ROW, row(description=OTHER_TEXT)], [ROW], R0=2, R1=2).matches
    assert {item.outcome for item in both} == {Outcome.MERGED}
    assert matched([ROW], [ROW], R0=77).matches[0].decided is False, "the list has no such line any more"


def test_the_order_of_rows_and_lines_changes_nothing() -> None:
    texts = ("A Roma woman was threatened by two men.", "A Roma woman was threatened.", "A Roma man was threatened.")
    sent = [Sent(f"R{place}", row(description=text)) for place, text in enumerate((*texts, *texts))]
    lines = [Line(place, row(description=text)) for place, text in enumerate(texts[1:] * 2, start=2)]
    once = match(sent, lines, NAMES, 2020)
    again = match(sent[::-1], lines[::-1], NAMES, 2020)
    assert once.matches == again.matches[::-1]
    assert once.others == again.others


def test_the_lines_that_resemble_a_row_are_offered_the_likest_first() -> None:
    lines = [Line(2, row(description=OTHER_TEXT)), Line(3, row(date="2020-06")), Line(4, ROW)]
    assert [item.line and item.line.number for item in resembling(Sent("R", ROW), lines, NAMES, 2)] == [4, 3]


def test_of_a_long_list_those_lines_are_looked_at_that_have_most_words_in_common() -> None:
    lines = [Line(2, row(description=OTHER_TEXT, country="Serbia")), Line(3, ROW), Line(4, row(date="2020-06"))]
    assert [line.number for line in roughly_alike(ROW, iter(lines), 2)] == [3, 4]
    assert roughly_alike(ROW, iter(lines), 9) == lines


def test_of_a_long_list_a_line_is_looked_at_whose_description_was_left_out() -> None:
    stop_words = row(
        description="A man and the other one was there.", motivations="Anti-Muslim hate crime", date="2019-01"
    )
    lines = [*(Line(number, stop_words) for number in range(2, 30)), Line(30, row(description=""))]
    assert Line(30, row(description="")) in roughly_alike(ROW, iter(lines), 5)


def test_a_name_is_known_without_its_short_form_and_two_that_differ_in_a_letter_are_two() -> None:
    assert name_key("Racist Violence Recording Network (RVRN)") == name_key("racist violence recording network")
    assert name_key('"Never Again" Association') == name_key("“Never Again” Association")
    assert name_key("Centre A") != name_key("Centre B")
    assert plain("“It’s”  – A.") == plain('"it\'s" - a')


def test_rates_count_an_incident_under_each_of_its_motivations_and_once_in_all() -> None:
    rates = rates_of(
        [
            Became(("anti_roma", "gender"), "threat", Outcome.CHANGED),
            Became(("anti_roma",), "threat", Outcome.NOT_INCLUDED),
            Became(("anti_roma",), "property_attack", Outcome.INCLUDED),
        ]
    )
    assert (rates.total.sent, rates.total.published, rates.total.unchanged) == (3, 2, 1)
    assert [(rate.code, rate.sent, rate.published) for rate in rates.motivations] == [
        ("anti_roma", 3, 2), ("gender", 1, 1)
    ]  # fmt: skip
    assert [(rate.code, rate.share) for rate in rates.types] == [("threat", 0.5), ("property_attack", 1.0)]
    assert rates_of([]).total.share is None


def test_what_was_sent_as_a_number_is_in_no_rate_and_said_apart_where_it_has_no_line() -> None:
    assert is_described(ROW)
    assert not is_described(row(description=" "))
    rates = rates_of(
        [
            Became(("anti_roma",), "threat", Outcome.CHANGED),
            Became(("anti_roma",), "threat", Outcome.NOT_INCLUDED),
            Became(("anti_roma",), "property_attack", Outcome.NOT_INCLUDED, described=False),
            Became(("anti_roma",), "property_attack", Outcome.INCLUDED, described=False),
        ]
    )
    assert (rates.total.sent, rates.total.published, rates.numbers_without_line) == (2, 1, 1)
    assert [(rate.code, rate.sent) for rate in rates.types] == [("threat", 2)]
