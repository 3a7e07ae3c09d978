"""Nothing typed is lost: saving while somebody types, forms that came too late, two tabs, a button pressed twice."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from coalition.domain.authentication import IDLE
from coalition.domain.kept_forms import LASTS, MOST, SECRET
from coalition.services import accounts, incidents
from coalition.web.forms.evidence import EvidenceForm
from coalition.web.forms.incidents import SECTIONS
from coalition.web.forms.incidents.listing import SubmitForm
from coalition.web.forms.reviews import DecisionForm, ReopenForm
from tests.conftest import PASSWORD, Clock, Coalition
from tests.page import Browser, Page
from tests.services import records

SignedIn = Callable[[str], Browser]
NEW = "/en/incidents/new"
LEAD = "lead@example.org"
BACK = "What you typed is back"
TOWN = 'Село <Ъгъл> & "Завой"'


def address(reference: str, section: str = "when-and-where") -> str:
    return f"/en/incidents/{reference}/edit/{section}"


def typed_on(page: Page, to: str, **typed: str) -> dict[str, list[str]]:
    """Return what a page's form would send with some fields filled in."""
    return {**page.form(to).values, **{name.replace("__", "-"): [value] for name, value in typed.items()}}


def by_script(browser: Browser, to: str, fields: dict[str, list[str]]) -> TestResponse:
    """Send a form as the script does that saves while somebody types."""
    return browser.client.post(to, data=fields, headers={"Accept": "application/json"})


def sign_in_again(browser: Browser, who: str = "lead", where: str = "") -> None:
    browser.get(f"/en/sign-in{where}")
    browser.submit("/en/sign-in", email=f"{who}@example.org", password=PASSWORD)


def number_of_records(coalition: Coalition, who: str = "lead") -> int:
    with coalition.reading(who) as work:
        return sum(incidents.count_own(work).values())


def rows_kept(coalition: Coalition) -> int:
    with coalition.runtime.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM kept_form")) or 0)


def town(coalition: Coalition, reference: str, who: str = "lead") -> str:
    return records.read(coalition, reference, who).facts.municipality


# --- saving while somebody types ---------------------------------------------------------------------------


