"""What somebody sees who does something more often within an hour than anybody works."""

from collections.abc import Callable
from datetime import timedelta

from coalition.domain.throttling import BUDGETS, Use
from tests.conftest import Clock, Coalition
from tests.page import Browser
from tests.services import records
from tests.services.test_budgets import noted

NEW = "/en/incidents/new"


def test_it_is_said_what_was_too_much_and_when_to_go_on(
    signed_in: Callable[[str], Browser], coalition: Coalition, clock: Clock
) -> None:
    browser, reference = signed_in("lead"), records.begun(coalition, who="lead")
    noted(coalition, Use.READ, BUDGETS[Use.READ])
    clock.now += timedelta(minutes=5)
    page = browser.get(f"/en/incidents/{reference}", status=429)
    assert page.heading == "You have opened very many records within an hour"
    assert "Go on in 55 minutes." in page.text
    assert browser.response.headers["Retry-After"] == str(55 * 60)
    assert browser.get("/en/incidents").heading
    clock.now += timedelta(minutes=55)
    browser.get("/en/incidents")


def test_what_was_typed_meanwhile_is_kept(signed_in: Callable[[str], Browser], coalition: Coalition) -> None:
    browser = signed_in("lead")
    browser.get(NEW)
    noted(coalition, Use.BEGIN, BUDGETS[Use.BEGIN])
    page = browser.submit(NEW, status=429, municipality="Село Ъгъл")
    assert page.heading == "You have begun very many records within an hour"
    assert browser.get(NEW).form(NEW).values["municipality"] == ["Село Ъгъл"]
