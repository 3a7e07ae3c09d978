"""Who may see what, the policy by itself; what pages and files make of it is in tests/contracts/test_disclosure.py."""

from dataclasses import fields, replace
from itertools import product

import pytest

from coalition.domain.access import Actor, IncidentSubject
from coalition.domain.codebook import codebook
from coalition.domain.disclosure import (
    FIELD_CLASSES,
    LOGGED_AS_CODES,
    NAMED_OUTSIDE,
    RECORD_CLASSES,
    VISIBLE,
    Audience,
    FieldClass,
    Occasion,
    audience_of,
    audience_of_lists,
    audience_of_look_alike,
    changes_as_codes,
    class_of_fact,
    class_of_name,
    disclose,
    hidden_fields,
    withheld,
)
from coalition.domain.incidents import Facts, Indicator, PartialDate, Source
from coalition.domain.profile_checks import FACTS_OF
from coalition.domain.reviews import EDITABLE, Step
from coalition.domain.vocabulary import Role, State
from tests.domain.samples import COMPLETE, facts

NAMES = {field.name for field in fields(Facts)}
OUTSIDE = [Audience.ODIHR, Audience.PUBLIC]
CONTACT = {"contact_name", "contact_phone", "contact_email", "contact_safely"}
IDENTITY = {"time", "own_reference", "consent_date", *CONTACT}
TEXTS = {"narrative", "authorities_response", "impact", "type_reason", "scope_reason", "clearances"}
INSIDE = {"needs"}
PLACE = {"region", "municipality"}

# What each audience does not see at all.
HIDDEN = {
    Audience.OWNER: set(),
    Audience.MEMBER: IDENTITY,
    Audience.COALITION: IDENTITY | INSIDE,
    Audience.PEER: NAMES - {"date", "country", "region", "chosen_type", "motivations", "descriptions"},
    Audience.OUTLINE: IDENTITY | INSIDE | TEXTS | PLACE,
    Audience.HANDED_ON: IDENTITY | INSIDE,
    Audience.CODES: IDENTITY | INSIDE | TEXTS | PLACE,
    Audience.ODIHR: IDENTITY | INSIDE | TEXTS | PLACE,
    Audience.PUBLIC: NAMES - {"date", "country", "chosen_type", "motivations", "descriptions"},
}

RECORDER = Actor("recorder", Role.CASE_WORKER, "first")
COLLEAGUE = Actor("colleague", Role.CASE_WORKER, "first")
LEAD = Actor("lead", Role.LEAD, "first")
OTHERS = (
    Actor("other worker", Role.CASE_WORKER, "second"),
    Actor("other lead", Role.LEAD, "second"),
    Actor("administrator", Role.ADMINISTRATOR),
    Actor("auditor", Role.AUDITOR),
    Actor("operator", Role.OPERATOR),
    Actor("nobody", Role.NOBODY),
)
COORDINATOR = Actor("coordinator", Role.COORDINATOR)


def subject(state: State = State.SUBMITTED, *, shared: bool = True) -> IncidentSubject:
    return IncidentSubject("first", "recorder", state, shared)


# --- who is which audience --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("shared", [True, False])
def test_whoever_is_of_another_member_or_reads_no_records_is_no_audience(state: State, shared: bool):
    for actor, occasion in product(OTHERS, Occasion):
        assert audience_of(actor, subject(state, shared=shared), occasion) is None, actor


@pytest.mark.parametrize("state", State)
def test_the_organisation_reads_without_identity_until_it_is_asked_for(state: State):
    for actor in (RECORDER, COLLEAGUE, LEAD):
        assert audience_of(actor, subject(state)) is Audience.MEMBER
        assert audience_of(actor, subject(state), Occasion.NAMING) is Audience.OUTLINE
    for actor in (RECORDER, LEAD):
        assert audience_of(actor, subject(state), Occasion.UNSEALING) is Audience.OWNER
    assert audience_of(COLLEAGUE, subject(state), Occasion.UNSEALING) is Audience.MEMBER


