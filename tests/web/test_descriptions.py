"""The public descriptions: what may give a person away is shown in place, cleared with a reason, or taken out."""

from collections.abc import Callable

import pytest

from coalition.domain.anonymity import flags_of_record, open_flags
from coalition.domain.incidents import Clearance, Indicator, Perpetrators, Victims
from coalition.i18n import in_language
from tests.conftest import Coalition
from tests.domain.samples import facts
from tests.page import Browser, Page
from tests.web.test_incidents import begin, read, section_url, submitted

SignedIn = Callable[[str], Browser]

GIVEN_AWAY = "Ivan Petrov, a 17-year-old Roma boy, was beaten in Plovdiv. Ivan Petrov was hurt."
HARMLESS = "A teenage Roma boy was beaten by a group of four men."
REASON = "The name of a public figure, known from the news."


@pytest.fixture
def reference(coalition: Coalition) -> str:
    return begin(coalition, country="BG", municipality="Сливен")


@pytest.fixture
def browser(signed_in: SignedIn) -> Browser:
    return signed_in("case_worker")


def page_of(browser: Browser, reference: str) -> Page:
    return browser.get(section_url(reference, "descriptions"))


def press(browser: Browser, reference: str, button: str, **typed: str) -> Page:
    page_of(browser, reference)
    return browser.submit(section_url(reference, "descriptions"), ("rows", button), **typed)


def save(browser: Browser, reference: str, **typed: str) -> None:
    page_of(browser, reference)
    browser.submit(section_url(reference, "descriptions"), ("go", "overview"), **typed)


def marked(page: Page) -> list[str]:
    return ["".join(element.itertext()) for element in page.all("mark")]


def reasons(page: Page) -> dict[str, str]:
    """Return the fields for reasons: name to label."""
    labels = {label.get("for"): "".join(label.itertext()) for label in page.all("label")}
    found = (element.get("name") or "" for element in page.all("input"))
    return {name: labels[name] for name in found if name.endswith("-reason")}


def test_saved_texts_come_back_with_what_is_flagged_marked_in_place(browser, coalition, reference):
    save(browser, reference, description_en=GIVEN_AWAY)
    assert read(coalition, reference).facts.descriptions == {"en": GIVEN_AWAY}
    page = page_of(browser, reference)
    assert marked(page) == ["Ivan Petrov", "17-year-old", "Plovdiv", "Ivan Petrov"]
    assert reasons(page) == {
        "clearances_en-0-reason": "“Ivan Petrov” is harmless, because",
        "clearances_en-1-reason": "“17-year-old” is harmless, because",
        "clearances_en-2-reason": "“Plovdiv” is harmless, because",
    }
    assert "3 parts may tell who it was." in page.text
    assert "May be a name." in page.text


def test_checking_saves_nothing_and_keeps_what_is_typed(browser, coalition, reference):
    page = press(browser, reference, "check", narrative="What she told us.", description_en=GIVEN_AWAY)
    assert marked(page)[0] == "Ivan Petrov"
    assert page.form(section_url(reference, "descriptions")).values["narrative"] == ["What she told us."]
    assert read(coalition, reference).facts.descriptions == {}


def test_a_reason_is_kept_with_the_words_it_is_for(browser, coalition, reference):
    press(browser, reference, "check", description_en=GIVEN_AWAY)
    browser.submit(
        section_url(reference, "descriptions"), ("go", "overview"), **{"clearances_en-0-reason": f" {REASON} "}
    )
    facts = read(coalition, reference).facts
    assert facts.clearances == (Clearance("en", "name", "Ivan Petrov", REASON),)
    assert [flag.text for _language, flag in open_flags(facts)] == ["17-year-old", "Plovdiv"]
    page = page_of(browser, reference)
    assert page.form(section_url(reference, "descriptions")).values["clearances_en-0-reason"] == [REASON]
    assert "2 parts may tell who it was." in page.text


