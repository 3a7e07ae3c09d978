import re
import types
from collections import Counter
from dataclasses import fields
from datetime import date
from itertools import islice

import pytest

from coalition.demo import generate
from coalition.demo.wording import circumstances, motivations, read_data, scenarios
from coalition.domain.codebook import codebook, regions
from coalition.domain.completeness import problems
from coalition.domain.criterion import propose, proposed_reason
from coalition.domain.incidents import Facts
from coalition.domain.reviews import UNDECIDED, Step
from coalition.domain.vocabulary import Basis, BiasMotivation, IncidentType, Purpose, RejectionReason, Role, State

LATEST_YEAR = 2024
AFTERWARDS = date(LATEST_YEAR + 1, 1, 1)


def incidents(number=180, seed=1):
    return list(generate(number, seed, LATEST_YEAR).incidents)


@pytest.fixture(scope="module")
def demo():
    """The demo as `coalition demo load` makes it."""
    return incidents()


@pytest.fixture(scope="module")
def many():
    """Enough incidents for shares to be close to what is intended."""
    return incidents(4000, seed=5)


def descriptions(of) -> list[tuple[str, str]]:
    return [pair for incident in of for pair in incident.facts.descriptions.items()]


def share(of, condition) -> float:
    return sum(1 for incident in of if condition(incident)) / len(of)


# ------------------------------------------------------------------------------------------ the coalition


def test_the_same_seed_gives_the_same_demo_and_another_one_another():
    assert incidents(60, seed=3) == incidents(60, seed=3)
    assert incidents(60, seed=3) != incidents(60, seed=4)


def test_the_beginning_of_the_stream_is_there_before_its_end():
    stream = generate(10_000_000, 1, LATEST_YEAR).incidents
    assert isinstance(stream, types.GeneratorType)


def test_stories_that_are_told_again_are_still_complete_and_in_order(monkeypatch):
    monkeypatch.setattr("coalition.demo.generation.RETOLD_AFTER", 50)
    again = incidents(600)
    assert len({incident.facts.own_reference for incident in again}) == 600
    for incident in again:
        decided_on = incident.decision.decided_on if incident.decision else incident.recorded_on
        assert incident.recorded_on <= decided_on < AFTERWARDS
        if incident.state is not State.DRAFT:
            assert incident.facts.date.earliest() <= incident.recorded_on
            assert problems(incident.facts, AFTERWARDS) == ()


@pytest.mark.parametrize("number", [0, 1, 7, 180])
def test_there_are_as_many_incidents_as_were_asked_for(number):
    assert len(incidents(number)) == number


def test_six_organisations_have_names_and_descriptions_in_both_languages():
    organisations = generate(0, 1, LATEST_YEAR).organisations
    assert len({organisation.code for organisation in organisations}) == 6
    for organisation in organisations:
        assert set(organisation.names) == set(organisation.about) == {"en", "bg"}
        assert ", " not in organisation.names["en"], "a comma would split it in two in a joined cell"
        assert organisation.website.endswith(".example.org")


def test_every_organisation_has_a_case_worker_and_a_lead():
    coalition = generate(0, 1, LATEST_YEAR)
    roles = Counter((account.organisation, account.role) for account in coalition.accounts)
    members = [organisation.code for organisation in coalition.organisations]
    expected = {(code, role): 1 for code in members for role in (Role.CASE_WORKER, Role.LEAD)}
    # Two coordinate: what one of them builds is read by the other.
    of_the_coalition = {Role.COORDINATOR: 2, Role.ADMINISTRATOR: 1, Role.AUDITOR: 1}
    assert roles == expected | {(None, role): number for role, number in of_the_coalition.items()}


def test_every_address_is_reserved_for_examples():
    accounts = generate(0, 1, LATEST_YEAR).accounts
    assert len({account.email for account in accounts}) == len(accounts)
    assert all(account.email.endswith("@example.org") for account in accounts)
    assert {account.language for account in accounts} == {"en", "bg"}


def test_an_incident_is_recorded_by_somebody_of_its_organisation(demo):
    members = {account.email: account.organisation for account in generate(0, 1, LATEST_YEAR).accounts}
    assert all(members[incident.author] == incident.organisation for incident in demo)
    assert len({incident.organisation for incident in demo}) == 6


# ------------------------------------------------------------------------------------------ the facts


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_handed_in_is_complete(seed):
    for incident in incidents(400, seed):
        if incident.state is not State.DRAFT:
            assert problems(incident.facts, AFTERWARDS) == (), incident


