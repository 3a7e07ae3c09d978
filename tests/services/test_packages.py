"""What accompanies a version: letter, e-mail and package fit to its files; the check list knows how it stands."""

import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import docx
import pytest
from sqlalchemy import select, update

from coalition.db import profiles as profile_storage
from coalition.db.audit import AuditEntry
from coalition.db.submissions import SubmissionVersion
from coalition.documents import pdf
from coalition.documents.pdf import PdfUnavailable
from coalition.documents.signing import check_folder
from coalition.domain.errors import NotAllowedNow, NotFound, NotPermitted
from coalition.domain.packages import LETTER_DOCX, LETTER_PDF, MESSAGE, Check, Outcome
from coalition.domain.profile_checks import Wrong
from coalition.domain.profiles import shipped_text
from coalition.domain.vocabulary import State
from coalition.services import consents, organisations, packages, profiles, settings, versions
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.services import records
from tests.services.versioned import keep_version

YEAR = 2024
FILES = {"submission.xlsx", "incidents.csv", "statistics.csv", "overview.csv", "manifest.json", "manifest.sig"}


@pytest.fixture
def reference(coalition: Coalition, tmp_path: Path) -> str:
    """Accept an incident and build the first version with it; returns its reference."""
    with coalition.work("operator") as work:
        settings.change(work, contact="office@coalition.example", name={"en": "Коалиция „Заедно“"})
    made = records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "Somebody was beaten."}))
    keep_version(coalition, tmp_path / "first")
    return made


def make(coalition: Coalition, name: str, number: int = 1) -> bytes:
    with coalition.reading("coordinator") as work:
        return packages.make(work, YEAR, number, name)


def outcomes(coalition: Coalition, aside: Path, number: int = 1) -> dict[Check, tuple[Outcome, int]]:
    aside.mkdir()
    with coalition.reading("coordinator") as work:
        found = packages.open_package(work, YEAR, number, aside).findings
    return {one.check: (one.outcome, one.number) for one in found}


def without_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise PdfUnavailable("no Pango")

    monkeypatch.setattr(pdf, "_weasyprint", missing)


@pytest.mark.usefixtures("reference")
def test_the_package_holds_the_version_byte_for_byte_and_can_be_verified(coalition: Coalition, tmp_path: Path):
    content = make(coalition, "submission-2024-v1.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        made.extractall(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"submission", MESSAGE, LETTER_PDF, LETTER_DOCX}
    folder = tmp_path / "out" / "submission"
    assert check_folder(folder).is_whole
    message = message_from_bytes((tmp_path / "out" / MESSAGE).read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert message["Subject"] == "HCR 2024 (Коалиция „Заедно“)"
    assert message["To"].addresses[0].addr_spec == "tndinfo@odihr.pl"
    assert message["From"].addresses[0].addr_spec == "office@coalition.example"
    attached = {one.get_filename(): one.get_payload(decode=True) for one in message.iter_attachments()}
    assert attached == {
        LETTER_PDF: (tmp_path / "out" / LETTER_PDF).read_bytes(),
        **{name: (folder / name).read_bytes() for name in FILES},
    }
    body = message.get_body().get_content()
    assert "version 1: 1 hate incidents, of which 1 are described and 0 are in the statistical part" in body
    with coalition.reading("operator") as work:
        acts = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "submission.package")).all()
    assert [entry.details["file"] for entry in acts] == ["submission-2024-v1.zip"]


