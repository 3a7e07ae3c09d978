"""The conversation about a record in a browser: asked, answered, and looked at again before a name is sent."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coalition.domain.authentication import IDLE
from coalition.domain.vocabulary import Purpose, State
from coalition.services import consents, messages
from tests.conftest import PASSWORD, Clock, Coalition
from tests.page import Browser, Page
from tests.services import records

SignIn = Callable[[str], Browser]
WORDS = "Was it the same street as in May?"


@pytest.fixture
def reference(coalition: Coalition) -> str:
    return records.in_state(coalition, State.ACCEPTED)


def thread(page: Page) -> list[str]:
    return [" ".join("".join(item.itertext()).split()) for item in page.all("li") if "thread" in item.get("class", "")]


def write(browser: Browser, reference: str, kind: str, text: str, **more: object) -> Page:
    browser.get(f"/en/conversations/{reference}?kind={kind}")
    return browser.submit(f"/en/conversations/{reference}", kind=kind, text=text, **more)


def ask(coalition: Coalition, reference: str, text: str = WORDS) -> str:
    with coalition.work("coordinator") as work:
        return messages.ask(work, reference, text)


def test_a_question_is_asked_and_answered_on_the_two_pages_of_the_record(signed_in: SignIn, reference: str):
    coordinator, lead = signed_in("coordinator"), signed_in("lead")
    page = write(coordinator, reference, "question", WORDS)
    assert "It is sent" in page.text
    assert thread(page)[0].startswith("Question Waits for an answer")
    page = lead.get(f"/en/incidents/{reference}")
    (asked,) = thread(page)
    assert WORDS in asked
    assert "Coordinator, for the coalition" in asked
    lead.get(page.links()["Answer"].partition("#")[0])
    assert lead.page is not None
    assert "An answer to the question of" in lead.page.text
    page = lead.submit(f"/en/conversations/{reference}", text="The one beside it.")
    asked, answered = thread(page)
    assert "Waits" not in asked
    assert answered.startswith("Answer Lead,")
    seen = thread(coordinator.get(f"/en/reviews/{reference}"))
    assert seen[1].startswith("Answer First Member,")
    assert "Lead" not in seen[1]


def test_open_questions_stand_first_and_the_rest_in_the_order_of_time(
    signed_in: SignIn, coalition: Coalition, clock: Clock
):
    reference = records.in_state(coalition, State.RETURNED)
    for who, text in (("lead", "A comment."), ("coordinator", "Another.")):
        clock.now += timedelta(minutes=1)
        with coalition.work(who) as work:
            messages.comment(work, reference, text)
    clock.now += timedelta(minutes=1)
    ask(coalition, reference)
    lines = thread(signed_in("coordinator").get(f"/en/reviews/{reference}"))
    assert [WORDS in lines[1], "Which street was it?" in lines[0]] == [True, True]
    assert ["A comment." in lines[2], "Another." in lines[3]] == [True, True]
    lines = thread(signed_in("lead").get(f"/en/incidents/{reference}"))
    assert [WORDS in lines[0], "Which street was it?" in lines[1]] == [True, True]


def test_a_note_among_reviewers_is_on_no_page_of_the_member(signed_in: SignIn, reference: str):
    coordinator, lead = signed_in("coordinator"), signed_in("lead")
    page = write(coordinator, reference, "note", "Canary7Q among us")
    assert "Canary7Q" in page.text
    for address in (f"/en/incidents/{reference}", f"/en/conversations/{reference}", "/en/inbox"):
        assert "Canary7Q" not in lead.get(address).text


def test_whoever_may_have_written_a_name_is_asked_once_to_look_again(signed_in: SignIn, reference: str):
    lead = signed_in("lead")
    page = write(lead, reference, "comment", "Ivan Petrov said so.")
    assert "It is not sent yet" in page.text
    assert "Ivan Petrov" in [mark.text for mark in page.all("mark")]
    page = lead.submit(f"/en/conversations/{reference}", text="Ivan Petrov and Maria Ivanova said so.")
    assert "Maria Ivanova" in [mark.text for mark in page.all("mark")], "what is new is asked about"
    page = lead.submit(f"/en/conversations/{reference}")
    assert "It is sent" in page.text
    assert "Maria Ivanova said so." in thread(page)[0]


@pytest.mark.parametrize(
    ("kind", "text"), [("comment", ""), ("comment", "x" * 4001), ("", "Words"), ("shout", "Words")]
)
def test_what_is_typed_comes_back_with_what_is_wrong(signed_in: SignIn, reference: str, kind: str, text: str):
    lead = signed_in("lead")
    lead.get(f"/en/conversations/{reference}")
    page = lead.submit(f"/en/conversations/{reference}", kind=kind, text=text, status=422)
    assert page.errors()
    area = page.by_id("text")
    assert area is not None
    assert (area.text or "").strip() == text


def test_what_is_typed_is_shown_to_be_copied_when_nobody_would_read_it_any_more(
    signed_in: SignIn, coalition: Coalition, reference: str
):
    lead = signed_in("lead")
    lead.get(f"/en/conversations/{reference}")
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, frozenset({Purpose.SHARE_COALITION}))
    page = lead.submit(f"/en/conversations/{reference}", kind="comment", text="My long answer", status=409)
    assert "My long answer" in page.text
    assert "nobody to write to" in page.text


def test_a_faulty_form_about_a_draft_is_told_that_nobody_would_read_it(signed_in: SignIn, coalition: Coalition):
    draft, lead = records.begun(coalition), signed_in("lead")
    fields = {"kind": "shout", "text": "My long answer", "csrf_token": lead.token()}
    page = lead.post(f"/en/conversations/{draft}", fields, status=422)
    assert page.errors() == []
    assert "My long answer" in page.text


def test_what_is_typed_waits_until_its_person_has_signed_in_again(signed_in: SignIn, clock: Clock, reference: str):
    lead = signed_in("lead")
    lead.get(f"/en/conversations/{reference}")
    clock.now += IDLE
    page = lead.submit(f"/en/conversations/{reference}", kind="comment", text="My long answer", status=401)
    assert "My long answer" not in page.html
    page = lead.submit("/en/sign-in", email="lead@example.org", password=PASSWORD)
    assert page.heading == "Go on where you were"
    page = lead.submit(f"/en/conversations/{reference}")
    assert "It is sent" in page.text
    assert "My long answer" in thread(page)[0]


@pytest.mark.parametrize("who", ["second_worker"])
def test_another_members_record_does_not_exist_here(signed_in: SignIn, coalition: Coalition, reference: str, who: str):
    question = ask(coalition, reference)
    browser = signed_in(who)
    browser.get(f"/en/conversations/{reference}", 404)
    fields = {"kind": f"answer-{question}", "text": "x", "csrf_token": browser.token()}
    assert browser.client.post(f"/en/conversations/{reference}", data=fields).status_code == 404


def test_a_draft_does_not_exist_for_the_coordinator_and_has_no_conversation_for_its_member(
    signed_in: SignIn, coalition: Coalition
):
    draft = records.begun(coalition)
    signed_in("coordinator").get(f"/en/conversations/{draft}", 404)
    lead = signed_in("lead")
    assert "nobody to write to" in lead.get(f"/en/conversations/{draft}").text
    assert lead.get(f"/en/incidents/{draft}").by_id("conversation") is None


def test_a_member_who_forges_a_question_or_a_note_is_refused(signed_in: SignIn, reference: str):
    lead = signed_in("lead")
    lead.get(f"/en/conversations/{reference}")
    for kind in ("question", "note"):
        fields = {"kind": kind, "text": "x", "csrf_token": lead.token()}
        assert lead.client.post(f"/en/conversations/{reference}", data=fields).status_code == 409
    assert thread(lead.get(f"/en/incidents/{reference}")) == []


def test_the_page_speaks_bulgarian(signed_in: SignIn, coalition: Coalition, reference: str):
    ask(coalition, reference)
    signed_in("lead").get(f"/bg/conversations/{reference}")
