"""Put the demo coalition into an installation."""

import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import chain
from pathlib import Path

from coalition.db import incidents as storage
from coalition.demo.generation import generate
from coalition.demo.model import DemoAccount, DemoCoalition, DemoIncident
from coalition.demo.official import sample_figures
from coalition.demo.submitting import on_weekday, submit_earlier_year
from coalition.domain.authentication import SecondFactorPolicy, needs_second_factor
from coalition.domain.criterion import Finding
from coalition.domain.errors import AlreadyExists, NotFound
from coalition.domain.passwords import generated_password
from coalition.domain.reviews import DEFAULT_REVIEW_DAYS, UNDECIDED, Step, after
from coalition.domain.verification import SourceCheck, VerificationLevel, level, proposed_checks
from coalition.domain.vocabulary import RejectionReason, Role, State
from coalition.services import accounts, factors, official, organisations, same_incident, settings, summaries
from coalition.services.account_views import AccountView
from coalition.services.codes import code_at
from coalition.services.work import Work

ACCOUNTS_FILE = "demo-accounts.txt"
_SEPARATOR = "\t"
_APP_NAME = "Demo"
_CONTACT = "office@example.org"
_SUMMARY_ON = (5, 20)
"""Month and day in the year after the data year on which its figures were published."""
_OFFICE_HOUR = datetime.time(9, 30, tzinfo=datetime.UTC)
_TIME_TO_DECIDE = datetime.timedelta(days=DEFAULT_REVIEW_DAYS)


@dataclass(frozen=True)
class DemoLogin:
    """How to sign in as one of the demo's people."""

    email: str
    password: str
    role: str
    name: str
    organisation: str
    secret: str = ""
    """What the codes of the person's authenticator app are computed from; empty for who needs no second factor."""

    def code(self, moment: datetime.datetime) -> str:
        """Return the code that the app shows at a moment."""
        return code_at(self.secret, moment)


def load_demo(work: Work, *, incidents: int, seed: int, submission: bool = False) -> list[DemoLogin]:
    """Load the demo coalition; returns its accounts with the passwords made up for this installation.

    With `submission`, also what the year before the latest one went through: sent, asked about and published. Once
    they are stored, the passwords are also kept in the data folder, readable by its user only. Raises AlreadyExists
    when the installation holds a demo already.
    """
    if (work.runtime.config.data / ACCOUNTS_FILE).exists():
        raise AlreadyExists("demo", str(work.runtime.config.data))
    latest_year = work.today.year - 1
    demo = generate(incidents, seed, latest_year)
    if not storage.years_with_incidents(work.session):
        # An installation that is in use keeps its own name and what it published.
        settings.change(work, name=dict(demo.names), country=demo.country, contact=_CONTACT)
        official.enter_all(work, sample_figures(demo.country, latest_year, work.today))
    members = {
        item.code: organisations.create_organisation(
            work, item.code, item.names["en"], names=item.names, about=item.about, website=item.website
        ).id
        for item in demo.organisations
    }
    people = {person.email: _create(work, person) for person in demo.accounts}
    ids = {email: entry[0].id for email, entry in people.items()}
    repeated: list[Repeated] = []
    stored = storage.insert_incidents(work.session, _incidents(demo, members, ids, repeated))
    _link(work, repeated, list(chain.from_iterable(stored)), people)
    published = summaries.published_years(work)
    for year in {latest_year - 2, latest_year - 1}.difference(published):
        summaries.publish_summary(on_weekday(work, datetime.date(year + 1, *_SUMMARY_ON)), year)
    if submission:
        own, other = (replace(work, actor=person.actor, acts=[]) for person in _coordinators(people))
        submit_earlier_year(own, other, latest_year - 1)
        work.acts += [*own.acts, *other.acts]
    logins = [entry[1] for entry in people.values()]
    # Not before the accounts are stored: the file of an interrupted load would forbid the next one.
    work.after_commit.append(lambda: _keep(work.runtime.config.data / ACCOUNTS_FILE, logins))
    return logins


def _create(work: Work, person: DemoAccount) -> tuple[AccountView, DemoLogin]:
    """Create one of the demo's accounts; returns it and how to sign in."""
    password = generated_password()
    account = accounts.create_account(
        work,
        email=person.email,
        name=person.name,
        role=person.role,
        organisation_code=person.organisation,
        password=password,
        language=person.language,
    )
    needs_app = needs_second_factor(person.role, SecondFactorPolicy.COORDINATION)
    secret = _set_up_app(work, account) if needs_app else ""
    organisation = account.organisation_name.main if account.organisation_name else ""
    return account, DemoLogin(person.email, password, person.role.value, person.name, organisation, secret)


def _set_up_app(work: Work, account: AccountView) -> str:
    """Set up an authenticator app as the person would have done an hour ago; returns its secret."""
    own = replace(work, actor=account.actor, now=work.now - datetime.timedelta(hours=1))
    secret = factors.begin_app(own, "Coalition").secret
    factors.confirm_app(own, code_at(secret, own.now), _APP_NAME)
    return secret