def test_reasons_follow_their_words_when_the_text_changes(browser, coalition, reference):
    save(browser, reference, description_en=GIVEN_AWAY)
    page_of(browser, reference)
    changed = "In Plovdiv a boy was beaten. Ivan Petrov saw it."
    browser.submit(
        section_url(reference, "descriptions"),
        ("go", "overview"),
        description_en=changed,
        **{"clearances_en-0-reason": REASON, "clearances_en-1-reason": "A band.", "clearances_en-2-reason": "Big."},
    )
    assert read(coalition, reference).facts.clearances == (
        Clearance("en", "place", "Plovdiv", "Big."),
        Clearance("en", "name", "Ivan Petrov", REASON),
    )


def test_a_reason_goes_with_its_words_and_does_not_wait_for_them(browser, coalition, reference):
    save(browser, reference, description_en="Ivan Petrov was beaten.")
    page_of(browser, reference)
    where = section_url(reference, "descriptions")
    browser.submit(where, ("go", "overview"), **{"clearances_en-0-reason": REASON})
    save(browser, reference, description_en=HARMLESS)
    assert read(coalition, reference).facts.clearances == ()
    save(browser, reference, description_en="Ivan Petrov was beaten.")
    assert [flag.text for _language, flag in open_flags(read(coalition, reference).facts)] == ["Ivan Petrov"]


def test_what_the_record_keeps_back_is_flagged_in_the_other_script_too(browser, reference):
    page = press(browser, reference, "check", description_en="A man was beaten in sliven by two men.")
    assert marked(page) == ["sliven"]
    assert "Kept back in your record." in page.text


def test_a_harmless_text_is_told_to_be_so_with_its_length(browser, reference):
    page = press(browser, reference, "check", description_en=HARMLESS)
    assert marked(page) == []
    assert "Words: 12. About 19 are usual." in page.text
    assert "Nothing in it was marked." in page.text


def test_a_long_text_is_advised_against_and_not_refused(browser, coalition, reference):
    text = " ".join([HARMLESS] * 5)
    page = press(browser, reference, "check", description_en=text)
    assert "Words: 60. Nine of ten descriptions have fewer than 39." in page.text
    save(browser, reference, description_en=text)
    assert read(coalition, reference).facts.descriptions == {"en": text}


def test_nothing_typed_becomes_markup(browser, reference):
    page = press(browser, reference, "check", description_en="<b>Ivan</b> & <script>alert(1)</script> Petrov@x.bg")
    assert "<b>Ivan" not in page.html
    assert "<script>alert" not in page.html
    assert "Petrov@x.bg" in marked(page)


def test_many_flags_and_invented_rows_do_no_harm(browser, coalition, reference):
    many = " ".join(f"Then Person{chr(97 + at % 26)}{chr(97 + at // 26)}son came." for at in range(70))
    page = press(browser, reference, "check", description_en=many)
    assert len(reasons(page)) == 70
    where = section_url(reference, "descriptions")
    invented = {
        "clearances_en-3-text": "Nothing of it",
        "clearances_en-3-reason": "Because.",
        "clearances_en-²-text": "x",
    }
    browser.submit(where, ("go", "overview"), description_en=HARMLESS, **invented)
    assert read(coalition, reference).facts.clearances == ()


# --- a proposed text -------------------------------------------------------------------------------------------------

TOLD = {
    "offences": ("threats", "assault"),
    "motivations": ("anti_muslim",),
    "indicators": (Indicator("expression", "Insults", "victim"),),
    "victims": (Victims("person", 2, "woman", "young_adult", "member", harm="treated"),),
    "perpetrators": (Perpetrators(4, "man", "adult", "stranger"),),
    "location_type": "transport",
    "case_status": "investigation",
}
IN_ENGLISH = (
    "Two young Muslim women were subjected to anti-Muslim insults, threatened and physically assaulted on public "
    "transport by a group of four men. Victims needed medical treatment. The police opened an investigation."
)
IN_BULGARIAN = (
    "Две млади жени с мюсюлманско вероизповедание бяха обидени с антимюсюлмански изрази, заплашени и физически "
    "нападнати в обществения транспорт от група от четирима мъже. Пострадалите се нуждаеха от медицинска помощ. "
    "Полицията започна разследване."
)


