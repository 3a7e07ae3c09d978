"""Questions of the receiving body: noted per incident, answered, and gone with the incident they were about."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.keys import SITE
from coalition.db.queries import QueryCase, SubmissionQuery
from coalition.db.resealing import values_of
from coalition.domain.errors import Incomplete, NotAllowedNow, NotFound, NotPermitted
from coalition.domain.queries import Asked, QueryAct, QueryState
from coalition.domain.vocabulary import State
from coalition.services import consents, erasures, queries
from coalition.services.queries import QueryView, UnknownLines
from tests.conftest import START, Coalition
from tests.domain.samples import facts
from tests.services import records
from tests.services.versioned import keep_version

TODAY = START.date()
ASKED = Asked(year=2024, version=1, on=date(2026, 2, 20), lines="", question="Which indicator? (canary-question)")


def filed(coalition: Coalition, folder: Path) -> dict[int, str]:
    """Accept two described incidents and one that is only counted, and build; returns the references by number."""
    described = [
        records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": text}))
        for text in ("A first.", "B next.")
    ]
    counted = records.in_state(coalition, State.ACCEPTED, facts(offences=(), chosen_type="property_attack"))
    assert keep_version(coalition, folder) == 1
    return {1: described[0], 2: described[1], 0: counted}


def note(coalition: Coalition, lines: str = "", **changes: object) -> tuple[str, ...]:
    with coalition.work("coordinator") as work:
        return queries.note_questions(work, replace(ASKED, lines=lines, **changes))  # type: ignore[arg-type] # fields


def read(coalition: Coalition, reference: str) -> QueryView:
    with coalition.reading("coordinator") as work:
        return queries.open_query(work, reference)


def test_a_letter_about_several_incidents_is_one_question_each_and_leads_to_its_record(
    any_coalition: Coalition, tmp_path: Path
):
    by_number = filed(any_coalition, tmp_path / "files")
    noted = note(any_coalition, f"2, 1, {by_number[0]}, {by_number[1]}")
    views = [read(any_coalition, reference) for reference in noted]
    assert [(view.line.number, view.line.incident) for view in views] == [
        (2, by_number[2]),
        (1, by_number[1]),
        (None, by_number[0]),
    ]
    assert {view.question for view in views} == {ASKED.question}
    # It goes to whoever reviewed the record.
    assert {view.line.reviewer for view in views} == {"Coordinator"}
    assert {view.line.days for view in views} == {10}
    with any_coalition.reading("coordinator") as work:
        assert queries.waiting(work) == 3
        assert [line.number for line in queries.list_queries(work).lines] != []
    with any_coalition.reading("coordinator") as work:
        stored = work.session.scalars(select(QueryCase)).all()
        assert all(b"canary" not in row.question for row in stored)
        # Renewing a key finds every word of it.
        places = {sealed.about for sealed in values_of(work.session, stored[0].incident_id)}
        assert f"query_case.question/{stored[0].id}:{stored[0].incident_id}" in places


def test_what_names_no_incident_of_the_version_is_refused_whole(coalition: Coalition, tmp_path: Path):
    by_number = filed(coalition, tmp_path / "files")
    other = records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "Too late for it."}))
    with pytest.raises(UnknownLines) as refused:
        note(coalition, f"1, 3, {other}, AAAAA-AAAAA")
    assert refused.value.problems == ("3", other, "AAAAA-AAAAA")
    for changes, error in (
        ({"version": 2}, NotFound),
        ({"year": 2023}, NotFound),
        ({"question": " "}, Incomplete),
        ({"on": date(2026, 3, 3)}, Incomplete),
    ):
        with pytest.raises(error):
            note(coalition, "", **changes)
    with coalition.reading("coordinator") as work:
        assert queries.list_queries(work, None).lines == ()
    assert by_number


def test_a_question_about_the_whole_is_answered_mended_closed_and_taken_up_again(coalition: Coalition, tmp_path: Path):
    filed(coalition, tmp_path / "files")
    (reference,) = note(coalition)
    with coalition.reading("coordinator") as work:
        place = f"submission_query.question:{work.session.scalars(select(SubmissionQuery.id)).one()}"
        assert place in {sealed.about for sealed in values_of(work.session, SITE)}
    for text, day in (("In the sheet.", date(2026, 2, 27)), ("In column K.", date(2026, 3, 1))):
        with coalition.work("coordinator") as work:
            queries.answer(work, reference.lower(), text, day)
    answered = read(coalition, reference)
    assert (answered.answer, answered.line.days, answered.answered_by) == ("In column K.", 9, "Coordinator")
    assert (answered.line.state, answered.line.of_incident) == (QueryState.ANSWERED, False)
    for day in (date(2026, 2, 19), date(2026, 3, 3)):
        with pytest.raises(Incomplete), coalition.work("coordinator") as work:
            queries.answer(work, reference, "Never.", day)
    with coalition.work("coordinator") as work:
        queries.close(work, reference)
    with pytest.raises(NotAllowedNow), coalition.work("coordinator") as work:
        queries.answer(work, reference, "Once more.", TODAY)
    with coalition.work("coordinator") as work:
        queries.reopen(work, reference)
    again = read(coalition, reference)
    assert (again.line.state, again.answer, again.line.days) == (QueryState.OPEN, "In column K.", 10)


def test_a_question_is_given_to_somebody_who_reviews_and_to_nobody_else(coalition: Coalition, tmp_path: Path):
    filed(coalition, tmp_path / "files")
    (reference,) = note(coalition)
    chosen = coalition.people["coordinator"].reference
    with coalition.work("coordinator") as work:
        queries.assign(work, reference, chosen)
    assert read(coalition, reference).reviewer == chosen
    with pytest.raises(NotFound), coalition.work("coordinator") as work:
        queries.assign(work, reference, coalition.people["lead"].reference)
    with coalition.work("coordinator") as work:
        queries.assign(work, reference, "")
    assert read(coalition, reference).reviewer == ""
    for who in ("lead", "case_worker", "administrator", "auditor"):
        with pytest.raises(NotPermitted), coalition.reading(who) as work:
            queries.open_query(work, reference)


def test_the_words_go_with_the_record_and_the_question_stays(any_coalition: Coalition, tmp_path: Path):
    by_number = filed(any_coalition, tmp_path / "files")
    (reference,) = note(any_coalition, "1")
    with any_coalition.work("coordinator") as work:
        queries.answer(work, reference, "A canary-answer.", TODAY)
    with any_coalition.work("operator") as work:
        erasures.erase_incident(work, by_number[1], "case_worker@example.org", "lead@example.org")
    view = read(any_coalition, reference)
    assert (view.question, view.answer, view.line.erased, view.line.number) == ("", "", True, 1)
    assert view.allowed == {QueryAct.CLOSE, QueryAct.REOPEN}
    with any_coalition.reading("coordinator") as work:
        assert work.session.scalars(select(QueryCase)).all() == []
        row = work.session.scalars(select(SubmissionQuery)).one()
        assert (row.question, row.answer) == (None, None)
    with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
        queries.answer(work, reference, "Nothing more.", TODAY)


def test_what_may_not_be_read_any_more_is_not_read_here_either(coalition: Coalition, tmp_path: Path):
    by_number = filed(coalition, tmp_path / "files")
    (reference,) = note(coalition, "2")
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, by_number[2], ["share_coalition"])
    view = read(coalition, reference)
    assert (view.readable, view.question, view.line.erased) == (False, "", False)
    with coalition.reading("coordinator") as work:
        (taken,) = queries.log_of_year(work, 2024)
    assert taken.question == ""
    with pytest.raises(UnknownLines):
        note(coalition, "2")


def test_every_act_is_in_the_log_and_no_word_of_it(coalition: Coalition, tmp_path: Path):
    filed(coalition, tmp_path / "files")
    (reference,) = note(coalition, "1")
    read(coalition, reference)
    with coalition.work("coordinator") as work:
        queries.answer(work, reference, "A canary-answer.", TODAY)
        queries.assign(work, reference, coalition.people["coordinator"].reference)
        queries.close(work, reference)
        queries.reopen(work, reference)
    with coalition.reading("coordinator") as work:
        assert [view.answer for view in queries.log_of_year(work, 2024)] == ["A canary-answer."]
    with coalition.reading("operator") as work:
        entries = work.session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    told = [(entry.action, entry.subject_kind) for entry in entries if entry.action.startswith("query.")]
    assert told == [
        ("query.note", "query"),
        # Reading what was asked about a record is an act about the record.
        ("query.read", "incident"),
        ("query.answer", "query"),
        ("query.assign", "query"),
        ("query.close", "query"),
        ("query.reopen", "query"),
        # So is taking it away.
        ("query.export", "incident"),
        ("query.export", "coalition"),
    ]
    assert "canary" not in str([entry.details for entry in entries])
