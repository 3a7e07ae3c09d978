"""Profiles as they are kept: the shipped ones stay, every text is kept, and a year is built with the one chosen."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from coalition.db import profiles as storage
from coalition.db.audit import AuditEntry
from coalition.db.releases import Correction
from coalition.domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    NotAllowedNow,
    NotFound,
    NotPermitted,
    UnusableName,
)
from coalition.domain.profile_checks import BrokenProfile, Wrong
from coalition.domain.profiles import shipped_text
from coalition.domain.vocabulary import Purpose
from coalition.services import consents, profiles, releases, submissions
from coalition.services.submissions import BuiltSubmission
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE
from tests.web.filing import accepted

LANGUAGES = ("en", "bg")
FIRST = shipped_text("odihr-2024")
SECOND = FIRST.replace('header = "Date"', 'header = "Month"')


def begun(coalition: Coalition, code: str = "ours") -> None:
    with coalition.work("coordinator") as work:
        assert profiles.copy(work, "odihr-2024", code) == 1


def save(coalition: Coalition, text: str, number: int) -> int:
    with coalition.work("coordinator") as work:
        return profiles.save(work, "ours", text, number, LANGUAGES)


def taken(coalition: Coalition, year: int, code: str = "") -> tuple[str, str]:
    with coalition.reading("coordinator") as work:
        found = profiles.taken_for(work, year, code)
        return found.code, found.version


def test_a_copy_is_changed_text_by_text_and_an_earlier_one_can_hold_again(any_coalition: Coalition):
    begun(any_coalition)
    assert save(any_coalition, SECOND, 1) == 2
    assert save(any_coalition, SECOND, 2) == 2, "the same text changes nothing"
    assert taken(any_coalition, 2024, "ours") == ("ours", "ours.2")
    with pytest.raises(ChangedMeanwhile):
        save(any_coalition, FIRST, 1)
    with any_coalition.work("coordinator") as work:
        assert profiles.take_back(work, "ours", 1, 2) == 3
    with any_coalition.reading("coordinator") as work:
        view = profiles.read(work, "ours")
    assert view.text == FIRST
    assert [(one.number, one.text) for one in view.texts] == [(3, FIRST), (2, SECOND), (1, FIRST)]
    assert view.texts[0].by
    with any_coalition.reading("coordinator") as work:
        acts = work.session.execute(
            select(AuditEntry.action, AuditEntry.subject, AuditEntry.details).where(AuditEntry.action.like("profile.%"))
        ).all()
    assert [(act.action, act.subject, act.details["version"]) for act in acts] == [
        ("profile.add", "ours", 1),
        ("profile.change", "ours", 2),
        ("profile.take_back", "ours", 3),
    ]


def test_a_year_is_built_with_what_is_named_else_chosen_else_fits(any_coalition: Coalition):
    begun(any_coalition)
    assert taken(any_coalition, 2023) == ("odihr-2022", "odihr-2022.1")
    with any_coalition.work("coordinator") as work:
        profiles.choose(work, 2023, "ours")
        profiles.choose(work, 2023, "ours")
        profiles.choose(work, 2022, "odihr-2024")
    assert taken(any_coalition, 2023) == ("ours", "ours.1")
    assert taken(any_coalition, 2022)[0] == "odihr-2024"
    assert taken(any_coalition, 2023, "national")[0] == "national"
    with pytest.raises(NotFound):
        taken(any_coalition, 2023, "nobodys")
    with any_coalition.work("coordinator") as work:
        profiles.put_away(work, "ours")
        profiles.put_away(work, "ours")
    assert taken(any_coalition, 2023)[0] == "odihr-2022", "what is put away is chosen no more"
    assert taken(any_coalition, 2023, "ours")[0] == "ours", "and what was built with it can be explained"
    with pytest.raises(NotAllowedNow), any_coalition.work("coordinator") as work:
        profiles.choose(work, 2023, "ours")
    with any_coalition.work("coordinator") as work:
        profiles.take_up(work, "ours")
        profiles.choose(work, 2023, "ours")
        profiles.choose(work, 2022, "")
        assert profiles.choices(work) == {2023: "ours"}


def test_what_is_shipped_cannot_be_changed_and_codes_are_taken_once(coalition: Coalition):
    begun(coalition)
    refused = (
        (AlreadyExists, lambda work: profiles.copy(work, "odihr-2024", "ours")),
        (AlreadyExists, lambda work: profiles.copy(work, "odihr-2024", "national")),
        (AlreadyExists, lambda work: profiles.import_profile(work, "national", FIRST, LANGUAGES)),
        (UnusableName, lambda work: profiles.copy(work, "odihr-2024", "../ours")),
        (NotFound, lambda work: profiles.copy(work, "nobodys", "others")),
        (NotFound, lambda work: profiles.save(work, "national", FIRST, 1, LANGUAGES)),
        (NotFound, lambda work: profiles.take_back(work, "ours", 9, 1)),
        (NotFound, lambda work: profiles.put_away(work, "national")),
        (BrokenProfile, lambda work: profiles.save(work, "ours", "x", 1, LANGUAGES)),
        (BrokenProfile, lambda work: profiles.add_profile(work, "others", "x", LANGUAGES)),
    )
    for error, ask in refused:
        with pytest.raises(error), coalition.work("coordinator") as work:
            ask(work)
    for who in ("case_worker", "lead", "administrator", "auditor"):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            profiles.all_profiles(work)
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            profiles.choose(work, 2024, "")
    with coalition.work("operator") as work:
        assert profiles.import_profile(work, "ours", SECOND, LANGUAGES) == 2
        assert [line.code for line in profiles.all_profiles(work) if not line.is_shipped] == ["ours"]


def test_a_preview_is_what_the_file_would_hold(coalition: Coalition, tmp_path: Path):
    accepted(coalition)
    text = SECOND.replace("[[export]]", "[labels.bias_motivations]\nanti_roma = 'Against Roma'\n[[export]]", 1)
    with coalition.reading("coordinator") as work:
        shown = profiles.preview(work, "ours", text, 2024, LANGUAGES)
        assert (len(shown.rows), shown.looked_at) == (1, 1)
        assert "Against Roma" in shown.rows[0]
        assert profiles.preview(work, "ours", text, 2019, LANGUAGES).rows == ()
    begun(coalition)
    save(coalition, text, 1)
    built = build(coalition, tmp_path, "ours")
    with (tmp_path / "incidents.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["Month"], row["Bias motivations"]) == ("2024-05", "Against Roma")
    assert built.manifest["profile"] == "ours.2"
    assert row["Description"] == shown.rows[0][4]


def build(coalition: Coalition, folder: Path, code: str) -> BuiltSubmission:
    with coalition.work("operator") as work:
        built = submissions.build_submission(work, 2024, folder, folder, profile=code)
        releases.record(work, built.leaving)
        return built


def test_a_national_report_holds_what_may_be_published_and_a_withdrawal_of_that_calls_for_a_correction(
    coalition: Coalition, tmp_path: Path
):
    told = accepted(coalition, consents=COMPLETE.consents - {Purpose.ODIHR})
    accepted(coalition, consents=COMPLETE.consents - {Purpose.PUBLISH})
    built = build(coalition, tmp_path, "national")
    assert built.counts == {"incidents": 1, "descriptive": 1, "statistical": 0}
    text = (tmp_path / "incidents.csv").read_text()
    assert "A teenage Roma boy was beaten." in text
    with coalition.work("case_worker") as work:
        assert work.session.scalars(select(Correction.mending)).all() == []
        consents.withdraw_consent(work, told, [Purpose.PUBLISH])
    with coalition.reading("coordinator") as work:
        assert work.session.scalars(select(Correction.mending)).all() == ["remove"]


def test_a_text_that_later_software_refuses_is_listed_and_can_be_mended(coalition: Coalition):
    begun(coalition)
    with coalition.work("coordinator") as work:
        found = storage.own_profile(work.session, "ours")
        assert found
        found.text.text = "body = 3"
    with coalition.reading("coordinator") as work:
        (line,) = [line for line in profiles.all_profiles(work) if not line.is_shipped]
        assert line == replace(line, profile=None)
        assert (line.problems[0].code, line.problems[0].line) == (Wrong.MISSING, 0)
        with pytest.raises(BrokenProfile):
            profiles.taken_for(work, 2024, "ours")
    assert save(coalition, FIRST, 1) == 2