def test_a_text_is_proposed_from_the_answers_in_each_language_and_saved_by_nobody(browser, coalition):
    reference = begin(coalition, country="BG", **TOLD)
    page = press(browser, reference, "propose")
    typed = page.form(section_url(reference, "descriptions")).values
    assert (typed["description_en"], typed["description_bg"]) == ([IN_ENGLISH], [IN_BULGARIAN])
    assert marked(page) == []
    assert read(coalition, reference).facts.descriptions == {}


def test_a_proposal_never_replaces_what_is_typed(browser, coalition):
    reference = begin(coalition, country="BG", **TOLD)
    page = press(browser, reference, "propose", description_en=HARMLESS)
    assert page.form(section_url(reference, "descriptions")).values["description_en"] == [HARMLESS]
    assert f"Proposed from the answers: {IN_ENGLISH}" in page.text


def test_where_nothing_is_said_yet_nothing_is_proposed(browser, reference):
    page = press(browser, reference, "propose")
    assert "Nothing can be proposed yet" in page.text


# --- while it is typed ------------------------------------------------------------------------------------------------


def asked(browser: Browser, reference: str, **typed: str):
    return browser.client.post(
        f"/en/incidents/{reference}/descriptions/check", data={"csrf_token": browser.token(), **typed}
    )


def test_while_somebody_types_the_server_tells_the_spans_and_keeps_nothing(browser, coalition, reference):
    answer = asked(browser, reference, description_en=GIVEN_AWAY, description_bg="Мъж беше бит вчера.")
    told = answer.get_json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    flags = [(flag["kind"], GIVEN_AWAY[flag["start"] : flag["end"]]) for flag in told["en"]["flags"]]
    assert flags == [("name", "Ivan Petrov"), ("age", "17-year-old"), ("place", "Plovdiv"), ("name", "Ivan Petrov")]
    assert (told["en"]["words"], told["en"]["open"], told["bg"]["open"]) == (14, 3, 1)
    assert "".join(piece["text"] for piece in told["en"]["pieces"]) == GIVEN_AWAY
    assert [row["name"] for row in told["bg"]["rows"]] == ["clearances_bg-0-reason"]
    facts = read(coalition, reference).facts
    assert (facts.descriptions, facts.clearances) == ({}, ())


def test_without_a_form_token_nothing_is_told(browser, reference):
    answer = browser.client.post(f"/en/incidents/{reference}/descriptions/check", data={"description_en": GIVEN_AWAY})
    assert answer.status_code == 400


def test_another_member_is_told_nothing(signed_in, reference):
    assert asked(signed_in("second_worker"), reference, description_en=GIVEN_AWAY).status_code == 404


def test_what_cannot_be_changed_any_more_is_not_checked_any_more(browser, coalition):
    assert asked(browser, submitted(coalition), description_en=GIVEN_AWAY).status_code == 409


# --- for the second person --------------------------------------------------------------------------------------------


def test_the_second_person_is_told_what_was_cleared_and_why_and_what_was_not(app):
    record = facts(
        municipality="",
        sources=(),
        own_reference="",
        descriptions={"en": "Ivan Petrov was beaten in Plovdiv."},
        clearances=(Clearance("en", "name", "Ivan Petrov", REASON),),
    )
    told = flags_of_record(record)
    assert [(item.text, item.reason) for item in told] == [("Ivan Petrov", REASON), ("Plovdiv", "")]
    with app.app_context(), in_language("en"):
        component = app.jinja_env.get_template("components/flags.html").module
        shown = str(component.flags_of_record(told))
        assert f"Harmless, because: {REASON}" in shown
        assert "Nobody has said why this is harmless." in shown
        assert "finds nothing" in str(component.flags_of_record(()))