@pytest.mark.usefixtures("reference")
def test_where_no_pdf_can_be_made_the_letter_goes_along_as_docx(
    coalition: Coalition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    without_pango(monkeypatch)
    message = message_from_bytes(make(coalition, MESSAGE), policy=default)
    assert isinstance(message, EmailMessage)
    assert next(message.iter_attachments()).get_filename() == LETTER_DOCX
    with pytest.raises(PdfUnavailable):
        make(coalition, LETTER_PDF)
    found = outcomes(coalition, tmp_path / "aside")
    assert found[Check.PDF] == (Outcome.NOT_MET, 0)
    for name in ("submission.xlsx", "../secret", "submission-2023-v1.zip"):
        with pytest.raises(NotFound):
            make(coalition, name)
    with pytest.raises(NotPermitted), coalition.work("lead") as work:
        packages.make(work, YEAR, 1, MESSAGE)


def test_the_letter_of_a_revision_says_what_it_changes(coalition: Coalition, reference: str, tmp_path: Path):
    records.reopen(coalition, reference)
    records.decide(coalition, reference, records.REJECT)
    for text in ("One more.", "And another."):
        records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": text}))
    assert keep_version(coalition, tmp_path / "second") == 2
    made = docx.Document(io.BytesIO(make(coalition, LETTER_DOCX, 2)))
    said = [paragraph.text for paragraph in made.paragraphs]
    assert "This version takes the place of version 1. Please use its files only." in said
    assert [
        text for text in said if text.startswith(("Incidents added", "Incidents removed", "Incidents changed"))
    ] == [
        "Incidents added: 2",
        "Incidents removed: 1",
        "Incidents changed: 0",
    ]
    assert "The file changes.csv names each of them." in said


def test_the_check_list_says_how_it_stands(coalition: Coalition, reference: str, tmp_path: Path, clock: Clock):
    found = outcomes(coalition, tmp_path / "one")
    # Two members say nothing of themselves; data year 2024 is long past in March 2026.
    assert {check: found[check] for check in (Check.MEMBERS, Check.DEADLINE)} == {
        Check.MEMBERS: (Outcome.NOT_MET, 2),
        Check.DEADLINE: (Outcome.NOT_MET, (clock.now.date() - clock.now.date().replace(2025, 4, 30)).days),
    }
    hand = {Check.CALL, Check.READ, Check.SIGNED}
    assert {check for check, (outcome, _) in found.items() if outcome is Outcome.UNCLEAR} == hand
    with coalition.work("administrator") as work:
        for row in organisations.list_organisations(work):
            said = {"name": row.name, "names": dict(row.names), "website": row.website, "about": {"en": "We help."}}
            organisations.describe_organisation(work, row.code, **said)
    with coalition.work("coordinator") as work:
        for item in ("read", "read", "signed", "call"):
            packages.tick(work, YEAR, 1, item)
        packages.untick(work, YEAR, 1, "call")
        with pytest.raises(NotFound):
            packages.tick(work, YEAR, 1, "latest")
    records.in_state(coalition, State.SUBMITTED)
    records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "Somebody was beaten later."}))
    found = outcomes(coalition, tmp_path / "two")
    assert found[Check.MEMBERS] == (Outcome.MET, 0)
    assert found[Check.UNCHANGED] == (Outcome.NOT_MET, 1)
    assert found[Check.DECIDED] == (Outcome.NOT_MET, 1)
    # Whoever built it is no second reader.
    assert (found[Check.READ][0], found[Check.SIGNED][0]) == (Outcome.NOT_MET, Outcome.MET)
    assert found[Check.CALL][0] is Outcome.UNCLEAR
    keep_version(coalition, tmp_path / "second")
    assert outcomes(coalition, tmp_path / "three")[Check.LATEST][0] is Outcome.NOT_MET
    assert reference


@pytest.mark.usefixtures("reference")
def test_the_check_list_of_a_version_that_was_sent_stays_as_it_was(coalition: Coalition):
    with coalition.work("coordinator") as work:
        packages.tick(work, YEAR, 1, "call")
        versions.mark_sent(work, YEAR, 1)
    for act, item in ((packages.tick, "signed"), (packages.untick, "call")):
        with pytest.raises(NotAllowedNow, match="sent"), coalition.work("coordinator") as work:
            act(work, YEAR, 1, item)
    with coalition.work("coordinator") as work:
        versions.take_back_sent(work, YEAR, 1)
        packages.tick(work, YEAR, 1, "signed")
        packages.untick(work, YEAR, 1, "call")


def own_text(coalition: Coalition, text: str) -> None:
    """Have another text hold for the own profile "ours", as earlier software may have kept it."""
    with coalition.work("operator") as work:
        row = profile_storage.locked(work.session, "ours")
        assert row is not None
        row.number += 1
        made = profile_storage.ProfileText(profile_id=row.id, number=row.number, text=text, changed_at=work.now)
        work.session.add(made)