@pytest.mark.parametrize("state", State)
def test_the_form_shows_what_was_typed_to_whoever_may_type_now(state: State):
    open_to_changes = Audience.OWNER if state in EDITABLE else Audience.MEMBER
    for actor in (RECORDER, LEAD):
        assert audience_of(actor, subject(state), Occasion.TYPING) is open_to_changes
    assert audience_of(COLLEAGUE, subject(state), Occasion.TYPING) is Audience.MEMBER


@pytest.mark.parametrize("state", State)
def test_a_sheet_to_hand_on_holds_what_the_coalition_is_told_and_nothing_of_its_review(state: State):
    for actor in (RECORDER, COLLEAGUE, LEAD):
        assert audience_of(actor, subject(state), Occasion.SHARING) is Audience.HANDED_ON
    assert VISIBLE[Audience.HANDED_ON] == VISIBLE[Audience.COALITION] - {FieldClass.INSIDE}


@pytest.mark.parametrize("state", State)
def test_the_coordinator_is_the_coalition_once_it_is_shared_and_handed_in(state: State):
    handed_in = state is not State.DRAFT
    for occasion in (Occasion.READING, Occasion.TYPING, Occasion.UNSEALING):
        assert audience_of(COORDINATOR, subject(state), occasion) is (Audience.COALITION if handed_in else None)
    assert audience_of(COORDINATOR, subject(state), Occasion.NAMING) is (Audience.OUTLINE if handed_in else None)
    assert audience_of(COORDINATOR, subject(state, shared=False)) is None


@pytest.mark.parametrize("state", State)
def test_another_member_sees_a_look_alike_only_while_it_is_shared_and_handed_in(state: State):
    handed_in = state is not State.DRAFT
    for stranger in (Actor("other worker", Role.CASE_WORKER, "second"), Actor("other lead", Role.LEAD, "second")):
        assert audience_of_look_alike(stranger, subject(state)) is (Audience.PEER if handed_in else None)
        assert audience_of_look_alike(stranger, subject(state, shared=False)) is None
    assert audience_of_look_alike(COLLEAGUE, subject(state, shared=False)) is Audience.MEMBER
    for other in (COORDINATOR, *(actor for actor in OTHERS if actor.organisation is None)):
        assert audience_of_look_alike(other, subject(state)) is None


def test_lists_are_for_those_who_list():
    assert {actor.id: audience_of_lists(actor) for actor in (RECORDER, LEAD, COORDINATOR)} == {
        "recorder": Audience.MEMBER,
        "lead": Audience.MEMBER,
        "coordinator": Audience.COALITION,
    }
    assert {audience_of_lists(actor) for actor in OTHERS if actor.organisation is None} == {None}


# --- what each audience sees ------------------------------------------------------------------------------


def test_every_field_of_the_facts_has_a_class():
    assert {name for name in FIELD_CLASSES if "." not in name} == NAMES


def test_every_audience_is_decided():
    assert set(VISIBLE) == set(Audience)
    assert VISIBLE[Audience.OWNER] == set(FieldClass) - {FieldClass.INSIDE}
    inside = {audience for audience, seen in VISIBLE.items() if FieldClass.INSIDE in seen}
    assert inside == {Audience.COALITION, Audience.CODES}, "reviewers, and the command line"
    for audience in set(Audience) - {Audience.OWNER}:
        assert FieldClass.IDENTITY not in VISIBLE[audience]
    for audience in OUTSIDE:
        assert {FieldClass.NARRATIVE, FieldClass.STAFF, FieldClass.LOCATING, FieldClass.HANDLING}.isdisjoint(
            VISIBLE[audience]
        )
    assert VISIBLE[Audience.PUBLIC] < VISIBLE[Audience.ODIHR] < VISIBLE[Audience.COALITION]
    assert VISIBLE[Audience.COALITION] - {FieldClass.INSIDE} < VISIBLE[Audience.MEMBER]


def test_every_class_holds_something():
    assert {*FIELD_CLASSES.values(), *RECORD_CLASSES.values()} == set(FieldClass)


