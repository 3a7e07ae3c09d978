from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.codebook import codebook
from coalition.domain.statistics import (
    Counted,
    TypeCounts,
    by_country,
    by_month,
    incident_types,
    several_motivations,
    table,
)

VIOLENT, THREAT, PROPERTY = "violent_attack", "threat", "property_attack"


def one(kind=VIOLENT, *motivations, month=5, country="BG"):
    return Counted(2024, month, country, kind, motivations or ("anti_roma",))


SAMPLE = [
    one(VIOLENT, "anti_roma"),
    one(VIOLENT, "racist_xenophobic", "anti_muslim"),
    one(THREAT, "anti_muslim", month=None),
    one(PROPERTY, "anti_semitic", month=12, country="RO"),
]
counted = st.builds(
    Counted,
    st.just(2024),
    st.one_of(st.none(), st.integers(1, 12)),
    st.sampled_from(["BG", "GR", "RO"]),
    st.sampled_from(incident_types()),
    st.lists(st.sampled_from(codebook()["bias_motivations"].codes), min_size=1, unique=True).map(tuple),
)


def test_an_incident_with_two_motivations_counts_once_in_the_total_and_once_under_each():
    counts = table(SAMPLE)
    assert counts.total == TypeCounts((2, 1, 1))
    assert counts.incidents == 4
    assert counts.marks == 5
    assert counts.row("racist_xenophobic") == TypeCounts((1, 0, 0))
    assert counts.row("anti_muslim") == TypeCounts((1, 1, 0))


def test_rows_are_in_odihrs_order_and_only_for_motivations_that_occur():
    assert [code for code, _ in table(SAMPLE).rows] == [
        "racist_xenophobic",
        "anti_roma",
        "anti_semitic",
        "anti_muslim",
    ]
    assert table(SAMPLE).row("disability") == TypeCounts((0, 0, 0))


def test_a_motivation_that_is_named_twice_is_one_mark():
    assert table([one(VIOLENT, "anti_roma", "anti_roma")]).marks == 1
    assert several_motivations([one(VIOLENT, "anti_roma", "anti_roma")]) == 0


def test_nothing_counts_to_nothing():
    assert table([]).incidents == 0
    assert table([]).marks == 0
    assert by_month([]) == ((0,) * 12, 0)
    assert by_country([]) == {}


def test_months_keep_what_is_not_known_apart():
    months, unknown = by_month(SAMPLE)
    assert months == (0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1)
    assert unknown == 1


def test_several_motivations_are_counted_per_incident():
    assert several_motivations(SAMPLE) == 1


@given(st.lists(counted))
def test_totals_by_type_equal_the_incidents_and_marks_equal_the_motivations(incidents):
    counts = table(incidents)
    assert counts.incidents == sum(counts.total.by_type) == len(incidents)
    assert counts.marks == sum(len(incident.motivations) for incident in incidents) >= counts.incidents


@given(st.lists(counted))
def test_the_countries_add_up_to_the_whole(incidents):
    countries = by_country(incidents)
    assert list(countries) == sorted(countries)
    total = sum((counts.total for counts in countries.values()), TypeCounts((0, 0, 0)))
    assert total == table(incidents).total


@given(st.lists(counted))
def test_the_months_and_the_unknown_add_up_to_the_whole(incidents):
    months, unknown = by_month(incidents)
    assert sum(months) + unknown == len(incidents)


@given(st.lists(counted).flatmap(lambda incidents: st.tuples(st.just(incidents), st.permutations(incidents))))
def test_counting_depends_on_no_order(pair):
    incidents, shuffled = pair
    assert table(incidents) == table(shuffled)
    assert list(by_country(incidents).items()) == list(by_country(shuffled).items())
