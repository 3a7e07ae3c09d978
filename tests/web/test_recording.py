"""The recording form as a case worker needs it: steps, conditional questions, rules that propose, the whole case."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from coalition.domain.anonymity import flags_of
from coalition.domain.errors import Incomplete, UnknownCode
from coalition.domain.incidents import (
    Clearance,
    Facts,
    Need,
    PartialDate,
    Perpetrators,
    Problem,
    Proceeding,
    Source,
    Victims,
)
from coalition.services import incidents, settings
from coalition.web.forms.incidents import SECTIONS
from tests.conftest import Coalition
from tests.page import Browser, Page
from tests.web.test_incidents import COMPLETE, begin, fill, read, section_url, submitted

SignedIn = Callable[[str], Browser]

OK = 200


def standing(page: Page) -> str:
    """Return the words of the panel beside a section."""
    panel = page.by_id("standing")
    assert panel is not None
    return " ".join(" ".join(panel.itertext()).split())


def consider(browser: Browser, reference: str, section: str, **typed: Any) -> str:
    """Return what the panel would say of what is typed, which is not kept."""
    values = browser.get(section_url(reference, section)).form(section_url(reference, section)).values
    answer = browser.client.post(section_url(reference, section) + "/consider", data={**values, **typed})
    assert answer.status_code == OK
    told = answer.get_json()
    return " ".join([*told["texts"].values(), *(one["text"] for part in told["lists"].values() for one in part)])


# --- steps ------------------------------------------------------------------------------------------------


def test_the_steps_are_those_of_the_shared_form_in_their_order() -> None:
    assert [str(section.title) for section in SECTIONS.values()] == [
        "When and where",
        "What happened",
        "Who was targeted",
        "Why: motivation and indicators",
        "Who did it",
        "Sources and evidence",
        "Police and support",
        "Consent",
        "Description",
        "Check your answers",
    ]


@pytest.mark.parametrize("slug", list(SECTIONS))
def test_every_step_leads_to_every_other_and_tells_what_is_missing(
    signed_in: SignedIn, coalition: Coalition, slug: str
) -> None:
    reference = begin(coalition)
    page = signed_in("case_worker").get(section_url(reference, slug))
    links = {link.get("href") for link in page.all("a")}
    assert {section_url(reference, other) for other in SECTIONS} <= links
    assert section_url(reference, "sources") + "?check=1#sources-0-kind" in links
    told = standing(page)
    assert "Tick at least one bias motivation." in told
    assert "Nobody agreed that it goes to ODIHR." in told
    number = list(SECTIONS).index(slug) + 1
    assert f"Step {number} of 10" in page.text


def test_a_complete_record_says_that_nothing_is_missing(signed_in: SignedIn, coalition: Coalition) -> None:
    page = signed_in("case_worker").get(section_url(begin(coalition, **COMPLETE), "check"))
    assert "Nothing is missing: it can be submitted to the coordinator." in standing(page)
    assert "Insults during the attack" in page.text


# --- what the rules propose while somebody types ----------------------------------------------------------


def test_the_type_is_proposed_from_what_is_ticked_and_nothing_is_kept(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    told = consider(
        browser, reference, "what-happened", offences_threat=["threats"], offences_property_attack=["arson"]
    )
    assert "Counts under “Threats”: that follows from what is ticked." in told
    assert read(coalition, reference).facts.offences == ()
    assert read(coalition, reference).version == 1


def test_speech_alone_is_outside_odihrs_scope_with_the_reason(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, country="BG")
    told = consider(browser, reference, "what-happened", offences_out_of_scope=["hate_speech"])
    assert "Outside ODIHR’s scope because all that is ticked is hate speech or discrimination." in told


def test_another_type_needs_a_reason_and_both_are_kept(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    told = consider(browser, reference, "what-happened", chosen_type="threat")
    assert "chosen by a person. From what is ticked follows “Violent attacks against people”." in told
    assert "You chose another type than the one that follows from what you ticked. Say why." in told
    fill(browser, reference, "what-happened", chosen_type="threat", type_reason="Nobody was touched.")
    facts = read(coalition, reference).facts
    assert (facts.chosen_type, facts.type_reason, read(coalition, reference).problems) == (
        "threat",
        "Nobody was touched.",
        (),
    )


def test_another_scope_needs_a_reason_and_the_proposal_stays_in_sight(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition, **COMPLETE)
    page = fill(browser, reference, "check", chosen_scope="not_criminal")
    assert "You disagree with what the answers say of ODIHR’s scope. Say why." in page.text
    fill(browser, reference, "check", chosen_scope="not_criminal", scope_reason="Decided by the prosecutor.")
    told = standing(browser.get(section_url(reference, "check")))
    assert "Outside ODIHR’s scope because it is not a criminal offence. A person said so; the answers say:" in told
    assert "Inside ODIHR’s scope." in told


# --- questions that depend on an answer -------------------------------------------------------------------


def test_a_weapon_stays_until_somebody_takes_it_out(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    fill(browser, reference, "what-happened", offences_violent_attack=["assault"], weapon="blade")
    assert read(coalition, reference).facts.weapon == "blade"
    fill(browser, reference, "what-happened", offences_violent_attack=[], offences_threat=["threats"])
    assert read(coalition, reference).facts.weapon == "blade"
    assert "data-said" in browser.get(section_url(reference, "what-happened")).html
    fill(browser, reference, "what-happened", weapon="")
    assert read(coalition, reference).facts.weapon == ""


@pytest.mark.parametrize("name", ["gender", "age_band", "link", "harm", "earlier"])
def test_what_is_sensitive_may_stay_unknown_or_unsaid(signed_in: SignedIn, coalition: Coalition, name: str) -> None:
    page = signed_in("case_worker").get(section_url(begin(coalition), "victims"))
    select = page.by_id(f"victims-0-{name}")
    assert select is not None
    assert {"", "unknown", "not_said"} <= {option.get("value") for option in select.iter("option")}


# --- the whole case ---------------------------------------------------------------------------------------

TYPED: dict[str, dict[str, Any]] = {
    "victims": {
        "victims-0-kind": "person",
        "victims-0-age_band": "child",
        "victims-0-harm": "treated",
        "victims-0-earlier": "several",
        "victims-0-sub_grounds": ["roma", "language"],
    },
    "perpetrators": {"perpetrators-0-number": "4", "perpetrators-0-capacity": "organised_group"},
    "sources": {
        "sources-0-kind": "media",
        "sources-0-name": "A newspaper",
        "sources-0-url": "https://example.org/a?b=1",
        "sources-0-date-month": "3",
        "sources-0-date-year": "2025",
        "sources-0-reliability": "usually_reliable",
        "sources-0-credibility": "confirmed",
    },
    "police": {
        "case_status": "investigation",
        "bias_recorded": "no",
        "proceedings-0-step": "reported",
        "proceedings-0-date-day": "27",
        "proceedings-0-date-month": "3",
        "proceedings-0-date-year": "2025",
        "proceedings-0-reference": "17/2025",
        "proceedings-0-note": "By telephone.",
        "needs-0-need": "psychosocial",
        "needs-0-referred_to": "Crisis centre",
        "needs-0-outcome": "accepted",
        "needs-0-follow_up-day": "1",
        "needs-0-follow_up-month": "4",
        "needs-0-follow_up-year": "2025",
    },
    "consent": {
        "basis": "consent",
        "consents": ["record", "contact"],
        "consent_by": "guardian",
        "consent_way": "spoken",
        "consent_date-day": "28",
        "consent_date-month": "3",
        "consent_date-year": "2025",
        "contact_name": "The mother",
        "contact_phone": "+359 88 000 0000",
        "contact_safely": "After six.",
    },
}


def test_the_whole_case_is_kept_as_it_was_typed(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    for section, typed in TYPED.items():
        fill(browser, reference, section, **typed)
    assert read(coalition, reference).facts == Facts(
        victims=(
            Victims("person", age_band="child", harm="treated", earlier="several", sub_grounds=("language", "roma")),
        ),
        perpetrators=(Perpetrators(4, capacity="organised_group"),),
        sources=(
            Source(
                "media",
                "A newspaper",
                date=PartialDate(2025, 3),
                reliability="usually_reliable",
                credibility="confirmed",
                url="https://example.org/a?b=1",
            ),
        ),
        case_status="investigation",
        bias_recorded="no",
        proceedings=(Proceeding("reported", PartialDate(2025, 3, 27), "17/2025", "By telephone."),),
        needs=(Need("psychosocial", "Crisis centre", "accepted", datetime.date(2025, 4, 1)),),
        basis="consent",
        consents=frozenset({"record", "contact"}),
        consent_by="guardian",
        consent_way="spoken",
        consent_date=datetime.date(2025, 3, 28),
        contact_name="The mother",
        contact_phone="+359 88 000 0000",
        contact_safely="After six.",
    )
    for section in TYPED:
        fill(browser, reference, section)
    assert read(coalition, reference).version == 1 + len(TYPED)


def test_two_lists_on_one_page_grow_one_by_one(signed_in: SignedIn, coalition: Coalition) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    address = section_url(reference, "police")
    browser.get(address)
    browser.submit(address, ("rows", "needs:add"), **{"needs-0-need": "safety", "proceedings-0-note": "kept"})
    page = browser.submit(address, ("rows", "proceedings:add"), **{"needs-1-need": "justice"})
    values = page.form(address).values
    assert [values[f"needs-{number}-need"] for number in (0, 1)] == [["safety"], ["justice"]]
    assert values["proceedings-0-note"] == ["kept"]
    assert "proceedings-1-note" in values
    page = browser.submit(address, ("rows", "needs:remove-0"))
    assert page.form(address).values["needs-0-need"] == ["justice"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "example.org", "https://a b", "ftp://example.org/x"])
def test_a_link_is_a_link(signed_in: SignedIn, coalition: Coalition, link: str) -> None:
    browser, reference = signed_in("case_worker"), begin(coalition)
    page = fill(browser, reference, "sources", 422, **{"sources-0-kind": "media", "sources-0-url": link})
    assert page.errors() == ["Write the whole link, beginning with https:// or http://."]
    assert page.form(section_url(reference, "sources")).values["sources-0-url"] == [link]


def test_for_a_child_a_guardian_consents(signed_in: SignedIn, coalition: Coalition) -> None:
    child = (Victims("person", 1, age_band="child"),)
    browser = signed_in("case_worker")
    reference = begin(coalition, **{**COMPLETE, "victims": child, "consent_way": "spoken", "consent_by": "person"})
    told = standing(browser.get(section_url(reference, "consent")))
    assert "A parent or guardian has to consent." in told
    fill(browser, reference, "consent", consent_by="guardian")
    assert read(coalition, reference).problems == ()


def test_the_contact_stays_sealed_until_the_recorder_asks_for_it(signed_in: SignedIn, coalition: Coalition) -> None:
    reference = begin(coalition, **COMPLETE, contact_name="The mother", contact_phone="+359 88 000 0000")
    browser = signed_in("case_worker")
    page = browser.get(f"/en/incidents/{reference}")
    assert "+359 88" not in page.html
    assert "How to reach the person" in page.text
    page = browser.submit(f"/en/incidents/{reference}/identity")
    assert "+359 88 000 0000" in page.text


def test_needs_come_back_when_their_day_has_come(signed_in: SignedIn, coalition: Coalition) -> None:
    today = coalition.runtime.clock().date()
    near, far = today + datetime.timedelta(days=7), today + datetime.timedelta(days=8)
    past = today - datetime.timedelta(days=1)
    due = begin(coalition, needs=(Need("safety", "Shelter", "accepted", past), Need("justice", "", "", near)))
    settled = begin(coalition, needs=(Need("safety", "", "helped", past), Need("justice", "", "offered", far)))
    page = signed_in("lead").get("/en/incidents")
    assert "Time to ask again" in page.text
    assert page.text.count(f"{due}: ") == 2
    assert f"{settled}: " not in page.text
    assert "(the day is past)" in page.text
    assert "Shelter" not in page.text
    assert "Time to ask again" not in signed_in("second_worker").get("/en/incidents").text


def test_whoever_asked_again_says_so_also_of_a_decided_record(signed_in: SignedIn, coalition: Coalition) -> None:
    past = coalition.runtime.clock().date() - datetime.timedelta(days=1)
    reference = submitted(coalition, needs=(Need("justice"), Need("safety", "Shelter", "accepted", past)))
    browser = signed_in("lead")
    browser.get("/en/incidents")
    page = browser.submit(f"/en/incidents/{reference}/needs/1/asked")
    assert "Time to ask again" not in page.text
    assert read(coalition, reference).facts.needs[1] == Need("safety", "Shelter", "accepted")
    assert browser.client.post(f"/en/incidents/{reference}/needs/7/asked").status_code in {400, 404}


def test_the_coalition_sets_the_age_of_consent(signed_in: SignedIn, coalition: Coalition) -> None:
    teenager = (Victims("person", 1, age_band="teenager"),)
    told = {**COMPLETE, "victims": teenager, "consent_way": "spoken", "consent_by": "person"}
    browser, reference = signed_in("case_worker"), begin(coalition, **told)
    needed = "A parent or guardian has to consent."
    assert needed not in standing(browser.get(section_url(reference, "consent")))
    with coalition.work("operator") as work:
        settings.change(work, age_of_consent=18)
    assert needed in standing(browser.get(section_url(reference, "consent")))


@pytest.mark.parametrize("age", [0, 11, 19, 140])
def test_no_such_age_of_consent_is_taken(coalition: Coalition, age: int) -> None:
    with coalition.work("operator") as work, pytest.raises(UnknownCode, match="ages of consent"):
        settings.change(work, age_of_consent=age)


def test_a_description_that_may_give_somebody_away_is_not_handed_in_before_somebody_says_why_not(
    coalition: Coalition,
) -> None:
    text = "Hope Street was painted with swastikas."
    told = {**COMPLETE, "descriptions": {"en": text}}
    reference = begin(coalition, **told)
    with coalition.work("case_worker") as work, pytest.raises(Incomplete) as refused:
        incidents.submit_incident(work, reference, 1)
    assert refused.value.problems == (Problem("descriptions", "flagged"),)
    flag = flags_of(Facts(descriptions={"en": text}))["en"][0]
    cleared = Clearance("en", flag.kind, flag.text, "The name of a school magazine.")
    with coalition.work("case_worker") as work:
        version = incidents.save_incident(work, reference, 1, {"clearances": (cleared,)})
        incidents.submit_incident(work, reference, version)


@pytest.mark.parametrize("page", ["", "/edit/check", "/evidence", "/sheet", "/consents", "/copy"])
def test_every_page_about_a_record_belongs_to_the_incidents(
    signed_in: SignedIn, coalition: Coalition, page: str
) -> None:
    found = signed_in("lead").get(f"/en/incidents/{begin(coalition, who='lead', **COMPLETE)}{page}")
    assert [link.get("href") for link in found.all("a") if link.get("aria-current") == "page"] == ["/en/incidents"]
