"""The product's own format: every fact comes back as it went out, and nothing hostile gets in."""

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coalition.domain import interchange
from coalition.domain.codebook import codebook, countries, regions
from coalition.domain.errors import UnreadableFile
from coalition.domain.incidents import (
    Clearance,
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Proceeding,
    Source,
    Victims,
)
from coalition.domain.interchange import (
    BadRecord,
    ConsentRecord,
    HoldRecord,
    MessageRecord,
    Record,
    StepRecord,
    arrival,
    facts_from_json,
    facts_to_json,
    names_of_facts,
    read_file,
    record_of,
    record_to_json,
    written,
)
from coalition.domain.retention import HoldReason
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State
from coalition.i18n import locale
from tests.domain.samples import COMPLETE

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def text(most: int = 30) -> some.SearchStrategy[str]:
    return some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=most)


def code(name: str) -> some.SearchStrategy[str]:
    return some.sampled_from(["", *codebook()[name].codes])


def codes(name: str) -> some.SearchStrategy[tuple[str, ...]]:
    return some.lists(some.sampled_from(codebook()[name].codes), unique=True, max_size=4).map(tuple)


NUMBER = some.none() | some.integers(0, interchange.MOST_PEOPLE)
DAY = some.dates(date(1990, 1, 1), TODAY)


@some.composite
def any_date(draw: some.DrawFn) -> PartialDate:
    day = draw(DAY)
    month = draw(some.booleans())
    return PartialDate(day.year, day.month if month else None, day.day if month and draw(some.booleans()) else None)


@some.composite
def any_facts(draw: some.DrawFn) -> Facts:
    """Make facts of every shape that a form or an import can store."""
    country = draw(some.sampled_from(["", "BG", *countries().codes]))
    region = draw(some.sampled_from(["", *regions(country).codes])) if country else ""
    parts = {
        "indicators": some.builds(
            Indicator,
            code=some.sampled_from(codebook()["bias_indicators"].codes),
            note=text(),
            observer=code("observers"),
        ),
        "victims": some.builds(
            Victims,
            kind=code("victim_kinds"),
            number=NUMBER,
            gender=code("genders"),
            age_band=code("age_bands"),
            link=code("links_to_group"),
            injury=text(),
            sub_grounds=codes("sub_grounds"),
            harm=code("harms"),
            earlier=code("earlier_targeting"),
        ),
        "perpetrators": some.builds(
            Perpetrators,
            number=NUMBER,
            gender=code("genders"),
            age_band=code("age_bands"),
            relation=code("perpetrator_relations"),
            capacity=code("perpetrator_capacities"),
        ),
        "sources": some.builds(
            Source,
            kind=code("source_kinds"),
            name=text(),
            reference=text(),
            date=some.none() | any_date(),
            reliability=code("source_reliabilities"),
            credibility=code("information_credibilities"),
            url=some.sampled_from(["", "https://example.org/a?b=1", "http://example.org/страница"]),
        ),
        "proceedings": some.builds(
            Proceeding,
            step=code("police_steps"),
            date=some.none() | any_date(),
            reference=text(),
            note=text(),
        ),
        "needs": some.builds(
            Need,
            need=code("needs"),
            referred_to=text(),
            outcome=code("referral_outcomes"),
            follow_up=some.none() | DAY,
        ),
        "clearances": some.builds(
            Clearance, language=some.sampled_from(["en", "bg"]), kind=text(), text=text(), reason=text()
        ),
    }
    words = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
    described = some.dictionaries(some.sampled_from(["en", "bg", "uk", "hy"]), words.filter(str.strip), max_size=3)
    return Facts(
        date=draw(some.none() | any_date()),
        country=country,
        region=region,
        **{name: draw(some.lists(made, max_size=3).map(tuple)) for name, made in parts.items()},
        **{
            name: draw(text())
            for name in (
                *("time", "municipality", "authorities_response", "impact", "own_reference", "narrative"),
                *("type_reason", "scope_reason", "contact_name", "contact_phone", "contact_email", "contact_safely"),
            )
        },
        chosen_scope=draw(code("scopes")),
        weapon=draw(code("weapons")),
        bias_recorded=draw(code("bias_recorded")),
        consent_by=draw(code("consent_givers")),
        location_type=draw(code("location_types")),
        offences=draw(codes("offences")),
        chosen_type=draw(code("incident_types")),
        motivations=draw(codes("bias_motivations")),
        case_status=draw(code("case_statuses")),
        reason_not_reported=draw(code("reasons_not_reported")),
        descriptions=draw(described),
        basis=draw(code("bases")),
        consents=draw(codes("consent_purposes").map(frozenset)),
        consent_way=draw(code("consent_ways")),
        consent_date=draw(some.none() | DAY),
    )


