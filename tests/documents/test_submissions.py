"""A submission while it is built: its order, its numbers, and that they depend on nothing but the incidents."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.documents.submissions import Submission, batches
from coalition.domain.codebook import codebook
from coalition.domain.consents import Included, Part
from coalition.domain.incidents import PartialDate, Victims
from coalition.domain.profile_checks import DatePrecision
from coalition.domain.profiles import profile_for
from coalition.domain.same_incident import Candidate
from tests.documents.samples import submission
from tests.domain.samples import COMPLETE, facts

EXPORT = ("date", "country", "motivations", "type", "credited", "description")


def candidate(incident="", **changes):
    return Candidate(facts(**changes), "Open Wheel", incident)


def lines(*some):
    with submission(2024, some) as made:
        return list(made.lines())


def test_rows_are_ordered_by_what_they_say_and_it_is_known_which_incident_is_which():
    told = [
        candidate("later", date=PartialDate(2024, 8)),
        candidate("number", offences=("damage",)),
        Candidate(COMPLETE, "Open Wheel", "earlier"),
    ]
    with submission(2024, told) as made:
        rows, included = list(made.lines()), list(made.included)
        assert made.counts == {"incidents": 3, "descriptive": 2, "statistical": 1}
        assert made.members == ("Near Shore", "Open Wheel")
    assert [row.cells["date"] for row in rows] == ["2024-05", "2024-08"]
    assert included == [
        Included("earlier", Part.DESCRIPTIVE, 1, rows[0].cells),
        Included("later", Part.DESCRIPTIVE, 2, rows[1].cells),
        Included("number", Part.STATISTICAL, None, included[2].cells),
    ]


def test_of_what_is_only_counted_nothing_is_kept_but_what_it_is_counted_by():
    with submission(2024, [candidate("number", offences=("damage",))]) as made:
        (number,) = made.included
    assert number.cells == {
        "country": "Bulgaria",
        "motivations": "Anti-Roma hate crime",
        "type": "Attacks against property",
    }


def test_a_row_shows_the_month_and_never_the_day():
    (row,) = lines(candidate())
    assert row.shown(EXPORT) == [
        "2024-05",
        "Bulgaria",
        "Anti-Roma hate crime",
        "Violent attacks against people",
        "Open Wheel, Near Shore",
        "A teenage Roma boy was beaten.",
    ]


def test_motivations_are_joined_in_the_exports_order():
    (row,) = lines(candidate(motivations=codebook()["bias_motivations"].codes))
    assert row.cells["motivations"].split(", ") == [
        "Racist and xenophobic hate crime",
        "Anti-Roma hate crime",
        "Anti-Semitic hate crime",
        "Anti-Muslim hate crime",
        "Anti-Christian hate crime",
        "Other hate crime based on religion or belief",
        "Disability hate crime",
        "Gender-based hate crime",
        "Anti-LGBTI hate crime",
    ]
    (row,) = lines(candidate(motivations=("gender", "gender")))
    assert row.cells["motivations"] == "Gender-based hate crime"


def monthly(*months, **changes):
    """Return candidates of some months, three of each, in the order of these months."""
    return [
        candidate(f"{month}-{number}", date=PartialDate(2024, month), descriptions={"en": f"Case {number}."}, **changes)
        for month in months
        for number in (3, 1, 2)
    ]


@contextmanager
def arriving(tmp_path, some, taken=None, *, by_month=True):
    """Begin a submission to which candidates come in batches of two."""
    given = batches(some, 2024, taken or profile_for(2024), by_month=by_month, at_once=2)
    with Submission.of(2024, taken or profile_for(2024), tmp_path / "lines.db", given) as made:
        yield made


def test_the_first_months_are_written_while_the_last_ones_are_still_to_come(tmp_path: Path):
    read = []

    def reading():
        for one in monthly(1, 2, 3, 4):
            read.append(one)
            yield one

    with arriving(tmp_path, reading()) as made:
        rows = made.rows(("number", "date", "description"))
        first = next(rows)
        assert (first, len(read), made.is_whole) == ([1, "2024-01", "Case 1."], 5, False)
        rest = list(rows)
        assert (len(read), made.is_whole) == (12, True)
        assert [row[0] for row in rest] == list(range(2, 13))
        assert [first, *rest] == [line.shown(("number", "date", "description")) for line in made.lines()]
        assert [first, *rest] == list(made.rows(("number", "date", "description")))


def test_a_linked_record_of_another_month_comes_in_its_place(tmp_path: Path):
    leading = Candidate(facts(date=PartialDate(2024, 1), consents=frozenset()), "Open Wheel", "leads")
    standing = Candidate(facts(date=PartialDate(2024, 9)), "Near Shore", "stands")
    with arriving(tmp_path, [replace(leading, linked=(standing,)), *monthly(1, 2, 3, 9)]) as made:
        months = [row[0] for row in made.rows(("date",))]
    assert months == ["2024-01"] * 3 + ["2024-02"] * 3 + ["2024-03"] * 3 + ["2024-09"] * 4


def test_nothing_is_written_early_where_lines_are_not_in_the_order_of_months():
    assert all(not batch.complete for batch in batches(monthly(2, 1), 2024, profile_for(2024), at_once=2))
    by_year = replace(profile_for(2024), date=DatePrecision.YEAR)
    given = batches(monthly(1, 2), 2024, by_year, by_month=True, at_once=2)
    assert all(not batch.complete for batch in given)


def test_a_line_that_comes_too_late_is_an_error_and_never_in_the_wrong_place(tmp_path: Path):
    with arriving(tmp_path, monthly(3, 5, 1)) as made, pytest.raises(ValueError, match="complete"):
        list(made.rows(("date",)))


candidates = st.lists(
    st.builds(
        candidate,
        date=st.sampled_from([PartialDate(2024), PartialDate(2024, 5, 3)]),
        country=st.sampled_from(["BG", "RO"]),
        offences=st.sampled_from([("assault",), ("damage",)]),
        victims=st.sampled_from([(), (Victims("person", None, "woman"),)]),
        case_status=st.sampled_from(["closed", "sentenced"]),
        descriptions=st.sampled_from([{}, {"en": "X was beaten.", "bg": "Б"}]),
    ),
    max_size=6,
)


def said(some):
    with submission(2024, some) as made:
        return list(made.lines()), made.counts, made.overview, made.statistics, made.members


@settings(max_examples=25)
@given(candidates.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_submission_does_not_depend_on_the_order_of_what_comes_in(pair):
    numbered = [[Candidate(one.facts, one.member, str(place)) for place, one in enumerate(some)] for some in pair]
    assert said(numbered[0]) == said(numbered[1])
