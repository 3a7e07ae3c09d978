"""The auditor's page: the whole log, in words and codes, and nothing else."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from coalition.domain.vocabulary import State
from tests.conftest import Coalition
from tests.page import Browser
from tests.services import records

SignIn = Callable[[str], Browser]


@pytest.fixture
def auditor(signed_in: SignIn) -> Browser:
    """Give the auditor's browser."""
    return signed_in("auditor")


def test_signing_in_leads_to_the_log(through_the_door: SignIn) -> None:
    assert through_the_door("auditor").path == "/en/log"


def test_it_says_who_did_what_to_which_incident(auditor: Browser, coalition: Coalition) -> None:
    reference = records.in_state(coalition, State.SUBMITTED)
    page = auditor.get("/en/log")
    assert "Case Worker (Case worker)" in page.text
    assert "Submitted it" in page.text
    assert reference in page.text
    assert records.read(coalition, reference).facts.narrative not in page.text


def test_it_can_be_narrowed_to_a_person_and_an_act(auditor: Browser, coalition: Coalition) -> None:
    records.begun(coalition)
    records.begun(coalition, who="second_worker")
    who = coalition.people["second_worker"].id
    page = auditor.get(f"/en/log?action=incident.begin&who={who}")
    table = page.text.split("Entries, the newest first")[1]
    assert "Second Worker" in table
    assert "Case Worker (" not in table


@pytest.mark.parametrize("query", ["action=nonsense&who=nobody-i-know", "page=999999", "page=x", "action=%00"])
def test_a_filter_that_makes_no_sense_is_left_out(auditor: Browser, query: str) -> None:
    assert "Entries, the newest first" in auditor.get(f"/en/log?{query}").text


def test_long_logs_have_pages(auditor: Browser, coalition: Coalition) -> None:
    for _ in range(50):
        records.begun(coalition)
    first = auditor.get("/en/log")
    assert "Page 1 of" in first.text
    assert auditor.get("/en/log?page=2").text != first.text


def test_the_chain_is_checked_on_request(auditor: Browser, coalition: Coalition) -> None:
    auditor.get("/en/log")
    assert "The log is intact" in auditor.submit("/en/log/check").text
    with coalition.runtime.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET actor = 'x' WHERE number = 2"))
    page = auditor.submit("/en/log/check")
    assert "The log was tampered with" in page.text
    assert "Entry 2 is not what was written" in page.text


def test_the_auditor_reaches_no_incident(auditor: Browser, coalition: Coalition) -> None:
    reference = records.in_state(coalition, State.ACCEPTED)
    for path in ("incidents", f"incidents/{reference}", "reviews", f"reviews/{reference}", "submissions", "people"):
        assert auditor.fetch(f"/en/{path}").status_code == 403, path


def test_it_speaks_the_readers_language(auditor: Browser) -> None:
    assert auditor.get("/bg/log").root.get("lang") == "bg"
