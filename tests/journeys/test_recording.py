"""Recording on a phone, with scripts and without: any order, search first, questions that depend on answers."""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Site
from tests.journeys.people import PHONE, CaseWorker, label, word

pytestmark = pytest.mark.journey


class Recorder(CaseWorker):
    """A case worker who looks at the panel beside the form."""

    def steps_to(self, title: str) -> None:
        """Go to another step by the list of steps."""
        self.page.locator("#standing nav").get_by_role("link", name=word(title), exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(word(title))

    def saves(self, message: str = "Save and continue") -> None:
        """Save this step and wait for the next page."""
        self.presses_on(message)

    def is_told(self, message: str, **values: object) -> None:
        """Find words in the panel beside the form."""
        expect(self.page.locator("#standing")).to_contain_text(word(message, **values))

    def sees(self, name: str, *, visible: bool) -> None:
        """Find a question in sight, or not."""
        expect(self.page.locator(f"[name={name}]").first).to_be_visible(visible=visible)


@pytest.mark.parametrize("scripts", [True, False], ids=["with_scripts", "without_scripts"])
def test_a_case_is_recorded_in_any_order_on_a_phone(site: Site, chromium: Browser, *, scripts: bool) -> None:
    worker = Recorder(chromium, site.address, PHONE, scripts=scripts)
    worker.comes_in(site.account("case_worker", "--organisation", site.member()))
    # Other members' records of the same days would be asked about.
    month = "5" if scripts else "2"
    begin(worker, month)
    ask_what_depends_on_answers(worker, scripts=scripts)
    finish_in_another_order(worker)
    find_it_again_before_recording_it_twice(worker, month)


def begin(worker: Recorder, month: str) -> None:
    """Say when, where and why; nothing looks alike, so the record begins at once."""
    worker.begins_an_incident("14", month, "2025", "Търговище")
    expect(worker.page.get_by_role("heading", level=1)).to_have_text(word("What happened"))
    worker.is_told("Tick at least one thing that happened, or choose the type of incident.")
    expect(worker.page.locator(".standing-bar")).to_be_visible()


def ask_what_depends_on_answers(worker: Recorder, *, scripts: bool) -> None:
    """The weapon is asked after violence, the reason after another type, the police's steps after a report."""
    worker.sees("weapon", visible=False)
    worker.ticks("offences", "assault")
    worker.sees("weapon", visible=True)
    worker.sees("type_reason", visible=False)
    worker.page.locator("[name=chosen_type][value=threat]").check()
    worker.sees("type_reason", visible=True)
    if scripts:
        worker.is_told("You chose another type than the one that follows from what you ticked. Say why.")
    worker.page.locator("[name=chosen_type][value='']").check()
    worker.page.locator("[name=weapon]").select_option("object")
    worker.goes_on()
    kind = label("incident_types", "violent_attack")
    worker.is_told("Counts under “%(type)s”: that follows from what is ticked.", type=kind)
    worker.steps_to("Police and support")
    worker.sees("bias_recorded", visible=False)
    worker.ticks("case_statuses", "not_reported")
    worker.sees("reason_not_reported", visible=True)
    worker.sees("bias_recorded", visible=False)
    worker.ticks("case_statuses", "investigation")
    worker.sees("bias_recorded", visible=True)
    worker.page.locator("[name=proceedings-0-step]").select_option("reported")
    worker.saves("Add a step")
    worker.page.locator("[name=proceedings-1-step]").select_option("investigated")
    worker.finds_nothing_wrong()
    worker.saves()


def finish_in_another_order(worker: Recorder) -> None:
    """Follow what is missing to its fields, then look at the answers and submit."""
    worker.records_consent("record", "share_coalition", "statistics", "odihr")
    worker.steps_to("Why: motivation and indicators")
    worker.says_why("anti_roma", "expression", "Обиди по време на нападението.")
    missing = word("Add at least one source: where you know of the incident from.")
    worker.page.locator("#standing").get_by_role("link", name=missing).click()
    expect(worker.page.locator("#sources-0-kind")).to_be_in_viewport()
    worker.page.locator("[name=sources-0-kind]").select_option("victim_interview")
    worker.saves()
    worker.steps_to("Description")
    worker.page.locator("[name=narrative]").fill("Вътрешен разказ.")
    worker.page.locator("[name=description_en]").fill("A Roma man was insulted and beaten by two men.")
    worker.saves()
    worker.is_told("Nothing is missing: it can be submitted to the coordinator.")
    worker.finds_nothing_wrong()
    worker.saves("Save and go on to submitting")
    worker.presses("Submit")
    worker.reads(label("states", "submitted"))


def find_it_again_before_recording_it_twice(worker: Recorder, month: str) -> None:
    """The same day and country: the form shows the record before it begins another."""
    worker.begins_an_incident("15", month, "2025", "")
    worker.reads(word("Is it one of these?"))
    worker.reads("Търговище")
    worker.finds_nothing_wrong()
    worker.presses("None of these: record a new incident")
    expect(worker.page.get_by_role("heading", level=1)).to_have_text(word("What happened"))
