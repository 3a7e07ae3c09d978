"""Member organisations: added and described by the administrator, read by the public in its language."""

from collections.abc import Callable

import pytest

from coalition.services import organisations
from coalition.services.work import NOBODY, reading
from tests.conftest import Coalition
from tests.page import Browser

SignIn = Callable[[str], Browser]

NEW, EDIT = "/en/organisations/new", "/en/organisations/FIRST"
TYPED = {
    "code": "shore-7",
    "name": " Near Shore ",
    "website": "https://shore.example/",
    "name_bg": "Близък бряг",
    "about_en": "Helps people at sea.",
    "about_bg": "Помага на хора в морето.",
}


@pytest.fixture
def administrator(signed_in: SignIn) -> Browser:
    return signed_in("administrator")


def codes(coalition: Coalition) -> list[str]:
    with reading(coalition.runtime, NOBODY) as work:
        return [member.code for member in organisations.list_organisations(work)]


def test_a_member_is_added_and_everybody_reads_of_it_in_their_language(
    administrator: Browser, client: Browser, coalition: Coalition
) -> None:
    administrator.get(administrator.get("/en/organisations").links()["Add an organisation"])
    page = administrator.submit(NEW, **TYPED)
    assert administrator.path == "/en/organisations"
    assert "The organisation was added." in page.text
    assert page.links()["Near Shore"] == "/en/organisations/SHORE-7"
    assert sorted(codes(coalition)) == ["FIRST", "SECOND", "SHORE-7"]
    english, bulgarian = client.get("/en/members"), client.get("/bg/members")
    for page, name, about in ((english, "Near Shore", "about_en"), (bulgarian, "Близък бряг", "about_bg")):
        (card,) = [item for item in page.all("li") if item.get("class") == "card" and name in "".join(item.itertext())]
        assert [part.text or part[0].text for part in card] == [name, TYPED[about], "shore.example"]
    assert english.links()["shore.example"] == "https://shore.example/"


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"code": ""}, "code", "Enter a short code"),
        ({"code": "A B"}, "code", "Use only letters A–Z, digits, hyphens or underscores, at most 40"),
        ({"code": "X" * 41}, "code", "Use only letters A–Z, digits, hyphens or underscores, at most 40"),
        ({"code": "First"}, "code", "Another organisation has this code"),
        ({"name": "  "}, "name", "Enter a name"),
        ({"website": "shore.example"}, "website", "Enter an address that begins with https://"),
        ({"website": "javascript:alert(1)"}, "website", "Enter an address that begins with https://"),
        ({"name_bg": "x" * 201}, "name_bg", "Field cannot be longer than 200 characters."),
        ({"about_en": "x" * 601}, "about_en", "Field cannot be longer than 600 characters."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    administrator: Browser, coalition: Coalition, typed: dict[str, str], field: str, error: str
) -> None:
    administrator.get(NEW)
    page = administrator.submit(NEW, status=422, **{**TYPED, **typed})
    assert page.errors() == [error]
    beside = page.by_id(f"{field}-error")
    assert beside is not None
    assert error in "".join(beside.itertext())
    kept = page.form(NEW).values
    assert {name: kept[name] for name in TYPED} == {name: [text.strip()] for name, text in {**TYPED, **typed}.items()}
    assert sorted(codes(coalition)) == ["FIRST", "SECOND"]


def test_a_member_is_described_anew(administrator: Browser, client: Browser, coalition: Coalition) -> None:
    page = administrator.get(EDIT)
    values = page.form(EDIT).values
    assert "code" not in values, "a code stays what it is"
    assert (values["name"], values["name_bg"]) == (["First Member"], ["Първи член"])
    page = administrator.submit(EDIT, name="Renamed", name_bg="", about_bg="Помага.", code="OTHER")
    assert "Saved." in page.text
    assert sorted(codes(coalition)) == ["FIRST", "SECOND"]
    assert "Renamed Помага." in client.get("/bg/members").text, "without a name of its own the main one is said"
    assert "First Member" not in client.get("/en/members").text


def test_a_description_that_cannot_be_changes_nothing(administrator: Browser, client: Browser) -> None:
    administrator.get(EDIT)
    page = administrator.submit(EDIT, status=422, name="", website="shore.example")
    assert page.errors() == ["Enter a name", "Enter an address that begins with https://"]
    assert page.form(EDIT).values["website"] == ["shore.example"]
    assert "First Member" in client.get("/en/members").text


def test_a_member_that_does_not_exist_is_not_found(administrator: Browser) -> None:
    administrator.get("/en/organisations/NOWHERE", status=404)


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator"])
def test_only_administrators_look_after_members(signed_in: SignIn, coalition: Coalition, who: str) -> None:
    browser = signed_in(who)
    token = browser.get("/en/account").form("/en/account").values["csrf_token"]
    for path in ("/en/organisations", NEW, EDIT):
        browser.get(path, status=403)
    for path in (NEW, EDIT):
        browser.post(path, {"csrf_token": token, **TYPED}, status=403)
    assert sorted(codes(coalition)) == ["FIRST", "SECOND"]


def test_the_pages_speak_the_readers_language(administrator: Browser) -> None:
    for path in ("organisations", "organisations/new", "organisations/FIRST"):
        assert administrator.get(f"/bg/{path}").root.get("lang") == "bg"