@pytest.mark.parametrize("audience", Audience)
def test_the_hidden_fields_are_those_of_the_table(audience: Audience):
    assert hidden_fields(audience) == HIDDEN[audience]


@pytest.mark.parametrize("audience", Audience)
def test_a_hidden_field_is_empty_and_a_visible_one_is_not_lost(audience: Audience):
    seen = disclose(COMPLETE, audience)
    for name in NAMES:
        if name in HIDDEN[audience]:
            assert getattr(seen, name) == getattr(Facts(), name), name
        else:
            assert bool(getattr(seen, name)) == bool(getattr(COMPLETE, name)) or name == "chosen_type", name


def test_the_owner_sees_everything_unchanged():
    assert disclose(COMPLETE, Audience.OWNER) == COMPLETE
    assert withheld(COMPLETE, Audience.OWNER) == frozenset()


@pytest.mark.parametrize("audience", [Audience.MEMBER, Audience.COALITION])
def test_a_reader_inside_sees_the_day_and_the_narrative(audience: Audience):
    seen = disclose(COMPLETE, audience)
    assert seen.date == PartialDate(2024, 5, 17)
    assert seen.narrative == COMPLETE.narrative
    assert seen.indicators == COMPLETE.indicators
    assert seen.victims == COMPLETE.victims


@pytest.mark.parametrize("audience", [Audience.MEMBER, Audience.COALITION])
def test_a_source_that_is_a_person_is_not_named(audience: Audience):
    seen = disclose(COMPLETE, audience)
    assert [source.name for source in seen.sources] == ["", "Near Shore"]
    assert [source.reference for source in seen.sources] == ["", ""]
    assert [source.kind for source in seen.sources] == ["victim_interview", "partner_organisation"]


@pytest.mark.parametrize("kind", [entry.code for entry in codebook()["source_kinds"]])
def test_only_organisations_and_media_are_named_and_only_inside_with_their_file_number(kind: str):
    named = kind in NAMED_OUTSIDE
    told = facts(sources=(Source(kind, "Name", "file 7"),))
    for audience in (Audience.MEMBER, Audience.COALITION):
        (source,) = disclose(told, audience).sources
        assert (source.name, source.reference) == (("Name", "file 7") if named else ("", ""))
    (source,) = disclose(told, Audience.ODIHR).sources
    assert (source.name, source.reference) == ("Name" if named else "", "")


@pytest.mark.parametrize("audience", [*OUTSIDE, Audience.OUTLINE])
def test_outside_the_date_is_cut_to_the_month(audience: Audience):
    assert disclose(COMPLETE, audience).date == PartialDate(2024, 5)
    assert disclose(facts(date=PartialDate(2024)), audience).date == PartialDate(2024)
    assert disclose(facts(date=None), audience).date is None


@pytest.mark.parametrize("audience", [*OUTSIDE, Audience.OUTLINE])
def test_outside_nothing_is_left_of_any_internal_text(audience: Audience):
    seen = repr(disclose(COMPLETE, audience))
    internal = [
        COMPLETE.narrative, COMPLETE.municipality, COMPLETE.region, COMPLETE.time, COMPLETE.own_reference,
        COMPLETE.authorities_response, COMPLETE.impact, COMPLETE.indicators[0].note, COMPLETE.indicators[0].observer,
        COMPLETE.victims[0].injury, COMPLETE.sources[0].reference, COMPLETE.sources[0].name, "day=17",
    ]  # fmt: skip
    assert [text for text in internal if text in seen] == []


@pytest.mark.parametrize("audience", OUTSIDE)
def test_outside_the_type_is_stated_even_where_the_offences_are_not(audience: Audience):
    assert disclose(COMPLETE, audience).chosen_type == "violent_attack"


def test_odihr_is_told_which_organisations_stand_behind_an_incident_but_no_persons_name():
    sources = disclose(COMPLETE, Audience.ODIHR).sources
    assert [(source.kind, source.name) for source in sources] == [
        ("victim_interview", ""),
        ("partner_organisation", "Near Shore"),
    ]


