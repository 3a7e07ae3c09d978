"""What ODIHR made of a submission, as the coordinator sees it and says more of it."""

import csv
import io
from collections.abc import Callable, Sequence

import pytest
from werkzeug.test import TestResponse

from coalition.domain.exports import COLUMNS
from tests.conftest import Coalition
from tests.page import Browser
from tests.services.sheets import run_jobs
from tests.web.filing import accepted

SignIn = Callable[[str], Browser]
INVALID = 422
BEATEN = "A teenage Roma boy was beaten by a group of four men."
PAINTED = "Swastikas were painted on the door of a synagogue at night."
OTHERS = ("2024-07", "Serbia", "Anti-LGBTI hate crime", "Threats", "UNHCR", "A man was threatened in a park.")


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def row(coalition: Coalition, text: str, month: str = "2024-05") -> tuple[str, ...]:
    us = coalition.people["case_worker"].organisation_name or ""
    return (month, "Bulgaria", "Anti-Roma hate crime", "Violent attacks against people", us, text)


def send(browser: Browser, *lines: Sequence[str], year: str = "2024", content: bytes | None = None) -> TestResponse:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([COLUMNS, *lines])
    token = browser.get("/en/published").form("/en/published").values["csrf_token"]
    file = (io.BytesIO(written.getvalue().encode() if content is None else content), "list.csv")
    return browser.client.post("/en/published", data={"csrf_token": token, "year": year, "file": file})


def test_a_list_is_sent_compared_and_decided_about(coordinator: Browser, coalition: Coalition) -> None:
    beaten = accepted(coalition, descriptions={"en": BEATEN})
    painted = accepted(coalition, descriptions={"en": PAINTED})
    accepted(coalition, chosen_type="property_attack", type_reason="A wall was painted.")
    assert coordinator.get("/en/submissions").links()["What ODIHR made of it"] == "/en/published"
    sent = send(
        coordinator, OTHERS, row(coalition, BEATEN, "2024-06"), row(coalition, "Stones were thrown at a school.")
    )
    here = sent.headers["Location"]
    assert here == "/en/published/2024"
    page = coordinator.get(here)
    assert f'data-poll="{here}/state"' in page.html
    assert coordinator.fetch(f"{here}/state").json["state"] == "running"
    run_jobs(coalition)
    assert coordinator.fetch(f"{here}/state").json["state"] == "done"

    page = coordinator.get(here)
    assert "3 records sent" in page.text
    assert "Not in the list: 2. Of these, 1 was sent as a number and has no line there." in page.text
    assert page.text.count("Sent as a number Anti-Roma hate crime, Attacks against property") == 1
    assert "0 1 0 2 of these, 1 as a number" in coordinator.get("/en/published").text
    page = coordinator.get(here)
    assert "With changes 1" in page.text
    assert "Date: 2024-05 2024-06" in page.text
    assert "Violent attacks against people 2 1 0 50%" in page.text
    assert page.links()["2 lines of the list are not yours"] == f"{here}/others"
    assert "A man was threatened in a park." in coordinator.get(f"{here}/others").text
    assert "There is none." in coordinator.get(f"{here}?outcome=merged&page=99").text
    assert page.links()[beaten] == f"{here}/records/{beaten}"

    say_of_each(coordinator, coalition, here, beaten, painted)


def say_of_each(coordinator: Browser, coalition: Coalition, here: str, beaten: str, painted: str) -> None:
    """Confirm one record, choose a line for the other by hand, and take that back."""
    page = coordinator.get(f"{here}/records/{beaten}")
    assert "A month apart" in page.text
    assert "Line 3: 2024-06; Bulgaria" in page.text
    page = coordinator.submit(f"{here}/records/{beaten}/confirm")
    assert "Confirmed. It holds for later lists as well." in page.text
    record = f"{here}/records/{painted}"
    coordinator.get(record)
    page = coordinator.submit(record, line="another", number="99", status=INVALID)
    assert page.errors() == ["The list has no such line."]
    page = coordinator.submit(record, line="another", number="", status=INVALID)
    assert page.errors() == ["Type the number of the line."]
    page = coordinator.submit(record, line="another", number="4")
    assert "With changes Line 4" in page.text
    run_jobs(coalition)
    assert "1 line of the list is not yours" in coordinator.get(here).text
    coordinator.get(record)
    coordinator.submit(record, line="another", number="3")
    run_jobs(coalition)
    assert f"Merged with others Line 3 On one line with {beaten}" in coordinator.get(record).text
    coordinator.submit(f"{record}/undo")
    run_jobs(coalition)
    assert "Not in the list" in coordinator.get(record).text


def test_what_is_no_list_is_said_beside_the_field(coordinator: Browser, coalition: Coalition) -> None:
    assert "There is no data year yet" in coordinator.get("/en/published").text
    accepted(coalition)
    for wrong, said in (
        ({"content": b"Date,Country\n2024,Serbia\n"}, "This is no such list."),
        ({"content": b"\x00\x01"}, "This is no such list."),
        ({}, "No line of the file is of the year 2024."),
    ):
        answer = send(coordinator, ("2019", *OTHERS[1:]), **wrong)
        assert answer.status_code == INVALID
        assert said in answer.text
    coordinator.get("/en/published/2024", status=404)
    coordinator.get("/en/published")
    page = coordinator.submit("/en/published", year="2024", status=INVALID)
    assert page.errors() == ["Choose a file."]
