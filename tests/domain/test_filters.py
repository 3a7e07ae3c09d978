"""What a list is narrowed to: read, printed, changed; and what is never taken from an address."""

from hypothesis import given
from hypothesis import strategies as some

from coalition.domain.codebook import codebook, countries
from coalition.domain.filters import ALL, LONGEST_WORDS, ME, NOBODY, UNCHECKED, ListFilter, ListPage
from coalition.domain.verification import VerificationLevel
from coalition.domain.vocabulary import State

FILTERS = some.builds(
    ListFilter,
    state=some.sampled_from(["", ALL, *(state.value for state in State if state is not State.DRAFT)]),
    year=some.none() | some.integers(1990, 2100),
    organisation=some.sampled_from(["", "FIRST", "M-1.a"]),
    country=some.sampled_from(["", *countries().codes]),
    type=some.sampled_from(["", *codebook()["incident_types"].codes]),
    motivation=some.sampled_from(["", *codebook()["bias_motivations"].codes]),
    reviewer=some.sampled_from(["", ME, NOBODY, "K7QM2-X9PD4"]),
    verification=some.sampled_from(["", UNCHECKED, *(level.value for level in VerificationLevel)]),
    overdue=some.booleans(),
    late=some.booleans(),
    question=some.booleans(),
    second=some.booleans(),
    words=some.sampled_from(["", "свастика", "stone synagogue"]),
)


@given(FILTERS)
def test_what_is_printed_is_read_back(chosen: ListFilter):
    assert ListFilter.parse(chosen.printed(), ListPage.REVIEWS) == chosen


@given(FILTERS)
def test_no_searched_word_stands_in_an_address(chosen: ListFilter):
    assert "words" not in chosen.coded
    assert chosen.over({"words": "Иван"}, ListPage.REVIEWS) == chosen


@given(FILTERS, FILTERS)
def test_what_an_address_says_stands_over_what_was_kept(kept: ListFilter, other: ListFilter):
    told = {**dict.fromkeys(kept.coded, ""), **other.coded}
    assert kept.over(told, ListPage.REVIEWS).coded == other.coded


@given(some.dictionaries(some.sampled_from(list(ListFilter().__dict__)), some.text(max_size=300)))
def test_nothing_that_is_typed_breaks_it(said: dict[str, str]):
    for page in ListPage:
        found = ListFilter.parse(said, page)
        assert ListFilter.parse(found.printed(), page) == found
        assert len(found.words) <= LONGEST_WORDS


def test_a_members_own_list_knows_nothing_of_who_reviews():
    said = {"organisation": "SECOND", "reviewer": ME, "overdue": "1", "second": "1", "state": "draft"}
    assert ListFilter.parse(said, ListPage.INCIDENTS) == ListFilter(state="draft")


def test_the_coalitions_list_has_no_drafts():
    assert ListFilter.parse({"state": "draft"}, ListPage.REVIEWS) == ListFilter()


def test_a_reference_typed_whole_is_told_from_words():
    assert ListFilter(words="k7qm2-x9pd4").reference == "K7QM2-X9PD4"
    assert ListFilter(words="k7qm2").reference == ""
    assert ListFilter(words="see K7QM2-X9PD4").reference == ""


def test_months_and_what_the_submission_lacks_are_read_and_what_only_reviewers_know_is_theirs():
    said = {"month": "6", "readiness": "no_consent"}
    for page in ListPage:
        assert ListFilter.parse(said, page).printed() == said
        assert ListFilter.parse({"month": "13", "readiness": "everything"}, page) == ListFilter()
    alike = {"month": "unknown", "readiness": "alike"}
    assert ListFilter.parse(alike, ListPage.REVIEWS).printed() == alike
    assert ListFilter.parse(alike, ListPage.INCIDENTS).printed() == {"month": "unknown"}
