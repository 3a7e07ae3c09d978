"""Two people at once, and the history of a record: no answer is lost, overwritten unseen, or shown to others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from coalition.domain.incidents import Facts, Victims
from coalition.domain.vocabulary import Role, State
from coalition.i18n.facts import titles_of
from coalition.services import accounts, same_incident
from coalition.services.work import OPERATOR, unit_of_work
from tests.conftest import PASSWORD, Clock, Coalition
from tests.domain.samples import COMPLETE
from tests.page import Browser, Page
from tests.services import records

SignedIn = Callable[[str], Browser]
LATER = timedelta(minutes=20)
SAVE, TYPED = ("go", "next"), ("go", "typed")
NEW = "/en/incidents/new"


def address(reference: str, section: str = "descriptions") -> str:
    return f"/en/incidents/{reference}/edit/{section}"


def facts(coalition: Coalition, reference: str) -> Facts:
    return records.read(coalition, reference, "lead").facts


def opened(browser: Browser, reference: str, section: str = "descriptions") -> None:
    browser.get(address(reference, section))


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def marked(page: Page, tag: str) -> list[str]:
    """Return what is marked as put in or taken out, without the words that say so."""
    return [words(item).partition(": ")[2] for item in page.all(tag) if ": " in words(item)]


def chosen(page: Page, reference: str, section: str = "descriptions") -> dict[str, list[str]]:
    """Return which answers are chosen, by question."""
    values = page.form(address(reference, section)).values
    return {name.removeprefix("choose-"): said for name, said in values.items() if name.startswith("choose-")}


@pytest.fixture
def worker(signed_in: SignedIn) -> Browser:
    return signed_in("case_worker")


# --- two people at once ------------------------------------------------------------------------------------


def test_both_answers_are_shown_and_the_one_that_is_chosen_is_kept(
    worker: Browser, coalition: Coalition, clock: Clock
) -> None:
    reference = records.begun(coalition, replace(COMPLETE, narrative="first"))
    opened(worker, reference)
    clock.now += timedelta(minutes=2)
    records.save(coalition, reference, "lead", narrative="second")
    page = worker.submit(address(reference), SAVE, 409, narrative="third\x00", strange="\x1f\x07")
    assert page.heading == "Choose which answers to keep"
    for told in ("saved meanwhile", "Before first", "Take what Lead saved second", "Keep what you typed third"):
        assert told in page.text
    assert "Lead changed this, and you changed it too." in page.text
    assert chosen(page, reference) == {"narrative": []}, "nobody chooses for a person"
    page = worker.submit(address(reference), SAVE, 422)
    assert page.errors() == ["Internal account: Choose one of the two answers."]
    assert facts(coalition, reference).narrative == "second"
    worker.submit(address(reference), SAVE, **{"choose-narrative": "mine"})
    assert facts(coalition, reference).narrative == "third"


def test_what_only_one_of_two_changed_is_chosen_already(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition)
    opened(worker, reference, "police")
    records.save(coalition, reference, "lead", impact="Само другият.", authorities_response="И двамата: другият.")
    page = worker.submit(
        address(reference, "police"), SAVE, 409, own_reference="OWN-18", authorities_response="И двамата: аз."
    )
    assert chosen(page, reference, "police") == {
        "impact": ["theirs"],
        "own_reference": ["mine"],
        "authorities_response": [],
    }
    worker.submit(address(reference, "police"), SAVE, **{"choose-authorities_response": "theirs"})
    found = facts(coalition, reference)
    assert (found.impact, found.own_reference, found.authorities_response) == (
        "Само другият.", "OWN-18", "И двамата: другият.",
    )  # fmt: skip


def test_answers_in_other_sections_are_no_conflict_and_it_is_said(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition)
    opened(worker, reference)
    records.save(coalition, reference, "lead", weapon="blade")
    page = worker.submit(address(reference), SAVE, narrative="Моят разказ.")
    assert "All are kept." in page.text
    assert (facts(coalition, reference).weapon, facts(coalition, reference).narrative) == ("blade", "Моят разказ.")


def test_a_script_is_told_that_others_saved_beside_it(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition)
    page = worker.get(address(reference))
    records.save(coalition, reference, "lead", weapon="blade")
    sent: dict[str, Any] = {**page.form(address(reference)).values, "narrative": "Моят разказ."}
    answer = worker.client.post(address(reference), data=sent, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["version"]) == (200, 3)
    assert "beside other answers" in answer.json["text"]


def test_nothing_is_lost_when_somebody_saves_once_more_while_one_chooses(
    worker: Browser, coalition: Coalition, clock: Clock
) -> None:
    reference = records.begun(coalition, replace(COMPLETE, narrative="first", descriptions={}))
    opened(worker, reference)
    records.save(coalition, reference, "lead", narrative="second", descriptions={"en": "Theirs."})
    page = worker.submit(address(reference), SAVE, 409, narrative="third", description_en="Mine.")
    choices = {"choose-narrative": "mine", "choose-descriptions": "mine"}
    clock.now += LATER
    records.save(coalition, reference, "lead", narrative="fourth")
    page = worker.submit(address(reference), SAVE, 409, **choices)
    assert "saved once more while you chose" in page.text
    assert chosen(page, reference) == {"narrative": [], "descriptions": ["mine"]}, "what moved is asked again"
    assert facts(coalition, reference).narrative == "fourth"
    worker.submit(address(reference), SAVE, **{"choose-narrative": "mine"})
    found = facts(coalition, reference)
    assert (found.narrative, found.descriptions) == ("third", {"en": "Mine."})


def test_whoever_goes_back_to_typing_meets_the_others_again(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition, replace(COMPLETE, narrative="first"))
    opened(worker, reference)
    records.save(coalition, reference, "lead", narrative="second")
    worker.submit(address(reference), SAVE, 409, narrative="third")
    page = worker.submit(address(reference), TYPED)
    assert page.form(address(reference)).values["narrative"] == ["third"]
    worker.submit(address(reference), SAVE, 409, narrative="third, and more")
    assert facts(coalition, reference).narrative == "second"
    worker.submit(address(reference), SAVE, **{"choose-narrative": "mine"})
    assert facts(coalition, reference).narrative == "third, and more"


def test_rows_are_chosen_as_a_whole(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition, replace(COMPLETE, victims=(Victims("person", 1),)))
    opened(worker, reference, "victims")
    records.save(coalition, reference, "lead", victims=(Victims("person", 1), Victims("place")))
    page = worker.submit(address(reference, "victims"), SAVE, 409, **{"victims-0-number": "3"})
    assert "3 people" in page.text
    worker.submit(address(reference, "victims"), SAVE, **{"choose-victims": "theirs"})
    assert facts(coalition, reference).victims == (Victims("person", 1), Victims("place"))


def test_the_choice_waits_for_a_record_that_was_handed_in_meanwhile(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition)
    opened(worker, reference)
    records.save(coalition, reference, "lead", narrative="second")
    worker.submit(address(reference), SAVE, 409, narrative="third")
    records.submit(coalition, reference, "lead")
    page = worker.submit(address(reference), SAVE, 409, **{"choose-narrative": "mine"})
    if "cannot be changed now" not in page.text:
        page = worker.submit(address(reference), SAVE, 409, **{"choose-narrative": "mine"})
    assert "cannot be changed now" in page.text
    assert page.form(address(reference)).values["narrative"] == ["third"]


def test_the_first_page_keeps_its_motivations_when_others_saved_meanwhile(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser = signed_in("lead")
    page = browser.get(NEW)
    fields = {**page.form(NEW).values, "municipality": "Дол"}
    location = browser.client.post(NEW, data=fields).headers["Location"]
    reference = location.split("/")[3]
    records.save(coalition, reference, "lead", municipality="Връх")
    page = browser.post(NEW, {**fields, "municipality": "Дол 2", "motivations": ["anti_roma"]}, status=409)
    assert "Keep what you typed" in page.text
    page = browser.submit(NEW, SAVE, **{"choose-country": "mine"})
    found = facts(coalition, reference)
    assert (found.municipality, found.motivations) == ("Дол 2", ("anti_roma",))
    again = browser.client.post(NEW, data={**fields, "municipality": "Дол 3", "motivations": ["anti_roma"]})
    assert again.status_code == 302, "the page has seen what it saved"
    assert facts(coalition, reference).municipality == "Дол 3"


def test_the_first_page_sent_again_keeps_what_was_saved_elsewhere_and_says_so(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser = signed_in("lead")
    fields = {**browser.get(NEW).form(NEW).values, "municipality": "Дол"}
    reference = browser.client.post(NEW, data=fields).headers["Location"].split("/")[3]
    records.save(coalition, reference, "lead", weapon="blade")
    page = browser.post(NEW, {**fields, "municipality": "Дол 2"})
    assert "All are kept." in page.text
    assert (facts(coalition, reference).municipality, facts(coalition, reference).weapon) == ("Дол 2", "blade")


def test_a_choice_that_nobody_offered_is_none(worker: Browser, coalition: Coalition) -> None:
    reference = records.begun(coalition)
    opened(worker, reference)
    records.save(coalition, reference, "lead", narrative="second")
    worker.submit(address(reference), SAVE, 409, narrative="third")
    for sent in ({"choose-narrative": "both"}, {"choose-narrative": ""}, {"choose-weapon": "mine"}):
        worker.submit(address(reference), SAVE, 422, **sent)
    worker.submit(address(reference), SAVE, 409, theirs="²", **{"choose-narrative": "mine"})
    assert facts(coalition, reference).narrative == "second"


# --- the history -------------------------------------------------------------------------------------------


@pytest.fixture
def lived(coalition: Coalition, clock: Clock) -> str:
    """Give a record that was changed after it was handed in, identity included."""
    reference = records.begun(coalition)
    clock.now += LATER
    records.save(coalition, reference, narrative="Преди подаване.")
    clock.now += LATER
    records.submit(coalition, reference)
    clock.now += LATER
    records.decide(coalition, reference, records.ASK)
    clock.now += LATER
    source = replace(COMPLETE.sources[0], name="Тайно име", url="https://example.org/secret")
    records.save(
        coalition,
        reference,
        narrative="След въпроса.",
        time="03:33",
        contact_phone="0888 777",
        sources=(source, *COMPLETE.sources[1:]),
        motivations=("anti_roma", "gender"),
        needs=(),
    )
    clock.now += LATER
    records.submit(coalition, reference, answer="Отговорът.")
    return reference


IDENTITY = ("Тайно име", "example.org", "03:33", "0888 777", "Име на човек", "21:30", "+359")


def test_the_organisation_reads_every_change_in_words(lived: str, worker: Browser) -> None:
    page = worker.get(worker.get(f"/en/incidents/{lived}").links()["Every change of the answers"])
    assert page.heading == f"History of incident {lived}"
    assert page.text.index("Отговорът.") < page.text.index("Which street was it?") < page.text.index("Recorded")
    assert {"Преди подаване.", COMPLETE.narrative, "Gender"} & {*marked(page, "del"), *marked(page, "ins")}
    assert [text for text in IDENTITY if text in page.text] == []
    assert "Time of day Restricted" in page.text
    assert "Telephone Restricted" in page.text
    assert "Sources Restricted" in page.text


def test_identity_is_shown_once_to_whoever_may_unseal_it(lived: str, worker: Browser) -> None:
    history = f"/en/incidents/{lived}/history"
    worker.get(history)
    page = worker.submit(history)
    for text in ("Тайно име", "03:33", "0888 777", "21:30"):
        assert text in page.text
    assert "Restricted" not in page.text
    assert [text for text in IDENTITY if text in worker.get(history).text] == []


def test_a_colleague_has_no_button_for_it(coalition: Coalition, lived: str, through_the_door: SignedIn) -> None:
    with unit_of_work(coalition.runtime, OPERATOR) as work:
        accounts.create_account(
            work,
            email="colleague@example.org",
            name="Colleague",
            role=Role.CASE_WORKER,
            organisation_code="FIRST",
            password=PASSWORD,
        )
    page = through_the_door("colleague").get(f"/en/incidents/{lived}/history")
    assert [form for form in page.forms() if form.action.endswith("/history")] == []
    assert [text for text in IDENTITY if text in page.text] == []


def test_the_coalition_reads_only_what_it_may_see_and_since_it_was_handed_in(lived: str, signed_in: SignedIn) -> None:
    coordinator = signed_in("coordinator")
    page = coordinator.get(coordinator.get(f"/en/reviews/{lived}").links()["Every change of the answers"])
    assert "След въпроса." in " ".join(marked(page, "ins")) or "въпроса" in page.text
    for hidden in (*IDENTITY, COMPLETE.narrative, "Case Worker", "Restricted", "Telephone", "Needs"):
        assert hidden not in page.text, hidden
    assert "First Member" in page.text


def test_a_page_of_others_is_nobodys(lived: str, signed_in: SignedIn, coalition: Coalition) -> None:
    signed_in("second_worker").get(f"/en/incidents/{lived}/history", status=404)
    draft = records.begun(coalition)
    signed_in("coordinator").get(f"/en/reviews/{draft}/history", status=404)


def test_a_long_history_has_pages_in_both_languages(signed_in: SignedIn, coalition: Coalition, clock: Clock) -> None:
    reference = records.begun(coalition)
    for number in range(25):
        clock.now += LATER
        records.save(coalition, reference, municipality=f"Място {number}")
    worker = signed_in("case_worker")
    page = worker.get(f"/en/incidents/{reference}/history")
    page = worker.get(page.links()["Next"])
    assert "Место" not in page.text
    assert page.links()["Previous"].endswith("page=1")
    assert "Recorded" in page.text
    worker.get(f"/bg/incidents/{reference}/history?page=2")


def test_a_decided_record_keeps_its_history(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = records.in_state(coalition, State.ACCEPTED)
    page = signed_in("lead").get(f"/en/incidents/{reference}/history")
    assert "Accepted" in page.text
    assert page.text.count("Recorded") == 1


def test_a_link_to_another_record_is_told_with_its_reference_to_the_coordinator_only(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    first, second = (records.in_state(coalition, State.IN_REVIEW) for _ in range(2))
    with coalition.work("coordinator") as work:
        same_incident.link(work, first, [second])
    page = signed_in("coordinator").get(f"/en/reviews/{second}/history")
    assert "Counted with another record" in page.text
    assert "In review → Counted with another record" in page.text
    assert first in page.links()
    page = signed_in("lead").get(f"/en/incidents/{second}/history")
    assert "Counted with another record" in page.text
    assert first not in page.text


def test_every_fact_has_a_name() -> None:
    assert len(titles_of(vars(Facts()))) == len(vars(Facts()))
