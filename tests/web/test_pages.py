"""The public site: no session, both languages, what is published and nothing else."""

import pytest

from coalition.services import summaries
from coalition.services.work import OPERATOR, Runtime, unit_of_work
from tests.conftest import Coalition
from tests.page import Browser
from tests.web.filing import accepted

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


@pytest.mark.usefixtures("coalition")
def test_members_are_public_in_the_readers_language(client: Browser) -> None:
    assert "Първи член" in client.get("/bg/members").text
    assert "First Member" in client.get("/en/members").text


def of_2024(coalition: Coalition) -> None:
    """Publish a year with two incidents of one motivation."""
    accepted(coalition)
    accepted(coalition)
    with coalition.work("coordinator") as work:
        summaries.publish_summary(work, 2024)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("endpoint=pages.home", ""),
        ("language=xx", ""),
        ("year=1999", ""),
        ("_external=1&_scheme=gopher", ""),
        ("_anchor=elsewhere", ""),
        ("_method=POST", ""),
        ("_made_up=1", ""),
        ("self=1&page=2&_anchor=x", "?self=1&page=2"),
        ("motivation=anti_roma&endpoint=root", "?motivation=anti_roma"),
    ],
)
def test_nothing_in_an_address_steers_the_language_menu(
    client: Browser, coalition: Coalition, query: str, kept: str
) -> None:
    of_2024(coalition)
    page = client.get(f"/en/figures/2024/incidents?{query}")
    assert page.links()["Български"] == f"/bg/figures/2024/incidents{kept}"
    alternates = [link.get("href") for link in page.all("link") if link.get("rel") == "alternate"]
    assert alternates == [f"/{code}/figures/2024/incidents{kept}" for code in ("en", "bg")]


@pytest.mark.parametrize("year", ["10000", "999999999999999999", "9" * 5000, "-1", "x"])
def test_a_year_that_no_date_has_is_not_found(client: Browser, year: str) -> None:
    client.get(f"/en/figures/{year}", status=404)
    client.get(f"/en/figures/{year}/incidents", status=404)


@pytest.mark.parametrize("page", ["0", "-7", "x", "9" * 30, "9" * 5000, "7"])
def test_a_page_that_there_is_not_does_no_harm(client: Browser, coalition: Coalition, page: str) -> None:
    of_2024(coalition)
    assert "2 descriptions." in client.get(f"/en/figures/2024/incidents?page={page}").text


@pytest.mark.parametrize(
    ("query", "chosen"),
    [("", "All"), ("?motivation=anti_roma", "Anti-Roma hate crime"), ("?motivation=zzz", "All")],
)
def test_an_unknown_motivation_is_ignored(client: Browser, coalition: Coalition, query: str, chosen: str) -> None:
    of_2024(coalition)
    page = client.get(f"/en/figures/2024/incidents{query}")
    assert "2 descriptions." in page.text
    filters = [link for link in page.all("a") if link.get("class") == "filters__link"]
    assert [link.text for link in filters if link.get("aria-current")] == [chosen]