RECORD = Record(
    reference="K7QM2-X9PD4",
    organisation="FIRST",
    state=State.ACCEPTED,
    author="Ана",
    recorded_at=NOW,
    changed_at=NOW,
    submitted_at=NOW,
    decided_at=NOW,
    facts=COMPLETE,
    withheld=("time",),
    consents=(ConsentRecord("statistics", "2026.1", "written", date(2024, 5, 20), NOW),),
    steps=(StepRecord(Step.ACCEPT, NOW, "Мария", "Добре.", "", {"data_year": ("unclear", "yes")}),),
    messages=(
        MessageRecord("question", "coalition", NOW, "Мария", "Коя улица?"),
        MessageRecord("answer", "member", NOW, "Ана", "Главната.", 0),
    ),
    hold=HoldRecord(HoldReason.COMPLAINT, NOW),
    review_on=date(2027, 1, 1),
)


def as_file(*records: object) -> bytes:
    return json.dumps({**interchange.header(NOW), "incidents": records}, ensure_ascii=False).encode()


def changed(**facts: object) -> dict[str, Any]:
    """Return a good record with some facts changed."""
    data = record_to_json(RECORD)
    data["facts"] |= facts
    return data


def test_every_fact_has_a_reader_and_no_other_key_has():
    assert names_of_facts() == {item.name for item in fields(Facts)} == set(facts_to_json(Facts()))


def test_every_language_of_a_description_is_one_that_pages_can_name():
    for language in interchange.LANGUAGES:
        assert locale(language).native_name


@given(any_facts())
def test_every_fact_comes_back_as_it_went_out(facts: Facts):
    there = json.loads(json.dumps(facts_to_json(facts)))
    assert facts_from_json(there) == facts


def test_a_whole_record_comes_back_as_it_went_out():
    (found,) = read_file("".join(written([RECORD], NOW)).encode())
    assert record_of(found, TODAY) == RECORD


