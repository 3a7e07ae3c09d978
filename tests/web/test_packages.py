"""The page before a version is sent: files to fetch, what the site looked at, what people tick."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from coalition.services import consents, versions
from tests.conftest import Coalition
from tests.page import Browser
from tests.services.versioned import keep_version
from tests.web.filing import accepted

PACKAGE = "/en/submissions/2024/v1/package"


def test_what_is_sent_is_fetched_and_ticked_on_one_page(
    signed_in: Callable[[str], Browser], coalition: Coalition, tmp_path: Path
):
    reference = accepted(coalition)
    keep_version(coalition, tmp_path / "files", who="operator")
    browser = signed_in("coordinator")
    page = browser.get(PACKAGE)
    assert page.heading == "Send version 1 of 2024"
    for words in (
        "tndinfo@odihr.pl",
        "HCR 2024 (Hate Crime Recording Coalition)",
        "Not sent yet",
        # A fresh coalition: no address for questions, members that say nothing of themselves, three things by hand.
        "There is an e-mail address for questions Not met",
        "2 members have no sentence about themselves",
        "The files are whole and signed Met",
    ):
        assert words in page.text
    assert page.text.count("Not ticked yet") == 3
    links = page.links()
    assert links["E-mail with everything attached"] == f"{PACKAGE}/message.eml"
    ticked = browser.submit(f"{PACKAGE}/checks", button=("done", "call"))
    assert "compared with this year’s call Done Coordinator" in ticked.text
    undone = browser.submit(f"{PACKAGE}/checks", button=("undone", "call"))
    assert undone.text.count("Not ticked yet") == 3
    sent = browser.fetch(f"{PACKAGE}/message.eml")
    assert sent.headers["Content-Disposition"] == "attachment; filename=message.eml"
    assert (sent.content_type, sent.headers["Cache-Control"]) == ("message/rfc822", "no-store")
    assert message_from_bytes(sent.data, policy=default)["Subject"] == "HCR 2024 (Hate Crime Recording Coalition)"
    for path in ("/en/submissions/2024/v9/package", f"{PACKAGE}/submission.xlsx", f"{PACKAGE}/letter.txt"):
        browser.get(path, status=404)
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, ["odihr"])
    assert browser.fetch(f"{PACKAGE}/message.eml").status_code == 303
    page = browser.get(PACKAGE)
    assert "It holds a record that may not leave any more" in page.text
    assert "E-mail with everything attached" not in page.links()


def test_what_was_sent_is_told_as_something_that_was(
    signed_in: Callable[[str], Browser], coalition: Coalition, tmp_path: Path
) -> None:
    accepted(coalition)
    keep_version(coalition, tmp_path / "files", who="operator")
    browser = signed_in("coordinator")
    browser.get(PACKAGE)
    with coalition.work("coordinator") as work:
        versions.mark_sent(work, 2024, 1)
    late = browser.submit(f"{PACKAGE}/checks", button=("done", "call"))
    assert "This version was sent meanwhile: its check list stays as it was then." in late.text
    page = browser.get(PACKAGE)
    assert page.heading == "What went with version 1 of 2024"
    assert "What was checked before it was sent" in page.text
    assert re.search(r"It was sent before the deadline Not met It was sent \d+ days after the deadline\.", page.text)
    assert "Not ticked yet" not in page.text
    assert not [form for form in page.all("form") if str(form.get("action")).endswith("/checks")]
