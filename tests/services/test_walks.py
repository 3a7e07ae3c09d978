"""Several people work on several records at random: whatever they do, the table holds and nothing is lost.

Every rule is one thing that a person does through the services, with the version that they saw last or with the present
one, whether or not it is allowed then. After each, everything that was ever kept has to be there.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from coalition.db import history, messages
from coalition.db import incidents as storage
from coalition.domain.consents import WayOut, may_leave
from coalition.domain.criterion import Finding, Test
from coalition.domain.errors import (
    CannotLink,
    ChangedMeanwhile,
    Incomplete,
    NoConsent,
    NotAllowedNow,
    NotApproved,
    NotFound,
    NotPermitted,
)
from coalition.domain.history import replay
from coalition.domain.incidents import Facts
from coalition.domain.reviews import OF_THE_MEMBER, STEPS, Decision, Step
from coalition.domain.vocabulary import Purpose, RejectionReason, State
from coalition.services import accounts, consents, incidents, reviews, same_incident
from coalition.services import messages as talk
from coalition.services.work import Work
from tests.conftest import PASSWORD, Clock, Coalition
from tests.domain.samples import COMPLETE
from tests.services.records import answers

REFUSED = (CannotLink, ChangedMeanwhile, Incomplete, NoConsent, NotAllowedNow, NotApproved, NotFound, NotPermitted)
"""How a thing that cannot be done now is refused: anything else is a fault."""
RECORDERS = ("case_worker", "second_worker")
MEMBERS = ("own", "own", "own", "lead", "second_worker")
"""Mostly whoever recorded it, sometimes the first member's lead, sometimes somebody of another member."""
REVIEWERS = ("coordinator", "insider")
"""The insider comes from the first member, and decides on none of its records alone."""
TEXTS = ("", "Счупена витрина.", "A stone was thrown.", "Пак същото.")
YEAR = 2024
MOST = 4
"""Records of one walk: with more, little happens to each."""


@dataclass
class Known:
    """What the people who worked on a record would say is in it."""

    member: str
    facts: Facts
    seen: int = 1
    """The version that somebody saw a while ago."""
    said: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    """By id: every step that was ever there."""
    marks: object = None
    """How the record was when it was opened last: while it is so, it is not opened again before the walk ends."""


