"""The member's pages: the list, the recording form section by section, the overview and its conversation."""

import datetime
import re
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest

from coalition.domain.completeness import missing_for_odihr, problems
from coalition.domain.criterion import Test as Criterion
from coalition.domain.incidents import (
    Clearance,
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Problem,
    Proceeding,
    Source,
    Victims,
)
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import State
from coalition.i18n.problems import PROBLEMS, wording
from coalition.services import incidents, reviews
from coalition.services.incident_views import PAGE, IncidentView
from coalition.services.work import reading, unit_of_work
from coalition.web.answers import answers
from coalition.web.forms.incidents import SECTIONS
from tests.conftest import Coalition
from tests.diary import done_once
from tests.page import Browser, Page

SignedIn = Callable[[str], Browser]

COMPLETE: dict[str, Any] = {
    "date": PartialDate(2025, 3, 27),
    "country": "BG",
    "region": "BG-16",
    "municipality": "Asenovgrad",
    "offences": ("assault",),
    "motivations": ("anti_roma",),
    "indicators": (Indicator("expression", "Insults during the attack", "victim"),),
    "victims": (Victims("person", 1, "man", "teenager", "member", "bruises"),),
    "perpetrators": (Perpetrators(4, "man", "adult", "stranger"),),
    "sources": (Source("victim_interview", "First Member"),),
    "case_status": "not_reported",
    "reason_not_reported": "distrust",
    "narrative": "What the mother told us.",
    "descriptions": {"en": "A teenage boy was insulted and beaten."},
    "basis": "consent",
    "consents": frozenset({"record", "share_coalition", "statistics"}),
    "consent_way": "guardian",
    "consent_date": datetime.date(2025, 3, 28),
}


@done_once
def begin(coalition: Coalition, who: str = "case_worker", **changes: Any) -> str:
    """Keep a draft; returns its reference."""
    with unit_of_work(coalition.runtime, coalition.actor(who)) as work:
        return incidents.begin_incident(work, changes)


@done_once
def submitted(coalition: Coalition, **changes: Any) -> str:
    """Submit a complete incident; returns its reference."""
    reference = begin(coalition, **{**COMPLETE, **changes})
    with unit_of_work(coalition.runtime, coalition.actor("case_worker")) as work:
        incidents.submit_incident(work, reference, 1)
    return reference


@done_once
def decided(coalition: Coalition, step: Step, **values: str) -> str:
    """Submit an incident and let the coordinator decide; returns its reference."""
    reference = submitted(coalition)
    with unit_of_work(coalition.runtime, coalition.actor("coordinator")) as work:
        reviews.decide(work, reference, 2, Decision(step, {}, **values))
    return reference


def read(coalition: Coalition, reference: str) -> IncidentView:
    """Read an incident as its recorder sees it who has asked for the identity."""
    with reading(coalition.runtime, coalition.actor("case_worker")) as work:
        return incidents.unseal_incident(work, reference)


def section_url(reference: str, section: str) -> str:
    """Return the address of a section."""
    return f"/en/incidents/{reference}/edit/{section}"


def fill(browser: Browser, reference: str, section: str, status: int = 200, **typed: Any) -> Page:
    """Open a section, fill it in, and go on."""
    browser.get(section_url(reference, section))
    return browser.submit(section_url(reference, section), ("go", "next"), status, **typed)


def path_of(browser: Browser) -> str:
    """Return the path that the browser is on, without the language."""
    return browser.path.removeprefix("/en")


def reference_of(browser: Browser) -> str:
    """Return the reference in the address that the browser is on."""
    found = re.search(r"/incidents/([^/]+)", browser.path)
    assert found
    return found[1]


# --- the shape of the form --------------------------------------------------------------------------------


def test_every_fact_is_asked_for_in_exactly_one_section() -> None:
    asked = [fact for section in SECTIONS.values() for fact in section.facts]
    assert sorted(asked) == sorted(item.name for item in fields(Facts))


def test_every_section_tells_its_answers() -> None:
    assert list(answers(Facts())) == list(SECTIONS)


