"""Sheets of a case, and the blank form: who makes them, what is on them, what the log keeps."""

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.domain.disclosure import Audience
from coalition.domain.errors import NotAllowedNow, NotFound, NotPermitted, UnknownCode
from coalition.domain.paper import SheetKind, leaves
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.services import consents, paper
from coalition.services.paper import CaseSheet, SheetChoices
from tests.conftest import Coalition
from tests.domain.samples import facts, without
from tests.services import records

OUTSIDE = [kind for kind in SheetKind if leaves(kind)]


def made(coalition: Coalition, reference: str, kind: SheetKind, who: str = "case_worker") -> CaseSheet:
    with coalition.reading(who) as work:
        return paper.case_sheet(work, reference, kind)


def choices(coalition: Coalition, reference: str, who: str = "case_worker") -> SheetChoices:
    with coalition.reading(who) as work:
        return paper.sheet_choices(work, reference)


def printed(coalition: Coalition) -> list[AuditEntry]:
    with coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.action == "incident.print").order_by(AuditEntry.number)
        found = list(work.session.scalars(query))
        work.session.expunge_all()
        return found


def test_the_ordinary_sheet_is_without_identity_also_for_whoever_recorded_it(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    sheet = made(any_coalition, reference, SheetKind.INTERNAL)
    assert sheet.incident.audience is Audience.MEMBER
    assert sheet.incident.facts.own_reference == ""
    assert sheet.incident.facts.narrative
    assert sheet.made_by == "Case Worker"


def test_the_recorder_and_the_lead_make_one_with_identity(coalition: Coalition):
    reference = records.begun(coalition)
    for who in ("case_worker", "lead"):
        assert made(coalition, reference, SheetKind.IDENTITY, who).incident.facts.own_reference == "OWN-17"
    colleagues = records.begun(coalition, who="lead")
    assert SheetKind.IDENTITY not in choices(coalition, colleagues).allowed
    with pytest.raises(NotPermitted):
        made(coalition, colleagues, SheetKind.IDENTITY)


@pytest.mark.parametrize("kind", OUTSIDE)
def test_what_is_handed_on_is_what_the_coalition_would_see(coalition: Coalition, kind: SheetKind):
    sheet = made(coalition, records.begun(coalition), kind)
    assert sheet.incident.audience is Audience.HANDED_ON
    assert sheet.incident.facts.time == sheet.incident.facts.own_reference == ""
    assert sheet.incident.facts.sources[0].name == ""
    assert "time" in sheet.incident.withheld
    assert (sheet.made_by, sheet.incident.author) == ("", "")


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        (SheetKind.COALITION, Purpose.SHARE_COALITION),
        (SheetKind.SUPPORT, Purpose.REFER),
        (SheetKind.POLICE, Purpose.POLICE),
    ],
)
def test_without_consent_to_where_it_goes_there_is_no_sheet(coalition: Coalition, kind: SheetKind, purpose: Purpose):
    reference = records.begun(coalition, without(purpose))
    offered = choices(coalition, reference)
    assert offered.refused == (kind,)
    assert kind not in offered.allowed
    with pytest.raises(NotAllowedNow):
        made(coalition, reference, kind)
    assert printed(coalition) == []


def test_a_public_source_is_shared_and_reported_to_nobody(coalition: Coalition):
    public = facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset(), consent_way="", consent_date=None)
    offered = choices(coalition, records.begun(coalition, public))
    assert [kind for kind in offered.allowed if leaves(kind)] == [SheetKind.COALITION]


def test_a_withdrawal_ends_it_at_once_and_says_what_to_ask_back(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    made(any_coalition, reference, SheetKind.POLICE)
    made(any_coalition, reference, SheetKind.SUPPORT)
    made(any_coalition, reference, SheetKind.INTERNAL)
    with any_coalition.work("case_worker") as work:
        consents.withdraw_consent(work, reference, {Purpose.POLICE})
    before = choices(any_coalition, reference).handed_on
    assert [(item.kind, item.allowed) for item in before] == [(SheetKind.SUPPORT, True), (SheetKind.POLICE, False)]
    with pytest.raises(NotAllowedNow):
        made(any_coalition, reference, SheetKind.POLICE)


def test_the_log_keeps_that_a_sheet_was_made_for_whom_and_what_was_on_it(coalition: Coalition):
    reference = records.begun(coalition)
    for kind in (SheetKind.INTERNAL, SheetKind.IDENTITY, SheetKind.POLICE):
        made(coalition, reference, kind)
    assert [entry.details for entry in printed(coalition)] == [
        {"sheet": "internal", "classes": ["narrative"]},
        {"sheet": "identity", "classes": ["identity", "narrative"]},
        {"sheet": "police", "classes": ["narrative"]},
    ]


def test_nobody_makes_a_sheet_of_another_members_incident(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED, who="second_worker")
    for who in ("case_worker", "lead", "coordinator", "administrator", "auditor", "operator"):
        with pytest.raises(NotFound):
            made(coalition, reference, SheetKind.INTERNAL, who)
        with pytest.raises(NotFound):
            choices(coalition, reference, who)


def test_the_blank_form_is_for_whoever_records_or_reviews_in_the_languages_of_the_site(coalition: Coalition):
    with coalition.reading("coordinator") as work:
        assert paper.blank_form(work, "en").startswith(b"%PDF")
        with pytest.raises(UnknownCode):
            paper.blank_form(work, "fr")
    for who in ("administrator", "auditor"):
        with coalition.reading(who) as work, pytest.raises(NotPermitted):
            paper.blank_form(work, "en")