def test_what_is_typed_is_saved_as_the_draft_and_the_page_goes_on_from_there(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get(address(reference))
    answer = by_script(browser, address(reference), typed_on(page, address(reference), municipality=TOWN))
    assert (answer.status_code, answer.json["state"], answer.json["version"]) == (200, "saved", 2)
    assert re.fullmatch(r"Saved at \d\d:\d\d", answer.json["text"])
    assert town(coalition, reference) == TOWN
    again = typed_on(page, address(reference), municipality="Дол", version="2")
    assert by_script(browser, address(reference), again).json["version"] == 3
    assert town(coalition, reference) == "Дол"


def test_the_first_page_begins_one_draft_however_often_it_is_sent(signed_in: SignedIn, coalition: Coalition) -> None:
    browser = signed_in("lead")
    page = browser.get(NEW)
    first = by_script(browser, NEW, typed_on(page, NEW, municipality="Дол")).json
    second = by_script(browser, NEW, typed_on(page, NEW, municipality="Долно")).json
    third = by_script(browser, NEW, typed_on(page, NEW, municipality="Долно поле")).json
    assert first["page"] == second["page"] == third["page"]
    assert [answer["version"] for answer in (first, second, third)] == [1, 2, 3]
    browser.post(NEW, typed_on(page, NEW, municipality="Долно поле"))
    assert number_of_records(coalition) == 1
    reference = first["page"].split("/")[3]
    assert town(coalition, reference) == "Долно поле"


def test_a_button_that_is_pressed_twice_begins_one_draft(signed_in: SignedIn, coalition: Coalition) -> None:
    browser = signed_in("lead")
    page = browser.get(NEW)
    fields = typed_on(page, NEW, municipality=TOWN)
    paths = {browser.client.post(NEW, data=fields).headers["Location"] for _ in range(3)}
    assert len(paths) == 1
    assert number_of_records(coalition) == 1
    another = typed_on(browser.get(NEW), NEW, municipality=TOWN)
    assert browser.client.post(NEW, data=another).headers["Location"] not in paths


def test_the_first_page_sent_again_after_others_saved_meets_them_and_overwrites_nothing(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser = signed_in("lead")
    page = browser.get(NEW)
    reference = by_script(browser, NEW, typed_on(page, NEW, municipality="Дол")).json["page"].split("/")[3]
    records.save(coalition, reference, "lead", municipality="Връх")
    page = browser.post(NEW, typed_on(page, NEW, municipality="Дол 2"), status=409)
    assert page.form(NEW).values["municipality"] == ["Дол 2"]
    assert BACK not in browser.get(NEW).text
    assert town(coalition, reference) == "Връх"
    assert number_of_records(coalition) == 1


def test_what_cannot_be_read_yet_is_kept_as_it_was_typed_and_comes_back(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get(address(reference))
    fields = typed_on(page, address(reference), municipality=TOWN, date__day="31", date__month="", date__year="2O25")
    answer = by_script(browser, address(reference), fields)
    assert (answer.status_code, answer.json["state"]) == (200, "kept")
    assert town(coalition, reference) != TOWN
    page = browser.get(address(reference))
    shown = page.form(address(reference)).values
    assert BACK in page.text
    assert (shown["municipality"], shown["date-day"], shown["date-year"]) == ([TOWN], ["31"], ["2O25"])
    assert BACK not in browser.get(f"{address(reference)}?without=1").text
    browser.get(address(reference))
    browser.submit(address(reference), **{"date-year": "2025", "date-month": "5"})
    assert town(coalition, reference) == TOWN
    assert BACK not in browser.get(address(reference)).text
    assert rows_kept(coalition) == 0


def test_a_page_with_an_error_is_kept_too_when_its_browser_is_closed(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = records.begun(coalition, who="lead")
    browser = signed_in("lead")
    browser.get(address(reference))
    browser.submit(address(reference), status=422, municipality=TOWN, **{"date-year": "never"})
    page = signed_in("lead").get(address(reference))
    assert page.form(address(reference)).values["municipality"] == [TOWN]


def test_no_clock_takes_a_consent_back(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    consents = records.read(coalition, reference, "lead").facts.consents
    assert consents
    page = browser.get(address(reference, "consent"))
    fields = {**page.form(address(reference, "consent")).values, "consent_purposes": []}
    answer = by_script(browser, address(reference, "consent"), fields)
    assert (answer.status_code, answer.json["state"]) == (200, "kept")
    assert records.read(coalition, reference, "lead").facts.consents == consents
    assert BACK in browser.get(address(reference, "consent")).text


def test_saving_by_itself_overwrites_nobody_and_keeps_what_was_typed(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get(address(reference))
    records.save(coalition, reference, "lead", municipality="Връх")
    answer = by_script(browser, address(reference), typed_on(page, address(reference), municipality=TOWN))
    assert (answer.status_code, answer.json["state"]) == (409, "conflict")
    assert town(coalition, reference) == "Връх"
    page = browser.get(address(reference))
    assert page.form(address(reference)).values["municipality"] == [TOWN]
    page = browser.submit(address(reference), status=409)
    assert page.form(address(reference)).values["municipality"] == [TOWN]
    browser.submit(address(reference), **{"choose-country": "mine"})
    assert town(coalition, reference) == TOWN


def test_the_same_answers_sent_twice_are_no_conflict(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get(address(reference))
    fields = typed_on(page, address(reference), municipality=TOWN)
    first, second = (browser.client.post(address(reference), data=fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]


def test_the_second_of_two_tabs_meets_the_first_with_everything_typed_kept(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    first = browser.get(address(reference))
    second = browser.get(address(reference))
    browser.post(address(reference), typed_on(first, address(reference), municipality="От първия"))
    page = browser.post(address(reference), typed_on(second, address(reference), municipality=TOWN), status=409)
    assert page.form(address(reference)).values["municipality"] == [TOWN]
    assert town(coalition, reference) == "От първия"


# --- a form that came too late -----------------------------------------------------------------------------


@pytest.fixture
def late(signed_in: SignedIn, coalition: Coalition, clock: Clock) -> Browser:
    """Give the lead's browser that has sent a section after half an hour of rest."""
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get(address(reference))
    clock.now += IDLE
    page = browser.post(address(reference), typed_on(page, address(reference), municipality=TOWN), status=401)
    assert "What you typed is kept" in page.text
    assert TOWN not in page.html
    assert "Ъгъл" not in page.html, "what was typed is not written into a page that anybody may see"
    return browser


def test_the_same_person_finds_every_character_again(late: Browser, coalition: Coalition) -> None:
    late.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    assert BACK in late.page.text
    assert late.page.form(late.path).values["municipality"] == [TOWN]
    late.submit(late.path)
    assert rows_kept(coalition) == 0


def test_another_person_who_signs_in_there_finds_nothing(late: Browser, coalition: Coalition) -> None:
    page = late.submit("/en/sign-in", email="case_worker@example.org", password=PASSWORD, status=403)
    assert "Ъгъл" not in page.html
    assert rows_kept(coalition) == 1
    late.get("/en/incidents")
    late.submit("/en/sign-out")
    sign_in_again(late)
    reference = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", late.get("/en/incidents").html).group(0)
    assert late.get(address(reference)).form(address(reference)).values["municipality"] == [TOWN]


def test_a_form_without_a_page_that_shows_it_again_is_offered_to_be_sent(
    through_the_door: SignedIn, coalition: Coalition, clock: Clock
) -> None:
    browser = through_the_door("administrator")
    fields = typed_on(browser.get("/en/organisations/new"), "/en/organisations/new", code="ZORA", name="Зора")
    clock.now += IDLE
    page = browser.post("/en/organisations/new", fields, status=401)
    assert "Зора" not in page.html
    browser.submit("/en/sign-in", email="administrator@example.org", password=PASSWORD)
    browser.submit("/en/sign-in/second-step", code=coalition.code("administrator"))
    assert browser.page.heading == "Go on where you were"
    page = browser.submit("/en/organisations/new")
    assert "Зора" in page.text
    assert rows_kept(coalition) == 0


def test_other_tabs_go_on_after_the_same_person_signed_in_again(
    signed_in: SignedIn, coalition: Coalition, clock: Clock
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    tab = browser.get(address(reference))
    clock.now += IDLE
    browser.get("/en/incidents")
    browser.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    browser.post(address(reference), typed_on(tab, address(reference), municipality=TOWN))
    assert town(coalition, reference) == TOWN


def test_a_tab_of_another_person_cannot_be_sent_by_whoever_signed_in_after_them(
    signed_in: SignedIn, coalition: Coalition, clock: Clock
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    tab = browser.get(address(reference))
    clock.now += IDLE
    browser.get("/en/incidents")
    browser.submit("/en/sign-in", email="case_worker@example.org", password=PASSWORD)
    sent = browser.client.post(address(reference), data=typed_on(tab, address(reference), municipality=TOWN))
    assert sent.status_code == 400


def test_two_tabs_that_are_sent_too_late_are_both_kept(signed_in: SignedIn, coalition: Coalition, clock: Clock) -> None:
    browser = signed_in("lead")
    references = [records.begun(coalition, who="lead") for _ in range(2)]
    tabs = {reference: browser.get(address(reference)) for reference in references}
    clock.now += IDLE
    for reference, tab in tabs.items():
        browser.post(address(reference), typed_on(tab, address(reference), municipality=reference), status=401)
    sign_in_again(browser)
    for reference in references:
        page = browser.get(address(reference))
        assert page.form(address(reference)).values["municipality"] == [reference]


def test_the_script_is_told_and_what_it_sent_is_kept(signed_in: SignedIn, coalition: Coalition, clock: Clock) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get(address(reference))
    clock.now += IDLE
    answer = by_script(browser, address(reference), typed_on(page, address(reference), municipality=TOWN))
    assert (answer.status_code, answer.json) == (401, {"error": "signed_out"})
    browser.get(address(reference))
    assert "You were signed out after 30 minutes of rest." in browser.page.text
    browser.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    assert browser.page.form(address(reference)).values["municipality"] == [TOWN]


@pytest.mark.parametrize("path", ["/en/account", "/en/confirm"])
@pytest.mark.usefixtures("coalition")
def test_passphrases_and_codes_are_never_kept(signed_in: SignedIn, clock: Clock, path: str) -> None:
    browser = signed_in("lead")
    token = next(form.values["csrf_token"] for form in browser.get("/en/account").forms())
    clock.now += IDLE
    secret = dict.fromkeys(("present", "new", "again", "password", "recovery", "passkey"), "canary")
    browser.post(path, {"csrf_token": token, **secret}, status=401)
    assert "canary" not in browser.page.html
    browser.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    assert "canary" not in browser.page.html


# --- how long, for whom, and where it lies -----------------------------------------------------------------


def test_after_a_day_it_is_gone(late: Browser, clock: Clock) -> None:
    path = late.page.form("/en/sign-in").values["next"][0]
    clock.now += LASTS + timedelta(minutes=1)
    sign_in_again(late)
    assert BACK not in late.get(path).text


@pytest.mark.usefixtures("late")
def test_nothing_of_it_lies_in_the_database_in_clear(coalition: Coalition) -> None:
    assert rows_kept(coalition) == 1
    for file in coalition.runtime.config.data.rglob("*.sqlite3*"):
        assert "Ъгъл".encode() not in file.read_bytes()


@pytest.mark.usefixtures("late")
def test_stopping_somebodys_access_takes_it_away(coalition: Coalition) -> None:
    with coalition.work("administrator") as work:
        accounts.set_active(work, LEAD, active=False)
    assert rows_kept(coalition) == 0


def test_erasing_the_incident_takes_it_away_and_its_key(late: Browser, coalition: Coalition) -> None:
    reference = late.page.form("/en/sign-in").values["next"][0].split("/")[3]
    version = records.read(coalition, reference, "lead").version
    with coalition.work("lead") as work:
        incidents.discard_draft(work, reference, version)
    assert rows_kept(coalition) == 0


def test_only_so_many_are_kept_and_the_oldest_goes(signed_in: SignedIn, coalition: Coalition, clock: Clock) -> None:
    browser = signed_in("lead")
    token = browser.get(NEW).form(NEW).values["csrf_token"]
    for number in range(MOST + 3):
        clock.now += timedelta(seconds=1)
        browser.client.post(
            address(f"AAAAA-{number:05}"), data={"csrf_token": token}, headers={"Accept": "application/json"}
        )
    clock.now += IDLE
    for number in range(MOST + 3):
        clock.now += timedelta(seconds=1)
        sent = browser.client.post(
            address(f"AAAAA-{number:05}"), data={"csrf_token": token}, headers={"Accept": "application/json"}
        )
        assert sent.status_code == 401
    assert rows_kept(coalition) == MOST


# --- whether somebody is there -----------------------------------------------------------------------------


def test_the_page_knows_how_long_its_session_lasts_and_asking_keeps_nobody_signed_in(
    signed_in: SignedIn, clock: Clock
) -> None:
    browser = signed_in("lead")
    page = browser.get("/en/incidents")
    (box,) = [element for element in page.all("template") if element.get("data-left")]
    assert int(box.get("data-left")) == IDLE.total_seconds()
    state = browser.client.get(box.get("data-state")).json
    assert (state["stage"], state["account"], state["left"]) == ("open", box.get("data-account"), 1800)
    for _ in range(29):
        clock.now += timedelta(minutes=1)
        assert browser.client.get(box.get("data-state")).json["stage"] == "open"
    clock.now += timedelta(minutes=1)
    over = browser.client.get(box.get("data-state")).json
    assert (over["stage"], over["left"]) == ("", 0)
    assert "account" not in over


def test_whoever_is_there_stays_signed_in_and_twelve_hours_are_the_end(signed_in: SignedIn, clock: Clock) -> None:
    browser = signed_in("lead")
    token = browser.get(NEW).form(NEW).values["csrf_token"]
    left = []
    for _ in range(26):
        clock.now += timedelta(minutes=28)
        stay = browser.client.post("/en/session", data={"csrf_token": token}, headers={"Accept": "application/json"})
        left.append(stay.json.get("left"))
    assert left == [1800] * 24 + [20 * 60, None]
    assert stay.status_code == 401


def test_without_scripts_a_page_without_a_form_leads_away_when_the_session_is_over(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    page = browser.get("/en/erasures")
    (leave,) = [element for element in page.all("meta") if element.get("http-equiv") == "refresh"]
    assert leave.get("content") == "1801; url=/en/sign-in?next=/en/erasures"
    page = browser.get(address(reference))
    assert not [element for element in page.all("meta") if element.get("http-equiv") == "refresh"]


@pytest.mark.usefixtures("coalition")
def test_a_page_of_the_public_asks_for_no_session(client: Browser) -> None:
    page = client.get("/en/")
    assert not page.all("template")
    assert not any("presence" in (script.get("src") or "") for script in page.all("script"))


def test_nothing_that_people_write_has_the_name_of_a_secret() -> None:
    written = {
        name
        for form in (
            *(section.kind for section in SECTIONS.values()),
            SubmitForm,
            DecisionForm,
            ReopenForm,
            EvidenceForm,
        )
        for name in dir(form)
        if hasattr(getattr(form, name), "field_class")
    }
    assert {"answer", "narrative", "question", "note"} <= written
    assert not written & SECRET
