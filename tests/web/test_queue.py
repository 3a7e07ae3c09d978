"""Lists in a browser: narrowing them, saving what they are narrowed to, and doing one thing with many records."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

import pytest

from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import State
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.page import Browser, Page
from tests.services import records
from tests.web.filing import accepted, filed

SignIn = Callable[[str], Browser]
BULGARIAN = "Надпис върху стената на синагогата."


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def listed(page: Page) -> list[str]:
    """Return the references of the list, in its order."""
    return [box.get("value", "") for box in page.all("input") if box.get("name") == "chosen"]


def address_of(browser: Browser) -> str:
    """Return the address of the present page with all that it says, as people read it."""
    assert browser.response is not None
    return unquote(browser.response.request.full_path).rstrip("?")


def narrow(browser: Browser, at: str = "/en/reviews", **chosen: str) -> Page:
    browser.get(at)
    return browser.submit("/en/filters", **chosen)


def test_codes_stand_in_the_address_and_words_do_not(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition, narrative=BULGARIAN)
    other = filed(coalition, country="DE", region="")
    page = narrow(coordinator, country="DE")
    assert listed(page) == [other]
    assert address_of(coordinator) == "/en/reviews?state=submitted&country=DE"
    page = narrow(coordinator, words="синагогите", state="all")
    assert listed(page) == [reference]
    assert address_of(coordinator).startswith("/en/reviews?filter=")
    assert "синагог" not in address_of(coordinator)
    assert page.form("/en/filters").values["words"] == ["синагогите"]
    assert "Search: “синагогите”" in page.text


def test_what_is_set_can_be_taken_away_one_by_one(coordinator: Browser, coalition: Coalition) -> None:
    filed(coalition, narrative=BULGARIAN)
    narrow(coordinator, words="синагога", country="DE")
    page = coordinator.page
    assert page is not None
    assert "Nothing found" in page.text
    page = coordinator.get(page.links()["Remove: Country: Germany"])
    assert len(listed(page)) == 1
    page = coordinator.get(page.links()["Remove: Search: “синагога”"])
    assert coordinator.path == "/en/reviews"
    assert "Narrowed to" not in page.text


def test_nothing_found_in_one_state_leads_to_the_others(coordinator: Browser, coalition: Coalition) -> None:
    reference = accepted(coalition, narrative=BULGARIAN)
    page = narrow(coordinator, words="надпис")
    assert "1 record in another state fits." in page.text
    assert listed(coordinator.get(page.links()["Show them"])) == [reference]


def test_a_whole_reference_leads_to_its_record(signed_in: SignIn, coalition: Coalition) -> None:
    reference = filed(coalition)
    for who, at, wanted in (
        ("coordinator", "/en/reviews", f"/en/reviews/{reference}"),
        ("case_worker", "/en/incidents", f"/en/incidents/{reference}"),
    ):
        browser = signed_in(who)
        narrow(browser, at, words=reference.lower())
        assert browser.path == wanted


def test_members_search_their_own_records(signed_in: SignIn, coalition: Coalition) -> None:
    own = records.begun(coalition, facts(narrative=BULGARIAN))
    foreign = records.begun(coalition, facts(narrative=BULGARIAN), who="second_worker")
    browser = signed_in("case_worker")
    page = narrow(browser, "/en/incidents", words="синагога", state="all")
    assert listed(page) == [own]
    assert foreign not in page.html
    assert "reviewer" not in page.form("/en/filters").values


def test_a_filter_is_saved_shared_renamed_and_removed(signed_in: SignIn, coalition: Coalition) -> None:
    reference = records.begun(coalition, facts(narrative=BULGARIAN))
    lead, worker = signed_in("lead"), signed_in("case_worker")
    narrow(lead, "/en/incidents", words="синагога")
    page = lead.submit("/en/filters/named", name="Synagogues", shared="y")
    assert "The filter is saved." in page.text
    address = page.links()["Synagogues"]
    page = worker.get("/en/incidents")
    shared = page.links()["Synagogues shared by Lead"]
    assert shared == address
    assert listed(worker.get(shared)) == [reference]
    page = worker.get("/en/filters")
    assert "Shared by Lead" in page.text
    assert "Change" not in page.links()
    worker.get(address.replace("/en/incidents?filter=", "/en/filters/"), status=404)
    signed_in("second_worker").get(address, status=404)
    page = lead.get(lead.get("/en/filters").links()["Change"])
    lead.submit(lead.path, name="Names on walls", shared=[])
    assert "Names on walls" in lead.get("/en/filters").text
    worker.get(address, status=404)
    action = address.replace("/en/incidents?filter=", "/en/filters/") + "/remove"
    assert "No filter is saved yet" in lead.submit(action).text
    lead.get(address, status=404)


def test_a_filter_needs_a_name_of_its_own(coordinator: Browser, coalition: Coalition) -> None:
    filed(coalition)
    narrow(coordinator, country="BG")
    page = coordinator.submit("/en/filters/named", name="", status=422)
    assert "Give the filter a name" in page.text
    coordinator.submit("/en/filters/named", name="Bulgaria")
    narrow(coordinator, country="BG")
    page = coordinator.submit("/en/filters/named", name="bulgaria", status=422)
    assert "You have a filter of this name already." in page.text


def test_a_filter_that_is_gone_is_not_found(coordinator: Browser, coalition: Coalition, clock: Clock) -> None:
    filed(coalition, narrative=BULGARIAN)
    narrow(coordinator, words="синагога")
    address = address_of(coordinator)
    clock.now += timedelta(minutes=25)
    coordinator.get(address)
    coordinator.get("/en/reviews?filter=AAAAA-AAAAA", status=404)


def test_a_record_leads_on_to_the_next_of_its_list(coordinator: Browser, coalition: Coalition, clock: Clock) -> None:
    references = []
    for _number in range(3):
        references.append(filed(coalition))
        clock.now += timedelta(minutes=1)
    page = coordinator.get("/en/reviews?country=BG")
    page = coordinator.get(page.links()[references[1]])
    assert page.links()["The record before"].startswith(f"/en/reviews/{references[0]}?state=submitted&country=BG")
    page = coordinator.get(page.links()["The next record"])
    assert coordinator.path == f"/en/reviews/{references[2]}"
    assert "The next record" not in page.links()


def test_after_a_decision_the_list_is_as_narrow_as_before(coordinator: Browser, coalition: Coalition) -> None:
    reference, other = filed(coalition), filed(coalition, country="DE", region="")
    page = coordinator.get("/en/reviews?state=all&country=BG")
    coordinator.get(page.links()[reference])
    page = coordinator.submit(f"/en/reviews/{reference}", step="accept")
    assert address_of(coordinator) == "/en/reviews?state=all&country=BG"
    assert listed(page) == [reference]
    assert other not in page.html


def test_many_are_taken_after_a_preview_and_put_back(coordinator: Browser, coalition: Coalition) -> None:
    references = [filed(coalition) for _ in range(3)]
    coordinator.get("/en/reviews")
    page = coordinator.submit("/en/together", act="take", chosen=references[:2])
    assert "2 records would change" in page.text
    assert records.read(coalition, references[0]).state is State.SUBMITTED
    page = coordinator.submit("/en/together/done")
    assert "Done with 2 records." in page.text
    assert [records.read(coalition, reference).state.value for reference in references] == [
        "in_review",
        "in_review",
        "submitted",
    ]
    page = coordinator.submit("/en/together/done")
    assert "Done with 2 records." in page.text
    assert records.read(coalition, references[0]).state is State.SUBMITTED


def test_the_whole_list_can_be_chosen_and_what_does_not_fit_is_named(
    coordinator: Browser, coalition: Coalition
) -> None:
    waiting = [filed(coalition) for _ in range(2)]
    decided = accepted(coalition)
    filed(coalition, date=PartialDate(2023, 4))
    coordinator.get("/en/reviews?state=all&year=2024")
    page = coordinator.submit("/en/together", act="take", all="1")
    assert "2 records would change" in page.text
    assert "1 record is left out" in page.text
    assert "Its state does not allow it." in page.text
    assert decided in page.links()
    coordinator.submit("/en/together/done")
    assert {records.read(coalition, reference).state for reference in waiting} == {State.IN_REVIEW}


def test_what_an_act_needs_is_asked_for_first(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    coordinator.get("/en/reviews")
    page = coordinator.submit("/en/together", act="comment", chosen=[reference])
    assert page.errors() == []
    page = coordinator.submit("/en/together", text="", status=422)
    assert page.errors() == ["This is needed."]
    page = coordinator.submit("/en/together", text="Thank you for the dates.")
    assert "Thank you for the dates." in page.text
    page = coordinator.submit("/en/together/done")
    assert "Done with 1 record." in page.text
    assert [item.text for item in records.read(coalition, reference).messages] == ["Thank you for the dates."]


def test_records_are_assigned_to_a_reviewer_with_a_day(coordinator: Browser, coalition: Coalition) -> None:
    reference = filed(coalition)
    coordinator.get("/en/reviews")
    coordinator.submit("/en/together", act="assign", chosen=[reference])
    boxes = {"due-day": "31", "due-month": "3", "due-year": "2026"}
    who = coalition.people["coordinator"].reference
    page = coordinator.submit("/en/together", reviewer=who, **boxes)
    assert "Reviewer: Coordinator" in page.text
    coordinator.submit("/en/together/done")
    page = coordinator.get("/en/reviews?state=in_review")
    assert "by 31 March 2026" in page.text


def test_a_lead_adds_to_drafts_and_submits_what_is_complete(signed_in: SignIn, coalition: Coalition) -> None:
    complete, incomplete = records.begun(coalition), records.begun(coalition, facts(date=None, motivations=()))
    lead = signed_in("lead")
    lead.get("/en/incidents")
    lead.submit("/en/together", act="motivation", chosen=[complete, incomplete])
    lead.submit("/en/together", motivation="anti_semitic")
    assert "Done with 2 records." in lead.submit("/en/together/done").text
    assert records.read(coalition, complete).facts.motivations == ("anti_roma", "anti_semitic")
    assert records.read(coalition, incomplete).facts.motivations == ("anti_semitic",)
    lead.get("/en/incidents")
    page = lead.submit("/en/together", act="submit", all="1")
    assert "Something is still missing." in page.text
    lead.submit("/en/together/done")
    assert records.read(coalition, complete).state is State.SUBMITTED
    assert records.read(coalition, incomplete).state is State.DRAFT


def test_many_records_are_done_part_by_part(
    coordinator: Browser, coalition: Coalition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coalition.web.bulk.PART", 2)
    references = [filed(coalition) for _ in range(5)]
    coordinator.get("/en/reviews")
    coordinator.submit("/en/together", act="take", chosen=references)
    assert "Done with 5 records." in coordinator.submit("/en/together/done").text
    assert {records.read(coalition, reference).state for reference in references} == {State.IN_REVIEW}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"act": ""}, "Choose what to do with the records."),
        ({"act": "submit"}, "Choose what to do with the records."),
        ({"act": "nonsense"}, "Choose what to do with the records."),
        ({"act": "take"}, "Tick at least one record first."),
        ({"act": "take", "chosen": ["x", "AAAAA-AAAAA:1:1"]}, "Tick at least one record first."),
    ],
)
def test_without_a_choice_nothing_happens(
    coordinator: Browser, coalition: Coalition, sent: dict[str, str], said: str
) -> None:
    filed(coalition)
    coordinator.get("/en/reviews")
    assert said in coordinator.submit("/en/together", **sent).text
    assert coordinator.path == "/en/reviews"


def test_the_page_says_how_many_records_are_not_searched_yet(
    coordinator: Browser, coalition: Coalition, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(coalition, narrative=BULGARIAN)
    monkeypatch.setattr("coalition.services.text_index.catch_up", lambda _runtime: 7)
    assert "7 records are not searched yet" in narrow(coordinator, words="синагога").text