@pytest.mark.parametrize("fact", [item.name for item in fields(Facts)])
def test_every_fact_is_told(fact: str) -> None:
    whole = replace(
        Facts(**COMPLETE),
        time="late evening",
        location_type="street",
        chosen_type="threat",
        authorities_response="An investigation",
        impact="Fear",
        own_reference="17",
        type_reason="Nobody was hurt.",
        chosen_scope="not_criminal",
        scope_reason="The prosecutor said so.",
        weapon="object",
        bias_recorded="no",
        proceedings=(Proceeding("reported", PartialDate(2025, 3), "17/2025", "By telephone."),),
        needs=(Need("psychosocial", "Crisis centre", "accepted", datetime.date(2025, 4, 1)),),
        clearances=(Clearance("en", "place", "May Street", "A make of tea."),),
        consent_by="guardian",
        contact_name="The mother",
        contact_phone="+359 88 000 0000",
        contact_email="mother@example.org",
        contact_safely="After six.",
    )
    without = replace(whole, **{fact: getattr(Facts(), fact)})
    assert answers(whole) != answers(without)


def test_every_problem_of_an_incident_has_words_and_a_section() -> None:
    today = datetime.date(2026, 3, 2)
    broken = (
        Facts(),
        Facts(date=PartialDate(2030), offences=("disturbance",), indicators=(Indicator("pattern"),)),
        Facts(sources=(Source(""),), basis="consent", consent_date=datetime.date(2030, 1, 1)),
        Facts(offences=("assault",), chosen_type="threat", proceedings=(Proceeding(""),), needs=(Need(""),)),
        Facts(offences=("hate_speech",), chosen_scope="inside", victims=(Victims("person", 1, age_band="child"),)),
        Facts(basis="consent", victims=(Victims("person", 1, age_band="child"),)),
        Facts(descriptions={"en": "Maria Petrova was insulted on Monday, 5 May."}),
    )
    found = {problem for facts in broken for problem in (*problems(facts, today), *missing_for_odihr(facts))}
    assert {wording(problem).section for problem in found} <= set(SECTIONS)
    assert {(problem.field, problem.code) for problem in found} == {
        key for key, words in PROBLEMS.items() if words.section
    }


def test_every_test_of_the_criterion_has_words_for_accepting_against_it() -> None:
    for test in Criterion:
        assert wording(Problem(f"test_{test.value}", "accepted_against")).text


def test_every_problem_leads_to_a_control_of_its_section(signed_in: SignedIn, coalition: Coalition) -> None:
    reference, browser = begin(coalition), signed_in("case_worker")
    for words in PROBLEMS.values():
        if words.section:
            page = browser.get(section_url(reference, words.section))
            assert page.by_id(words.anchor) is not None, words.anchor


# --- beginning --------------------------------------------------------------------------------------------


def test_the_first_page_names_the_emergency_number_before_any_question(signed_in: SignedIn) -> None:
    page = signed_in("case_worker").get("/en/incidents/new")
    assert "112" in page.text
    assert page.text.index("112") < page.text.index("Day of consent" if "Day of consent" in page.text else "Month")
    assert "does not inform the police" in page.text


def test_the_coalitions_country_comes_first(signed_in: SignedIn) -> None:
    page = signed_in("case_worker").get("/en/incidents/new")
    country = page.by_id("country")
    assert country is not None
    options = [option.get("value") for option in country.iter("option")]
    assert options[0] == "BG"
    assert len(options) == 57 + 1
    assert page.form("/en/incidents/new").values["country"] == ["BG"]


def test_countries_are_named_in_the_readers_language(signed_in: SignedIn) -> None:
    page = signed_in("case_worker").get("/bg/incidents/new")
    assert "Норвегия" in page.html


def test_saving_the_first_page_keeps_a_draft_and_leads_on(signed_in: SignedIn, coalition: Coalition) -> None:
    browser = signed_in("case_worker")
    browser.get("/en/incidents/new")
    typed = {"date-year": "2025", "date-month": "02", "time": " late evening ", "region": "BG-16"}
    browser.submit("/en/incidents/new", ("go", "next"), **typed)
    reference = reference_of(browser)
    assert path_of(browser) == f"/incidents/{reference}/edit/what-happened"
    facts = read(coalition, reference).facts
    assert (facts.date, facts.time, facts.region) == (PartialDate(2025, 2), "late evening", "BG-16")


