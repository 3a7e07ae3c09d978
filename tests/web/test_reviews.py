"""The coordinator's review in a browser: the queue, the record beside the criterion, decisions."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coalition.domain.codebook import codebook
from coalition.domain.consents import Kind, Leaving
from coalition.domain.criterion import Finding, Test
from coalition.domain.incidents import Indicator, PartialDate, Source
from coalition.domain.reviews import DECISIONS, Decision, Step
from coalition.i18n.evidence import SENTENCES
from coalition.services import accounts, incidents, releases, reviews, settings
from tests.conftest import Clock, Coalition
from tests.page import Browser, Page
from tests.web.filing import accepted, decided, filed, version_of

SignIn = Callable[[str], Browser]


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def rows(page: Page) -> list[str]:
    return [" ".join("".join(row.itertext()).split()) for row in page.all("tr")[1:]]


def steps(coalition: Coalition, reference: str) -> list[str]:
    with coalition.reading("coordinator") as work:
        return [step.step.value for step in reviews.open_review(work, reference).incident.steps]


def test_an_empty_queue_says_so(coordinator: Browser) -> None:
    assert "Nothing waits for you" in coordinator.get("/en/reviews").text


def test_the_longest_waiting_comes_first_with_the_days_it_waits(
    signed_in: SignIn, coalition: Coalition, clock: Clock
) -> None:
    first = filed(coalition)
    clock.now += timedelta(days=3)
    second = filed(coalition, "second_worker")
    lines = rows(signed_in("coordinator").get("/en/reviews"))
    assert [line.split()[0] for line in lines] == [first, second]
    assert "First Member" in lines[0]
    assert lines[0].endswith("3 days")
    assert lines[1].endswith("Since today")


def test_the_queue_shows_one_state_and_one_year(coordinator: Browser, coalition: Coalition) -> None:
    waiting = filed(coalition)
    done = accepted(coalition, date=PartialDate(2023, 1))
    assert [line.split()[0] for line in rows(coordinator.get("/en/reviews"))] == [waiting]
    assert [line.split()[0] for line in rows(coordinator.get("/en/reviews?state=accepted"))] == [done]
    assert len(rows(coordinator.get("/en/reviews?state=all"))) == 2
    page = coordinator.get("/en/reviews?state=all&year=2023")
    assert [line.split()[0] for line in rows(page)] == [done]
    assert page.links()["Accepted 1"] == "/en/reviews?state=accepted&year=2023"
    assert page.links()["Waiting 0"]
    assert "No incident is in this state" in coordinator.get("/en/reviews?year=2023").text


def test_a_long_queue_has_pages(coordinator: Browser, coalition: Coalition) -> None:
    for _ in range(26):
        filed(coalition)
    assert len(rows(coordinator.get("/en/reviews"))) == 25
    page = coordinator.get(coordinator.page.links()["Next"])
    assert len(rows(page)) == 1
    assert page.links()["Previous"] == "/en/reviews?state=submitted&page=1"


def test_strange_filters_do_no_harm(coordinator: Browser, coalition: Coalition) -> None:
    filed(coalition)
    huge = "9" * 30
    for query in ("state=draft&year=x&page=-7", f"year={huge}&page={huge}", "year=-1&page=0", "year=10000"):
        assert len(rows(coordinator.get(f"/en/reviews?{query}"))) == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "²", "9" * 5000])
def test_a_version_that_cannot_be_counts_as_changed(coordinator: Browser, coalition: Coalition, version: str) -> None:
    reference = filed(coalition)
    coordinator.get(f"/en/reviews/{reference}")
    coordinator.submit(f"/en/reviews/{reference}", status=409, step="accept", version=version)
    assert steps(coalition, reference) == ["submit"]


def test_the_record_is_shown_without_identity(coordinator: Browser, coalition: Coalition) -> None:
    text = coordinator.get(f"/en/reviews/{filed(coalition)}").text
    assert "First Member" in text
    assert "Подробен разказ." in text
    assert "Обиди, чути от свидетел." in text
    for hidden in ("OWN-17", "Име на човек", "дневник 7", "21:30", "Case Worker", "20 May"):
        assert hidden not in text


def test_every_test_is_preset_to_what_the_software_proposes(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    page = coordinator.get(f"/en/reviews/{reference}")
    values = page.form(f"/en/reviews/{reference}").values
    assert {values[f"test_{test.value}"][0] for test in Test} == {"yes"}
    assert "It happened in Bulgaria." in page.text
    assert "1 bias indicator has a note of what was observed." in page.text


def test_a_look_alike_leaves_the_test_to_the_person_and_is_named(coordinator: Browser, coalition: Coalition) -> None:
    other = filed(coalition, "second_worker")
    reference = filed(coalition)
    page = coordinator.get(f"/en/reviews/{reference}")
    assert page.form(f"/en/reviews/{reference}").values["test_not_duplicate"] == ["unclear"]
    assert page.links()[other] == f"/en/reviews/{other}"


def test_accepting(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    coordinator.get(f"/en/reviews/{reference}")
    page = coordinator.submit(f"/en/reviews/{reference}", step="accept", remark="Well told.")
    assert coordinator.path == "/en/reviews"
    assert "The incident is accepted." in page.text
    text = coordinator.get(f"/en/reviews/{reference}").text
    assert "Well told." in text
    assert "Findings, all as proposed" in text


def test_both_what_was_proposed_and_what_was_found_are_kept(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    coordinator.get(address)
    said = {"step": "reject", "reason": "not_verified", "test_enough_detail": "no", "explanation": "?"}
    page = coordinator.submit(address, status=422, **said)
    assert "You see this test otherwise than the software proposes. Say why." in " ".join(page.errors())
    coordinator.submit(address, note_enough_detail="Nobody says where.")
    text = coordinator.get(address).text
    assert "It could not be verified" in text
    assert "Findings: 1 differs from the proposal" in text
    assert "Found: no The software had proposed yes." in text
    assert text.count("Nobody says where.") == 2, "beside the test, and in the history"


def test_the_reason_is_preset_to_the_proposed_one(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition, offences=("hate_speech",))
    values = coordinator.get(f"/en/reviews/{reference}").form(f"/en/reviews/{reference}").values
    assert values["reason"] == ["speech_or_discrimination"]
    assert values["test_beyond_speech"] == ["no"]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Choose what happens to the incident"),
        ({"step": "return"}, "Write the question."),
        ({"step": "reject", "reason": ""}, "Choose the reason why the incident is not accepted."),
        ({"step": "accept", "test_bias_indicator": "no"}, "You answered this test with “No”."),
        ({"step": "accept", "test_bias_indicator": ""}, "Choose yes, no or unclear"),
        ({"step": "return", "question": "x" * 4001}, "Write at most 4,000 characters"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    coordinator: Browser, coalition: Coalition, typed: dict[str, str], error: str
) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    coordinator.get(address)
    everything = {"remark": "One", "question": "", "explanation": "Three", "test_data_year": "unclear", **typed}
    page = coordinator.submit(address, status=422, **everything)
    assert error in " ".join(page.errors())
    assert page.text.count(error) >= 2, "the error stands beside its field too"
    values = page.form(address).values
    kept = {name: text for name, text in everything.items() if text}
    assert {name: values[name][0] for name in kept} == kept
    assert steps(coalition, reference) == ["submit"]


def test_an_incident_without_a_type_cannot_be_accepted(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition, offences=("hate_speech",))
    coordinator.get(f"/en/reviews/{reference}")
    page = coordinator.submit(f"/en/reviews/{reference}", status=422, step="accept", test_beyond_speech="yes")
    assert "cannot be counted" in " ".join(page.errors())


def test_a_question_goes_to_the_member_and_the_answer_comes_back(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    coordinator.get(f"/en/reviews/{reference}")
    coordinator.submit(f"/en/reviews/{reference}", step="return", question="Which month?")
    page = coordinator.get(f"/en/reviews/{reference}")
    assert "The organisation has your question." in page.text
    with coalition.work("case_worker") as work:
        found = incidents.read_incident(work, reference)
        assert found.question
        assert found.question.text == "Which month?"
        incidents.submit_incident(work, reference, found.version, "May")
    page = coordinator.get(f"/en/reviews/{reference}")
    assert "May" in page.text
    assert page.form(f"/en/reviews/{reference}")


def test_a_change_meanwhile_overwrites_nothing_and_loses_nothing(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    coordinator.get(address)
    version = version_of(coalition, reference)
    with coalition.work("case_worker") as work:
        incidents.withdraw_incident(work, reference, version)
        incidents.submit_incident(work, reference, version + 1)
    page = coordinator.submit(address, step="return", question="Typed with care", status=409)
    assert "The incident has changed since you opened it" in page.text
    assert page.form(address).values["question"] == ["Typed with care"]
    coordinator.submit(address)
    assert steps(coalition, reference)[-1] == "return"


def test_a_decision_on_a_decided_incident_is_not_taken_but_its_words_are_kept(
    coordinator: Browser, coalition: Coalition
) -> None:
    reference = filed(coalition)
    coordinator.get(f"/en/reviews/{reference}")
    decided(coalition, reference)
    page = coordinator.submit(f"/en/reviews/{reference}", step="return", question="Typed with care", status=409)
    assert "It does not wait any more" in page.text
    assert "Typed with care" in page.text
    assert steps(coalition, reference)[-1] == "accept"


def test_an_incident_taken_back_by_its_member_is_gone(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    coordinator.get(f"/en/reviews/{reference}")
    version = version_of(coalition, reference)
    with coalition.work("case_worker") as work:
        incidents.withdraw_incident(work, reference, version)
    page = coordinator.submit(f"/en/reviews/{reference}", step="accept")
    assert coordinator.path == "/en/reviews"
    assert "its organisation took it back" in page.text
    coordinator.get(f"/en/reviews/{reference}", status=404)


def test_a_decision_is_taken_back_with_a_reason(coordinator: Browser, coalition: Coalition) -> None:
    reference = accepted(coalition)
    page = coordinator.get(f"/en/reviews/{reference}")
    address = page.links()["Take the decision back"]
    coordinator.get(address)
    page = coordinator.submit(address, status=422, text="  ")
    assert page.errors() == ["Say why the decision is taken back"]
    coordinator.submit(address, text="New facts.")
    assert coordinator.path == f"/en/reviews/{reference}"
    assert "New facts." in coordinator.page.text
    assert steps(coalition, reference) == ["submit", "take", "accept", "reopen"]
    coordinator.get(address)
    assert coordinator.path == f"/en/reviews/{reference}", "nothing to take back any more"


def test_taking_back_notices_a_change_meanwhile(coordinator: Browser, coalition: Coalition) -> None:
    reference = accepted(coalition)
    address = f"/en/reviews/{reference}/reopen"
    coordinator.get(address)
    page = coordinator.submit(address, text="New facts.", version="1", status=409)
    assert "Nothing is taken back yet" in page.text
    assert page.form(address).values["text"] == ["New facts."]


def test_a_draft_is_not_the_coalitions_business(coordinator: Browser, coalition: Coalition) -> None:
    with coalition.work("case_worker") as work:
        reference = incidents.begin_incident(work, {})
    coordinator.get(f"/en/reviews/{reference}", status=404)
    assert "Nothing waits for you" in coordinator.get("/en/reviews?state=submitted").text


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_reviews(signed_in: SignIn, coalition: Coalition, who: str) -> None:
    browser = signed_in(who)
    browser.get("/en/reviews", status=403)
    browser.get(f"/en/reviews/{filed(coalition)}", status=403)


def test_the_pages_speak_the_readers_language(coordinator: Browser, coalition: Coalition) -> None:
    reference = accepted(coalition)
    for path in ("reviews", f"reviews/{reference}", f"reviews/{reference}/reopen"):
        assert coordinator.get(f"/bg/{path}").root.get("lang") == "bg"


def test_every_piece_of_evidence_has_a_sentence() -> None:
    from coalition.domain.criterion import propose  # noqa: PLC0415 - the same
    from tests.domain.samples import TODAY, facts  # noqa: PLC0415 - beside what it explains

    cases = [
        (facts(), 0),
        (facts(), 1),
        (facts(), 2),
        (facts(country="XX"), 0),
        (facts(country="", date=None, narrative="", descriptions={}), 0),
        (facts(date=PartialDate(2031)), 0),
        (facts(offences=("hate_speech",)), 0),
        (facts(offences=(), chosen_type="threat"), 0),
        (facts(offences=()), 0),
        (facts(indicators=(Indicator("expression"),)), 0),
        (facts(indicators=(), descriptions={}), 0),
        (facts(basis=""), 0),
        (facts(basis="public_source"), 0),
        (facts(consents=frozenset()), 0),
        (facts(chosen_scope="not_criminal"), 0),
        (facts(chosen_scope="inside", offences=("hate_speech",)), 0),
    ]
    found = [proposal for case, alike in cases for proposal in propose(case, TODAY, alike)]
    assert {proposal.evidence for proposal in found} == set(SENTENCES)
    assert all(SENTENCES[proposal.evidence](proposal).endswith(".") for proposal in found)


def values_of(page: Page, name: str) -> set[str | None]:
    return {radio.get("value") for radio in page.all("input") if radio.get("name") == name}


def test_every_code_the_form_offers_exists(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    page = coordinator.get(f"/en/reviews/{reference}")
    reasons = next(field for field in page.all("select") if field.get("name") == "reason")
    offered = {option.get("value") for option in reasons.iter("option")} - {"", None}
    assert offered == set(codebook()["rejection_reasons"].codes)
    assert values_of(page, "test_permitted") == {finding.value for finding in Finding}
    assert values_of(page, "step") == {step.value for step in DECISIONS}


# --- who works on it --------------------------------------------------------------------------------------


def test_taking_and_putting_back_with_one_button_each(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    page = coordinator.get(address)
    assert "Nobody works on it yet" in page.text
    assert "To be decided by 16 March 2026" in page.text
    page = coordinator.submit(f"{address}/take", ("version", "2"))
    assert "You work on it" in page.text
    page = coordinator.submit(f"{address}/put-back", ("version", "3"))
    assert "Nobody works on it yet" in page.text
    assert "Submitted → In review" in page.text
    assert "In review → Submitted" in page.text
    coordinator.submit(f"{address}/take", version="2")
    assert "Nothing was changed" in coordinator.page.text
    assert steps(coalition, reference) == ["submit", "take", "put_back"]


def test_giving_an_incident_to_somebody_by_a_day(
    signed_in: SignIn, coordinator: Browser, coalition: Coalition, clock: Clock
) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    me = coalition.people["coordinator"].reference
    coordinator.get(address)
    page = coordinator.submit(f"{address}/assign", status=422, **{"assign-reviewer": ""})
    assert "Choose who works on it" in " ".join(page.errors())
    past = {"assign-due-day": "1", "assign-due-month": "1", "assign-due-year": "2020"}
    page = coordinator.submit(f"{address}/assign", status=422, **{"assign-reviewer": me, **past})
    assert "Choose a day from today on." in " ".join(page.errors())
    page = coordinator.submit(f"{address}/assign", **{**past, "assign-due-month": "4", "assign-due-year": "2026"})
    assert "You work on it" in page.text
    assert "To be decided by 1 April 2026" in page.text
    clock.now += timedelta(days=40)
    assert "Overdue: it was to be decided by 1 April 2026" in signed_in("coordinator").get(address).text


# --- two people -------------------------------------------------------------------------------------------


def ana(coalition: Coalition) -> None:
    """Add a coordinator who comes from the first member."""
    with coalition.work("operator") as work:
        coalition.people["ana"] = accounts.create_account(
            work,
            email="ana@example.org",
            name="Ana Stoeva",
            role="coordinator",
            organisation_code=None,
            password="a long and sober password",
            affiliation_code="FIRST",
        )


def proposed(coalition: Coalition, reference: str, decision: Decision) -> None:
    with coalition.work("ana") as work:
        version = reviews.outline_review(work, reference).incident.version
        assert not reviews.decide(work, reference, version, decision)


def test_a_proposal_says_who_says_what_and_what_the_second_person_does(
    coordinator: Browser, coalition: Coalition
) -> None:
    ana(coalition)
    reference = filed(coalition)
    proposed(coalition, reference, Decision(Step.REJECT, {}, reason="not_verified", text="Nobody was reached."))
    page = coordinator.get(f"/en/reviews/{reference}")
    assert "Proposed: Do not accept" in page.text
    assert "Ana Stoeva" in page.text
    assert "Nobody was reached." in page.text
    assert "If you decide the same, it holds at once" in page.text
    coordinator.submit(f"/en/reviews/{reference}", step="reject", reason="not_verified")
    assert "The incident is not accepted." in coordinator.page.text
    assert steps(coalition, reference) == ["submit", "take", "propose", "reject"]


def test_with_the_setting_ones_own_decision_waits_and_says_so(coordinator: Browser, coalition: Coalition) -> None:
    with coalition.work("operator") as work:
        settings.change(work, second_reviewer=True)
    reference = filed(coalition)
    page = coordinator.get(f"/en/reviews/{reference}")
    assert "Your decision is a proposal: a second person has to say the same." in page.text
    page = coordinator.submit(f"/en/reviews/{reference}", step="accept")
    assert coordinator.path == f"/en/reviews/{reference}"
    assert "It holds once a second person says the same." in page.text
    assert "It is yours, and waits for a second person who says the same." in page.text


def test_where_a_reviewer_comes_from_is_set_with_the_person_and_not_taken_back_by_an_administrator(
    signed_in: SignIn, coalition: Coalition
) -> None:
    administrator = signed_in("administrator")
    address = f"/en/people/{coalition.people['coordinator'].reference}"
    administrator.get(address)
    administrator.submit(address, affiliation="FIRST")
    assert "Comes from First Member" in administrator.page.text
    page = administrator.get(address)
    assert page.form(address).values["affiliation"] == ["FIRST"]
    page = administrator.submit(address, status=422, affiliation="")
    assert "Only the command line changes this" in " ".join(page.errors())
    with coalition.reading("operator") as work:
        assert accounts.read_account(work, "coordinator@example.org").affiliation_code == "FIRST"


# --- how it is known --------------------------------------------------------------------------------------


def test_what_is_checked_of_the_sources_makes_the_level_that_everybody_sees(
    signed_in: SignIn, coordinator: Browser, coalition: Coalition
) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    values = coordinator.get(address).form(address).values
    assert values["published_0"] == ["no"], "an interview is not published"
    coordinator.submit(address, step="accept", fact_0="yes", fact_1="yes", independent="yes")
    text = coordinator.get(address).text
    assert text.count("Corroborated") >= 2
    assert "tells what happened: Yes; still there: Not checked; published: No" in text
    assert "Two sources that do not depend on each other: Yes" in text
    member = signed_in("case_worker").get(f"/en/incidents/{reference}").text
    assert "Corroborated" in member
    assert "these levels are this software’s own" in member


def test_links_of_named_sources_can_be_opened_and_those_of_people_are_not_there(
    coordinator: Browser, coalition: Coalition
) -> None:
    sources = (
        Source("media", "Вестник", url="https://news.example.org/1"),
        Source("witness", "Свидетел", url="https://secret.example.org/2"),
        Source("media", "Друг вестник", url="javascript:alert(1)"),
    )
    page = coordinator.get(f"/en/reviews/{filed(coalition, sources=sources)}")
    assert page.links()["Open the source in a new tab"] == "https://news.example.org/1"
    assert page.text.count("Open the source in a new tab") == 1
    assert "secret.example.org" not in page.text


def test_an_answer_that_no_form_offers_is_refused(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    coordinator.get(address)
    coordinator.submit(address, status=422, step="accept", fact_0="perhaps")
    assert steps(coalition, reference) == ["submit"]


def test_a_late_case_says_so_to_the_coordinator_and_its_member(
    signed_in: SignIn, coordinator: Browser, coalition: Coalition
) -> None:
    reference = filed(coalition)
    with coalition.work("operator") as work:
        releases.record(work, Leaving(Kind.SUBMISSION, 2024, ()))
    decided(coalition, reference)
    words = "Late: accepted after the submission of 2024 was made"
    assert words in coordinator.get(f"/en/reviews/{reference}").text
    assert words in signed_in("lead").get(f"/en/incidents/{reference}").text


# --- the same incident ------------------------------------------------------------------------------------


def test_linking_with_a_candidate(signed_in: SignIn, coordinator: Browser, coalition: Coalition) -> None:
    principal = accepted(coalition)
    reference = filed(coalition, "second_worker")
    address = f"/en/reviews/{reference}"
    page = coordinator.get(address)
    assert values_of(page, "other") == {principal, "typed"}
    assert "Alike: " in page.text
    assert "the same day" in page.text
    page = coordinator.submit(address, status=422, step="link")
    assert "Choose the record that is about the same incident" in " ".join(page.errors())
    coordinator.submit(address, step="link", other=principal, why="The same fire.", test_not_duplicate="no")
    assert "The incident is counted together with the other record." in coordinator.page.text
    page = coordinator.get(address)
    assert "It is counted once, with this record:" in page.text
    assert page.links()[principal] == f"/en/reviews/{principal}"
    member = signed_in("second_worker").get(f"/en/incidents/{reference}").text
    assert "Another record is about the same incident." in member
    assert principal not in member


@pytest.mark.parametrize(("typed", "error"), [("", "Choose the record"), ("ABCDE-FGHJK", "No record with this")])
def test_linking_with_a_reference_that_is_none(
    coordinator: Browser, coalition: Coalition, typed: str, error: str
) -> None:
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    coordinator.get(address)
    page = coordinator.submit(address, status=422, step="link", other_reference=typed)
    assert error in " ".join(page.errors())
    assert steps(coalition, reference) == ["submit"]


def test_linking_with_a_typed_reference(coordinator: Browser, coalition: Coalition) -> None:
    principal = accepted(coalition, country="RO", region="", date=PartialDate(2020, 1))
    reference = filed(coalition)
    address = f"/en/reviews/{reference}"
    coordinator.get(address)
    coordinator.submit(address, step="link", other_reference=f" {principal.lower()} ")
    assert steps(coalition, reference) == ["submit", "take", "link"]
