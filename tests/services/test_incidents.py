"""What a member does with an incident, and what others cannot do with it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from coalition.db import incidents as storage
from coalition.db.audit import AuditEntry
from coalition.domain.criterion import Test
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotAllowedNow, NotFound, NotPermitted
from coalition.domain.incidents import Clearance, Facts, Indicator, PartialDate, Problem, Source, Victims
from coalition.domain.reviews import EDITABLE, STEPS, Step
from coalition.domain.vocabulary import Purpose, Role, State
from coalition.services import accounts, incidents
from coalition.services.incident_views import PAGE
from coalition.services.work import OPERATOR, Work, unit_of_work
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE, facts, without
from tests.services import records
from tests.services.records import ACCEPT, ASK, REJECT

STATES = list(State)
CANARY = "канарче-7731"
LOOKS = {"incident.read", "incident.unseal"}


@pytest.fixture
def colleague(coalition: Coalition) -> str:
    """A second case worker of the first member; returns the name under which the coalition knows them."""
    with unit_of_work(coalition.runtime, OPERATOR) as work:
        account = accounts.create_account(
            work,
            email="colleague@example.org",
            name="Colleague",
            role=Role.CASE_WORKER,
            organisation_code="FIRST",
            password="another four plain words",
        )
    coalition.people["colleague"] = account
    yield "colleague"
    del coalition.people["colleague"]


def looks_of(coalition: Coalition) -> list[tuple[str, str, list[str]]]:
    """Return (who, act, classes shown) of every look at an incident, in the order of looking."""
    names = {account.id: who for who, account in coalition.people.items()}
    return [
        (names[entry.actor], entry.action, entry.details["classes"])
        for entry in log_of(coalition)
        if entry.action in LOOKS
    ]


def log_of(coalition: Coalition) -> list[AuditEntry]:
    with coalition.reading("operator") as work:
        return list(work.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_a_draft_holds_what_was_typed_and_belongs_to_its_recorder(any_coalition: Coalition, clock: Clock):
    view = records.read(any_coalition, records.begun(any_coalition))
    assert view.facts == COMPLETE
    assert (view.state, view.version) == (State.DRAFT, 1)
    assert (view.organisation.main, view.author) == ("First Member", "Case Worker")
    assert (view.recorded_at, view.changed_at, view.submitted_at) == (clock.now, clock.now, None)
    assert view.may_amend
    assert not view.may_withdraw
    assert view.problems == ()


def test_the_whole_life_of_an_incident_is_kept_step_by_step(any_coalition: Coalition, clock: Clock):
    reference = records.begun(any_coalition)
    for act in (
        lambda: records.submit(any_coalition, reference),
        lambda: records.decide(any_coalition, reference, ASK),
        lambda: records.save(any_coalition, reference, municipality="Пловдив"),
        lambda: records.submit(any_coalition, reference, answer=" Main street.  "),
        lambda: records.decide(any_coalition, reference, REJECT),
        lambda: records.reopen(any_coalition, reference),
        lambda: records.decide(any_coalition, reference, ACCEPT),
    ):
        clock.now += timedelta(hours=1)
        act()
    view = records.read(any_coalition, reference)
    assert [(step.step, step.by, step.text, step.reason) for step in view.steps] == [
        (Step.SUBMIT, "Case Worker", "", ""),
        (Step.TAKE, "", "", ""),
        (Step.RETURN, "Coordinator", "Which street was it?", ""),
        (Step.SUBMIT, "Case Worker", "Main street.", ""),
        (Step.REJECT, "Coordinator", "No law is broken.", "not_criminal"),
        (Step.REOPEN, "Coordinator", "A witness was found.", ""),
        (Step.ACCEPT, "Coordinator", "", ""),
    ]
    assert view.state is State.ACCEPTED
    assert view.rejection_reason == ""
    assert view.facts == facts(municipality="Пловдив")
    assert view.version == 9
    assert view.decided_at == view.changed_at == clock.now
    assert view.submitted_at == clock.now - timedelta(hours=3)
    assert not view.may_amend


def test_a_question_is_open_until_it_is_answered(coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    question = records.read(coalition, reference).question
    assert question is not None
    assert question.text == "Which street was it?"
    records.submit(coalition, reference, answer="Main street.")
    assert records.read(coalition, reference).question is None


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", [Step.SUBMIT, Step.WITHDRAW])
def test_a_member_can_take_exactly_the_steps_of_the_table(coalition: Coalition, state: State, step: Step):
    reference = records.in_state(coalition, state)
    act = {Step.SUBMIT: records.submit, Step.WITHDRAW: records.withdraw}[step]
    if (state, step) in STEPS:
        act(coalition, reference)
        assert (records.read(coalition, reference).state,) == STEPS[state, step]
    else:
        with pytest.raises(NotAllowedNow):
            act(coalition, reference)
        assert records.read(coalition, reference).state is state


@pytest.mark.parametrize("state", STATES)
def test_facts_change_only_before_submission_or_after_a_question(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    may = records.read(coalition, reference).may_amend
    assert may == (state in EDITABLE)
    if may:
        records.save(coalition, reference, impact="Не спи.")
        assert records.read(coalition, reference).facts.impact == "Не спи."
    else:
        with pytest.raises(NotAllowedNow):
            records.save(coalition, reference, impact="Не спи.")
        assert records.read(coalition, reference).facts == COMPLETE


def test_saving_on_top_of_a_newer_version_is_refused_and_changes_nothing(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    records.save(any_coalition, reference, impact="first")
    for act in (
        lambda work: incidents.save_incident(work, reference, 1, {"impact": "second"}),
        lambda work: incidents.submit_incident(work, reference, 1),
        lambda work: incidents.withdraw_incident(work, reference, 1),
        lambda work: incidents.discard_draft(work, reference, 1),
    ):
        with pytest.raises(ChangedMeanwhile), any_coalition.work("case_worker") as work:
            act(work)
    view = records.read(any_coalition, reference)
    assert (view.facts.impact, view.version, view.state) == ("first", 2, State.DRAFT)


def test_saving_what_is_there_already_is_no_new_version(coalition: Coalition, clock: Clock):
    reference = records.begun(coalition)
    before = records.read(coalition, reference)
    clock.now += timedelta(hours=1)
    assert records.save(coalition, reference, impact=COMPLETE.impact) == 1
    assert records.read(coalition, reference) == before


def test_saving_one_section_leaves_the_others(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    victims = (Victims("group", None, "", "", "family", ""), Victims("place", 2))
    records.save(any_coalition, reference, victims=victims, sources=())
    assert records.read(any_coalition, reference).facts == facts(victims=victims, sources=())


def test_an_incomplete_incident_is_kept_but_not_submitted(any_coalition: Coalition):
    reference = records.begun(any_coalition, Facts(country="BG"))
    with pytest.raises(Incomplete) as refused:
        records.submit(any_coalition, reference)
    view = records.read(any_coalition, reference)
    assert refused.value.problems == view.problems
    assert {problem.field for problem in view.problems} == {
        "date",
        "offences",
        "motivations",
        "indicators",
        "sources",
        "narrative",
        "basis",
    }
    assert view.state is State.DRAFT
    assert view.steps == ()


def test_an_incident_that_may_not_be_shared_stays_with_its_member(coalition: Coalition):
    reference = records.begun(coalition, without(Purpose.SHARE_COALITION))
    with pytest.raises(Incomplete) as refused:
        records.submit(coalition, reference)
    assert refused.value.problems == (Problem("consents", "share_missing"),)


def test_the_date_is_compared_with_today(coalition: Coalition, clock: Clock):
    reference = records.begun(coalition, facts(date=PartialDate(2026, 3, 3)))
    with pytest.raises(Incomplete):
        records.submit(coalition, reference)
    clock.now += timedelta(days=1)
    records.submit(coalition, reference)
    assert records.read(coalition, reference).state is State.SUBMITTED


@pytest.mark.parametrize("state", STATES)
def test_a_members_record_does_not_exist_for_anybody_else(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    version = records.read(coalition, reference).version
    for act in (
        lambda work: incidents.read_incident(work, reference),
        lambda work: incidents.save_incident(work, reference, version, {"impact": "x"}),
        lambda work: incidents.submit_incident(work, reference, version),
        lambda work: incidents.withdraw_incident(work, reference, version),
        lambda work: incidents.discard_draft(work, reference, version),
    ):
        for who in ("second_worker", "coordinator", "administrator", "operator"):
            with pytest.raises(NotFound) as refused, coalition.work(who) as work:
                act(work)
            assert refused.value.key == reference
    assert records.read(coalition, reference).version == version


def test_a_reference_that_nobody_has_looks_the_same_as_one_of_another_member(coalition: Coalition):
    theirs = records.begun(coalition, who="second_worker")
    refusals = []
    for reference in (theirs, "AAAAA-AAAAA"):
        with pytest.raises(NotFound) as refused:
            records.read(coalition, reference)
        refusals.append(str(refused.value).replace(reference, "…"))
    assert refusals[0] == refusals[1]


def test_a_case_worker_reads_a_colleagues_record_but_cannot_change_it(coalition: Coalition, colleague: str):
    reference = records.begun(coalition)
    view = records.read(coalition, reference, colleague)
    assert view.facts == disclose(COMPLETE, Audience.MEMBER)
    assert view.author == "Case Worker"
    assert not view.may_amend
    for act in (
        lambda work: incidents.save_incident(work, reference, 1, {"impact": "x"}),
        lambda work: incidents.submit_incident(work, reference, 1),
        lambda work: incidents.withdraw_incident(work, reference, 1),
        lambda work: incidents.discard_draft(work, reference, 1),
    ):
        with pytest.raises(NotPermitted), coalition.work(colleague) as work:
            act(work)
    assert records.read(coalition, reference).state is State.DRAFT


def test_a_lead_changes_and_submits_any_record_of_the_organisation(coalition: Coalition):
    reference = records.begun(coalition)
    records.save(coalition, reference, "lead", impact="Не спи.")
    records.submit(coalition, reference, "lead")
    view = records.read(coalition, reference)
    assert (view.state, view.facts.impact, view.author) == (State.SUBMITTED, "Не спи.", "Case Worker")
    assert [step.by for step in view.steps] == ["Lead"]
    assert view.may_withdraw


@pytest.mark.parametrize("who", ["coordinator", "administrator", "operator"])
def test_only_members_record_and_list_incidents(coalition: Coalition, who: str):
    for act in (
        lambda work: incidents.begin_incident(work, records.answers(COMPLETE)),
        incidents.list_incidents,
        incidents.count_own,
        incidents.own_years,
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)


def test_the_list_holds_the_organisations_own_incidents_the_newest_change_first(any_coalition: Coalition, clock: Clock):
    first = records.in_state(any_coalition, State.SUBMITTED)
    clock.now += timedelta(hours=1)
    second = records.begun(any_coalition, facts(date=PartialDate(2023)))
    records.begun(any_coalition, who="second_worker")
    clock.now += timedelta(hours=1)
    records.decide(any_coalition, first, ASK)
    with any_coalition.reading("lead") as work:
        page = incidents.list_incidents(work)
        assert [line.reference for line in page.lines] == [first, second]
        assert [(line.date, line.motivations) for line in page.lines] == [
            ("2024-05-17", ("anti_roma",)),
            ("2023", ("anti_roma",)),
        ]
        assert (page.total, page.number, page.pages) == (2, 1, 1)
        returned = incidents.list_incidents(work, states=(State.RETURNED.value,))
        assert [line.reference for line in returned.lines] == [first]
        assert [line.reference for line in incidents.list_incidents(work, year=2023).lines] == [second]
        assert incidents.count_own(work) == {"returned": 1, "draft": 1}
        assert incidents.count_own(work, 2023) == {"draft": 1}
        assert incidents.own_years(work) == (2024, 2023)


def test_a_long_list_is_read_a_page_at_a_time_each_incident_once(coalition: Coalition):
    with coalition.work("case_worker") as work:
        made = {incidents.begin_incident(work, {"country": "BG"}) for _ in range(PAGE + 1)}
    with coalition.reading("case_worker") as work:
        first, second, beyond = (incidents.list_incidents(work, page=number) for number in (1, 2, 99))
    assert (len(first.lines), len(second.lines), first.pages, first.total) == (PAGE, 1, 2, PAGE + 1)
    assert {line.reference for line in (*first.lines, *second.lines)} == made
    assert beyond == second


def test_a_discarded_draft_leaves_nothing_behind(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    view = records.read(any_coalition, reference)
    with any_coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, view.version)
    with pytest.raises(NotFound):
        records.read(any_coalition, reference)
    with any_coalition.reading("operator") as work:
        mapped = [storage.Incident, storage.Step, *(part.property.mapper.class_ for part in storage.PARTS)]
        left = {kind.__name__: work.session.scalar(select(func.count()).select_from(kind)) for kind in mapped}
    assert set(left.values()) == {0}, left


@pytest.mark.parametrize("state", [state for state in STATES if state is not State.DRAFT])
def test_only_a_draft_can_be_discarded(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    version = records.read(coalition, reference).version
    with pytest.raises(NotAllowedNow), coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, version)
    assert records.read(coalition, reference).state is state


def test_the_log_says_who_did_what_in_the_order_of_doing(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    records.save(any_coalition, reference, "lead", impact="x", municipality="y")
    records.submit(any_coalition, reference)
    records.decide(any_coalition, reference, ASK)
    records.withdraw(any_coalition, reference)
    acts = [entry for entry in log_of(any_coalition) if entry.subject_kind == "incident" and entry.action not in LOOKS]
    names = {account.id: who for who, account in any_coalition.people.items()}
    assert [(entry.action, names[entry.actor], entry.role) for entry in acts] == [
        ("incident.begin", "case_worker", "case_worker"),
        ("incident.save", "lead", "lead"),
        ("incident.submit", "case_worker", "case_worker"),
        ("incident.take", "coordinator", "coordinator"),
        ("incident.return", "coordinator", "coordinator"),
        ("incident.withdraw", "case_worker", "case_worker"),
    ]
    assert acts[1].details == {"fields": ["impact", "municipality"], "changes": {}}
    assert len({entry.subject for entry in acts}) == 1


def test_the_log_holds_no_word_of_any_content(coalition: Coalition):
    told = facts(
        narrative=CANARY,
        impact=CANARY,
        municipality=CANARY,
        own_reference=CANARY,
        authorities_response=CANARY,
        descriptions={"en": CANARY, "bg": CANARY},
        indicators=(Indicator("expression", CANARY, "witness"),),
        victims=(Victims("person", 1, injury=CANARY),),
        sources=(Source("media", CANARY, CANARY),),
        clearances=(Clearance("en", "own", CANARY, CANARY), Clearance("bg", "own", CANARY, CANARY)),
    )
    reference = records.begun(coalition, Facts(country="BG"))
    records.save(coalition, reference, **records.answers(told))
    records.submit(coalition, reference)
    records.decide(coalition, reference, records.Decision(Step.RETURN, {}, text=CANARY))
    records.submit(coalition, reference, answer=CANARY)
    noted = dict.fromkeys(Test, CANARY)
    records.decide(coalition, reference, records.Decision(Step.ACCEPT, {}, reason=CANARY, text=CANARY, notes=noted))
    records.reopen(coalition, reference, CANARY)
    records.decide(coalition, reference, records.Decision(Step.REJECT, {}, reason="duplicate", text=CANARY))
    entries = log_of(coalition)
    about = [entry for entry in entries if entry.subject_kind == "incident"]
    assert len([entry for entry in about if entry.action not in LOOKS]) == 9
    columns = [column.key for column in AuditEntry.__table__.columns]
    assert not [entry for entry in entries if CANARY in str([getattr(entry, key) for key in columns])]
    assert not [entry for entry in entries if reference in str([getattr(entry, key) for key in columns])]


def test_reading_a_record_is_noted_with_what_was_shown(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    with any_coalition.reading("lead") as work:
        incidents.read_incident(work, reference)
    with any_coalition.reading("case_worker") as work:
        incidents.unseal_incident(work, reference)
    with any_coalition.reading("lead") as work:
        incidents.outline_incident(work, reference)
        incidents.list_incidents(work)
    assert looks_of(any_coalition) == [
        ("lead", "incident.read", ["narrative"]),
        ("case_worker", "incident.unseal", ["identity", "narrative"]),
    ]


@pytest.mark.parametrize(
    ("shown", "classes"),
    [
        (("time", "country", "region"), ["identity"]),
        (("indicators", "motivations"), ["narrative"]),
        (("sources",), ["identity", "narrative"]),
        (("victims",), ["narrative"]),
        (("own_reference", "impact"), ["identity", "narrative"]),
        (("narrative", "descriptions"), ["narrative"]),
    ],
)
def test_a_form_that_shows_such_facts_is_noted_as_a_reading(
    coalition: Coalition, shown: tuple[str, ...], classes: list[str]
):
    reference = records.begun(coalition)
    with coalition.reading("case_worker") as work:
        assert incidents.incident_to_type(work, reference).facts == COMPLETE
        incidents.note_typing(work, reference, shown)
    assert looks_of(coalition) == [("case_worker", "incident.read", classes)]


def test_a_form_without_such_facts_is_no_reading(coalition: Coalition):
    reference = records.begun(coalition)
    with coalition.reading("case_worker") as work:
        incidents.note_typing(work, reference, ("offences", "chosen_type", "perpetrators", "date", "municipality"))
    assert looks_of(coalition) == []


@pytest.mark.parametrize("state", STATES)
def test_identity_is_shown_when_it_is_asked_for_and_while_it_can_be_typed(
    coalition: Coalition, colleague: str, state: State
):
    reference = records.in_state(coalition, state)
    sealed = disclose(COMPLETE, Audience.MEMBER)
    for who in ("case_worker", "lead"):
        with coalition.reading(who) as work:
            view = incidents.read_incident(work, reference)
            assert (view.facts, view.may_unseal) == (sealed, True)
            assert {"time", "own_reference", "consent_date", "sources.0.name"} <= view.withheld
            assert incidents.unseal_incident(work, reference).facts == COMPLETE
            typing = incidents.incident_to_type(work, reference).facts
            assert typing == (COMPLETE if state in EDITABLE else sealed)
    with coalition.reading(colleague) as work:
        view = incidents.read_incident(work, reference)
        assert (view.facts, view.may_unseal) == (sealed, False)
        assert incidents.incident_to_type(work, reference).facts == sealed
    with pytest.raises(NotPermitted), coalition.reading(colleague) as work:
        incidents.unseal_incident(work, reference)
    with coalition.reading("operator") as work:
        denials = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "access.denied")).all()
    assert [entry.details for entry in denials] == [{"permission": "incident:unseal"}]


def test_an_outline_tells_nothing_of_what_happened(coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    with coalition.reading("lead") as work:
        view = incidents.outline_incident(work, reference)
    assert view.facts == disclose(COMPLETE, Audience.OUTLINE)
    assert {step.text for step in view.steps} == {""}
    assert (view.author, {str(step.by) for step in view.steps} & {"Case Worker"}) == ("", set())


def test_asking_for_another_members_record_is_written_into_the_log(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    for who in ("second_worker", "coordinator"):
        with pytest.raises(NotFound), any_coalition.reading(who) as work:
            incidents.read_incident(work, reference)
    names = {account.id: who for who, account in any_coalition.people.items()}
    denied = [entry for entry in log_of(any_coalition) if entry.action == "access.denied"]
    assert [(names[entry.actor], entry.subject_kind, entry.details) for entry in denied] == [
        (who, "incident", {"permission": "incident:read"}) for who in ("second_worker", "coordinator")
    ]


def test_a_save_is_logged_with_old_and_new_codes_and_of_texts_only_the_name(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    records.save(
        any_coalition,
        reference,
        country="RO",
        region="",
        narrative=CANARY,
        motivations=("anti_roma", "gender"),
        date=PartialDate(2024, 5),
    )
    (entry,) = [entry for entry in log_of(any_coalition) if entry.action == "incident.save"]
    assert entry.details == {
        "fields": ["country", "date", "motivations", "narrative", "region"],
        "changes": {
            "country": ["BG", "RO"],
            "motivations": [["anti_roma"], ["anti_roma", "gender"]],
            "date": ["day", "month"],
        },
    }


def test_nothing_is_kept_of_an_act_that_fails(any_coalition: Coalition):
    before = len(log_of(any_coalition))

    def begin_and_fail(work: Work) -> None:
        incidents.begin_incident(work, {"country": "BG"})
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"), any_coalition.work("case_worker") as work:
        begin_and_fail(work)
    with any_coalition.reading("case_worker") as work:
        assert incidents.list_incidents(work).total == 0
    assert len(log_of(any_coalition)) == before


def test_a_reading_keeps_nothing(any_coalition: Coalition):
    with any_coalition.reading("case_worker") as work:
        incidents.begin_incident(work, {"country": "BG"})
    with any_coalition.reading("case_worker") as work:
        assert incidents.list_incidents(work).total == 0
