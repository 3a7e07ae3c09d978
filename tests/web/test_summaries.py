"""Publication: what is public, the preview, publishing and taking back."""

from collections.abc import Callable

import pytest

from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import State
from coalition.services import incidents
from tests.conftest import Coalition
from tests.page import Browser
from tests.services import records
from tests.web.filing import accepted, filed

SignIn = Callable[[str], Browser]


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def test_without_incidents_the_page_says_what_to_wait_for(coordinator: Browser) -> None:
    assert "There is no data year yet" in coordinator.get("/en/publication").text


def test_a_year_with_drafts_only_is_the_members_business(coordinator: Browser, coalition: Coalition) -> None:
    with coalition.work("case_worker") as work:
        incidents.begin_incident(work, {"date": PartialDate(2024)})
    assert "There is no data year yet" in coordinator.get("/en/publication").text
    coordinator.get("/en/publication/2024", status=404)


def test_previewing_publishing_and_taking_back(coordinator: Browser, client: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    filed(coalition)
    records.in_state(coalition, State.RETURNED)
    page = coordinator.get("/en/publication")
    assert "Not public" in page.text
    page = coordinator.get(page.links()["Preview and publish 2024"])
    assert "1 incident of this year is not decided yet." in page.text
    assert "1 incident of this year has an open question: its member is to answer." in page.text
    assert "Not decided yet 1 With an open question to the member 1" in page.text
    assert "A teenage Roma boy was beaten." in page.text
    client.get("/en/figures/2024", status=404)

    page = coordinator.submit("/en/publication/2024")
    assert "The summary of 2024 is public." in page.text
    assert "A teenage Roma boy was beaten." in client.get("/en/figures/2024").text
    assert page.links()["Public page 2024"] == "/en/figures/2024"

    coordinator.get(page.links()["Take off the public pages 2024"])
    client.get("/en/figures/2024")
    page = coordinator.submit("/en/publication/2024/withdraw")
    assert "is not public any more" in page.text
    client.get("/en/figures/2024", status=404)
    coordinator.get("/en/publication/2024/withdraw", status=404)


def test_the_preview_shows_the_newest_descriptions_and_says_how_many_there_are(
    coordinator: Browser, coalition: Coalition
) -> None:
    for _ in range(11):
        accepted(coalition)
    page = coordinator.get("/en/publication/2024")
    assert "11 descriptions are published" in page.text
    assert "Only the newest 10 are shown here." in page.text
    assert page.text.count("A teenage Roma boy was beaten.") == 10
    assert "Read all descriptions" not in page.links()


def test_what_is_public_stays_until_it_is_published_again(
    coordinator: Browser, client: Browser, coalition: Coalition
) -> None:
    accepted(coalition)
    coordinator.get("/en/publication/2024")
    coordinator.submit("/en/publication/2024")
    accepted(coalition, country="GR", region="")
    page = coordinator.get("/en/publication/2024")
    assert "1 incident. As the records stand now: 2 incidents." in page.text
    assert "1 hate incident counted" in client.get("/en/figures/2024").text
    coordinator.submit("/en/publication/2024")
    assert "2 hate incidents counted" in client.get("/en/figures/2024").text


def test_a_year_without_incidents_cannot_be_published(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    token = coordinator.get("/en/publication/2024").form("/en/publication/2024").values["csrf_token"]
    coordinator.post("/en/publication/1066", {"csrf_token": token}, status=404)
    for year in ("1066", "10000", "9" * 30):
        coordinator.get(f"/en/publication/{year}", status=404)
        coordinator.get(f"/en/publication/{year}/withdraw", status=404)


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_publishes(signed_in: SignIn, coalition: Coalition, who: str) -> None:
    accepted(coalition)
    browser = signed_in(who)
    for path in ("/en/publication", "/en/publication/2024", "/en/publication/2024/withdraw"):
        browser.get(path, status=403)


def test_the_pages_speak_the_readers_language(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    coordinator.get("/bg/publication/2024")
    coordinator.submit("/bg/publication/2024")
    for path in ("", "/2024", "/2024/withdraw"):
        assert coordinator.get(f"/bg/publication{path}").root.get("lang") == "bg"
