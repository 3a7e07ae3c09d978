"""The public site: no session, both languages, what is published and nothing else."""

import pytest

from coalition.services import summaries
from coalition.services.work import OPERATOR, Runtime, unit_of_work
from tests.conftest import Coalition
from tests.page import Browser

PAGES = ("", "figures", "members", "method", "sign-in")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "bg"])
def test_public_pages_need_no_session(client: Browser, path: str, language: str) -> None:
    page = client.get(f"/{language}/{path}")
    assert page.root.get("lang") == language


def test_the_start_page_follows_the_browsers_language(client: Browser) -> None:
    response = client.client.get("/", headers={"Accept-Language": "bg,en;q=0.5"})
    assert response.headers["Location"] == "/bg/"


def test_switching_the_language_keeps_the_page(client: Browser, runtime: Runtime) -> None:
    with unit_of_work(runtime, OPERATOR) as work:
        summaries.publish_summary(work, 2025)
    links = client.get("/en/figures/2025").links()
    assert links["Български"] == "/bg/figures/2025"


def test_an_unpublished_year_does_not_exist(client: Browser) -> None:
    client.get("/en/figures/2025", status=404)


def test_an_unknown_language_or_address_is_not_found(client: Browser) -> None:
    client.get("/xx/", status=404)
    client.get("/en/nothing-here", status=404)


def test_members_are_public_in_the_readers_language(client: Browser, coalition: Coalition) -> None:
    assert "Първи член" in client.get("/bg/members").text
    assert "First Member" in client.get("/en/members").text
    assert coalition.people