def test_a_version_is_sent_with_what_its_profile_said_when_it_was_built(
    coalition: Coalition, reference: str, tmp_path: Path
):
    then = shipped_text("odihr-2024").replace('"HCR {year} ({coalition})"', '"As it was {year}"')
    then = then.replace("tndinfo@odihr.pl", "then@odihr.example").replace("({coalition}): correction", "as it was")
    now = then.replace("As it was", "Now").replace("then@", "now@").replace("as it was", "now")
    with coalition.work("coordinator") as work:
        profiles.copy(work, "odihr-2024", "ours")
        profiles.save(work, "ours", then.replace('language = "en"', 'language = "bg"'), 1, ("en", "bg"))
        profiles.choose(work, YEAR, "ours")
    keep_version(coalition, tmp_path / "ours")
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, ["odihr"])
    keep_version(coalition, tmp_path / "revision")
    # The second text is kept with the revision, and named by the manifest of what was built before it was.
    with coalition.work("operator") as work:
        work.session.execute(update(SubmissionVersion).where(SubmissionVersion.number == 1).values(profile_text=None))
    for text, gone in (
        (now, False),
        (now.replace('field = "case_status"', 'field = "gone"'), True),
        ("body = 3", True),
    ):
        own_text(coalition, text)
        (tmp_path / f"aside-{len(text)}").mkdir()
        with coalition.reading("coordinator") as work:
            package = packages.open_package(work, YEAR, 2, tmp_path / f"aside-{len(text)}")
            ours, fitting = (
                next(one for one in consents.open_corrections(work) if one.profile == code)
                for code in ("ours", "odihr-2024")
            )
            sent = message_from_bytes(packages.make(work, YEAR, 2, MESSAGE), policy=default)
        assert (package.subject, package.recipient) == ("As it was 2024", "then@odihr.example")
        assert (sent["Subject"], sent["To"].addresses[0].addr_spec) == (package.subject, package.recipient)
        assert ours.message
        assert (ours.message.subject, ours.recipient, ours.written_in) == (
            "HCR 2024 as it was",
            "then@odihr.example",
            "bg",
        )
        assert "(office@coalition.example)" in ours.message.body
        assert fitting.message
        assert (fitting.written_in, " to office@" in fitting.message.body) == ("en", True)
        found = {one.check: one.outcome for one in package.findings}
        assert (found[Check.UNCHANGED] is Outcome.UNCLEAR) is gone


def test_a_version_of_which_nothing_can_be_read_any_more_keeps_its_files_and_has_no_letter(
    coalition: Coalition, reference: str, tmp_path: Path
):
    with coalition.work("operator") as work:
        work.session.execute(update(SubmissionVersion).values(profile_text="body = 3"))
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, ["odihr"])
    with coalition.reading("coordinator") as work:
        (correction,) = consents.open_corrections(work)
        (tmp_path / "aside").mkdir()
        package = packages.open_package(work, YEAR, 1, tmp_path / "aside")
    assert (correction.message, correction.recipient) == (None, "")
    assert (package.profile, package.ready, package.recipient) == (None, False, "")
    for problems in (correction.problems, package.problems):
        assert (problems[0].line, problems[0].code) == (0, Wrong.MISSING)


def test_what_another_body_has_to_be_told_is_no_matter_of_this_one(
    coalition: Coalition, reference: str, tmp_path: Path
):
    keep_version(coalition, tmp_path / "national", profile="national")
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, ["odihr"])
    for code, corrections in (("odihr-2024", 1), ("national", 0)):
        (tmp_path / f"aside-{code}").mkdir()
        with coalition.reading("coordinator") as work:
            package = packages.open_package(work, YEAR, 1, tmp_path / f"aside-{code}", code)
        assert {one.check: one.number for one in package.findings}[Check.CORRECTIONS] == corrections


def test_nothing_is_handed_out_with_a_version_that_may_not_leave_any_more(
    coalition: Coalition, reference: str, tmp_path: Path
):
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, ["odihr"])
    for name in (MESSAGE, LETTER_DOCX, "submission-2024-v1.zip"):
        with pytest.raises(NotAllowedNow):
            make(coalition, name)
    with coalition.reading("coordinator") as work:
        (tmp_path / "aside").mkdir()
        package = packages.open_package(work, YEAR, 1, tmp_path / "aside")
        assert versions.version_of(work, YEAR, 1).outdated
    assert (package.ready, package.names) == (False, ())
    assert {one.check: one.number for one in package.findings}[Check.CORRECTIONS] == 1