def test_a_file_of_no_record_and_of_many_is_one_json_object():
    assert read_file("".join(written([], NOW)).encode()) == []
    assert len(read_file("".join(written([RECORD] * 3, NOW)).encode())) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not JSON"),
        (b"[1, 2]", "does not say"),
        (b"{}", "does not say"),
        (b'{"format": "coalition.incidents", "version": 2, "incidents": []}', "version 1"),
        (b'{"format": "coalition.incidents", "version": 1}', "no list"),
        (b'{"format": "coalition.incidents", "version": 1, "version": 1, "incidents": []}', "twice"),
        (b'{"format": "coalition.incidents", "version": NaN, "incidents": []}', "NaN"),
        (b"\xff\xfe{", "UTF-8"),
        (b"[" * 200_000, "deeply"),
        (b'{"a":' * 200_000, "deeply"),
        (b'{"version": ' + b"1" * 5000 + b"}", "usable"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_what_is_no_such_file_is_one_line(content: bytes, told: str):
    with pytest.raises(UnreadableFile) as refusal:
        read_file(content)
    assert told in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    "facts",
    [
        {"country": "XX"},
        {"country": 7},
        {"region": "RO-B"},
        {"motivations": ["anti_roma", "anti_roma"]},
        {"motivations": ["no such thing"]},
        {"motivations": "anti_roma"},
        {"motivations": [["anti_roma"]]},
        {"offences": [None]},
        {"date": "2024-13"},
        {"date": 20240517},
        {"date": "2031-01"},
        {"date": "1066"},
        {"narrative": "a" * 100_001},
        {"narrative": "\0"},
        {"narrative": "\ud800"},
        {"narrative": ["text"]},
        {"time": {"hour": 1}},
        {"victims": [{"kind": "person", "number": True}]},
        {"victims": [{"kind": "person", "number": 10**12}]},
        {"victims": [{"kind": "person", "number": -1}]},
        {"victims": [{"kind": "person", "number": 1.5}]},
        {"victims": [{"number": 1}]},
        {"victims": [{"kind": "person", "name": "Somebody"}]},
        {"victims": [{}] * 201},
        {"descriptions": {"xx": "Text"}},
        {"descriptions": ["Text"]},
        {"consents": ["everything"]},
        {"consent_date": "yesterday"},
        {"consent_date": "2024-02-30"},
        {"unheard_of": 1},
    ],
    ids=str,
)
def test_a_hostile_record_costs_only_itself_and_is_named_by_its_place(facts: dict[str, Any]):
    with pytest.raises(BadRecord) as refusal:
        record_of(changed(**facts), TODAY)
    assert refusal.value.place.startswith(("record.facts", "facts"))
    assert len(refusal.value.reason) < 200
    assert refusal.value.reason.isprintable()


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "K7QM2"},
        {"reference": "../../etc/passwd"},
        {"state": "published"},
        {"recorded_at": "2026-03-02T10:00:00"},
        {"recorded_at": "9999-12-31T23:59:59+00:00"},
        {"recorded_at": "2026-12-02T10:00:00+00:00"},
        {"messages": [{"kind": "shout", "side": "member", "at": "2026-03-02T10:00:00+00:00"}]},
        {"messages": [{"kind": "comment", "side": "reviewers", "at": "2026-03-02T10:00:00+00:00"}]},
        {"messages": [{"kind": "comment", "side": "member", "at": "2926-03-02T10:00:00+00:00"}]},
        {"messages": [{"kind": "answer", "side": "member", "at": "2026-03-02T10:00:00+00:00", "answers": -1}]},
        {"steps": [{"step": "vanish", "at": "2026-03-02T10:00:00+00:00"}]},
        {"steps": [{"step": "accept", "at": "2026-03-02T10:00:00+00:00", "findings": {"data_year": ["yes"]}}]},
        {"hold": {"reason": "because", "at": "2026-03-02T10:00:00+00:00"}},
        {"hold": []},
        {"consents": [{"purpose": "statistics"}]},
        {"review_on": 5},
        {"facts": None},
    ],
    ids=str,
)
def test_whatever_else_a_record_says_is_checked_too(changes: dict[str, Any]):
    with pytest.raises(BadRecord):
        record_of(record_to_json(RECORD) | changes, TODAY)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=10),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, some.sampled_from(sorted(record_to_json(RECORD))), some.sampled_from(sorted(facts_to_json(Facts()))))
def test_anything_in_any_place_is_read_or_refused_and_never_fails(value: object, key: str, fact: str):
    data = record_to_json(RECORD)
    told = data["facts"] | {fact: value}
    for tried in (value, data | {key: value}, data | {"facts": told}):
        try:
            record_of(tried, TODAY)
        except BadRecord as refusal:
            assert refusal.reason  # noqa: PT017 - either is right


@given(some.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_file_or_one_line(content: bytes):
    with pytest.raises(UnreadableFile):
        read_file(content)


@pytest.mark.parametrize(
    ("state", "accepted", "expected"),
    [
        (State.DRAFT, False, State.DRAFT),
        (State.DRAFT, True, State.DRAFT),
        (State.RETURNED, True, State.SUBMITTED),
        (State.REJECTED, True, State.SUBMITTED),
        (State.ACCEPTED, False, State.SUBMITTED),
        (State.ACCEPTED, True, State.ACCEPTED),
    ],
)
def test_how_a_record_arrives(state: State, accepted: bool, expected: State):
    assert arrival(replace(RECORD, state=state), accepted=accepted) is expected


def test_what_cannot_be_counted_never_arrives_accepted():
    assert arrival(replace(RECORD, facts=replace(COMPLETE, motivations=())), accepted=True) is State.SUBMITTED