def test_some_drafts_are_incomplete_and_some_are_not(many):
    drafts = [incident for incident in many if incident.state is State.DRAFT]
    missing = {problem.field for incident in drafts for problem in problems(incident.facts, AFTERWARDS)}
    assert {"date", "indicators", "basis", "motivations"} <= missing
    assert any(not problems(incident.facts, AFTERWARDS) for incident in drafts)


LISTS = {
    "location_type": "location_types",
    "chosen_type": "incident_types",
    "case_status": "case_statuses",
    "reason_not_reported": "reasons_not_reported",
    "basis": "bases",
    "consent_way": "consent_ways",
}


def codes(facts: Facts):
    """Yield every code with the name of its list."""
    yield from ((name, getattr(facts, field)) for field, name in LISTS.items())
    yield from (("offences", code) for code in facts.offences)
    yield from (("bias_motivations", code) for code in facts.motivations)
    yield from (("consent_purposes", code) for code in facts.consents)
    yield from (("source_kinds", source.kind) for source in facts.sources)
    for indicator in facts.indicators:
        yield from (("bias_indicators", indicator.code), ("observers", indicator.observer))
    for victims in facts.victims:
        yield from (("victim_kinds", victims.kind), ("links_to_group", victims.link))
    for people in (*facts.victims, *facts.perpetrators):
        yield from (("genders", people.gender), ("age_bands", people.age_band))
    yield from (("perpetrator_relations", people.relation) for people in facts.perpetrators)


def test_every_code_is_in_the_code_book(many):
    used = {pair for incident in many for pair in codes(incident.facts) if pair[1]}
    assert [pair for pair in used if pair[1] not in codebook()[pair[0]]] == []
    assert {code for name, code in used if name == "bias_motivations"} == set(BiasMotivation)


def test_regions_are_bulgarian_and_towns_lie_in_them(many):
    towns = circumstances("municipalities")
    assert set(towns) == set(regions("BG").codes)
    for incident in many:
        facts = incident.facts
        assert facts.municipality in towns[facts.region] if facts.region else not facts.municipality


def test_every_field_of_the_facts_is_used(many):
    empty = Facts()
    used = {
        field.name
        for field in fields(Facts)
        if any(getattr(incident.facts, field.name) != getattr(empty, field.name) for incident in many)
    }
    # Nothing of the demonstration's descriptions has to be cleared: no flag is raised by them.
    assert used == {field.name for field in fields(Facts)} - {"clearances"}


def test_a_type_is_chosen_only_where_offences_do_not_say_it(many):
    for incident in many:
        facts = incident.facts
        assert not facts.chosen_type or set(facts.offences) <= {"unspecified", "disturbance"}


def test_indicators_have_notes_without_gaps(many):
    notes = [indicator.note for incident in many for indicator in incident.facts.indicators]
    assert all(note and not set("{}[]|") & set(note) for note in notes)


def test_a_public_record_comes_from_the_media_and_has_no_consents(many):
    public = [incident.facts for incident in many if incident.facts.basis == Basis.PUBLIC_SOURCE]
    assert public
    for facts in public:
        assert facts.sources[0].kind == "media"
        assert (facts.consents, facts.consent_way, facts.consent_date) == (frozenset(), "", None)
        assert facts.case_status not in {"not_reported", "refused"}


def test_a_parent_agrees_for_a_child(many):
    for incident in many:
        facts = incident.facts
        young = any(victims.age_band in {"child", "teenager"} for victims in facts.victims)
        if young and facts.consent_way:
            assert facts.consent_way == "guardian"


def test_nobody_is_convicted_who_was_not_identified(many):
    for incident in many:
        relations = {people.relation for people in incident.facts.perpetrators}
        if relations == {"unknown"}:
            assert incident.facts.case_status not in {"prosecuted", "sentenced"}


# ------------------------------------------------------------------------------------------ the review


def test_a_state_and_its_decision_agree(many):
    steps = {State.ACCEPTED: Step.ACCEPT, State.REJECTED: Step.REJECT, State.RETURNED: Step.RETURN}
    for incident in many:
        decision = incident.decision
        assert (decision.step if decision else None) is steps.get(incident.state)
        if decision:
            assert (decision.reason is not None) is (incident.state is State.REJECTED)
            assert bool(decision.text) is (incident.state in {State.REJECTED, State.RETURNED})


def test_days_follow_each_other_and_none_is_after_the_latest_year(many):
    for incident in many:
        days = [incident.recorded_on, *(message.written_on for message in incident.conversation)]
        days += [incident.decision.decided_on] if incident.decision else []
        if incident.facts.date:
            days.insert(0, incident.facts.date.earliest())
        assert days == sorted(days)
        assert days[-1] < AFTERWARDS


