"""Incidents in rows: facts come back as they went in, one by one and in bulk, and the queries keep the consent."""

from datetime import UTC, date, datetime
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session

from coalition.db import incidents as storage
from coalition.db.base import new_id, new_reference
from coalition.domain.codebook import codebook
from coalition.domain.consents import TEXT_VERSION, WayOut, may_leave
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
from coalition.domain.vocabulary import Basis, Purpose, State
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE, facts, without

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
RICH = facts(
    offences=("threats", "assault"),
    motivations=("gender", "anti_roma", "disability"),
    indicators=(Indicator("expression", "Чуто.", "witness"), Indicator("perception"), Indicator("expression")),
    victims=(Victims("person", 1), Victims("group", None, "women", "", "", "")),
    perpetrators=(Perpetrators(), Perpetrators(4, "man", "adult", "stranger")),
    proceedings=(Proceeding("reported", PartialDate(2024)), Proceeding("closed", None, "7/2024", "Без обвинение.")),
    needs=(Need("justice"), Need("safety", "Приют", "helped", date(2024, 7, 1))),
    clearances=(Clearance("en", "place", "May Street", "A make of tea."), Clearance("bg", "day", "9 май", "Площад.")),
    sources=(Source("media", "Z"), Source("media", "A", "p. 3"), Source("other")),
    descriptions={"bg": "Описание.\n", "en": " Text ", "hy": "Նկարագրություն", "ka": "აღწერა"},
)


def member_of(coalition: Coalition, who: str = "lead") -> str:
    organisation = coalition.people[who].organisation_id
    assert organisation is not None
    return organisation


def new(organisation: str, told: Facts = COMPLETE, state: State = State.ACCEPTED) -> storage.NewIncident:
    return storage.NewIncident(organisation, None, state, told, recorded_at=NOW)


def insert(coalition: Coalition, *told: Facts, state: State = State.ACCEPTED, who: str = "lead") -> list[str]:
    """Store incidents in bulk; returns their references."""
    made = [new(member_of(coalition, who), item, state) for item in told]
    with coalition.work("operator") as work:
        return [reference for batch in storage.insert_incidents(work.session, made) for reference in batch]


def add(coalition: Coalition, told: Facts) -> str:
    """Store one incident as the form does; returns its reference."""
    with coalition.work("operator") as work:
        incident = storage.Incident(organisation_id=member_of(coalition), recorded_at=NOW, changed_at=NOW)
        storage.add_incident(work.session, incident)
        storage.store_facts(work.session, incident, told)
        return incident.reference


def read(coalition: Coalition, reference: str) -> storage.Incident:
    with coalition.reading("operator") as work:
        found = storage.incident_with_reference(work.session, reference)
        assert found is not None
        storage.facts_of(found)  # reads its parts
        work.session.expunge(found)
        return found


def told_by(coalition: Coalition, reference: str) -> Facts:
    """Return what the rows of an incident say."""
    with coalition.reading("operator") as work:
        found = storage.incident_with_reference(work.session, reference)
        assert found is not None
        return storage.facts_of(found)


def part_rows(session: Session) -> dict[str, int]:
    # Without the consents: those that were given are kept as a proof (GDPR Art. 7(1)).
    mapped = [part.property.mapper.class_ for part in storage.PARTS if part.key != "consents"]
    return {kind.__name__: session.scalar(select(func.count()).select_from(kind)) or 0 for kind in mapped}


TEXT = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBER = some.none() | some.integers(0, 2**31 - 1)
DATES = some.dates(date(1990, 1, 1), date(2100, 1, 1))


@some.composite
def any_date(draw: some.DrawFn) -> PartialDate:
    day = draw(DATES)
    parts = (day.year, day.month, day.day)
    return PartialDate(*parts[: draw(some.integers(1, 3))])


def codes(name: str) -> some.SearchStrategy[tuple[str, ...]]:
    return some.lists(some.sampled_from(codebook()[name].codes), unique=True, max_size=4).map(tuple)


def tuples(made: some.SearchStrategy[object]) -> some.SearchStrategy[tuple[object, ...]]:
    return some.lists(made, max_size=3).map(tuple)


