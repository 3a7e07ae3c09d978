"""The demo coalition as a whole: who belongs to it, and a stream of incidents in the order of their dates."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from coalition.demo.decks import Deck, Shelf
from coalition.demo.model import DemoAccount, DemoCoalition, DemoIncident, DemoOrganisation
from coalition.demo.recording import COUNTRY, Recorder, Request, own_reference, partial
from coalition.demo.reviewing import Fate, Reviewer
from coalition.demo.wording import circumstances, motivations, read_data
from coalition.domain.incidents import Facts
from coalition.domain.vocabulary import RejectionReason, Role, State

YEAR_WEIGHTS = (30, 33, 37)
"""Recording grows: per hundred incidents, how many fall into each data year, the earliest first."""
MONTH_WEIGHTS = (6, 6, 8, 9, 10, 11, 9, 8, 9, 9, 8, 7)
RETOLD_AFTER = 5_000
"""From then on stories come again on other days: whoever asks for so many incidents tests loads, not wording."""
RECORDED_WITHIN, DECIDED_WITHIN = 40, 60
"""Days."""


def generate(incidents: int, seed: int, latest_year: int) -> DemoCoalition:
    """Return the demo coalition with this number of incidents over the three data years up to `latest_year`.

    The same arguments always give the same demo. Nothing in it is later than 31 December of `latest_year`.
    """
    data = read_data("coalition.toml")
    organisations = tuple(_organisation(item) for item in data["organisations"])
    accounts = tuple(_account(item) for item in data["accounts"])
    stream = _Stream(seed, latest_year, organisations, accounts)
    return DemoCoalition(data["names"], COUNTRY, organisations, accounts, stream.incidents(incidents))


def _organisation(item: Mapping[str, Any]) -> DemoOrganisation:
    website = f"https://{item['code'].lower()}.example.org"
    return DemoOrganisation(item["code"], item["names"], item["about"], website)


def _account(item: Mapping[str, Any]) -> DemoAccount:
    return DemoAccount(
        email=item["email"],
        name=item["name"],
        role=Role(item["role"]),
        organisation=item.get("organisation"),
        language=item["language"],
    )


class _Stream:
    """Makes one incident after the other."""

    def __init__(
        self,
        seed: int,
        latest_year: int,
        organisations: tuple[DemoOrganisation, ...],
        accounts: tuple[DemoAccount, ...],
    ) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented stories, no secrets  # nosec B311
        self._latest_year = latest_year
        self._shelf = Shelf(self._rng)
        self._names = {member.code: member.names["en"] for member in organisations}
        # Whoever is named first decides: the second coordinator reads what the first one built.
        self._people = {(person.organisation, person.role): person.email for person in reversed(accounts)}
        self._recorder = Recorder(self._shelf, self._names)
        self._reviewer = Reviewer(self._rng, self._people[None, Role.COORDINATOR])
        self._motivations = Deck.weighted(self._rng, {code: item.weight for code, item in motivations().items()})
        self._several = Deck.weighted(self._rng, {False: 32, True: 3})
        self._precisions = Deck.weighted(self._rng, {"day": 17, "month": 2, "year": 1})
        self._roles = Deck.weighted(self._rng, {Role.CASE_WORKER: 6, Role.LEAD: 1})
        self._stories: tuple[list[DemoIncident], list[DemoIncident]] = ([], [])
        """Those told before the latest data year, and in it, where some are still undecided."""
        self._accepted: DemoIncident | None = None
        """The last one, which a duplicate repeats."""

    def incidents(self, number: int) -> Iterator[DemoIncident]:
        """Yield the incidents in the order of their dates."""
        for index, day in enumerate(self._days(number), start=1):
            incident = self._incident(day, index)
            if incident.state is State.ACCEPTED:
                self._accepted = incident
            yield incident

    def _days(self, number: int) -> Iterator[date]:
        """Spread the incidents over the months, in order."""
        months = self._weighted_months()
        total, passed, done = sum(weight for _, weight in months), 0.0, 0
        for first, weight in months:
            passed += weight
            upto = round(number * passed / total)
            length = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
            days = sorted(self._shelf.days(length - 1) for _ in range(done, upto))
            yield from (first + timedelta(days=day) for day in days)
            done = upto

    def _weighted_months(self) -> list[tuple[date, float]]:
        first_year = self._latest_year - len(YEAR_WEIGHTS) + 1
        return [
            (date(year, month, 1), year_weight * month_weight * self._rng.uniform(0.7, 1.3))
            for year, year_weight in enumerate(YEAR_WEIGHTS, start=first_year)
            for month, month_weight in enumerate(MONTH_WEIGHTS, start=1)
        ]

    def _incident(self, happened: date, index: int) -> DemoIncident:
        stories = self._stories[happened.year == self._latest_year]
        if len(stories) == RETOLD_AFTER:
            return self._retold(stories[index % RETOLD_AFTER], happened, index)
        stories.append(self._told(happened, index))
        return stories[-1]

    def _retold(self, story: DemoIncident, happened: date, index: int) -> DemoIncident:
        """Return the same story on other days."""
        recorded_on = self._soon(happened, RECORDED_WITHIN)
        decision, told = story.decision, story.facts
        facts = replace(
            told,
            date=partial(happened, told.date.precision) if told.date else None,
            own_reference=own_reference(story.organisation, recorded_on, index),
            consent_date=recorded_on if told.consent_date else None,
        )
        if decision:
            decision = replace(decision, decided_on=self._soon(recorded_on, DECIDED_WITHIN))
        return replace(story, facts=facts, recorded_on=recorded_on, decision=decision, conversation=())

    def _told(self, happened: date, index: int) -> DemoIncident:
        fate = self._reviewer.fate(latest=happened.year == self._latest_year)
        request = self._request(happened, fate, index)
        author = self._people[request.organisation, self._roles.draw()]
        facts = self._reviewer.shape(fate, self._recorder.record(request))
        if fate.reason is RejectionReason.DUPLICATE:
            facts = self._again(facts, request.recorded_on)
        decided_on = self._soon(request.recorded_on, DECIDED_WITHIN)
        decision, conversation = self._reviewer.review(fate, facts, author, request.recorded_on, decided_on)
        return DemoIncident(
            organisation=request.organisation,
            author=author,
            facts=facts,
            state=fate.state,
            recorded_on=request.recorded_on,
            decision=decision,
            conversation=conversation,
        )

    def _request(self, happened: date, fate: Fate, index: int) -> Request:
        motivation = motivations()[self._motivations.draw()]
        kind = self._shelf.weighted(("kind", motivation.code), lambda: motivation.types)
        organisation = self._shelf.draw(("member", motivation.code), lambda: motivation.organisations)
        if fate.reason is RejectionReason.DUPLICATE and self._accepted is not None:
            organisation = self._other_member(self._accepted.organisation)
        return Request(
            happened=happened,
            recorded_on=self._soon(happened, RECORDED_WITHIN),
            kind=self._reviewer.story(fate, kind),
            motivation=motivation.code,
            several=self._several.draw(),
            precision=self._precisions.draw(),
            organisation=organisation,
            number=index,
        )

    def _other_member(self, code: str) -> str:
        return self._shelf.draw(("other", code), lambda: [other for other in self._names if other != code])

    def _again(self, facts: Facts, recorded_on: date) -> Facts:
        """Return the last accepted incident as another member heard of it."""
        if self._accepted is None:
            return facts
        first = self._accepted.facts
        return replace(
            first,
            own_reference=facts.own_reference,
            narrative=circumstances("retold").format(story=first.descriptions["bg"]),
            consent_date=recorded_on if first.consent_date else None,
        )

    def _soon(self, day: date, most: int) -> date:
        """Return a later day, though not in the year after the latest: any clock from then on accepts it."""
        left = (date(self._latest_year, 12, 31) - day).days
        return day + timedelta(days=self._shelf.days(min(most, left)))
