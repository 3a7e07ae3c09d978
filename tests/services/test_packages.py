"""What accompanies a version: letter, e-mail and package fit to its files; the check list knows how it stands."""

import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import docx
import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.documents import pdf
from coalition.documents.pdf import PdfUnavailable
from coalition.documents.signing import check_folder
from coalition.domain.errors import NotAllowedNow, NotFound, NotPermitted
from coalition.domain.packages import LETTER_DOCX, LETTER_PDF, MESSAGE, Check, Outcome
from coalition.domain.vocabulary import State
from coalition.services import consents, organisations, packages, settings, versions
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