ANY_FACTS = some.builds(
    Facts,
    date=some.none() | any_date(),
    time=TEXT,
    country=TEXT,
    region=TEXT,
    municipality=TEXT,
    location_type=TEXT,
    offences=codes("offences"),
    chosen_type=some.sampled_from(["", *codebook()["incident_types"].codes]),
    motivations=codes("bias_motivations"),
    indicators=tuples(some.builds(Indicator, TEXT, TEXT, TEXT)),
    victims=tuples(some.builds(Victims, TEXT, NUMBER, TEXT, TEXT, TEXT, TEXT, codes("sub_grounds"), TEXT, TEXT)),
    perpetrators=tuples(some.builds(Perpetrators, NUMBER, TEXT, TEXT, TEXT, TEXT)),
    sources=tuples(some.builds(Source, TEXT, TEXT, TEXT, some.none() | any_date(), TEXT, TEXT, TEXT)),
    proceedings=tuples(some.builds(Proceeding, TEXT, some.none() | any_date(), TEXT, TEXT)),
    needs=tuples(some.builds(Need, TEXT, TEXT, TEXT, some.none() | DATES)),
    clearances=tuples(some.builds(Clearance, TEXT, TEXT, TEXT, TEXT)),
    **dict.fromkeys(("type_reason", "chosen_scope", "scope_reason", "weapon", "bias_recorded", "consent_by"), TEXT),
    **dict.fromkeys(("contact_name", "contact_phone", "contact_email", "contact_safely"), TEXT),
    case_status=TEXT,
    reason_not_reported=TEXT,
    authorities_response=TEXT,
    impact=TEXT,
    own_reference=TEXT,
    narrative=TEXT,
    descriptions=some.dictionaries(
        some.sampled_from(["en", "bg", "hy", "ka"]), TEXT.filter(lambda text: bool(text.strip()))
    ),
    basis=some.sampled_from(["", *Basis]).map(str),
    consents=some.frozensets(some.sampled_from([purpose.value for purpose in Purpose])),
    consent_way=TEXT,
    consent_date=some.none() | DATES,
)


