"""The coalition's own settings: defaults that work, changes that stay."""

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.settings import store_setting
from coalition.domain.errors import NotPermitted, UnknownCode
from coalition.services import settings
from coalition.services.settings import Settings
from coalition.services.work import NOBODY, OPERATOR, Runtime, reading, unit_of_work
from tests.conftest import Coalition


def in_force(runtime: Runtime) -> Settings:
    with reading(runtime, NOBODY) as work:
        return settings.read(work)


def test_an_untouched_installation_has_the_defaults(any_runtime: Runtime):
    assert in_force(any_runtime) == Settings()
    assert Settings().languages == ("en", "bg")


def test_a_change_stays_and_leaves_the_rest(any_runtime: Runtime):
    for country, languages in (("RO", ("bg", "en")), ("RS", ("en",))):
        with unit_of_work(any_runtime, OPERATOR) as work:
            settings.change(work, country=country, languages=languages, name={"en": "Coalition"})
        found = in_force(any_runtime)
        assert found == Settings(name={"en": "Coalition"}, country=country, languages=languages)
        assert found.time_zone == "Europe/Sofia"


def test_a_setting_that_this_version_does_not_know_is_passed_over(runtime: Runtime):
    with unit_of_work(runtime, OPERATOR) as work:
        store_setting(work.session, "of_a_later_version", "x")
    assert in_force(runtime) == Settings()


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator"])
def test_only_administrators_change_settings(coalition: Coalition, who: str):
    with pytest.raises(NotPermitted), coalition.work(who) as work:
        settings.change(work, country="RO")
    assert in_force(coalition.runtime).country == "BG"


def test_the_log_says_which_settings_changed_and_not_to_what(coalition: Coalition):
    with coalition.work("administrator") as work:
        settings.change(work, contact="+359 2 000 0000", country="RO")
    with coalition.reading("operator") as work:
        entry = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "settings.change")).one()
    assert entry.details == {"fields": ["contact", "country"]}
    assert entry.actor == coalition.people["administrator"].id


def test_the_name_falls_back_to_a_language_that_has_one():
    named = Settings(name={"bg": "Коалиция"}, languages=("en", "bg"))
    assert (named.name_in("bg"), named.name_in("en"), named.name_in("de")) == ("Коалиция",) * 3
    both = Settings(name={"bg": "Коалиция", "en": "Coalition"}, languages=("bg", "en"))
    assert (both.name_in("en"), both.name_in("de")) == ("Coalition", "Коалиция")


@pytest.mark.parametrize("change", [{"country": "ZZ"}, {"time_zone": "Sofia"}, {"time_zone": ""}, {"languages": ()}])
def test_a_setting_that_would_break_every_page_is_refused(runtime: Runtime, change: dict[str, object]):
    with pytest.raises(UnknownCode), unit_of_work(runtime, OPERATOR) as work:
        settings.change(work, **change)
    assert in_force(runtime) == Settings()