def test_an_empty_first_page_is_a_draft_too(signed_in: SignedIn, coalition: Coalition) -> None:
    browser = signed_in("case_worker")
    browser.get("/en/incidents/new")
    page = browser.submit("/en/incidents/new", ("go", "overview"))
    assert path_of(browser) == f"/incidents/{reference_of(browser)}"
    assert "Your answers are saved." in page.text
    assert read(coalition, reference_of(browser)).state is State.DRAFT


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"date-day": "45"}, "Day: write a whole number from 1 to 31."),
        ({"date-day": "31", "date-month": "2", "date-year": "2025"}, "This month has no day 31."),
        ({"date-year": "last year"}, "Year: write four digits, for example 2025."),
        ({"date-year": "25"}, "Year: write four digits, for example 2025."),
        ({"date-year": "9" * 5000}, "Year: write four digits, for example 2025."),
        ({"date-day": "3", "date-year": "2025"}, "Write the month too, or leave the day empty."),
        ({"date-month": "3"}, "Write the year too."),
        ({"country": "XX"}, "Choose an answer from the list."),
        ({"location_type": "the moon"}, "Choose an answer from the list."),
        ({"country": "RO", "region": "BG-16"}, "The region is not in the country you chose. Change one of the two."),
        ({"municipality": "x" * 201}, "“Town or village”: shorten the text to 200 characters; now it has 201."),
    ],
)
def test_unreadable_input_is_named_and_kept(signed_in: SignedIn, typed: dict[str, str], message: str) -> None:
    browser = signed_in("case_worker")
    browser.get("/en/incidents/new")
    page = browser.submit("/en/incidents/new", ("go", "next"), 422, **typed)
    assert page.errors() == [message]
    assert page.text.count(message) == 2
    assert "".join(page.all("title")[0].itertext()).startswith("Error:")
    values = page.form("/en/incidents/new").values
    kept = {name: text for name, text in typed.items() if text not in {"XX", "the moon"}}
    assert {name: values[name] for name in kept} == {name: [text] for name, text in kept.items()}


def test_every_participating_state_can_be_chosen(signed_in: SignedIn, coalition: Coalition) -> None:
    browser = signed_in("case_worker")
    browser.get("/en/incidents/new")
    browser.submit("/en/incidents/new", ("go", "overview"), country="US")
    assert read(coalition, reference_of(browser)).facts.country == "US"


# --- the sections -----------------------------------------------------------------------------------------


