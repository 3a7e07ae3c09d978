"""Locking, keeping and erasing as people do it: two of them, on two browsers."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coalition.domain.approvals import ERASURE_LASTS
from coalition.domain.vocabulary import State
from coalition.services import erasures, retention
from tests.conftest import Clock, Coalition
from tests.page import Browser
from tests.services import records

HALF_A_YEAR = timedelta(days=185)


def wish_of(coalition: Coalition) -> str:
    with coalition.reading("lead") as work:
        (wish,) = erasures.waiting_erasures(work)
    return wish.reference


def ask(browser: Browser, reference: str) -> None:
    browser.get(f"/en/incidents/{reference}/erase")
    browser.submit(f"/en/incidents/{reference}/erase", reason="person_request")


def test_one_asks_and_another_confirms(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.in_state(coalition, State.ACCEPTED)
    worker = signed_in("case_worker")
    overview = worker.get(f"/en/incidents/{reference}")
    assert overview.links()["Erase this incident"] == f"/en/incidents/{reference}/erase"
    worker.get(f"/en/incidents/{reference}/erase")
    page = worker.submit(f"/en/incidents/{reference}/erase", status=422)
    assert page.errors() == ["Choose a reason."]
    page = worker.submit(f"/en/incidents/{reference}/erase", reason="person_request")
    assert "waits for a second person" in page.text
    assert "Erase this incident" not in page.links()

    address = f"/en/erasures/{wish_of(coalition)}"
    page = worker.get(address)
    assert "You cannot confirm this one" in page.text
    assert address not in [form.action for form in page.forms()]

    lead = signed_in("lead")
    assert reference in lead.get("/en/erasures").links()
    page = lead.get(address)
    assert "The person concerned asked for it" in page.text
    page = lead.submit(address)
    assert f"Incident {reference} is erased." in page.text
    assert "No erasure waits" in page.text
    assert lead.fetch(f"/en/incidents/{reference}").status_code == 404
    assert lead.fetch(address).status_code == 404
    assert "1 erased incident still counts" in lead.get("/en/incidents").text


def test_an_administrator_confirms_and_sees_the_reference_only(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    reference = records.begun(coalition)
    ask(signed_in("lead"), reference)
    administrator = signed_in("administrator")
    address = f"/en/erasures/{wish_of(coalition)}"
    for page in (administrator.get("/en/erasures"), administrator.get(address)):
        assert reference in page.text
        for secret in ("Столична", "Подробен", "OWN-17", "Roma"):
            assert secret not in page.text
    assert administrator.fetch(f"/en/incidents/{reference}").status_code == 403
    assert "is erased" in administrator.submit(address).text


def test_two_who_may_not_are_told_why_and_nothing_goes(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    worker = signed_in("case_worker")
    ask(worker, reference)
    address = f"/en/erasures/{wish_of(coalition)}"
    page = worker.get("/en/account")
    token = next(form.values["csrf_token"] for form in page.forms() if "csrf_token" in form.values)
    assert "Somebody else has to confirm it" in worker.post(address, {"csrf_token": token}).text
    administrator = signed_in("administrator")
    page = administrator.get(address)
    assert "You cannot confirm this one" in page.text
    token = next(form.values["csrf_token"] for form in page.forms() if "csrf_token" in form.values)
    assert "has to be the organisation’s lead" in administrator.post(address, {"csrf_token": token}).text
    assert records.read(coalition, reference)


def test_an_expired_request_can_be_asked_again(coalition: Coalition, signed_in: Callable[[str], Browser], clock: Clock):
    reference = records.begun(coalition)
    ask(signed_in("case_worker"), reference)
    address = f"/en/erasures/{wish_of(coalition)}"
    clock.now += ERASURE_LASTS
    lead = signed_in("lead")
    assert "No erasure waits" in lead.get("/en/erasures").text
    page = lead.get(address)
    assert "You cannot confirm this one" in page.text
    token = next(form.values["csrf_token"] for form in page.forms() if "csrf_token" in form.values)
    assert "more than 14 days ago" in lead.post(address, {"csrf_token": token}).text
    ask(lead, reference)
    assert "is erased" in _confirmed(signed_in("case_worker"), wish_of(coalition))


def _confirmed(browser: Browser, wish: str) -> str:
    browser.get(f"/en/erasures/{wish}")
    return browser.submit(f"/en/erasures/{wish}").text


def test_a_request_is_taken_back(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    worker = signed_in("case_worker")
    ask(worker, reference)
    wish = wish_of(coalition)
    worker.get(f"/en/erasures/{wish}")
    assert "The request is taken back" in worker.submit(f"/en/erasures/{wish}/take-back").text
    assert "Erase this incident" in worker.get(f"/en/incidents/{reference}").links()


def test_a_lock_is_shown_and_stops_discarding_and_erasing(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    worker, lead = signed_in("case_worker"), signed_in("lead")
    ask(worker, reference)
    wish = wish_of(coalition)
    worker.get(f"/en/incidents/{reference}/lock")
    assert worker.submit(f"/en/incidents/{reference}/lock", status=422).errors() == ["Choose a reason."]
    page = worker.submit(f"/en/incidents/{reference}/lock", reason="legal_proceedings")
    assert "Locked against erasing Legal proceedings" in page.text
    assert "Discard the draft" not in page.text
    assert "Only the organisation’s lead can lift the lock." in page.text

    worker.get(f"/en/incidents/{reference}/discard")
    page = worker.submit(f"/en/incidents/{reference}/discard", status=409)
    assert page.heading == "This incident is locked"
    page = lead.get(f"/en/erasures/{wish}")
    assert "The incident was locked meanwhile" in page.text
    token = next(form.values["csrf_token"] for form in page.forms() if "csrf_token" in form.values)
    assert "Nothing was erased" in lead.post(f"/en/erasures/{wish}", {"csrf_token": token}).text

    lead.get(f"/en/incidents/{reference}")
    page = lead.submit(f"/en/incidents/{reference}/lock/lift")
    assert "The lock is lifted" in page.text
    assert "is erased" in _confirmed(lead, wish)


def test_the_lead_works_through_what_is_due(coalition: Coalition, signed_in: Callable[[str], Browser], clock: Clock):
    reference = records.begun(coalition)
    assert "Nothing is due" in signed_in("lead").get("/en/due").text
    clock.now += HALF_A_YEAR
    with coalition.work("operator") as work:
        retention.list_due_records(work)
    lead = signed_in("lead")
    page = lead.get("/en/due")
    assert page.links()[f"Keep the incident {reference}"] == f"/en/incidents/{reference}/keep"
    assert page.links()[f"Ask for the erasure {reference}"] == f"/en/incidents/{reference}/erase"
    keep = f"/en/incidents/{reference}/keep"
    lead.get(keep)
    assert lead.submit(keep, status=422).errors() == ["Choose a reason."]
    chosen = {"reason": "case_open", "until-day": "1", "until-month": "1"}
    for year in ("2020", "2099", ""):
        page = lead.submit(keep, status=422, **{**chosen, "until-year": year})
        assert page.errors()
    page = lead.submit(keep, **{**chosen, "until-year": "2027"})
    assert f"Incident {reference} is kept." in page.text
    assert "Nothing is due" in page.text
    lead.get(keep)
    assert "not due any more" in lead.submit(keep, **{**chosen, "until-year": "2027"}).text


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator", "coordinator", "auditor"])
def test_the_pages_are_in_the_navigation_of_those_who_need_them(signed_in: Callable[[str], Browser], who: str):
    links = signed_in(who).get("/en/account").links()
    assert ("Due for review" in links) == (who == "lead")
    assert ("Erasures" in links) == (who in {"case_worker", "lead", "administrator"})
