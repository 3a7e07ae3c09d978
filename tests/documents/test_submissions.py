"""A submission while it is built: its order, its numbers, and that they depend on nothing but the incidents."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.domain.codebook import codebook
from coalition.domain.consents import Included, Part
from coalition.domain.incidents import PartialDate, Victims
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