def test_the_sections_follow_each_other_and_end_at_the_overview(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    slugs = list(SECTIONS)
    for slug, following in pairwise(slugs):
        fill(browser, reference, slug)
        assert path_of(browser) == f"/incidents/{reference}/edit/{following}"
    fill(browser, reference, slugs[-1])
    assert path_of(browser) == f"/incidents/{reference}"


def test_going_through_the_form_untouched_changes_nothing(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    before = read(coalition, reference)
    for slug in SECTIONS:
        fill(browser, reference, slug)
    assert read(coalition, reference) == before


def test_offences_of_all_groups_are_one_set(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    fill(
        browser,
        reference,
        "what-happened",
        offences_property_attack=["graffiti", "arson"],
        offences_violent_attack=["robbery"],
        offences_out_of_scope=["hate_speech"],
        chosen_type="threat",
    )
    facts = read(coalition, reference).facts
    assert facts.offences == ("robbery", "arson", "graffiti", "hate_speech")
    assert facts.chosen_type == "threat"
    page = browser.get(f"/en/incidents/{reference}")
    assert "Threats (chosen by hand)" in page.text


def test_an_offence_of_another_group_is_refused(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    page = fill(browser, reference, "what-happened", 422, offences_threat=["arson"])
    assert page.errors() == ["Choose an answer from the list."]


def test_motivations_and_indicators_are_kept_with_their_notes(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    fill(
        browser,
        reference,
        "motivation",
        motivations=["gender", "anti_roma"],
        indicator_expression="y",
        indicator_expression_note="Shouted insults",
        indicator_expression_observer="witness",
        indicator_pattern="y",
    )
    facts = read(coalition, reference).facts
    assert facts.motivations == ("anti_roma", "gender")
    assert facts.indicators == (Indicator("expression", "Shouted insults", "witness"), Indicator("pattern"))
    assert Problem("indicators", "note_missing") in read(coalition, reference).problems


def test_a_note_without_a_tick_counts_as_ticked(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    fill(browser, reference, "motivation", indicator_pattern_note="The third time this year")
    assert read(coalition, reference).facts.indicators == (Indicator("pattern", "The third time this year"),)


def test_taking_the_tick_away_takes_the_indicator_away(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = (
        signed_in("case_worker"),
        begin(coalition, indicators=(Indicator("pattern", "Again", "victim"),)),
    )
    fill(browser, reference, "motivation", indicator_pattern=[])
    assert read(coalition, reference).facts.indicators == ()


def test_rows_are_added_and_removed_without_losing_what_was_typed(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    address = section_url(reference, "victims")
    browser.get(address)
    page = browser.submit(address, ("rows", "add"), **{"victims-0-injury": "broken arm", "victims-0-number": "two"})
    values = page.form(address).values
    assert values["victims-0-injury"] == ["broken arm"]
    assert values["victims-0-number"] == ["two"]
    assert not page.errors()
    page = browser.submit(address, ("rows", "add"), **{"victims-1-injury": "fear"})
    page = browser.submit(address, ("rows", "remove-0"))
    values = page.form(address).values
    assert values["victims-0-injury"] == ["fear"]
    assert "victims-2-injury" not in values
    assert read(coalition, reference).facts.victims == ()
    browser.submit(address, ("go", "next"), **{"victims-0-kind": "group", "victims-0-number": "1 200"})
    assert read(coalition, reference).facts.victims == (Victims("group", 1200, injury="fear"),)


def test_the_last_row_is_emptied_when_it_is_removed(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = (
        signed_in("case_worker"),
        begin(coalition, sources=(Source("media", "A paper"), Source("other"))),
    )
    address = section_url(reference, "sources")
    browser.get(address)
    browser.submit(address, ("rows", "remove-1"))
    page = browser.post(address, {**browser.page.form(address).values, "rows": "remove-0"})  # type: ignore[union-attr]
    assert page.form(address).values["sources-0-name"] == [""]
    browser.submit(address, ("go", "next"))
    assert read(coalition, reference).facts.sources == ()


@pytest.mark.parametrize("button", ["remove-99", "remove-x", "remove", "nonsense", "add-1"])
def test_an_unknown_row_button_does_no_harm(signed_in: SignedIn, coalition: Coalition, button: str) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, victims=(Victims("group", 3),))
    address = section_url(reference, "victims")
    page = browser.get(address)
    page = browser.post(address, {**page.form(address).values, "rows": button})
    assert page.form(address).values["victims-0-number"] == ["3"]


@pytest.mark.parametrize("number", ["0", "100001", "-1", "1.5", "many", "½", "٣٣٣٣٣٣٣"])
def test_a_number_of_people_is_a_whole_number(signed_in: SignedIn, coalition: Coalition, number: str) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    page = fill(browser, reference, "victims", 422, **{"victims-0-number": number})
    assert page.errors() == ["Number of people: write a whole number from 1 to 100,000."]
    assert page.form(section_url(reference, "victims")).values["victims-0-number"] == [number]


def test_more_rows_than_fit_are_not_offered(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, victims=tuple(Victims("person") for _ in range(20)))
    page = browser.get(section_url(reference, "victims"))
    assert ("rows", "add") not in page.form(section_url(reference, "victims")).buttons


def test_perpetrators_are_never_named(signed_in: SignedIn, coalition: Coalition) -> None:
    page = signed_in("case_worker").get(section_url(begin(coalition), "perpetrators"))
    assert "Never write a name here" in page.text


def test_a_reason_for_not_reporting_goes_with_not_reporting_only(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    fill(browser, reference, "police", case_status="not_reported", reason_not_reported="distrust")
    assert read(coalition, reference).facts.reason_not_reported == "distrust"
    fill(browser, reference, "police", case_status="reported")
    assert read(coalition, reference).facts.reason_not_reported == ""


def test_no_consent_is_ticked_for_the_person(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    page = browser.get(section_url(reference, "consent"))
    assert not page.form(section_url(reference, "consent")).values["consents"]
    assert len([box for box in page.all("input") if box.get("name") == "consents"]) == 8


def test_consent_is_kept_per_purpose_with_its_way_and_day(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    day = {"consent_date-day": "28", "consent_date-month": "3", "consent_date-year": "2025"}
    fill(browser, reference, "consent", basis="consent", consents=["odihr", "record"], consent_way="written", **day)
    facts = read(coalition, reference).facts
    assert facts.consents == {"odihr", "record"}
    assert (facts.consent_way, facts.consent_date) == ("written", datetime.date(2025, 3, 28))


def test_half_a_day_of_consent_is_refused(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    page = fill(browser, reference, "consent", 422, **{"consent_date-month": "3", "consent_date-year": "2025"})
    assert page.errors() == ["Write day, month and year."]


def test_a_public_source_has_no_consent(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    fill(browser, reference, "consent", basis="public_source")
    facts = read(coalition, reference).facts
    assert (facts.basis, facts.consents, facts.consent_way, facts.consent_date) == (
        "public_source",
        frozenset(),
        "",
        None,
    )


def test_descriptions_are_asked_for_in_english_first_and_in_the_sites_languages(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, descriptions={"el": "Ένα κείμενο"})
    page = browser.get(section_url(reference, "descriptions"))
    areas = [area.get("name") for area in page.all("textarea")]
    assert areas == ["narrative", "description_en", "description_bg"]
    fill(browser, reference, "descriptions", narrative="line one\r\nline two", description_bg="Текст")
    facts = read(coalition, reference).facts
    assert facts.narrative == "line one\nline two"
    assert facts.descriptions == {"el": "Ένα κείμενο", "bg": "Текст"}


def test_markup_and_control_characters_are_only_text(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    fill(browser, reference, "descriptions", narrative="<script>alert(1)</script>\x00\x07 & “quotes”")
    page = browser.get(f"/en/incidents/{reference}")
    assert "<script>alert(1)</script> & “quotes”" in page.text
    assert "<script>alert" not in page.html


def test_an_unknown_section_does_not_exist(signed_in: SignedIn, coalition: Coalition) -> None:
    signed_in("case_worker").get(section_url(begin(coalition), "secrets"), status=404)


# --- somebody else meanwhile ------------------------------------------------------------------------------


def test_nothing_typed_is_lost_when_somebody_else_saved_meanwhile(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, narrative="first")
    address = section_url(reference, "descriptions")
    browser.get(address)
    with unit_of_work(coalition.runtime, coalition.actor("lead")) as work:
        incidents.save_incident(work, reference, 1, {"narrative": "second"})
    page = browser.submit(address, ("go", "next"), 409, narrative="third")
    assert "saved meanwhile" in page.text
    assert page.form(address).values["narrative"] == ["third"]
    assert read(coalition, reference).facts.narrative == "second"
    browser.submit(address, ("go", "next"), **{"choose-narrative": "mine"})
    assert read(coalition, reference).facts.narrative == "third"


@pytest.mark.parametrize("version", ["", "nonsense", "-1", "9" * 400])
def test_a_save_that_does_not_say_what_it_saw_overwrites_nothing(
    signed_in: SignedIn, coalition: Coalition, version: str
) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, narrative="first")
    page = fill(browser, reference, "descriptions", 409, version=version, narrative="second")
    assert not page.errors()
    assert read(coalition, reference).facts.narrative == "first"


def test_what_was_typed_can_be_copied_when_the_incident_was_submitted_meanwhile(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    address = section_url(reference, "descriptions")
    browser.get(address)
    with unit_of_work(coalition.runtime, coalition.actor("lead")) as work:
        incidents.submit_incident(work, reference, 1)
    page = browser.submit(address, ("go", "next"), 409, narrative="too late")
    assert "cannot be changed now" in page.text
    assert page.form(address).values["narrative"] == ["too late"]
    page = browser.submit(address, ("go", "next"), 409)
    assert page.form(address).values["narrative"] == ["too late"]
    assert read(coalition, reference).facts.narrative == COMPLETE["narrative"]


# --- overview and submitting ------------------------------------------------------------------------------


def test_the_overview_lists_what_is_missing_with_the_way_there(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, country="BG", municipality="Ruse")
    page = browser.get(f"/en/incidents/{reference}")
    links = page.links()
    assert links["Tick at least one bias motivation."].endswith("/edit/motivation?check=1#motivations")
    assert "Something is missing" in page.text
    assert not page.errors()
    assert "Ruse" in page.text


def test_submitting_too_early_names_every_problem_in_the_forms_order(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    browser.get(f"/en/incidents/{reference}")
    page = browser.submit(f"/en/incidents/{reference}", status=422)
    sections = [wording(problem).section for problem in read(coalition, reference).problems]
    assert len(page.errors()) == len(sections)
    assert page.errors()[0] == "Say when it happened. The year alone is enough."
    assert page.errors()[-1].startswith("Describe what happened")
    assert read(coalition, reference).state is State.DRAFT


def test_a_section_shows_what_is_missing_only_when_it_was_asked_to(signed_in: SignedIn, coalition: Coalition) -> None:
    unnoted = (Indicator("pattern", "", ""), Indicator("expression", "insults", ""))
    browser, reference = signed_in("case_worker"), begin(coalition, indicators=unnoted)
    assert not browser.get(section_url(reference, "motivation")).errors()
    page = browser.get(section_url(reference, "motivation") + "?check=1")
    assert page.errors() == [
        "Tick at least one bias motivation.",
        "Write a short note for every bias indicator you ticked: what was seen or heard.",
    ]
    assert page.by_id("indicator_pattern_note-error") is not None


@pytest.mark.parametrize("section", list(SECTIONS))
def test_every_missing_answer_is_shown_beside_a_field(signed_in: SignedIn, coalition: Coalition, section: str) -> None:
    browser = signed_in("case_worker")
    reference = begin(coalition, sources=(Source("", "A paper"),), basis="consent", offences=("disturbance",))
    found = SECTIONS[section].problems(read(coalition, reference).problems)
    assert len(browser.get(section_url(reference, section) + "?check=1").errors()) == len(found)


def test_a_complete_incident_is_submitted_and_then_closed(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    page = browser.get(f"/en/incidents/{reference}")
    assert "Nothing is missing" in page.text
    page = browser.submit(f"/en/incidents/{reference}")
    assert "The incident is submitted." in page.text
    assert "Waiting for the coordinator" in page.text
    assert read(coalition, reference).state is State.SUBMITTED
    assert "Change What happened" not in page.links()
    browser.get(section_url(reference, "sources"), status=409)


def test_pressing_submit_twice_submits_once(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    browser.get(f"/en/incidents/{reference}")
    values = browser.page.form(f"/en/incidents/{reference}").values  # type: ignore[union-attr]
    browser.post(f"/en/incidents/{reference}", values)
    page = browser.post(f"/en/incidents/{reference}", values)
    assert "Waiting for the coordinator" in page.text
    assert [step.step for step in read(coalition, reference).steps] == [Step.SUBMIT]


def test_an_answer_that_came_too_late_can_be_copied(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = decided(coalition, Step.RETURN, text="Why?")
    browser = signed_in("case_worker")
    browser.get(f"/en/incidents/{reference}")
    with unit_of_work(coalition.runtime, coalition.actor("lead")) as work:
        incidents.submit_incident(work, reference, read(coalition, reference).version, "Because.")
    page = browser.submit(f"/en/incidents/{reference}", status=409, answer="Another answer")
    assert "Your answer was not sent" in page.text
    assert "Another answer" in page.text


def test_submitting_what_somebody_else_changed_asks_to_look_again(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    browser.get(f"/en/incidents/{reference}")
    with unit_of_work(coalition.runtime, coalition.actor("lead")) as work:
        incidents.save_incident(work, reference, 1, {"narrative": "another"})
    page = browser.submit(f"/en/incidents/{reference}", status=409)
    assert "Nothing was submitted" in page.text
    browser.submit(f"/en/incidents/{reference}")
    assert read(coalition, reference).state is State.SUBMITTED


def test_the_answers_are_shown_in_words(signed_in: SignedIn, coalition: Coalition) -> None:
    page = signed_in("case_worker").get(f"/en/incidents/{begin(coalition, **COMPLETE)}")
    for words in (
        "27 March 2025",
        "Plovdiv",
        "Other physical assault",
        "Violent attacks against people",
        "Anti-Roma hate crime",
        "Insults during the attack",
        "One person or several people · 1 person · Man · 14 to 17 · Belongs to the targeted group · bruises",
        "4 people · Man · 30 to 64 · Stranger",
        "No trust in the police",
        "Count it in the coalition’s statistics",
        "By a parent or guardian",
    ):
        assert words in page.text, words


# --- the conversation -------------------------------------------------------------------------------------


def test_a_question_is_seen_and_answered(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = decided(coalition, Step.RETURN, text="Was there a witness?")
    browser = signed_in("case_worker")
    page = browser.get("/en/incidents")
    assert "1 question waits for you" in page.text
    page = browser.get(f"/en/incidents/{reference}")
    assert page.text.count("Was there a witness?") == 2
    page = browser.submit(f"/en/incidents/{reference}", answer="Yes, the driver.")
    view = read(coalition, reference)
    assert view.state is State.IN_REVIEW
    assert view.steps[-1].text == "Yes, the driver."
    assert "Yes, the driver." in page.text


def test_an_answer_that_is_too_long_is_kept(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = decided(coalition, Step.RETURN, text="Why?")
    browser = signed_in("case_worker")
    browser.get(f"/en/incidents/{reference}")
    page = browser.submit(f"/en/incidents/{reference}", status=422, answer="x" * 5001)
    assert page.errors() == [
        "“Your answer to the coordinator”: shorten the text to 5,000 characters; now it has 5,001."
    ]
    assert page.form(f"/en/incidents/{reference}").values["answer"] == ["x" * 5001]


def test_a_rejection_shows_its_reason(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = decided(coalition, Step.REJECT, reason="not_verified", text="No second source.")
    page = signed_in("case_worker").get(f"/en/incidents/{reference}")
    assert "It could not be verified" in page.text
    assert "No second source." in page.text


def test_an_acceptance_is_shown(signed_in: SignedIn, coalition: Coalition) -> None:
    page = signed_in("case_worker").get(f"/en/incidents/{decided(coalition, Step.ACCEPT)}")
    assert "The incident counts in the coalition’s figures" in page.text


def test_a_submitted_incident_can_be_taken_back(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), submitted(coalition)
    browser.get(f"/en/incidents/{reference}")
    page = browser.submit(f"/en/incidents/{reference}/withdraw", ("version", "2"))
    assert "draft again" in page.text
    assert read(coalition, reference).state is State.DRAFT


def test_taking_back_what_was_decided_meanwhile_does_nothing(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), submitted(coalition)
    browser.get(f"/en/incidents/{reference}")
    with unit_of_work(coalition.runtime, coalition.actor("coordinator")) as work:
        reviews.decide(work, reference, 2, Decision(Step.ACCEPT, {}))
    page = browser.submit(f"/en/incidents/{reference}/withdraw", ("version", "2"))
    assert "Nothing was changed" in page.text
    assert read(coalition, reference).state is State.ACCEPTED


def test_a_draft_is_discarded_after_asking(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    page = browser.get(f"/en/incidents/{reference}")
    page = browser.get(page.links()["Discard the draft"])
    assert "erased for good" in page.text
    page = browser.submit(f"/en/incidents/{reference}/discard")
    assert "The draft is erased." in page.text
    browser.get(f"/en/incidents/{reference}", status=404)


def test_what_was_submitted_is_not_discarded(signed_in: SignedIn, coalition: Coalition) -> None:
    signed_in("case_worker").get(f"/en/incidents/{submitted(coalition)}/discard", status=409)


# --- the list ---------------------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(signed_in: SignedIn) -> None:
    page = signed_in("case_worker").get("/en/incidents")
    assert "No incident is recorded yet" in page.text
    assert page.links()["Record an incident"] == "/en/incidents/new"


def test_the_list_is_filtered_by_state_and_year(signed_in: SignedIn, coalition: Coalition) -> None:
    draft = begin(coalition, date=PartialDate(2024, 5))
    sent = submitted(coalition)
    browser = signed_in("case_worker")
    page = browser.get("/en/incidents")
    assert {draft, sent} <= set(page.links())
    assert page.links()["Draft 1"] == "/en/incidents?state=draft"
    page = browser.get("/en/incidents?state=draft")
    assert sent not in page.links()
    page = browser.get("/en/incidents?year=2025")
    assert draft not in page.links()
    assert page.links()["Draft 0"] == "/en/incidents?state=draft&year=2025"
    assert "No incident fits this filter" in browser.get("/en/incidents?year=2024&state=accepted").text


@pytest.mark.parametrize("query", ["state=nonsense", "year=abc", "year=1066", "page=x", "page=-3", "page=" + "9" * 30])
def test_a_filter_that_makes_no_sense_shows_everything(signed_in: SignedIn, coalition: Coalition, query: str) -> None:
    reference = begin(coalition)
    assert reference in signed_in("case_worker").get(f"/en/incidents?{query}").links()


def test_a_long_list_has_pages_that_keep_the_filter(signed_in: SignedIn, coalition: Coalition) -> None:
    for _ in range(PAGE + 1):
        begin(coalition, date=PartialDate(2025))
    browser = signed_in("case_worker")
    page = browser.get("/en/incidents?state=draft&year=2025")
    assert "Page 1 of 2" in page.text
    page = browser.get(page.links()["Next"])
    assert "Page 2 of 2" in page.text
    assert page.links()["Previous"] == "/en/incidents?state=draft&year=2025&page=1"


# --- who may --------------------------------------------------------------------------------------------


def test_another_member_never_learns_that_an_incident_exists(signed_in: SignedIn, coalition: Coalition) -> None:
    reference, browser = begin(coalition, **COMPLETE), signed_in("second_worker")
    browser.get(f"/en/incidents/{reference}", status=404)
    browser.get(section_url(reference, "sources"), status=404)
    browser.get(f"/en/incidents/{reference}/discard", status=404)
    assert reference not in browser.get("/en/incidents").links()
    token = browser.get("/en/incidents/new").form("/en/incidents/new").values["csrf_token"]
    for path in ("", "/withdraw", "/discard", "/edit/sources"):
        browser.post(f"/en/incidents/{reference}{path}", {"csrf_token": token, "version": "1"}, status=404)


@pytest.mark.parametrize("who", ["coordinator", "administrator"])
def test_the_members_pages_are_closed_to_others(signed_in: SignedIn, coalition: Coalition, who: str) -> None:
    reference, browser = submitted(coalition), signed_in(who)
    for path in ("", "/new", f"/{reference}", f"/{reference}/edit/sources"):
        browser.get(f"/en/incidents{path}", status=403)


def test_a_lead_sees_and_amends_what_a_case_worker_recorded(signed_in: SignedIn, coalition: Coalition) -> None:
    reference, browser = begin(coalition, **COMPLETE), signed_in("lead")
    page = browser.get(f"/en/incidents/{reference}")
    assert "Check your answers" in page.text
    fill(browser, reference, "descriptions", narrative="Signed off")
    assert read(coalition, reference).facts.narrative == "Signed off"


def test_a_case_worker_reads_but_does_not_change_what_the_lead_recorded(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    reference, browser = begin(coalition, "lead", **COMPLETE), signed_in("case_worker")
    page = browser.get(f"/en/incidents/{reference}")
    assert "You can read this record" in page.text
    assert "Discard the draft" not in page.links()
    browser.get(section_url(reference, "sources"), status=403)
    browser.get(f"/en/incidents/{reference}/discard", status=403)


def test_nothing_is_saved_without_the_forms_token(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, narrative="first")
    browser.post(section_url(reference, "descriptions"), {"version": "1", "narrative": "forged"}, status=400)
    assert read(coalition, reference).facts.narrative == "first"