@pytest.mark.parametrize("audience", Audience)
def test_disclosing_twice_discloses_nothing_more(audience: Audience):
    once = disclose(COMPLETE, audience)
    assert disclose(once, audience) == once


# --- what is said of what is hidden -----------------------------------------------------------------------


@pytest.mark.parametrize("audience", Audience)
def test_what_is_withheld_is_named_alike_whether_it_is_filled_in_or_not(audience: Audience):
    bare = replace(
        COMPLETE,
        time="",
        own_reference="",
        consent_date=None,
        narrative="",
        sources=tuple(replace(source, name="", reference="", url="", date=None) for source in COMPLETE.sources),
        proceedings=tuple(replace(item, reference="", note="") for item in COMPLETE.proceedings),
        contact_name="",
        indicators=tuple(replace(item, note="", observer="") for item in COMPLETE.indicators),
    )
    assert withheld(bare, audience) == withheld(COMPLETE, audience)


def test_what_is_withheld_is_named():
    person = {"sources.0.name", "sources.0.reference", "sources.0.url", "proceedings.0.reference"}
    assert withheld(COMPLETE, Audience.MEMBER) == IDENTITY | person
    assert withheld(COMPLETE, Audience.COALITION) == IDENTITY | INSIDE | person
    assert withheld(COMPLETE, Audience.ODIHR) == HIDDEN[Audience.ODIHR] | person | {
        "date.day",
        "indicators.0.note",
        "indicators.0.observer",
        "victims.0.injury",
        "victims.0.sub_grounds",
        "victims.0.earlier",
        "sources.1.reference",
        "sources.1.url",
        *(f"sources.{n}.{name}" for n in (0, 1) for name in ("date", "reliability", "credibility")),
        "proceedings.0.date",
        "proceedings.0.note",
    }


def test_the_coalitions_own_people_are_named_to_members_and_members_people_to_nobody_outside():
    assert class_of_name(Step.SUBMIT) is class_of_name(Step.WITHDRAW) is FieldClass.STAFF
    for step in (Step.ACCEPT, Step.RETURN, Step.REJECT, Step.REOPEN):
        assert class_of_name(step) in VISIBLE[Audience.COALITION] & VISIBLE[Audience.MEMBER]
    for step in (Step.TAKE, Step.PUT_BACK):
        assert class_of_name(step) not in VISIBLE[Audience.OWNER] | VISIBLE[Audience.MEMBER], "who works on it"
    assert FieldClass.STAFF not in VISIBLE[Audience.COALITION]


def test_every_column_of_a_submission_is_of_a_class_that_odihr_sees():
    for name, shown in FACTS_OF.items():
        assert all(class_of_fact(fact) in VISIBLE[Audience.ODIHR] for fact in shown), name


# --- what the log is told ---------------------------------------------------------------------------------


def test_the_log_is_told_codes_only_and_none_that_locates_or_tells():
    for name in LOGGED_AS_CODES:
        assert FIELD_CLASSES[name] in {FieldClass.CODED, FieldClass.PUBLIC}
    assert {"descriptions", "date", *IDENTITY, *TEXTS, *PLACE}.isdisjoint(LOGGED_AS_CODES)


def test_a_change_is_told_as_old_and_new_codes():
    after = facts(
        country="RO",
        offences=(),
        consents=frozenset({"record", "odihr"}),
        narrative="Another account.",
        municipality="Пловдив",
        indicators=(Indicator("pattern", "another note"),),
        date=PartialDate(2024, 5),
    )
    assert changes_as_codes(COMPLETE, after) == {
        "country": ["BG", "RO"],
        "offences": [["assault"], []],
        "consents": [sorted(COMPLETE.consents), ["odihr", "record"]],
        "date": ["day", "month"],
    }
    assert changes_as_codes(COMPLETE, COMPLETE) == {}
    assert changes_as_codes(Facts(), facts())["date"] == ["", "day"]