@given(told=ANY_FACTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_recorder_states_comes_back_unchanged(any_coalition: Coalition, told: Facts):
    reference = add(any_coalition, told)
    (in_bulk,) = insert(any_coalition, told)
    for found in (reference, in_bulk):
        assert told_by(any_coalition, found) == told
        assert read(any_coalition, found).type == (told.type or "")


def test_the_order_of_parts_is_kept(any_coalition: Coalition):
    found = told_by(any_coalition, add(any_coalition, RICH))
    assert found == RICH
    assert found.motivations == ("gender", "anti_roma", "disability")


def test_storing_again_replaces_every_part(any_coalition: Coalition):
    reference = add(any_coalition, RICH)
    for told, rows in ((facts(clearances=RICH.clearances[:1]), 1), (RICH, 2), (Facts(), 0)):
        with any_coalition.work("operator") as work:
            incident = storage.incident_with_reference(work.session, reference)
            assert incident is not None
            storage.store_facts(work.session, incident, told)
        assert told_by(any_coalition, reference) == told
        with any_coalition.reading("operator") as work:
            left = part_rows(work.session)
        assert min(left.values()) >= rows if rows else set(left.values()) == {0}
    assert left == dict.fromkeys(left, 0)


def test_descriptions_of_nothing_but_spaces_are_not_stored(any_coalition: Coalition):
    found = told_by(any_coalition, add(any_coalition, facts(descriptions={"en": " \n", "bg": "Текст."})))
    assert found.descriptions == {"bg": "Текст."}


def test_every_consent_is_stored_with_the_version_of_its_text(any_coalition: Coalition):
    found = read(any_coalition, add(any_coalition, COMPLETE))
    assert {part.text_version for part in found.consents} == {TEXT_VERSION}
    assert len(found.consents) == len(Purpose)


def test_storing_in_bulk_is_the_same_as_one_by_one(any_coalition: Coalition):
    told = [RICH, COMPLETE, Facts(), facts(date=PartialDate(2020)), without(Purpose.PUBLISH)]
    singly = [add(any_coalition, item) for item in told]
    made = [new(member_of(any_coalition), item, State.DRAFT) for item in told]
    with any_coalition.work("operator") as work:
        batches = list(storage.insert_incidents(work.session, made, batch=2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    in_bulk = [reference for batch in batches for reference in batch]
    # Every column but the two that name the row; what is sealed never looks the same twice.
    columns = storage.Incident.__table__.columns
    sealed = {column.key for column in columns if isinstance(column.type, LargeBinary)}
    names = {column.key for column in columns} - {"id", "reference"} - sealed
    for one, other, item in zip(singly, in_bulk, told, strict=True):
        left, right = read(any_coalition, one), read(any_coalition, other)
        assert {name: getattr(left, name) for name in names} == {name: getattr(right, name) for name in names}
        assert told_by(any_coalition, one) == told_by(any_coalition, other) == item


def test_storing_nothing_in_bulk_stores_nothing(any_coalition: Coalition):
    assert insert(any_coalition) == []


def test_a_reference_is_found_whatever_its_letter_case(any_coalition: Coalition):
    reference = add(any_coalition, COMPLETE)
    assert read(any_coalition, reference.lower()).reference == reference


@pytest.mark.parametrize("number", [0, 1, 3, 4, 7])
def test_accepted_incidents_are_all_read_whatever_the_size_of_a_batch(any_coalition: Coalition, number: int):
    told = [facts(narrative=f"number {index}") for index in range(number)]
    insert(any_coalition, *told)
    for state in set(State) - {State.ACCEPTED}:
        insert(any_coalition, COMPLETE, state=state)
    insert(any_coalition, facts(date=PartialDate(2023)), facts(date=None))
    with any_coalition.reading("operator") as work:
        found = list(storage.accepted_incidents(work.session, 2024, batch=3))
        assert not [item for item in work.session if isinstance(item, storage.Incident)]
    assert [item.facts for item in found] == told
    assert {item.member for item in found} <= {"First Member"}
    assert len({item.incident for item in found}) == number


def test_accepted_incidents_name_the_member_that_recorded_them(any_coalition: Coalition):
    insert(any_coalition, COMPLETE)
    insert(any_coalition, COMPLETE, who="second_worker")
    with any_coalition.reading("operator") as work:
        names = [item.member for item in storage.accepted_incidents(work.session, 2024)]
    assert names == ["First Member", "Second Member"]


PUBLIC_SOURCE = facts(basis="public_source", consents=frozenset(), consent_way="", consent_date=None)


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        (COMPLETE, True),
        (PUBLIC_SOURCE, True),
        (without(Purpose.STATISTICS), False),
        (facts(consents=frozenset({"statistics", "share_coalition"})), True),
        (facts(consents=frozenset({"statistics"})), False),
        (facts(basis=""), False),
        (facts(offences=("hate_speech",)), False),
        (facts(date=PartialDate(2022)), False),
        (facts(date=None), False),
    ],
)
def test_only_what_may_be_counted_is_a_countable_row(any_coalition: Coalition, told: Facts, counts: bool):
    insert(any_coalition, told)
    with any_coalition.reading("operator") as work:
        assert len(storage.countable_rows(work.session, 2023, 2025)) == counts


@pytest.mark.parametrize("way", list(WayOut))
def test_the_database_and_the_facts_agree_on_every_way_out(any_coalition: Coalition, way: WayOut):
    cases = [
        facts(basis=basis, consents=frozenset(consents))
        for basis in ("", "consent", "public_source")
        for size in range(len(Purpose) + 1)
        for consents in combinations([purpose.value for purpose in Purpose], size)
        if size < 3 or size > 6
    ]
    references = insert(any_coalition, *cases)
    with any_coalition.reading("operator") as work:
        found = set(work.session.scalars(select(storage.Incident.reference).where(storage.may_leave(way))))
    wanted = {reference for reference, item in zip(references, cases, strict=True) if may_leave(item, way)}
    assert found == wanted
    assert 0 < len(wanted) < len(cases)


def test_a_countable_row_says_what_counting_needs(any_coalition: Coalition):
    several = facts(motivations=("anti_roma", "gender"), offences=(), chosen_type="threat")
    insert(any_coalition, several, facts(date=PartialDate(2023), country="RO"))
    insert(any_coalition, COMPLETE, state=State.SUBMITTED)
    with any_coalition.reading("operator") as work:
        found = storage.countable_rows(work.session, 2020, 2024)
    assert {(row.year, row.month, row.country, row.type, tuple(sorted(row.motivations))) for row in found} == {
        (2024, 5, "BG", "threat", ("anti_roma", "gender")),
        (2023, None, "RO", "violent_attack", ("anti_roma",)),
    }


def test_imported_rows_are_known_by_member_content_and_occurrence(any_coalition: Coalition):
    def row(who: str, digest: str, occurrence: int) -> storage.NewIncident:
        return storage.NewIncident(
            member_of(any_coalition, who),
            None,
            State.SUBMITTED,
            COMPLETE,
            recorded_at=NOW,
            digest=digest,
            occurrence=occurrence,
        )

    made = [row("lead", "a", 1), row("lead", "a", 2), row("second_worker", "a", 1), row("lead", "", 0)]
    with any_coalition.work("operator") as work:
        references = [item for batch in storage.insert_incidents(work.session, made) for item in batch]
    with any_coalition.reading("operator") as work:
        known = storage.imported_references(work.session, member_of(any_coalition))
    assert known == {("a", 1): references[0], ("a", 2): references[1]}


def test_the_numbers_of_a_year_are_counted_by_state(any_coalition: Coalition):
    insert(any_coalition, COMPLETE, COMPLETE, facts(date=PartialDate(2020)), facts(date=None))
    insert(any_coalition, COMPLETE, state=State.REJECTED)
    with any_coalition.reading("operator") as work:
        years = storage.years_with_incidents(work.session)
        by_state = storage.count_by_state(work.session, storage.Filter())
    assert list(years.items()) == [(2024, {"accepted": 2, "rejected": 1}), (2020, {"accepted": 1})]
    assert by_state == {"accepted": 4, "rejected": 1}


def test_ids_sort_in_the_order_in_which_they_were_made():
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_references_are_random_and_hold_no_letter_that_is_mistaken_for_a_digit():
    made = {new_reference() for _ in range(2_000)}
    assert len(made) == 2_000
    for reference in made:
        left, _, right = reference.partition("-")
        assert (len(left), len(right)) == (5, 5)
        assert not set(left + right) & set("ILOU")