def _keep(file: Path, logins: list[DemoLogin]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as kept:
        for login in logins:
            print(*astuple(login), sep=_SEPARATOR, file=kept)


def demo_logins(data: Path) -> list[DemoLogin]:
    """Return how to sign in to the demo that a data folder holds.

    Raises NotFound when it holds none.
    """
    try:
        lines = (data / ACCOUNTS_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFound("demo", str(data)) from None
    return [DemoLogin(*line.split(_SEPARATOR)) for line in lines]


@dataclass(frozen=True)
class Repeated:
    """A record of what another member had recorded already, by their places in the order of loading."""

    place: int
    first: int
    linked_on: datetime.date


def _link(
    work: Work,
    repeated: Sequence[Repeated],
    references: Sequence[str],
    people: Mapping[str, tuple[AccountView, DemoLogin]],
) -> None:
    """Have the coordinator count what was recorded twice as one incident, each on the day of the decision."""
    coordinator = _coordinator(people)
    for item in repeated:
        then = replace(work, actor=coordinator.actor, now=_at(item.linked_on, minutes=120), acts=[])
        same_incident.link(then, references[item.first], [references[item.place]])
        work.acts += then.acts


def _coordinator(people: Mapping[str, tuple[AccountView, DemoLogin]]) -> AccountView:
    return _coordinators(people)[0]


def _coordinators(people: Mapping[str, tuple[AccountView, DemoLogin]]) -> list[AccountView]:
    """Return the coordinators: who decides, and who reads what that one built."""
    return [account for account, login in people.values() if login.role == Role.COORDINATOR]


def _incidents(
    demo: DemoCoalition, members: Mapping[str, str], people: Mapping[str, str], repeated: list[Repeated]
) -> Iterator[storage.NewIncident]:
    """Yield the incidents as they are stored; of those that repeat another one, note which, to be linked to it."""
    coordinator = next(people[person.email] for person in demo.accounts if person.role == "coordinator")
    accepted: tuple[int, DemoIncident] | None = None
    for place, told in enumerate(demo.incidents):
        item = told
        if told.state is State.ACCEPTED:
            accepted = (place, told)
        elif accepted and _repeats(told, accepted[1]) and told.decision:
            repeated.append(Repeated(place, accepted[0], told.decision.decided_on))
            item = replace(told, state=State.IN_REVIEW, decision=None)
        handed_in = item.state is not State.DRAFT
        decision = item.decision
        is_final = item.state in {State.ACCEPTED, State.REJECTED}
        yield storage.NewIncident(
            organisation_id=members[item.organisation],
            author_id=people[item.author],
            state=item.state,
            facts=item.facts,
            recorded_at=_at(item.recorded_on),
            submitted_at=_at(item.recorded_on, minutes=25) if handed_in else None,
            decided_at=_at(decision.decided_on) if decision and is_final else None,
            rejection_reason=decision.reason.value if decision and decision.reason else "",
            reviewer_id=coordinator if handed_in and item.state is not State.SUBMITTED else None,
            review_due=item.recorded_on + _TIME_TO_DECIDE if item.state in UNDECIDED else None,
            verification=_level(item).value if is_final else "",
            steps=tuple(_steps(item, people, coordinator)) if handed_in else (),
            checks=tuple(vars(check) for check in _checks(item)) if is_final else (),
        )


def _repeats(item: DemoIncident, first: DemoIncident) -> bool:
    reason = item.decision.reason if item.decision else None
    return reason is RejectionReason.DUPLICATE and item.facts.date == first.facts.date


def _checks(item: DemoIncident) -> tuple[SourceCheck, ...]:
    """Return what the coordinator checked: sources tell what happened, and what is published is still there."""
    return tuple(
        replace(check, fact=Finding.YES.value, live=check.published and Finding.YES.value)
        for check in proposed_checks(item.facts.sources)
    )


def _independent(item: DemoIncident) -> str:
    kinds = {source.kind for source in item.facts.sources}
    return (Finding.YES if len(kinds) > 1 else Finding.NO).value


def _level(item: DemoIncident) -> VerificationLevel:
    return level(_checks(item), _independent(item))


def _steps(item: DemoIncident, people: Mapping[str, str], coordinator: str) -> Iterator[dict[str, object]]:
    """Yield the steps of an incident, each with the state that it left."""
    state = State.DRAFT
    for step in _bare_steps(item, people, coordinator):
        yield {**_EMPTY_STEP, **step, "before": state.value}
        state = after(state, Step(str(step["step"])))


def _bare_steps(item: DemoIncident, people: Mapping[str, str], coordinator: str) -> Iterator[dict[str, object]]:
    yield _step(Step.SUBMIT, people[item.author], _at(item.recorded_on, minutes=25))
    if item.state is not State.SUBMITTED:
        yield _step(Step.TAKE, coordinator, _at(item.recorded_on, minutes=45))
    for message in item.conversation:
        writer = people[message.author]
        step = Step.RETURN if writer == coordinator else Step.SUBMIT
        yield _step(step, writer, _at(message.written_on, minutes=60), message.text)
    if item.decision:
        reason = item.decision.reason.value if item.decision.reason else ""
        at = _at(item.decision.decided_on, minutes=120)
        found = {"verification": _level(item).value, "independent": _independent(item)}
        decided = _step(item.decision.step, coordinator, at, item.decision.text, reason)
        yield decided if item.decision.step is Step.RETURN else {**decided, **found}


_EMPTY_STEP: Mapping[str, object] = {"verification": "", "independent": ""}
"""What all steps have, because they are stored many at a time."""


def _step(step: Step, actor: str, at: datetime.datetime, text: str = "", reason: str = "") -> dict[str, object]:
    return {"step": step.value, "actor_id": actor, "at": at, "text": text, "reason": reason}


def _at(day: datetime.date, minutes: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(day, _OFFICE_HOUR) + datetime.timedelta(minutes=minutes)