def test_a_question_comes_from_the_coordinator_and_its_answer_from_the_recorder(many):
    talks = [(incident, incident.conversation) for incident in many if incident.conversation]
    assert talks
    for incident, (question, answer) in talks:
        assert (question.author, answer.author) == ("coordinator@example.org", incident.author)
        assert question.written_on < answer.written_on


def test_only_the_latest_year_has_undecided_incidents(many):
    undecided = [i for i in many if i.state in {*UNDECIDED, State.RETURNED, State.DRAFT} and i.facts.date]
    assert {incident.facts.date.year for incident in undecided} == {LATEST_YEAR}


def test_a_rejection_is_what_the_criterion_proposes_where_software_can_see_it(many):
    speech = [i for i in many if i.decision and i.decision.reason is RejectionReason.SPEECH_OR_DISCRIMINATION]
    assert speech
    for incident in speech:
        assert proposed_reason(propose(incident.facts, AFTERWARDS, 0)) is incident.decision.reason


def test_an_accepted_incident_can_be_counted(many):
    for incident in many:
        if incident.state is State.ACCEPTED:
            assert incident.facts.date
            assert incident.facts.type
            assert incident.facts.motivations


def test_a_duplicate_repeats_an_accepted_incident_of_another_member(many):
    accepted = {
        (i.facts.date, i.facts.motivations, tuple(i.facts.descriptions.items())): i.organisation
        for i in many
        if i.state is State.ACCEPTED
    }
    repeated = [i for i in many if i.decision and i.decision.reason is RejectionReason.DUPLICATE]
    assert repeated
    for incident in repeated:
        facts = incident.facts
        first = accepted[facts.date, facts.motivations, tuple(facts.descriptions.items())]
        assert first != incident.organisation


# ------------------------------------------------------------------------------------------ the proportions


def test_the_default_demo_has_something_of_everything(demo):
    assert {incident.state for incident in demo} == set(State) - {State.DUPLICATE}, "two records are linked by people"
    assert len({i.decision.reason for i in demo if i.decision and i.decision.reason}) >= 5
    assert {incident.facts.type for incident in demo} >= set(IncidentType)
    assert {motivation for incident in demo for motivation in incident.facts.motivations} == set(BiasMotivation)


@pytest.mark.parametrize(
    ("condition", "expected", "tolerance"),
    [
        (lambda i: i.state is State.ACCEPTED, 0.78, 0.02),
        (lambda i: i.state is State.REJECTED, 0.08, 0.01),
        (lambda i: len(i.facts.motivations) == 2, 0.086, 0.015),
        (lambda i: i.facts.type is IncidentType.VIOLENT_ATTACK, 0.52, 0.02),
        (lambda i: i.facts.type is IncidentType.PROPERTY_ATTACK, 0.33, 0.025),
        (lambda i: i.facts.type is IncidentType.THREAT, 0.15, 0.02),
        (lambda i: i.facts.date and i.facts.date.precision == "year", 0.05, 0.01),
        (lambda i: i.facts.date and i.facts.date.precision == "month", 0.10, 0.01),
        (lambda i: i.facts.basis == Basis.PUBLIC_SOURCE, 0.13, 0.02),
        (lambda i: i.facts.allows(Purpose.PUBLISH), 0.82, 0.05),
        (lambda i: i.facts.allows(Purpose.ODIHR), 0.86, 0.05),
        (lambda i: i.facts.allows(Purpose.STATISTICS), 0.94, 0.04),
    ],
)
def test_the_proportions_are_those_of_a_real_coalition(many, condition, expected, tolerance):
    assert share(many, condition) == pytest.approx(expected, abs=tolerance)


def test_three_data_years_grow_and_their_months_differ(many):
    dated = [incident.facts.date for incident in many if incident.facts.date]
    years = Counter(day.year for day in dated)
    assert sorted(years) == [LATEST_YEAR - 2, LATEST_YEAR - 1, LATEST_YEAR]
    months = Counter((day.year, day.month) for day in dated if day.month)
    assert len(months) == 36
    assert max(months.values()) > 1.5 * min(months.values())


def test_the_stream_is_in_the_order_of_what_happened(many):
    first_hand = [i for i in many if not (i.decision and i.decision.reason is RejectionReason.DUPLICATE)]
    dates = [incident.facts.date for incident in first_hand if incident.facts.date]
    exact = [day.earliest() for day in dates if day.precision == "day"]
    assert exact == sorted(exact)


