import json
from dataclasses import replace

import pytest

from coalition.domain.codebook import codebook
from coalition.domain.consents import Included, Part
from coalition.domain.incidents import PartialDate, Source
from coalition.domain.same_incident import Candidate
from coalition.domain.statistics import Counted
from coalition.domain.summaries import (
    Description,
    Member,
    Review,
    Undecided,
    YearSummary,
    described,
    descriptions,
    from_json,
    included,
    is_countable,
    rejected_by_reason,
    summarise,
    to_json,
)
from coalition.domain.vocabulary import Basis, Purpose
from tests.domain.samples import COMPLETE, facts, without

REVIEW = Review(received=9, accepted=5, rejected=(("no_indicator", 2),), undecided=2, not_counted=1)


def candidate(**changes) -> Candidate:
    return Candidate(facts(**changes), "Open Wheel")


def summary(*candidates: Candidate, earlier: tuple[Counted, ...] = ()) -> YearSummary:
    return summarise(
        year=2024,
        coalition={"": "Coalition Record Together", "bg": "Коалиция"},
        country="BG",
        candidates=candidates,
        earlier=earlier,
        review=REVIEW,
        members=[Member("Open Wheel", "Roma organisation.", "https://kolelo.example.org")],
    )


SAMPLE = (
    candidate(),
    candidate(offences=("damage",), motivations=("anti_roma", "racist_xenophobic"), date=PartialDate(2024)),
    candidate(country="RO", descriptions={}),
    Candidate(without(Purpose.PUBLISH), "Open Wheel"),
    Candidate(without(Purpose.STATISTICS), "Open Wheel"),
)


def test_the_figures_read_back_from_json_are_the_same_and_the_descriptions_are_kept_elsewhere():
    written = summary(*SAMPLE, earlier=(Counted(2023, 1, "BG", "threat", ("gender",)),))
    kept = json.dumps(to_json(written), ensure_ascii=False)
    assert from_json(json.loads(kept)) == replace(written, descriptions=())
    assert written.descriptions
    assert COMPLETE.descriptions["en"] not in kept


def test_open_questions_are_told_apart_where_they_were_counted():
    told = replace(REVIEW, questions=1)
    assert told.open_parts == ((Undecided.WAITING, 1), (Undecided.ASKED, 1))
    frozen = to_json(replace(summary(), review=told))
    assert from_json(frozen).review == told
    del frozen["review"]["questions"]
    assert dict(from_json(frozen).review.open_parts) == {Undecided.EITHER: 2}


def test_it_is_known_which_incidents_are_counted_and_which_described():
    told = [Candidate(item.facts, item.member, f"incident {number}") for number, item in enumerate(SAMPLE)]
    assert included(told) == (
        Included("incident 0", Part.DESCRIBED),
        Included("incident 1", Part.DESCRIBED),
        Included("incident 2", Part.COUNTED),
        Included("incident 3", Part.COUNTED),
    )
    assert [incident for _, incident in described(told)] == ["incident 1", "incident 0"]
    assert "incident" not in json.dumps(to_json(summary(*told))).replace("incidents", "")


def test_it_counts_what_may_be_counted_and_describes_what_may_be_published():
    made = summary(*SAMPLE)
    assert made.incidents == 4
    assert made.several_motivations == 1
    assert [code for code, _ in made.countries] == ["BG", "RO"]
    assert sum(made.months) == 3
    assert made.month_unknown == 1
    assert len(made.descriptions) == 2
    assert made.codebook_version == codebook().version


@pytest.mark.parametrize(
    ("of", "countable"),
    [
        (COMPLETE, True),
        (without(Purpose.STATISTICS), False),
        (without(Purpose.SHARE_COALITION), False),
        (without(Purpose.PUBLISH, Purpose.ODIHR), True),
        (facts(date=None), False),
        (facts(offences=("hate_speech",)), False),
        (facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset()), True),
        (facts(basis=""), False),
    ],
)
def test_what_is_counted_has_a_date_a_type_and_consent(of, countable):
    assert is_countable(Candidate(of, "Open Wheel")) is countable


@pytest.mark.parametrize(
    "of",
    [without(Purpose.PUBLISH), facts(descriptions={"en": "  "}), facts(descriptions={}), facts(date=None)],
)
def test_a_description_is_published_only_with_consent_and_text_and_date(of):
    assert descriptions([Candidate(of, "Open Wheel")]) == ()


def test_a_published_description_holds_month_and_codes_and_nothing_internal():
    (published,) = descriptions([candidate()])
    assert published == Description(
        date="2024-05",
        country="BG",
        type="violent_attack",
        motivations=("anti_roma",),
        texts=COMPLETE.descriptions,
        sources=("Open Wheel", "Near Shore"),
    )


def test_nothing_internal_is_in_the_whole_summary():
    text = json.dumps(to_json(summary(*SAMPLE)), ensure_ascii=False)
    internal = [
        COMPLETE.narrative, COMPLETE.municipality, COMPLETE.region, COMPLETE.own_reference, COMPLETE.impact,
        COMPLETE.indicators[0].note, COMPLETE.victims[0].injury, COMPLETE.sources[0].name, "2024-05-17",
    ]  # fmt: skip
    assert [item for item in internal if item in text] == []


def test_descriptions_do_not_depend_on_the_order_of_what_comes_in():
    partner = candidate(sources=(Source("partner_organisation", "Low Threshold"),))
    later = candidate(date=PartialDate(2024, 8))
    assert descriptions([later, partner, candidate()]) == descriptions([candidate(), partner, later])


def test_the_trend_has_up_to_five_data_years_ending_with_this_one():
    earlier = tuple(Counted(year, 1, "BG", "threat", ("gender",)) for year in (2018, 2019, 2020, 2023, 2023, 2025))
    trend = summary(candidate(), earlier=earlier).trend
    assert [(year, counts.incidents) for year, counts in trend] == [(2020, 1), (2023, 2), (2024, 1)]


def test_rejections_are_in_the_code_books_order_without_zeros():
    assert rejected_by_reason(["not_verified", "duplicate", "duplicate", "not_criminal"]) == (
        ("not_criminal", 1),
        ("duplicate", 2),
        ("not_verified", 1),
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"en": "E", "bg": "Б"}, ("bg", "Б")),
        ({"en": "E"}, ("en", "E")),
        ({"el": "Ε"}, ("el", "Ε")),
        ({}, ("bg", "")),
    ],
)
def test_a_reader_gets_their_language_else_english_else_what_there_is(texts, expected):
    one = Description("2024", "BG", "threat", ("gender",), texts, ())
    assert one.text_for("bg") == expected


def test_the_coalition_has_a_name_in_every_language():
    assert summary().coalition_in("bg") == "Коалиция"
    assert summary().coalition_in("el") == "Coalition Record Together"
