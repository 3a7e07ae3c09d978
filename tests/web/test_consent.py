"""Taking consent back on a page of its own, after the decision."""

from tests.services.records import begun, read
from tests.web.filing import accepted


def test_the_recorder_takes_consent_back_after_acceptance(coalition, signed_in):
    reference = accepted(coalition)
    browser = signed_in("case_worker")
    overview = browser.get(f"/en/incidents/{reference}")
    address = overview.links()["Take consent back"]
    browser.get(address)
    page = browser.submit(to=address, purposes=["publish"])
    assert "The consent is taken back" in page.text
    assert "publish" not in read(coalition, reference).facts.consents


def test_taking_back_nothing_is_an_error_beside_the_boxes(coalition, signed_in):
    reference = accepted(coalition)
    browser = signed_in("case_worker")
    address = f"/en/incidents/{reference}/consent"
    browser.get(address)
    page = browser.submit(to=address, status=422)
    assert page.errors() == ["Tick what the person takes back"]


def test_nobody_else_can_take_it_back(coalition, signed_in):
    reference = accepted(coalition)
    for who, status in (("second_worker", 404), ("coordinator", 403), ("lead", 200)):
        signed_in(who).get(f"/en/incidents/{reference}/consent", status=status)


def test_a_draft_changes_its_consent_in_the_form_instead(coalition, signed_in):
    signed_in("case_worker").get(f"/en/incidents/{begun(coalition)}/consent", status=409)
