"""The calendar: a public page and feed, a file for members, and the pages on which it is kept."""

from collections.abc import Callable

from coalition.domain.cycle import Milestone
from tests.conftest import Clock, Coalition
from tests.documents.icalendar import parsed
from tests.page import Browser

SignIn = Callable[[str], Browser]
NEW = "/en/calendar/dates/new"


def boxes(name: str, day: str, month: str, year: str) -> dict[str, str]:
    return {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}


def test_the_public_page_lists_the_cycle_and_says_how_well_each_date_is_known(client: Browser, coalition: Coalition):
    assert coalition.people
    page = client.get("/en/calendar")
    assert "30 April 2026 Last day to submit to ODIHR: incidents of 2025" in page.text
    assert "The same day in every call from 2017 to 2024 that was read." in page.text
    assert "1 September 2026 to 31 October 2026" in page.text
    assert "http://localhost/en/calendar.ics" in page.text
    assert "members.ics" not in page.html
    assert not page.links().get("Add a date")


def test_the_feed_is_the_same_whenever_it_is_asked_for_and_speaks_the_readers_language(
    client: Browser, coalition: Coalition, clock: Clock
):
    assert coalition.people
    answer = client.fetch("/en/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    found = parsed(answer.data)
    assert [event["UID"] for event in found.events][4:8] == [f"{part}-2025@coalition" for part in Milestone]
    assert found.events[5]["SUMMARY"] == "Last day to submit to ODIHR: incidents of 2025"
    clock.now = clock.now.replace(hour=23)
    assert client.fetch("/en/calendar.ics").data == answer.data
    assert parsed(client.fetch("/bg/calendar.ics").data).events[5]["UID"] == "deadline-2025@coalition"


def test_a_date_of_the_coalitions_own_is_kept_and_reaches_whom_it_is_for(signed_in: SignIn, client: Browser):
    browser = signed_in("coordinator")
    browser.get(NEW)
    page = browser.submit(NEW, title="", status=422)
    assert page.errors() == ["Say what happens"]
    page = browser.submit(NEW, title="March is handed in", status=422)
    assert "Write day, month and year." in page.text
    backwards = {**boxes("first", "10", "4", "2026"), **boxes("last", "9", "4", "2026")}
    assert "The last day comes before the first." in browser.submit(NEW, status=422, **backwards).text
    page = browser.submit(NEW, **{**boxes("first", "10", "4", "2026"), **boxes("last", "", "", "")})
    assert "The date is in the calendar." in page.text
    page_of_members = signed_in("case_worker").get("/en/calendar").text
    assert "March is handed in" in page_of_members
    assert "our own dates" in page_of_members
    page_of_all = client.get("/en/calendar").text
    assert "March is handed in" not in page_of_all
    assert "our own dates" not in page_of_all, "it promises what this reader has not"
    assert b"March is handed in" not in client.fetch("/en/calendar.ics").data
    file = signed_in("case_worker").fetch("/en/calendar/members.ics")
    assert b"March is handed in" in file.data
    assert file.headers["Cache-Control"] == "no-store"
    assert parsed(file.data).events
    edit = page.links()["Change: March is handed in"]
    assert browser.get(edit).form(edit).values["reach"] == ["members"]
    assert "March is handed in" in browser.submit(edit, reach="everybody").text
    assert b"March is handed in" in client.fetch("/en/calendar.ics").data
    browser.get(edit)
    assert "March is handed in" not in browser.submit(f"{edit}/remove").text


def test_a_deadline_that_odihr_moves_counts_everywhere(signed_in: SignIn):
    browser = signed_in("coordinator")
    part = "/en/calendar/cycle/2025/deadline"
    assert "was read" in browser.get(part).text
    assert "Saved." in browser.submit(part, **boxes("first", "4", "5", "2026")).text
    assert "63 days left 4 May 2026" in browser.get("/en/readiness").text
    assert "Set by the coordinator for this year." in browser.get(part).text
    browser.submit(f"{part}/usual")
    assert "59 days left 30 April 2026" in browser.get("/en/readiness").text
    browser.get("/en/calendar/cycle/2025/party", status=404)
    browser.get("/en/calendar/cycle/2010/deadline", status=404)