class Walk(RuleBasedStateMachine):
    """The people, and what they know."""

    coalition: Coalition
    clock: Clock
    taken: set[tuple[State, Step]]
    """Every step that was taken in all walks together."""
    begun: list[str]
    """A record of every walk."""
    records = Bundle("records")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Known] = {}
        self.counted: object = None
        """What the count followed from when it was checked last."""

    # ------------------------------------------------------------------------------------------------ what people do

    @precondition(lambda self: len(self.known) < MOST)
    @rule(target=records, who=st.sampled_from(RECORDERS))
    def begins(self, who: str) -> str:
        with self.coalition.work(who) as work:
            reference = incidents.begin_incident(work, answers(COMPLETE))
        self.known[reference] = Known(who, COMPLETE)
        return reference

    @initialize(target=records, who=st.sampled_from(RECORDERS))
    def work_has_begun(self, who: str) -> str:
        """Each walk begins in the middle of ordinary work, each in another."""
        self.hands_one_in("case_worker")
        reference = self.hands_one_in(who)
        self.begun.append(reference)
        self.work_goes_on(len(self.begun))
        return reference

    @precondition(lambda self: len(self.known) < MOST)
    @rule(target=records, who=st.sampled_from(RECORDERS))
    def hands_one_in(self, who: str) -> str:
        reference = self.begins(who)
        self.does(who, reference, lambda work, version: incidents.submit_incident(work, reference, version))
        return reference

    @rule(reference=records, who=st.sampled_from(MEMBERS), text=st.sampled_from(TEXTS), fresh=st.booleans())
    def saves(self, reference: str, who: str, text: str, *, fresh: bool) -> None:
        changes = {"narrative": text, "weapon": "object" if text else ""}
        if self.does(who, reference, lambda work, seen: incidents.save_incident(work, reference, seen, changes), fresh):
            self.known[reference].facts = replace(self.known[reference].facts, **changes)

    @rule(reference=records, who=st.sampled_from(MEMBERS), purpose=st.sampled_from(Purpose))
    def withdraws_consent(self, reference: str, who: str, purpose: Purpose) -> None:
        if self.does(who, reference, lambda work, _version: consents.withdraw_consent(work, reference, [purpose])):
            known = self.known[reference]
            known.facts = replace(known.facts, consents=self.facts_in_force(reference).consents)

    @rule(seed=st.integers(0, 2**32))
    def work_goes_on(self, seed: int) -> None:
        """People do, one after the other, what the table allows where the records stand."""
        # Drawn by Hypothesis one by one, some steps would hardly ever be taken.
        chance = Random(seed)
        for _ in range(10):
            reference, other = (chance.choice(list(self.known)) for _ in range(2))
            state, _version = self.row(reference)
            step = chance.choice([step for before, step in STEPS if before is state])
            who = "own" if step in OF_THE_MEMBER else chance.choice(("coordinator", "coordinator", "insider"))
            self.takes(step, reference, who, other)
            self.everything_holds()

    @rule(
        reference=records,
        other=records,
        step=st.sampled_from(Step),
        who=st.sampled_from((*MEMBERS, *REVIEWERS, "operator")),
    )
    def tries(self, reference: str, other: str, step: Step, who: str) -> None:
        """Somebody does anything at all, on what they saw a while ago."""
        self.takes(step, reference, who, other, fresh=False)

    @rule(first=records, second=records, third=records, who=st.sampled_from((*REVIEWERS, "operator")))
    def links_several(self, first: str, second: str, third: str, who: str) -> None:
        others = list({second, third} - {first}) or [second]
        self.does(who, first, lambda work, _version: same_incident.link(work, first, others))

    @rule(reference=records, who=st.sampled_from(MEMBERS + REVIEWERS), number=st.integers(0, 99))
    def comments(self, reference: str, who: str, number: int) -> None:
        text = f"{number} {who}"
        if self.does(who, reference, lambda work, _version: talk.comment(work, reference, text)):
            self.known[reference].said.append(text)

    @rule(reference=records)
    def looks_away(self, reference: str) -> None:
        """Somebody opens a record, and saves what they saw long after."""
        self.known[reference].seen = self.row(reference)[1]

    # ---------------------------------------------------------------------------------------------- what has to hold

    @invariant()
    def everything_holds(self, *, anew: bool = False) -> None:
        with self.coalition.reading("operator") as work:
            rows = {reference: self.found(work, reference) for reference in self.known}
            facts = {row.id: self.known[reference].facts for reference, row in rows.items()}
            for reference, row in rows.items():
                known = self.known[reference]
                self.every_step_is_in_the_table_and_none_is_lost(work, row, known)
                marks = self.marks_of(work, row, known)
                if anew or marks != known.marks:
                    self.it_holds_what_was_saved_last_and_its_history_replays_to_it(work, row, known)
                    self.nothing_that_was_said_is_lost_or_changed(work, row, known)
                    known.marks = marks
            self.every_accepted_incident_is_counted_once_if_one_of_its_records_may_be(work, list(rows.values()), facts)

    def every_step_is_in_the_table_and_none_is_lost(self, work: Work, row: storage.Incident, known: Known) -> None:
        steps = storage.steps_of(work.session, row.id)
        kept = [(step.id, step.step) for step in steps]
        assert kept[: len(known.steps)] == known.steps, "a step of before is gone"
        known.steps = kept
        leads_to: tuple[State, ...] = (State.DRAFT,)
        for step in steps:
            assert State(step.before) in leads_to, "a state changed without a step"
            self.taken.add((State(step.before), Step(step.step)))
            leads_to = STEPS[State(step.before), Step(step.step)]
        assert State(row.state) in leads_to, "the record is not where its last step led"

    def marks_of(self, work: Work, row: storage.Incident, known: Known) -> object:
        """Return what tells, without opening a text, that a record may hold something else than before."""
        changes = [change.id for change in history.changes_since(work.session, row.id)]
        said = [message.id for message in messages.messages_of(work.session, row.id, inside=True)]
        return row.version, changes, said, known.facts, list(known.said)

    def it_holds_what_was_saved_last_and_its_history_replays_to_it(
        self, work: Work, row: storage.Incident, known: Known
    ) -> None:
        facts = storage.facts_of(row)
        assert facts == known.facts
        changes = [history.change_of(work.session, one) for one in history.changes_since(work.session, row.id)]
        assert replay(Facts(), sorted(changes, key=lambda change: change.version)) == facts

    def nothing_that_was_said_is_lost_or_changed(self, work: Work, row: storage.Incident, known: Known) -> None:
        rows = messages.messages_of(work.session, row.id, inside=True)
        assert [messages.text_of(work.session, each) for each in rows] == known.said

    def every_accepted_incident_is_counted_once_if_one_of_its_records_may_be(
        self, work: Work, rows: list[storage.Incident], facts: dict[str, Facts]
    ) -> None:
        groups: dict[str, list[storage.Incident]] = {}
        for row in rows:
            assert (row.state == State.DUPLICATE) == (row.same_as_id is not None)
            groups.setdefault(row.same_as_id or row.id, []).append(row)
        from_what = [(row.id, row.state, row.same_as_id, facts[row.id]) for row in rows]
        if from_what == self.counted:
            return
        self.counted = from_what
        standing = {row.id for row in rows if row.state == State.ACCEPTED}
        expected = sum(
            head in standing and any(may_leave(facts[row.id], WayOut.STATISTICS) for row in group)
            for head, group in groups.items()
        )
        assert len(storage.countable_rows(work.session, YEAR, YEAR)) == expected

    # -------------------------------------------------------------------------------------------------------- helpers

    def does(self, who: str, reference: str, act: Callable[[Work, int], object], fresh: bool = True) -> bool:
        """Do something with the present version, or with the one seen last; tells whether it was done."""
        self.clock.now += timedelta(minutes=7)
        who = self.known[reference].member if who == "own" else who
        version = self.row(reference)[1] if fresh else self.known[reference].seen
        with suppress(*REFUSED):
            with self.coalition.work(who) as work:
                act(work, version)
            return True
        return False

    def takes(self, step: Step, reference: str, who: str, other: str, *, fresh: bool = True) -> None:
        decision = Decision(
            step=step,
            findings=dict.fromkeys(Test, Finding.YES),
            notes=dict.fromkeys(Test, "As I read it."),
            text="Which street was it?",
            reason=RejectionReason.NOT_CRIMINAL.value if step is Step.REJECT else "",
            other=other if step is Step.LINK else "",
        )
        acts: dict[Step, Callable[[Work, int], object]] = {
            Step.SUBMIT: lambda work, seen: incidents.submit_incident(work, reference, seen),
            Step.WITHDRAW: lambda work, seen: incidents.withdraw_incident(work, reference, seen),
            Step.TAKE: lambda work, seen: reviews.take(work, reference, seen),
            Step.PUT_BACK: lambda work, seen: reviews.put_back(work, reference, seen),
            Step.UNLINK: lambda work, seen: same_incident.unlink(work, reference, "Another street.", seen),
            Step.REOPEN: lambda work, seen: reviews.reopen(work, reference, seen, "A witness came."),
        }
        decide = partial(reviews.decide, reference=reference, decision=decision)
        self.does(who, reference, acts.get(step) or (lambda work, seen: decide(work, version=seen)), fresh)

    def found(self, work: Work, reference: str) -> storage.Incident:
        row = storage.incident_with_reference(work.session, reference)
        assert row is not None, "a record is gone"
        return row

    def row(self, reference: str) -> tuple[State, int]:
        with self.coalition.reading("operator") as work:
            row = self.found(work, reference)
            return State(row.state), row.version

    def facts_in_force(self, reference: str) -> Facts:
        with self.coalition.reading("operator") as work:
            return storage.facts_of(self.found(work, reference))

    def teardown(self) -> None:
        self.everything_holds(anew=True)
        with self.coalition.work("operator") as work:
            for reference in self.known:
                storage.erase_incident(work.session, self.found(work, reference))


def test_whatever_people_do_the_table_holds_and_nothing_is_lost(coalition: Coalition, clock: Clock) -> None:
    with coalition.work("operator") as work:
        insider = accounts.create_account(
            work,
            email="insider@example.org",
            name="Insider",
            role="coordinator",
            organisation_code=None,
            affiliation_code="FIRST",
            password=PASSWORD,
        )
    coalition.people["insider"] = insider
    taken: set[tuple[State, Step]] = set()
    machine = type("ThisWalk", (Walk,), {"coalition": coalition, "clock": clock, "taken": taken, "begun": []})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # A walk is read as it is: making it shorter would take minutes.
            phases=(Phase.explicit, Phase.generate),
        ),
    )
    assert set(STEPS) - taken == set(), "the walks leave something of the table out"
