"""Records that are counted as one, on the pages of the coordinator and of the members."""

from collections.abc import Callable

import pytest

from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import State
from coalition.services import same_incident
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE, facts
from tests.page import Browser
from tests.services import records

SignIn = Callable[[str], Browser]


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def pair(coalition: Coalition) -> tuple[str, str]:
    """Return two accepted records of two members, the second counted with the first."""
    one = records.in_state(coalition, State.ACCEPTED)
    other = records.in_state(coalition, State.ACCEPTED, facts(narrative="Друг разказ."), "second_worker")
    with coalition.work("coordinator") as work:
        same_incident.link(work, one, [other])
    return one, other


def test_a_member_reads_with_whom_its_record_is_counted(signed_in: SignIn, coalition: Coalition) -> None:
    one, other = pair(coalition)
    text = signed_in("second_worker").get(f"/en/incidents/{other}").text
    assert "The coalition counts this together with an incident recorded by:" in text
    assert "First Member, 17 May 2024" in text
    for hidden in (one, COMPLETE.narrative, COMPLETE.own_reference, "Case Worker"):
        assert hidden not in text
    text = signed_in("case_worker").get(f"/en/incidents/{one}").text
    assert "The coalition counts the following together with this record:" in text
    assert "Second Member" in text
    assert other not in text
    assert "Count it by itself again" not in text


def test_a_member_reads_that_the_incident_does_not_count_while_the_other_record_is_not_decided(
    signed_in: SignIn, coalition: Coalition
) -> None:
    one, other = pair(coalition)
    records.reopen(coalition, one)
    browser = signed_in("second_worker")
    assert "Until then the incident does not count." in browser.get(f"/en/incidents/{other}").text
    records.decide(coalition, one, records.REJECT)
    assert "was not accepted, so the incident does not count." in browser.get(f"/en/incidents/{other}").text


def test_a_record_that_is_counted_by_itself_says_nothing_of_others(signed_in: SignIn, coalition: Coalition) -> None:
    reference = records.in_state(coalition, State.ACCEPTED)
    assert "Counted together" not in signed_in("case_worker").get(f"/en/incidents/{reference}").text


def test_taking_a_record_away_asks_for_a_reason_and_says_what_happened(
    coordinator: Browser, coalition: Coalition
) -> None:
    one, other = pair(coalition)
    page = coordinator.get(f"/en/reviews/{other}")
    assert page.links()[one] == f"/en/reviews/{one}"
    undo = f"/en/same-incident/{other}/undo"
    assert page.links()["Count it by itself again"] == undo
    page = coordinator.get(undo)
    assert "It stands again where it stood before" in page.text
    page = coordinator.submit(undo, status=422)
    assert "Say why it is not the same incident" in page.errors()
    page = coordinator.submit(undo, text="Two streets, two attacks.")
    assert coordinator.path == f"/en/reviews/{other}"
    assert "The record is counted by itself again, where it stood before." in page.text
    assert "Two streets, two attacks." in page.text
    assert records.read(coalition, other, "second_worker").state is State.ACCEPTED


def test_what_was_typed_is_kept_when_the_record_changed_meanwhile(coordinator: Browser, coalition: Coalition) -> None:
    _, other = pair(coalition)
    undo = f"/en/same-incident/{other}/undo"
    coordinator.get(undo)
    page = coordinator.submit(undo, status=409, text="Two streets.", version="1")
    assert "Nothing is taken back yet" in page.text
    assert page.form(undo).values["text"] == ["Two streets."]
    coordinator.submit(undo, text="Two streets.")
    assert records.read(coalition, other, "second_worker").state is State.ACCEPTED


@pytest.mark.parametrize("version", ["", "x", "²", "9" * 5000])
def test_a_version_that_cannot_be_counts_as_changed(coordinator: Browser, coalition: Coalition, version: str) -> None:
    _, other = pair(coalition)
    coordinator.get(f"/en/same-incident/{other}/undo")
    coordinator.submit(f"/en/same-incident/{other}/undo", status=409, text="Why", version=version)


def test_what_is_not_linked_leads_back_to_its_review(coordinator: Browser, coalition: Coalition) -> None:
    one, other = pair(coalition)
    coordinator.get(f"/en/same-incident/{one}/undo")
    assert coordinator.path == f"/en/reviews/{one}"
    coordinator.get(f"/en/same-incident/{other}/undo")
    with coalition.work("operator") as work:
        same_incident.unlink(work, other)
    page = coordinator.submit(f"/en/same-incident/{other}/undo", text="Why", status=409)
    page = coordinator.submit(f"/en/same-incident/{other}/undo", text="Why")
    assert "It is counted by itself already." in page.text


def test_records_are_shown_side_by_side_with_what_differs(coordinator: Browser, coalition: Coalition) -> None:
    one = records.in_state(coalition, State.SUBMITTED)
    there = facts(narrative="Друг разказ.", date=PartialDate(2024, 5, 18), descriptions={})
    other = records.in_state(coalition, State.SUBMITTED, there, "second_worker")
    page = coordinator.get(f"/en/same-incident/compare?record={one}&record={other.lower()}")
    rows = {
        " ".join("".join(row.itertext()).split())
        for row in page.all("tr")
        if row.find("th") is not None and row.find("th").get("scope") == "row"
    }
    assert "Date Different 17 May 2024 18 May 2024" in rows
    assert "Country Bulgaria Bulgaria" in rows
    assert any(row.startswith("Internal account Different") for row in rows)
    assert "Друг разказ." in page.text
    assert page.links()[one] == f"/en/reviews/{one}"
    for hidden in (COMPLETE.own_reference, "Име на човек", COMPLETE.time):
        assert hidden not in page.text


def test_comparing_needs_two_to_six_records_that_the_coordinator_may_see(
    coordinator: Browser, coalition: Coalition
) -> None:
    one, other = (records.in_state(coalition, State.SUBMITTED) for _ in range(2))
    draft = records.begun(coalition)
    for query in ("", f"record={one}", f"record={one}&record={one}", f"record={one}&record={draft}",
                  "&".join(f"record={number:05}-AAAAA" for number in range(7))):  # fmt: skip
        coordinator.get(f"/en/same-incident/compare?{query}", status=404)
    coordinator.get(f"/en/same-incident/compare?record={one}&record={other}")


def test_who_looked_at_a_record_does_not_name_another_members_people(signed_in: SignIn, coalition: Coalition) -> None:
    one = records.in_state(coalition, State.ACCEPTED, who="second_worker")
    other = records.in_state(coalition, State.ACCEPTED)
    with coalition.work("coordinator") as work:
        same_incident.link(work, one, [other])
    records.reopen(coalition, one)
    records.withdraw(coalition, one, "second_worker")
    text = signed_in("lead").get(f"/en/incidents/{other}/readers").text
    assert "Had it counted by itself again" in text
    assert "Second" not in text
    text = signed_in("lead").get(f"/en/incidents/{other}").text
    assert "The record that it was counted with is not with the coalition any more." in text
    assert "Automatically" in text