# ------------------------------------------------------------------------------------------ the wording


@pytest.mark.parametrize("kind", IncidentType)
@pytest.mark.parametrize("motivation", BiasMotivation)
def test_there_are_a_dozen_scenarios_for_every_motivation_and_type(motivation, kind):
    assert len(scenarios(kind.value, motivation.value)) >= 12


def test_every_motivation_has_several_victims_and_sites():
    for motivation in motivations().values():
        assert len(motivation.people) >= 4, motivation.code
        assert len(motivation.sites) >= 5, motivation.code


def test_few_accepted_descriptions_are_told_twice(demo):
    told = Counter(i.facts.descriptions["en"] for i in demo if i.state is State.ACCEPTED)
    assert sum(number - 1 for number in told.values()) <= 2
    assert max(told.values()) <= 2


def test_both_descriptions_are_whole_sentences_without_leftovers(many):
    for language, text in descriptions(many):
        assert text == " ".join(text.split())
        assert text[0].isupper()
        assert text.endswith(".")
        assert not re.search(r"[{}\[\]|]|\.\.|,\.|,,| ,", text), text
        assert bool(re.search("[а-яА-Я]", text)) is (language == "bg"), text


def test_bulgarian_prepositions_grow_before_a_similar_sound(many):
    notes = [indicator.note for incident in many for indicator in incident.facts.indicators]
    texts = [*notes, *(text for _, text in descriptions(many)), *(incident.facts.narrative for incident in many)]
    clumsy = re.compile(r"\b(с [сз]|в [вф])", re.IGNORECASE)
    assert [text for text in texts if clumsy.search(text)] == []


def test_descriptions_are_short(many):
    lengths = sorted(len(text.split()) for language, text in descriptions(many) if language == "en")
    assert 10 <= lengths[len(lengths) // 2] <= 25
    assert lengths[int(len(lengths) * 0.9)] < 45


TOWNS = {
    *(name for names in read_data("circumstances.toml")["municipalities"].values() for name in names),
    *(entry.label.split(" (")[0] for entry in regions("BG")),
    "София", "Sofia",
}  # fmt: skip
DAYS = re.compile(
    r"\b(monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|понеделник|вторник|сряда|четвъртък|петък|събота|неделя"
    r"|january|february|march|april|june|july|august|september|october|november|december"
    r"|януари|февруари|март|април|май|юни|юли|август|септември|октомври|ноември|декември)\b|\d",
    re.IGNORECASE,
)


def test_no_public_description_names_a_town(many):
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(TOWNS))) + r")\b")
    assert [text for _, text in descriptions(many) if pattern.search(text)] == []


def test_no_public_description_names_a_day_or_a_month(many):
    found = {match.group() for _, text in descriptions(many) if (match := DAYS.search(text))}
    assert found <= {"march"}, "a march is also what people walk in"


def test_no_public_description_names_anybody_of_the_demo(many):
    names = {part for account in generate(0, 1, LATEST_YEAR).accounts for part in account.name.split()}
    members = {
        name for organisation in generate(0, 1, LATEST_YEAR).organisations for name in organisation.names.values()
    }
    for _, text in descriptions(many):
        assert not any(re.search(rf"\b{re.escape(name)}\b", text) for name in names | members), text


CAPITALISED = re.compile(r"(?<!^)(?<!\. )(?<![\w-])[A-ZА-Я][\w’]+")
PROPER = {
    "Roma", "Jewish", "Muslim", "Holocaust", "African", "Asian", "Middle", "Eastern", "LGBTI", "Pride",
    "Christian", "Christianity", "Protestant", "Orthodox", "Evangelical", "Kingdom", "Hall", "Jehovah’s", "Witnesses",
    "Buddhist", "Hindu", "Baha’i", "ЛГБТИ", "Холокоста", "Свидетелите", "Свидетели", "Йехова",
}  # fmt: skip


def test_the_only_capitals_inside_a_description_are_those_of_groups(many):
    words = {word for _, text in descriptions(many) for word in CAPITALISED.findall(text)}
    assert words - PROPER == set()


def test_internal_texts_are_whole_too(many):
    for incident in many:
        facts = incident.facts
        for text in (facts.narrative, facts.impact, facts.authorities_response):
            assert not re.search(r"[{}\[\]|]|\.\.|,\.|  ", text), text


def test_the_narrative_names_no_member_and_no_person(many):
    names = {part for account in generate(0, 1, LATEST_YEAR).accounts for part in account.name.split()}
    for incident in islice(many, 500):
        assert not any(name in incident.facts.narrative for name in names)
